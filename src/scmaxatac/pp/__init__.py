"""Preprocessing: pseudobulks, Tn5 tracks, peaks."""
