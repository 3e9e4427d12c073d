"""Tools: predictions and what is made of them."""

from scmaxatac.tl._average_chip import average_chip
from scmaxatac.tl._benchmark import benchmark
from scmaxatac.tl._calibrate import calibrate
from scmaxatac.tl._call_sites import call_sites
from scmaxatac.tl._compare_haplotypes import compare_haplotypes
from scmaxatac.tl._contributions import contributions
from scmaxatac.tl._differential_tfbs import differential_tfbs
from scmaxatac.tl._downsampling_curve import downsampling_curve
from scmaxatac.tl._enrichment import enrichment
from scmaxatac.tl._find_motifs import find_motifs
from scmaxatac.tl._footprint import footprint
from scmaxatac.tl._jaccard import jaccard
from scmaxatac.tl._motif_hits import motif_hits
from scmaxatac.tl._motif_scan import motif_scan
from scmaxatac.tl._open_run import open_run
from scmaxatac.tl._predict_haplotypes import predict_haplotypes
from scmaxatac.tl._predict_tfbs import predict_tfbs
from scmaxatac.tl._rank_tfs import rank_tfs
from scmaxatac.tl._relocate import relocate
from scmaxatac.tl._score_cells import score_cells
from scmaxatac.tl._score_variants import score_variants
from scmaxatac.tl._scores_to_obs import scores_to_obs
from scmaxatac.tl._to_network import to_network
from scmaxatac.tl._train import train
from scmaxatac.tl._write_browser_files import write_browser_files
from scmaxatac.tl._write_variants import write_variants

__all__ = [
    "average_chip",
    "benchmark",
    "calibrate",
    "call_sites",
    "compare_haplotypes",
    "contributions",
    "differential_tfbs",
    "downsampling_curve",
    "enrichment",
    "find_motifs",
    "footprint",
    "jaccard",
    "motif_hits",
    "motif_scan",
    "open_run",
    "predict_haplotypes",
    "predict_tfbs",
    "rank_tfs",
    "relocate",
    "score_cells",
    "score_variants",
    "scores_to_obs",
    "to_network",
    "train",
    "write_browser_files",
    "write_variants",
]
