"""Plots."""

from scmaxatac.pl._calibration import calibration
from scmaxatac.pl._downsampling_curve import downsampling_curve
from scmaxatac.pl._haplotype_differences import haplotype_differences
from scmaxatac.pl._haplotypes import haplotypes
from scmaxatac.pl._heatmap import heatmap
from scmaxatac.pl._learning_curve import learning_curve
from scmaxatac.pl._qc import qc
from scmaxatac.pl._tracks import tracks
from scmaxatac.pl._variant_effects import variant_effects

__all__ = [
    "calibration",
    "downsampling_curve",
    "haplotype_differences",
    "haplotypes",
    "heatmap",
    "learning_curve",
    "qc",
    "tracks",
    "variant_effects",
]
