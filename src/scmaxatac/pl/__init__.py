"""Plots."""

from scmaxatac.pl._calibration import calibration
from scmaxatac.pl._contributions import contributions
from scmaxatac.pl._differential import differential
from scmaxatac.pl._downsampling_curve import downsampling_curve
from scmaxatac.pl._footprint import footprint
from scmaxatac.pl._haplotype_differences import haplotype_differences
from scmaxatac.pl._haplotypes import haplotypes
from scmaxatac.pl._heatmap import heatmap
from scmaxatac.pl._igv import igv
from scmaxatac.pl._learning_curve import learning_curve
from scmaxatac.pl._motif_hits import motif_hits
from scmaxatac.pl._motifs import motifs
from scmaxatac.pl._precision_recall import precision_recall
from scmaxatac.pl._qc import qc
from scmaxatac.pl._rank_tfs import rank_tfs
from scmaxatac.pl._score_distribution import score_distribution
from scmaxatac.pl._sites_per_group import sites_per_group
from scmaxatac.pl._tracks import tracks
from scmaxatac.pl._variant_effects import variant_effects

__all__ = [
    "calibration",
    "contributions",
    "differential",
    "downsampling_curve",
    "footprint",
    "haplotype_differences",
    "haplotypes",
    "heatmap",
    "igv",
    "learning_curve",
    "motif_hits",
    "motifs",
    "precision_recall",
    "qc",
    "rank_tfs",
    "score_distribution",
    "sites_per_group",
    "tracks",
    "variant_effects",
]
