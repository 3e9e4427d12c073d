"""Where fragments come from: files, BAM, SnapATAC2; barcodes."""
