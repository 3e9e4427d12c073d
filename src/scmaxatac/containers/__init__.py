"""AnnData, MuData and SnapATAC2's objects: groups, copies, tables."""
