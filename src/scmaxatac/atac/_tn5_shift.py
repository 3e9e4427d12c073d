"""Where the ends of fragments lie relative to the Tn5 insertions that made them.

Tn5 cuts the two strands 9 bp apart, and the gap is filled on both sides. An insertion between two fragments so leaves
its 9 bp in both: unshifted, the left one's last base lies 8 bp after the right one's first. The usual shift, +4 at
starts and -5 at ends, brings the last base 1 bp before the first (Buenrostro et al. 2013, Nature Methods 10:1213).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

_LAGS = 15
_FLANK = 30
_ARM = 22
_FARTHEST = 8
_CLEAR_RATIO = 1.15
_CLEAR_DEVIATIONS = 5.0
_CLEAR_SYMMETRY = 0.75
_FEWEST = 1000


class Offset(NamedTuple):
    """Distance from first to last bases of neighbouring fragments.

    Attributes
    ----------
    bp
        The distance that stands out, NaN when none does.
    enrichment
        How often it occurs, relative to the median over the distances around it.
    """

    bp: float
    enrichment: float


def duplication_offset(firsts: Sequence[np.ndarray], lasts: Sequence[np.ndarray]) -> Offset:
    """Find the distance at which last bases follow first bases of other fragments most often.

    Parameters
    ----------
    firsts, lasts
        For each chromosome the positions of fragments' first and last bases, 0-based, in any order.

    Returns
    -------
    -1 where fragments are shifted by +4 and -5, 8 where they are not shifted; NaN without a clear answer.
    """
    lags = np.arange(-_LAGS, _LAGS + 1)
    counts = np.zeros(len(lags))
    for first, last in zip(firsts, lasts, strict=True):
        (first, n_first), (last, n_last) = (np.unique(ends, return_counts=True) for ends in (first, last))
        for i, lag in enumerate(lags):
            _, one, other = np.intersect1d(first + lag, last, assume_unique=True, return_indices=True)
            # the root keeps a pile-up from deciding, and deep data from saturating
            counts[i] += np.sqrt(n_first[one] * n_last[other]).sum()
    typical = float(np.median(counts))
    best, second = np.sort(counts)[[-1, -2]]
    enrichment = best / typical if typical else float("nan")
    clear = best > _CLEAR_RATIO * second and best - second > _CLEAR_DEVIATIONS * np.sqrt(second + 1)
    return Offset(float(lags[counts.argmax()]) if clear else float("nan"), float(enrichment))


def symmetry_centre(positions: Sequence[tuple[str, np.ndarray]], codes: Callable[[str], np.ndarray]) -> float:
    """Find the centre of Tn5's sequence preference, which equals its own reverse complement.

    Parameters
    ----------
    positions
        Pairs of a chromosome and positions on it, 0-based, in any order; one that occurs repeatedly counts once.
    codes
        Gives a chromosome's bases, 0 to 3 for A, C, G, T.

    Returns
    -------
    Where the centre lies, in bp after the positions: 0 for first bases that are shifted by +4, 4 for unshifted ones;
    NaN without a clear answer.
    """
    counts = np.zeros((2 * _FLANK + 1, 5))
    for chrom, where in positions:
        bases, where = codes(chrom), np.unique(where)
        where = where[(where >= _FLANK) & (where < len(bases) - _FLANK)]
        for i in range(2 * _FLANK + 1):
            counts[i] += np.bincount(bases[where + (i - _FLANK)], minlength=5)
    known = counts[:, :4]
    if known.sum(axis=1).min() < _FEWEST:
        return float("nan")
    shares = known / known.sum(axis=1, keepdims=True)
    deviation = shares - shares.mean(axis=0)
    halves = np.arange(-2 * _FARTHEST, 2 * _FARTHEST + 1)
    symmetry = np.array([_symmetry(deviation, int(half)) for half in halves])
    best = symmetry.argmax()
    return halves[best] / 2 if symmetry[best] > _CLEAR_SYMMETRY else float("nan")


def _symmetry(deviation: np.ndarray, twice_centre: int) -> float:
    """Correlation of a profile, (positions, 4), with its reverse complement around a centre."""
    left = np.arange(twice_centre // 2 - _ARM, twice_centre // 2 + _ARM + 1)
    one, other = deviation[left + _FLANK], deviation[twice_centre - left + _FLANK][:, ::-1]
    return float((one * other).sum() / max(np.sqrt((one**2).sum() * (other**2).sum()), 1e-12))
