"""The domain's types and kernels on plain arrays: genome, insertions, signal, windows, bins. No AnnData, no torch."""

from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._insertions import Insertions
from scmaxatac.tracks._intervals import Intervals
from scmaxatac.tracks._pseudobulk import Pseudobulks
from scmaxatac.tracks._signal import Signal

__all__ = ["Genome", "Insertions", "Intervals", "Pseudobulks", "Signal"]
