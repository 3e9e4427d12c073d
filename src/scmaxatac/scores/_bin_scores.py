"""Scores of 32-bp bins: the mean over the windows that cover them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from scmaxatac._constants import BIN, BINS_PER_WINDOW


class BinScores(NamedTuple):
    """Scores of bins of one chromosome, in ascending order.

    Bin ``i`` is ``[32 * i, 32 * i + 32)``, 0-based and half-open.
    """

    bins: np.ndarray
    """(n,) int64, sorted, distinct."""

    scores: np.ndarray
    """(models, n) float32."""


def average_windows(
    starts: np.ndarray, n_models: int, predict: Callable[[np.ndarray], np.ndarray], *, windows_per_tile: int = 4096
) -> Iterator[BinScores]:
    """Average overlapping windows into bins, tile after tile, so that no chromosome is held in memory.

    Parameters
    ----------
    starts
        (n,) sorted starts of windows, multiples of 32.
    n_models
        Number of models.
    predict
        Scores windows: (m,) starts to (models, m, 32) float32.
    windows_per_tile
        Windows whose scores are held at once.

    Yields
    ------
    Finished bins, ascending over the tiles; every bin that a window covers comes exactly once.
    """
    from scmaxatac.atac._kernels import add_windows_to_bins

    open_bins = np.zeros(0, dtype=np.int64)
    sums = np.zeros((n_models, 0), dtype=np.float32)
    counts = np.zeros(0, dtype=np.int32)
    for lo in range(0, len(starts), windows_per_tile):
        tile = starts[lo : lo + windows_per_tile] // BIN
        scores = predict(starts[lo : lo + windows_per_tile])
        bins = covered_bins(tile)  # the open ones lie in the tile's first window
        fresh_sums = np.zeros((n_models, len(bins)), dtype=np.float32)
        fresh_counts = np.zeros(len(bins), dtype=np.int32)
        at = np.searchsorted(bins, open_bins)
        fresh_sums[:, at], fresh_counts[at] = sums, counts
        add_windows_to_bins(scores, np.searchsorted(bins, tile), fresh_sums, fresh_counts)
        more = lo + windows_per_tile < len(starts)
        n_done = np.searchsorted(bins, starts[lo + windows_per_tile] // BIN) if more else len(bins)
        yield BinScores(bins[:n_done], fresh_sums[:, :n_done] / fresh_counts[:n_done].astype(np.float32))
        open_bins, sums, counts = bins[n_done:], fresh_sums[:, n_done:], fresh_counts[n_done:]


def covered_bins(first: np.ndarray) -> np.ndarray:
    """Bins that windows cover whose first bins are given, sorted; (n,) to (m,) int64, sorted and distinct."""
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    breaks = np.flatnonzero(np.diff(first) > BINS_PER_WINDOW) + 1
    lows, highs = first[np.r_[0, breaks]], first[np.r_[breaks - 1, len(first) - 1]] + BINS_PER_WINDOW
    return np.concatenate([np.arange(lo, hi) for lo, hi in zip(lows, highs, strict=True)])
