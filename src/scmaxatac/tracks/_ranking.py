"""Ranking of 200-bp bins, on which the published thresholds were calibrated."""

import numpy as np

from scmaxatac._constants import BIN, CALIBRATION_BIN, UNKNOWN_BASE
from scmaxatac.tracks._genome import Genome


def calibration_bins(genome: Genome, chrom: str) -> np.ndarray:
    """Tell which 200-bp bins of a chromosome count: whole ones without a blacklisted base; (n,) bool."""
    n = genome.sizes[chrom] // CALIBRATION_BIN
    if genome.blacklist is None:
        return np.ones(n, dtype=bool)
    return ~genome.blacklist.overlaps_grid(chrom, n, CALIBRATION_BIN, CALIBRATION_BIN)


def known_calibration_bins(genome: Genome, chrom: str) -> np.ndarray:
    """Tell which of the :func:`calibration_bins` have a known base in their middle; (n,) bool."""
    allowed = calibration_bins(genome, chrom)
    return allowed & (genome.codes(chrom)[CALIBRATION_BIN // 2 :: CALIBRATION_BIN][: len(allowed)] < UNKNOWN_BASE)


def covered_calibration_bins(bins: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """200-bp bins that the given 32-bp bins overlap, among those allowed; sorted, distinct."""
    first, last = bins * BIN // CALIBRATION_BIN, (bins * BIN + BIN - 1) // CALIBRATION_BIN
    covered = np.zeros(len(allowed), dtype=bool)
    for both in (first, last):
        covered[both[: np.searchsorted(both, len(allowed))]] = True
    return np.flatnonzero(covered & allowed)


def largest_per_calibration_bin(bins: np.ndarray, scores: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Largest score of the 32-bp bins that overlap each 200-bp bin.

    Parameters
    ----------
    bins
        (n,) sorted numbers of 32-bp bins.
    scores
        (n,) their scores.
    allowed
        Which 200-bp bins count, from :func:`calibration_bins`.

    Returns
    -------
    (m,) float32, one for each 200-bp bin that counts and overlaps any of the bins, in order.
    """
    if not len(bins):
        return np.zeros(0, dtype=np.float32)
    first, last = bins * BIN // CALIBRATION_BIN, (bins * BIN + BIN - 1) // CALIBRATION_BIN
    split = first != last
    where = np.concatenate([first, last[split]])
    values = np.concatenate([scores, scores[split]])
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
