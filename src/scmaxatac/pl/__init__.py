"""Plots."""

from scmaxatac.pl._calibration import calibration
from scmaxatac.pl._differential import differential
from scmaxatac.pl._downsampling_curve import downsampling_curve
from scmaxatac.pl._heatmap import heatmap
from scmaxatac.pl._learning_curve import learning_curve
from scmaxatac.pl._precision_recall import precision_recall
from scmaxatac.pl._qc import qc
from scmaxatac.pl._rank_tfs import rank_tfs
from scmaxatac.pl._score_distribution import score_distribution
from scmaxatac.pl._sites_per_group import sites_per_group
from scmaxatac.pl._tracks import tracks

__all__ = [
    "calibration",
    "differential",
    "downsampling_curve",
    "heatmap",
    "learning_curve",
    "precision_recall",
    "qc",
    "rank_tfs",
    "score_distribution",
    "sites_per_group",
    "tracks",
]
