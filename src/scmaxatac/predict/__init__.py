"""From pseudobulks to binding sites: what a run is, its folder, its tasks, its thresholds."""
