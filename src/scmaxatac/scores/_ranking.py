"""Ranking of 200-bp bins, on which the published thresholds were calibrated."""

from collections.abc import Iterable, Iterator

import numpy as np

from scmaxatac._constants import BIN, CALIBRATION_BIN
from scmaxatac._types import Int64s
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._known_sequence import is_unknown, unknown_grid
from scmaxatac.genome._windows import PUBLISHED_GRID, Grid, window_starts


def calibration_bins(genome: Genome, chrom: str) -> np.ndarray:
    """Which 200-bp bins of a chromosome count: whole ones without a blacklisted base, with any known one; (n,) bool.

    Of a genome without sequence all bases count as known.
    """
    n = genome.sizes[chrom] // CALIBRATION_BIN
    counts = np.ones(n, dtype=bool)
    if genome.has_sequence:
        counts &= ~unknown_grid(genome.unknown_runs(chrom), n, CALIBRATION_BIN)
    if genome.blacklist is not None:
        counts &= ~genome.blacklist.overlaps_grid(chrom, n, CALIBRATION_BIN, CALIBRATION_BIN)
    return counts


def uncounted(genome: Genome, chroms: Iterable[str]) -> Intervals:
    """Intervals of the 200-bp bins that do not count: what a genome without sequence needs as its blacklist.

    So that :func:`calibration_bins` are the same where the sequence is not at hand.
    """
    bounds = {}
    for chrom in chroms:
        at = np.flatnonzero(~calibration_bins(genome, chrom)) * CALIBRATION_BIN
        bounds[chrom] = (at, at + CALIBRATION_BIN)
    return Intervals(bounds)


def blocks_beside(genome: Genome, chrom: str, regions: Intervals, grid: Grid = PUBLISHED_GRID) -> np.ndarray:
    """Windows that may stand for what lies beside regions; (n,) int64, their starts, 0-based and sorted.

    They have a known base, and neither the blacklist nor a region touches them or the windows beside them.
    """
    starts = window_starts(genome, chrom, grid=grid)
    lows, highs = starts - grid.window, starts + 2 * grid.window
    free = (lows >= 0) & (highs <= genome.sizes[chrom]) & ~is_unknown(genome.unknown_runs(chrom), starts, grid.window)
    for taken in (regions, genome.blacklist):
        if taken is not None:
            free &= ~taken.overlaps(chrom, lows, highs)
    chosen: Int64s = starts[free]
    return chosen


def covered_calibration_bins(bins: np.ndarray, allowed: np.ndarray, bin_size: int = BIN) -> np.ndarray:
    """200-bp bins that the given bins of `bin_size` bp overlap, among those allowed; sorted, distinct."""
    covered = np.zeros(len(allowed), dtype=bool)
    for place, _ in _overlapped(bins, bin_size):
        covered[place[: np.searchsorted(place, len(allowed))]] = True
    return np.flatnonzero(covered & allowed)


def _overlapped(bins: np.ndarray, bin_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """200-bp bins that sorted bins overlap: the first of each, then the second of those that have one, and so on.

    Yields them with the rows of the bins.
    """
    first, last = bins * bin_size // CALIBRATION_BIN, (bins * bin_size + bin_size - 1) // CALIBRATION_BIN
    rows = np.arange(len(bins))
    while len(rows):
        yield first[rows], rows
        first = first + 1
        rows = rows[first[rows] <= last[rows]]


def largest_per_calibration_bin(
    bins: np.ndarray, scores: np.ndarray, allowed: np.ndarray, bin_size: int = BIN
) -> np.ndarray:
    """Largest score of the bins that overlap each 200-bp bin.

    Parameters
    ----------
    bins
        (n,) sorted numbers of bins.
    scores
        (n,) their scores.
    allowed
        Which 200-bp bins count, from :func:`calibration_bins`.
    bin_size
        Width of the bins in bp.

    Returns
    -------
    (m,) float32, one for each 200-bp bin that counts and overlaps any of the bins, in order.
    """
    if not len(bins):
        return np.zeros(0, dtype=np.float32)
    parts = list(_overlapped(bins, bin_size))
    where = np.concatenate([place for place, _ in parts])
    values = np.concatenate([scores[rows] for _, rows in parts])
    inside = where < len(allowed)
    where, values = where[inside], values[inside]
    counts = allowed[where]
    where, values = where[counts], values[counts]
    order = np.argsort(where, kind="stable")
    where, values = where[order], values[order]
    begins = np.flatnonzero(np.diff(where, prepend=-1))
    return np.maximum.reduceat(values, begins) if len(begins) else np.zeros(0, dtype=np.float32)


def nth_largest(values: np.ndarray, n: int) -> float:
    """Find the n-th largest value; inf for n = 0, 0 when there are fewer than n."""
    if n <= 0:
        return float("inf")
    if n > len(values):
        return 0.0
    return float(np.partition(values, len(values) - n)[len(values) - n])


def nth_largest_with_sample(values: np.ndarray, sample: np.ndarray, n_sampled: int, n: int) -> float:
    """Estimate the n-th largest of the values and of `n_sampled` others, of which there is a sample.

    Every value of the sample counts as ``n_sampled / len(sample)`` values; without one, the others are below all.
    Returns inf for n = 0, 0 when there are fewer than n.
    """
    if n <= 0 or not len(sample):
        return nth_largest(values, n)
    both = np.concatenate([values, sample])
    weights = np.repeat([1.0, n_sampled / len(sample)], [len(values), len(sample)])
    order = np.argsort(-both, kind="stable")
    reached = np.cumsum(weights[order]) >= n - 1e-6  # sums of fractions may end a little below a whole number
    return float(both[order[np.argmax(reached)]]) if reached.any() else 0.0
