"""Windows that the network reads."""

from dataclasses import dataclass

import numpy as np

from scmaxatac._constants import BIN, WINDOW
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals


@dataclass(frozen=True)
class Grid:
    """Widths in bp of the windows that networks read and of the bins that they score; by default the published ones."""

    window: int = WINDOW
    bin: int = BIN

    @property
    def bins_per_window(self) -> int:
        """Bins in a window."""
        return self.window // self.bin

    @property
    def step(self) -> int:
        """Usual distance between windows in bp: a quarter of a window, on the grid of bins."""
        return max(self.window // 4 // self.bin, 1) * self.bin


PUBLISHED_GRID = Grid()
"""Windows of 1,024 bp and bins of 32 bp."""


def window_starts(
    genome: Genome,
    chrom: str,
    *,
    step: int | None = None,
    regions: Intervals | None = None,
    grid: Grid = PUBLISHED_GRID,
) -> np.ndarray:
    """Starts of the windows of a chromosome, 0-based.

    Whole windows at every multiple of `step` from 0. A window that overlaps the blacklist by 1 bp is dropped; with
    regions, one that overlaps none of them by 1 bp is dropped as well.

    Parameters
    ----------
    genome
        Size and blacklist.
    chrom
        The chromosome.
    step
        Distance between neighbouring windows in bp, a multiple of the bin and at most a window, so that windows fall on
        the grid of bins and leave no gap; by default a quarter of a window.
    regions
        Regions of interest.
    grid
        Widths of windows and bins.

    Returns
    -------
    (n,) int64, sorted.

    Raises
    ------
    ValueError
        If the step does not fit the grid of bins.
    """
    step = grid.step if step is None else step
    check_step(step, grid)
    starts = np.arange(0, genome.sizes[chrom] - grid.window + 1, step, dtype=np.int64)
    kept = np.ones(len(starts), dtype=bool)
    if regions is not None:
        kept &= regions.overlaps_grid(chrom, len(starts), step, grid.window)
    if genome.blacklist is not None:
        kept &= ~genome.blacklist.overlaps_grid(chrom, len(starts), step, grid.window)
    return starts[kept]


def outside_windows(
    regions: Intervals, chrom: str, start: int, end: int, *, size: int, step: int, grid: Grid = PUBLISHED_GRID
) -> list[tuple[int, int]]:
    """Parts of an interval that no window of :func:`window_starts` covers, for regions or the chromosome's end.

    Parameters
    ----------
    regions
        Regions of interest.
    chrom, start, end
        The interval, 0-based and half-open.
    size
        Length of the chromosome in bp.
    step, grid
        As for :func:`window_starts`.

    Returns
    -------
    Pairs of start and end, sorted.
    """
    first = (regions.starts(chrom) - grid.window) // step + 1
    last = np.minimum((regions.ends(chrom) - 1) // step, (size - grid.window) // step)
    gaps, at = [], start
    first = np.maximum(first, 0)
    there = first <= last
    for begin, stop in zip(first[there] * step, last[there] * step + grid.window, strict=True):
        if at < begin and at < end:
            gaps.append((at, min(int(begin), end)))
        at = max(at, int(stop))
    return [*gaps, (at, end)] if at < end else gaps


def check_step(step: int, grid: Grid = PUBLISHED_GRID) -> None:
    """Raise a ValueError unless the step is a multiple of the bin and at most a window."""
    if step % grid.bin or not grid.bin <= step <= grid.window:
        raise ValueError(
            f"step is {step} bp; it has to be a multiple of {grid.bin} between {grid.bin} and {grid.window}"
        )
