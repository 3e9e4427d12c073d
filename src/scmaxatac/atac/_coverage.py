"""Coverage by widened Tn5 insertions, on plain arrays."""

import numpy as np

from scmaxatac._constants import FLANK
from scmaxatac._types import Int32s
from scmaxatac.genome._intervals import Intervals


def keep_off_blacklist(positions: np.ndarray, chrom: str, length: int, blacklist: Intervals | None) -> np.ndarray:
    """Drop the insertions whose widened interval touches the blacklist.

    Parameters
    ----------
    positions
        (n,) sorted positions of insertions, 0-based.
    chrom
        Chromosome they lie on.
    length
        Its length in bp; widened insertions are clipped to it.
    blacklist
        Blacklisted intervals, or None.

    Returns
    -------
    (m,) int32, sorted.
    """
    positions = np.asarray(positions, dtype=np.int32)
    if blacklist is None or not len(blacklist.starts(chrom)):
        return positions
    starts = np.maximum(positions.astype(np.int64) - FLANK, 0)
    ends = np.minimum(positions.astype(np.int64) + FLANK + 1, length)
    kept: Int32s = positions[~blacklist.overlaps(chrom, starts, ends)]
    return kept


def coverage_runs(positions: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Coverage of a chromosome as runs of equal value.

    Parameters
    ----------
    positions
        (n,) sorted positions of insertions; each covers ``[p - 20, p + 21)``, clipped to the chromosome.
    length
        Length of the chromosome in bp.

    Returns
    -------
    Breakpoints (m + 1,) int32, from 0 to `length`, and the number of widened insertions over each of the m runs,
    (m,) int32. Neighbouring runs differ in value.
    """
    from scmaxatac.atac._kernels import sweep

    return sweep(np.ascontiguousarray(positions, dtype=np.int32), length, FLANK)


def coverage_histogram(positions: np.ndarray, length: int) -> np.ndarray:
    """Count the bases under each number of widened insertions.

    Parameters
    ----------
    positions
        (n,) sorted positions of insertions; each covers ``[p - 20, p + 21)``, clipped to the chromosome.
    length
        Length of the chromosome in bp.

    Returns
    -------
    (highest coverage + 1,) int64; entry k is the number of bases that k insertions cover.
    """
    from scmaxatac.atac._kernels import sweep_histogram

    return sweep_histogram(np.ascontiguousarray(positions, dtype=np.int32), length, FLANK)


def weighted_percentile(values: np.ndarray, counts: np.ndarray, percentile: float) -> float:
    """Percentile of a multiset, with numpy's linear interpolation.

    Equal to ``np.percentile(np.repeat(values, counts), percentile)`` without building the long array.

    Parameters
    ----------
    values
        (n,) distinct or repeated values, in any order.
    counts
        (n,) how often each occurs.
    percentile
        Between 0 and 100.

    Returns
    -------
    The percentile; NaN when all counts are 0.
    """
    order = np.argsort(values, kind="stable")
    values, cumulative = np.asarray(values, dtype=np.float64)[order], np.cumsum(np.asarray(counts)[order])
    total = int(cumulative[-1]) if len(cumulative) else 0
    if total == 0:
        return float("nan")
    rank = (total - 1) * percentile / 100
    below = int(np.floor(rank))
    low = values[np.searchsorted(cumulative, below, side="right")]
    high = values[np.searchsorted(cumulative, min(below + 1, total - 1), side="right")]
    return float(low + (high - low) * (rank - below))
