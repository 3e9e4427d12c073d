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


def average_windows(
    starts: np.ndarray,
    n_outputs: int,
    predict: Callable[[np.ndarray], np.ndarray],
    *,
    windows_per_tile: int = 4096,
    grid: Grid = PUBLISHED_GRID,
) -> Iterator[BinScores]:
    """Average overlapping windows into bins, tile after tile, so that no chromosome is held in memory.

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
    from scmaxatac.atac._kernels import add_windows_to_bins

    open_bins = np.zeros(0, dtype=np.int64)
    sums = np.zeros((n_outputs, 0), dtype=np.float32)
    counts = np.zeros(0, dtype=np.int32)
    for lo in range(0, len(starts), windows_per_tile):
        tile = starts[lo : lo + windows_per_tile] // grid.bin
        scores = predict(starts[lo : lo + windows_per_tile])
        bins = covered_bins(tile, grid.bins_per_window)  # the open ones lie in the tile's first window
        fresh_sums = np.zeros((n_outputs, len(bins)), dtype=np.float32)
        fresh_counts = np.zeros(len(bins), dtype=np.int32)
        at = np.searchsorted(bins, open_bins)
        fresh_sums[:, at], fresh_counts[at] = sums, counts
        add_windows_to_bins(scores, np.searchsorted(bins, tile), fresh_sums, fresh_counts)
        more = lo + windows_per_tile < len(starts)
        n_done = np.searchsorted(bins, starts[lo + windows_per_tile] // grid.bin) if more else len(bins)
        yield BinScores(bins[:n_done], fresh_sums[:, :n_done] / fresh_counts[:n_done].astype(np.float32))
        open_bins, sums, counts = bins[n_done:], fresh_sums[:, n_done:], fresh_counts[n_done:]


def covered_bins(first: np.ndarray, per_window: int) -> np.ndarray:
    """Bins that windows cover whose first bins are given, sorted; (n,) to (m,) int64, sorted and distinct."""
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    breaks = np.flatnonzero(np.diff(first) > per_window) + 1
    lows, highs = first[np.r_[0, breaks]], first[np.r_[breaks - 1, len(first) - 1]] + per_window
    return np.concatenate([np.arange(lo, hi) for lo, hi in zip(lows, highs, strict=True)])
