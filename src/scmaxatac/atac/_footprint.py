"""Insertions around sites, summed position by position, and what Tn5's sequence preference makes one expect there."""

from dataclasses import dataclass

import numpy as np

from scmaxatac._types import Float64s, Int64s
from scmaxatac.atac._tn5_bias import AFTER, BEFORE, CLASS_OF


@dataclass
class Aggregate:
    """Insertions around sites, summed over the sites of each block of the genome.

    What is expected of a site is that its own insertions, as many as it has, lie in its window as the bias of the
    hexamers there has it. So sites weigh in the expectation as they do in what is observed.

    Attributes
    ----------
    observed
        (blocks, positions) float64, insertions.
    expected
        (blocks, positions) float64, insertions that are expected.
    exposure
        (positions, classes of hexamers) float64: times the bias, the expectation over all blocks.
    """

    observed: Float64s
    expected: Float64s
    exposure: Float64s

    @classmethod
    def empty(cls, n_blocks: int, width: int) -> "Aggregate":
        """Sums without a site, in windows of `width` bp."""
        n_classes = int(CLASS_OF.max()) + 1
        return cls(np.zeros((n_blocks, width)), np.zeros((n_blocks, width)), np.zeros((width, n_classes)))

    def add(
        self,
        codes: np.ndarray,
        positions: np.ndarray,
        starts: np.ndarray,
        flipped: np.ndarray,
        blocks: np.ndarray,
        bias: np.ndarray,
    ) -> None:
        """Add sites of a chromosome.

        Parameters
        ----------
        codes
            (length,) uint8, the chromosome; every base within the windows, and three beside them, has to be known.
        positions
            (n,) int32, sorted: insertions.
        starts
            (sites,) int64, first position of each window; windows lie on the chromosome.
        flipped
            (sites,) bool, whether the window is read backwards.
        blocks
            (sites,) int64, block of each site.
        bias
            (classes of hexamers,) float64.
        """
        from scmaxatac.atac._footprint_kernels import add_sites

        add_sites(
            np.asarray(codes),
            positions,
            starts,
            flipped,
            blocks,
            BEFORE,
            AFTER,
            CLASS_OF,
            bias,
            self.observed,
            self.expected,
            self.exposure,
        )


def window_starts(start: np.ndarray, end: np.ndarray, flipped: np.ndarray, flank: int) -> Int64s:
    """First position of the window of ``2 * flank`` bp of each site, (sites,) int64.

    Read in the direction of the site, position d of the window is an insertion whose cut lies, in the mean of both ends
    of fragments, half a base after the d-th base from the site's middle base. Insertions lie at or one base before the
    middle of a cut whatever the site's strand, so windows that are read backwards begin so that this is true of them,
    too.
    """
    middle = np.where(flipped, (start + end - 1) // 2, (start + end) // 2)
    first: Int64s = (middle - flank).astype(np.int64)
    return first
