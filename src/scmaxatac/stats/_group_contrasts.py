"""Each group against the mean of all others: effects and intervals from cells, donors or draws."""

from typing import NamedTuple

import numpy as np

from scmaxatac.stats._moderated_t import moderated_t


class GroupMeans(NamedTuple):
    """Means of groups, and their standard errors.

    Attributes
    ----------
    mean
        (groups, TFs); NaN for a group without a value.
    error
        (groups, TFs); NaN for a group with fewer than two values.
    """

    mean: np.ndarray
    error: np.ndarray


class Contrasts(NamedTuple):
    """Each group less the mean of the others, (groups, TFs) each; `p` is None where nothing was tested."""

    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    strength: np.ndarray
    p: np.ndarray | None


def group_means(values: np.ndarray, codes: np.ndarray, n_groups: int) -> GroupMeans:
    """Means over the cells of each group.

    Parameters
    ----------
    values
        (cells, TFs); NaN does not count.
    codes
        (cells,) int, group of each cell, -1 for none.
    n_groups
        Number of groups.
    """
    mean, error = np.full((2, n_groups, values.shape[1]), np.nan)
    for g in range(n_groups):
        mine = values[codes == g]
        n = np.sum(~np.isnan(mine), axis=0)
        total = np.nansum(mine, axis=0, dtype=np.float64)
        np.divide(total, n, out=mean[g], where=n > 0)
        squares = np.nansum((mine - mean[g]) ** 2, axis=0, dtype=np.float64)
        variance = np.divide(squares, n - 1, out=np.full(len(n), np.nan), where=n > 1)
        np.sqrt(np.divide(variance, n, out=variance, where=n > 1), out=error[g])
    return GroupMeans(mean, error)


def against_others(values: np.ndarray) -> np.ndarray:
    """Each group less the mean of the others, which weigh the same; of (groups, ...), NaN groups are left out."""
    there = ~np.isnan(values)
    n = there.sum(axis=0)
    rest = np.where(there, n - 1, n)
    others = np.nansum(values, axis=0) - np.where(there, values, 0)
    mean = np.divide(others, rest, out=np.full(values.shape, np.nan), where=rest > 0)
    return np.asarray(values - mean)


def contrasts_of_cells(means: GroupMeans) -> Contrasts:
    """Normal 95% intervals from the cells' spread: what other cells of the same donors would give."""
    effect = against_others(means.mean)
    there = ~np.isnan(means.error)
    n = there.sum(axis=0)
    squares = np.where(there, means.error**2, 0)
    rest = np.maximum(np.where(there, n - 1, n), 1)
    error = np.sqrt(means.error**2 + (squares.sum(axis=0) - squares) / rest**2)
    return _with_interval(effect, error)


def contrasts_of_draws(mean: np.ndarray, draws: np.ndarray) -> Contrasts:
    """Percentile 95% intervals from draws, (groups, TFs, draws)."""
    effect = against_others(mean)
    if not draws.shape[-1]:
        nothing = np.full(effect.shape, np.nan)
        return Contrasts(effect, nothing, nothing.copy(), effect.copy(), None)
    drawn = against_others(draws)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=-1)
    spread = drawn.std(axis=-1, ddof=1)
    strength = np.divide(effect, spread, out=np.zeros_like(effect), where=spread > 0)
    return Contrasts(effect, low, high, strength, None)


def contrasts_of_donors(means: np.ndarray) -> Contrasts:
    """Moderated one-sample t of each group's contrast within donors.

    Parameters
    ----------
    means
        (donors, groups, TFs); NaN where a donor has no cells in a group.
    """
    within = np.stack([against_others(donor) for donor in means])
    _, n_groups, n_tfs = within.shape
    found = np.full((5, n_groups, n_tfs), np.nan)
    for g in range(n_groups):
        there = ~np.isnan(within[:, g]).any(axis=1)
        if there.sum() < 2:
            continue
        values = within[there, g].T
        test = moderated_t(values, np.ones((values.shape[1], 1)), np.ones(1))
        found[:, g] = test.effect, *test.interval(), test.t, test.p
    return Contrasts(*found)


def _with_interval(effect: np.ndarray, error: np.ndarray) -> Contrasts:
    strength = np.divide(effect, error, out=np.zeros_like(effect), where=error > 0)
    return Contrasts(effect, effect - 1.959964 * error, effect + 1.959964 * error, strength, None)


def correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pearson's correlation of columns over groups, (TFs,); NaN for fewer than three groups or a constant column.

    Parameters
    ----------
    one, other
        (groups, TFs); groups with NaN in either are left out.
    """
    found = np.full(one.shape[1], np.nan)
    for t in range(one.shape[1]):
        both = ~np.isnan(one[:, t]) & ~np.isnan(other[:, t])
        x, y = one[both, t], other[both, t]
        if len(x) >= 3 and np.ptp(x) > 0 and np.ptp(y) > 0:
            found[t] = np.corrcoef(x, y)[0, 1]
    return found
