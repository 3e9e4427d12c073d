"""p-values of values against others that stand for no effect, each against those that are like it."""

import numpy as np


def thirds(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Third of a distribution that each value lies in: 0, 1 or 2; (n,) int64.

    Parameters
    ----------
    values
        (n,) values; NaN counts as the highest.
    of
        (m,) values of the distribution; NaN does not count. Without any all values are in the first third.
    """
    known = of[np.isfinite(of)]
    if not len(known):
        return np.zeros(len(values), dtype=np.int64)
    return np.searchsorted(np.quantile(known, [1 / 3, 2 / 3]), values, side="right")


def matched_p_values(
    values: np.ndarray, strata: np.ndarray, null: np.ndarray, null_strata: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided p-values of values, each against the values of the null in its stratum.

    With n values of the null, of which r are at least as large (or, on the other side, as small), a side has
    ``(r + 1) / (n + 1)``; the p-value is twice the smaller one, at most 1. For values that are drawn as the null's are
    it is at most a with a chance of at most a (Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39).

    Parameters
    ----------
    values
        (n,) values; NaN gets none.
    strata
        (n,) int, stratum of each.
    null
        (m,) values of the null; NaN does not count.
    null_strata
        (m,) int, stratum of each.
    own
        (n,) int, where a value is in the null itself, which it is then not compared with; -1 where it is not.

    Returns
    -------
    (n,) float64 p-values, NaN where the null has no value in the stratum, and (n,) int64 sizes of the null there.
    """
    p, size = np.full(len(values), np.nan), np.zeros(len(values), dtype=np.int64)
    there = (own >= 0) & np.isfinite(null[own] if len(null) else values)
    there[there] &= null_strata[own[there]] == strata[there]
    for stratum in np.unique(strata):
        mine = np.flatnonzero(strata == stratum)
        others = null[null_strata == stratum]
        others = np.sort(others[np.isfinite(others)])
        itself = there[mine].astype(np.int64)
        n = len(others) - itself
        low = np.searchsorted(others, values[mine], side="right") - itself
        high = len(others) - np.searchsorted(others, values[mine], side="left") - itself
        each = np.minimum(2 * (np.minimum(low, high) + 1) / (n + 1), 1.0)
        p[mine] = np.where((n > 0) & np.isfinite(values[mine]), each, np.nan)
        size[mine] = n
    return p, size
