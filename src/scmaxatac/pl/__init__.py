"""Plots."""

from scmaxatac.pl._calibration import calibration
from scmaxatac.pl._contributions import contributions
from scmaxatac.pl._downsampling_curve import downsampling_curve
from scmaxatac.pl._heatmap import heatmap
from scmaxatac.pl._learning_curve import learning_curve
from scmaxatac.pl._motif_hits import motif_hits
from scmaxatac.pl._motifs import motifs
from scmaxatac.pl._qc import qc
from scmaxatac.pl._tracks import tracks

__all__ = [
    "calibration",
    "contributions",
    "downsampling_curve",
    "heatmap",
    "learning_curve",
    "motif_hits",
    "motifs",
    "qc",
    "tracks",
]
