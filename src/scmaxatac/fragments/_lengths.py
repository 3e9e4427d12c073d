"""Whether the lengths of fragments fit what they are said to be."""

import numpy as np

from scmaxatac._logging import warn

_ENOUGH = 1000
"""Entries that tell what a source holds."""

_LONGEST_READ, _SPREAD = 200, 1.5
"""95% of a run's reads are no longer, unless all are: trimming leaves most of them at one length. Of fragments half are
up to 100 bp and 95% up to 381."""


class LengthCheck:
    """Looks at the first lengths of a source and warns, once, if they are not those of what it is labelled as.

    Parameters
    ----------
    name
        The source, for the message.
    is_paired
        Whether its entries are labelled as fragments of pairs, with two insertions each, or as single reads.
    """

    def __init__(self, name: str, *, is_paired: bool) -> None:
        self._name = name
        self._is_paired = is_paired
        self._lengths: list[np.ndarray] = []
        self._n_seen = 0

    def look(self, lengths: np.ndarray) -> None:
        """Take in (n,) lengths in bp; the first thousand or so count."""
        if self._n_seen >= _ENOUGH:
            return
        self._lengths.append(lengths)
        self._n_seen += len(lengths)
        if self._n_seen >= _ENOUGH:
            short, median, long = np.quantile(np.concatenate(self._lengths), [0.05, 0.5, 0.95])
            self._lengths.clear()
            if self._is_paired and short == long:
                self._warn_of_reads(long)
            if not self._is_paired and long > max(_LONGEST_READ, _SPREAD * median):
                self._warn_of_fragments(median, long)

    def _warn_of_reads(self, length: float) -> None:
        warn(
            f"{self._name}: fragments are all {length:.0f} bp long, as reads or single insertions are. Both ends of "
            "each are counted as insertions; give fragments of read pairs, or the BAM file"
        )

    def _warn_of_fragments(self, median: float, long: float) -> None:
        warn(
            f"{self._name} is for single-end reads, but its lengths (median {median:.0f} bp, 95% up to {long:.0f}) are "
            "those of fragments, of which only one end of two is counted here. SnapATAC2 2.8 takes files with a strand "
            "in the sixth column, as Cell Ranger ATAC 2.2 writes them, for single-end. To count both ends, give the "
            "fragment file as fragments=, or import it again with snapatac2.pp.import_fragments(..., is_paired=True)"
        )
