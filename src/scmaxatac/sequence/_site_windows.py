"""Windows around sites, as all ways of explaining a network's score take them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from scmaxatac._types import Bytes, Float32s, Int64s
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.genome._windows import Grid
from scmaxatac.nn.engines._options import Strand


class SiteWindows(NamedTuple):
    """A window a site, the bin in it whose logit is explained, and the bases in it that are to explain it."""

    codes: Bytes
    """(n, window) uint8, bases of the windows."""

    signal: Float32s
    """(n, window) float32, the ATAC signal, which is held."""

    bins: Int64s
    """(n,) int64, the bin, counted from the start of the window."""

    first: Int64s
    """(n,) int64, first of the bases, counted from the start of the window."""

    width: int
    """Number of the bases."""

    @property
    def columns(self) -> Int64s:
        """(n, width) int64, the bases, counted from the start of the window."""
        columns: Int64s = self.first[:, None] + np.arange(self.width)
        return columns

    @property
    def bases(self) -> Bytes:
        """(n, width) uint8, codes of the bases."""
        bases: Bytes = np.take_along_axis(self.codes, self.columns, axis=1)
        return bases

    def of(self, block: slice) -> "SiteWindows":
        """Those of some of the sites."""
        return SiteWindows(self.codes[block], self.signal[block], self.bins[block], self.first[block], self.width)

    def on_reverse_strand(self, grid: Grid) -> "SiteWindows":
        """The same windows read on the reverse strand."""
        return SiteWindows(
            reverse_complement(self.codes),
            np.ascontiguousarray(self.signal[:, ::-1]),
            grid.bins_per_window - 1 - self.bins,
            grid.window - self.first - self.width,
            self.width,
        )


def turned(hypothetical: np.ndarray) -> np.ndarray:
    """Contributions (n, 4, width) on the other strand: positions the other way round, each base as its complement."""
    return hypothetical[:, ::-1, ::-1]


def over_strands(
    explain: Callable[[SiteWindows], Float32s], sites: SiteWindows, grid: Grid, strand: Strand
) -> Float32s:
    """Contributions on the forward strand, or their mean over both strands; (n, 4, width) float32.

    Parameters
    ----------
    explain
        What computes them for windows as they are read.
    sites
        The windows.
    grid
        Widths of windows and bins.
    strand
        ``"forward"`` or ``"mean"``.
    """
    forward = explain(sites)
    if strand == "forward":
        return forward
    mean: Float32s = (forward + turned(explain(sites.on_reverse_strand(grid)))) / 2
    return mean
