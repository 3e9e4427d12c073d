"""Preprocessing: pseudobulks, tracks and peaks."""

from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.pp._average_replicates import average_replicates
from scmaxatac.pp._call_peaks import call_peaks
from scmaxatac.pp._check_tn5_shift import check_tn5_shift
from scmaxatac.pp._pseudobulk import pseudobulk
from scmaxatac.pp._tn5_tracks import Tn5Tracks, tn5_tracks

__all__ = [
    "Pseudobulks",
    "Tn5Tracks",
    "average_replicates",
    "call_peaks",
    "check_tn5_shift",
    "pseudobulk",
    "tn5_tracks",
]
