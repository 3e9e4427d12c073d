"""Binding sites from scores of bins."""

import numpy as np

from scmaxatac._constants import BIN
from scmaxatac.genome._intervals import Intervals


def merge_sites(
    starts: np.ndarray, scores: np.ndarray, threshold: float, bin_size: int = BIN
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge adjacent bins with a score of at least the threshold.

    Parameters
    ----------
    starts
        (n,) sorted starts of bins.
    scores
        (n,) their scores.
    threshold
        Smallest score that counts. A bin with a score of 0 is never called.
    bin_size
        Width of the bins in bp.

    Returns
    -------
    Starts and ends (int64, 0-based, half-open) of the sites and the largest score in each (float32).
    """
    called = (scores >= threshold) & (scores > 0)
    starts, scores = starts[called], scores[called]
    if not len(starts):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    opens = np.flatnonzero(np.diff(starts, prepend=-2 * bin_size) != bin_size)
    ends = starts[np.append(opens[1:] - 1, len(starts) - 1)] + bin_size
    return starts[opens], ends, np.maximum.reduceat(scores, opens)


def bins_in_regions(starts: np.ndarray, chrom: str, regions: Intervals | None, bin_size: int = BIN) -> np.ndarray:
    """Which bins of `bin_size` bp overlap a region by 1 bp; all of them without regions. (n,) bool."""
    if regions is None:
        return np.ones(len(starts), dtype=bool)
    return regions.overlaps(chrom, starts, starts + bin_size)


def max_per_interval(
    bins: np.ndarray, scores: np.ndarray, starts: np.ndarray, ends: np.ndarray, bin_size: int = BIN
) -> np.ndarray:
    """Largest score among the bins that overlap each interval by 1 bp.

    Parameters
    ----------
    bins
        (n,) sorted numbers of bins.
    scores
        (..., n) their scores.
    starts, ends
        (m,) intervals in bp, 0-based and half-open, in any order.
    bin_size
        Width of the bins in bp.

    Returns
    -------
    (..., m) float32, NaN where no bin overlaps.
    """
    lo = np.searchsorted(bins, np.asarray(starts) // bin_size)
    hi = np.searchsorted(bins, (np.asarray(ends) - 1) // bin_size + 1)
    out = np.full((*scores.shape[:-1], len(lo)), np.nan, dtype=np.float32)
    some = np.flatnonzero(lo < hi)
    if len(some):
        bounds = np.stack([lo[some], hi[some]], axis=1).ravel()
        padded = np.concatenate([scores, np.full((*scores.shape[:-1], 1), -np.inf, dtype=scores.dtype)], axis=-1)
        out[..., some] = np.maximum.reduceat(padded, bounds, axis=-1)[..., ::2]
    return out
