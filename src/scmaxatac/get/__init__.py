"""Stored results as tables and arrays."""

from scmaxatac.get._activity import activity
from scmaxatac.get._cell_scores import cell_scores
from scmaxatac.get._contributions import contributions
from scmaxatac.get._differential import differential
from scmaxatac.get._downsampling_curve import downsampling_curve
from scmaxatac.get._enrichment import enrichment
from scmaxatac.get._files import files
from scmaxatac.get._footprint import footprint
from scmaxatac.get._motif_hits import motif_hits
from scmaxatac.get._motifs import motifs
from scmaxatac.get._network import network
from scmaxatac.get._params import params
from scmaxatac.get._qc import qc
from scmaxatac.get._rank_tfs import rank_tfs
from scmaxatac.get._scores import scores
from scmaxatac.get._signal import signal
from scmaxatac.get._sites import sites
from scmaxatac.get._track import track
from scmaxatac.get._variants import variants

__all__ = [
    "activity",
    "cell_scores",
    "contributions",
    "differential",
    "downsampling_curve",
    "enrichment",
    "files",
    "footprint",
    "motif_hits",
    "motifs",
    "network",
    "params",
    "qc",
    "rank_tfs",
    "scores",
    "signal",
    "sites",
    "track",
    "variants",
]
