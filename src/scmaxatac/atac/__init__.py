"""From fragments to the signal that networks read: insertions, coverage, pseudobulks."""

from scmaxatac.atac._insertions import Insertions
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.atac._signal import Signal

__all__ = ["Insertions", "Pseudobulks", "Signal"]
