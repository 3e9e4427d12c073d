"""Scores of bins: the mean over the windows that cover them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from scmaxatac.genome._windows import PUBLISHED_GRID, Grid


class BinScores(NamedTuple):
    """Scores of bins of one chromosome, in ascending order.

    Bin ``i`` of bins of 32 bp is ``[32 * i, 32 * i + 32)``, 0-based and half-open.
    """

    bins: np.ndarray
    """(n,) int64, sorted, distinct."""

    scores: np.ndarray
    """(outputs of the networks, n) float32."""


class BinAverages:
    """Means of overlapping windows in bins, tile after tile, so that no chromosome is held in memory.

    Parameters
    ----------
    n_outputs
        Outputs of the networks.
    grid
        Widths of windows and bins.
    """

    def __init__(self, n_outputs: int, grid: Grid = PUBLISHED_GRID) -> None:
        self._per_window = grid.bins_per_window
        self._open = np.zeros(0, dtype=np.int64)
        self._sums = np.zeros((n_outputs, 0), dtype=np.float32)
        self._counts = np.zeros(0, dtype=np.int32)

    def add(self, first: np.ndarray, scores: np.ndarray, upto: int | None) -> BinScores:
        """Add the windows of a tile, and finish all bins before `upto` (all there are without it).

        Parameters
        ----------
        first
            (n,) sorted first bins of the windows, right of those before.
        scores
            (outputs, n, bins of a window) float32.
        upto
            First bin of the next tile's first window.

        Returns
        -------
        Finished bins, right of those before.
        """
        from scmaxatac.atac._kernels import add_windows_to_bins

        bins = covered_bins(first, self._per_window)  # the open ones lie in the tile's first window
        sums = np.zeros((len(scores), len(bins)), dtype=np.float32)
        counts = np.zeros(len(bins), dtype=np.int32)
        at = np.searchsorted(bins, self._open)
        sums[:, at], counts[at] = self._sums, self._counts
        add_windows_to_bins(scores, np.searchsorted(bins, first), sums, counts)
        n_done = len(bins) if upto is None else np.searchsorted(bins, upto)
        self._open, self._sums, self._counts = bins[n_done:], sums[:, n_done:], counts[n_done:]
        return BinScores(bins[:n_done], sums[:, :n_done] / counts[:n_done].astype(np.float32))


def average_windows(
    starts: np.ndarray,
    n_outputs: int,
    predict: Callable[[np.ndarray], np.ndarray],
    *,
    windows_per_tile: int = 4096,
    grid: Grid = PUBLISHED_GRID,
) -> Iterator[BinScores]:
    """Average overlapping windows into bins.

    Parameters
    ----------
    starts
        (n,) sorted starts of windows, multiples of the bin.
    n_outputs
        Outputs of the networks.
    predict
        Scores windows: (m,) starts to (outputs, m, bins of a window) float32.
    windows_per_tile
        Windows whose scores are held at once.
    grid
        Widths of windows and bins.

    Yields
    ------
    Finished bins, ascending over the tiles; every bin that a window covers comes exactly once.
    """
    averages = BinAverages(n_outputs, grid)
    for tile, upto in cut_tiles(starts, windows_per_tile):
        first_of_next = None if upto is None else upto // grid.bin
        yield averages.add(tile // grid.bin, predict(tile), first_of_next)


def cut_tiles(starts: np.ndarray, most: int) -> Iterator[tuple[np.ndarray, int | None]]:
    """Cut sorted starts of windows into tiles of at most `most`, each with the start of the next one."""
    for lo in range(0, len(starts), most):
        following = starts[lo + most : lo + most + 1]
        yield starts[lo : lo + most], int(following[0]) if len(following) else None


def covered_bins(first: np.ndarray, per_window: int) -> np.ndarray:
    """Bins that windows cover whose first bins are given, sorted; (n,) to (m,) int64, sorted and distinct."""
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    breaks = np.flatnonzero(np.diff(first) > per_window) + 1
    lows, highs = first[np.r_[0, breaks]], first[np.r_[breaks - 1, len(first) - 1]] + per_window
    return np.concatenate([np.arange(lo, hi) for lo, hi in zip(lows, highs, strict=True)])
