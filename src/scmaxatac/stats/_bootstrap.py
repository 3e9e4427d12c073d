"""Intervals of means over the genome, from draws of blocks."""

from typing import NamedTuple

import numpy as np

_FEWEST = 2
"""Blocks without which there is no interval."""


class MeanInterval(NamedTuple):
    """Means and their intervals, (rows,) each; NaN where nothing can be said."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def bootstrap_mean(
    values: np.ndarray, blocks: np.ndarray, *, n: int, rng: np.random.Generator, level: float = 0.95
) -> MeanInterval:
    """Means of sites, with percentile intervals over draws of whole blocks with replacement.

    Neighbouring sites depend on each other, so blocks of the genome are drawn, the same ones for all rows: rows of one
    draw can be subtracted from one another.

    Parameters
    ----------
    values
        (rows, sites), such as the scores of groups in the sites of a transcription factor.
    blocks
        (sites,) int, block of each site, 0 to the number of blocks.
    n
        Number of draws; 0 leaves the interval out.
    rng
        Source of randomness.
    level
        Share of the draws between low and high.

    References
    ----------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; Kuensch 1989, Ann Stat 17(3):1217-1241.
    """
    means = draw_means(values, blocks, n=n, rng=rng)
    if not values.shape[1]:
        nothing = np.full(len(values), np.nan)
        return MeanInterval(nothing, nothing.copy(), nothing.copy())
    mean = values.mean(axis=1, dtype=np.float64)
    if not means.size:
        return MeanInterval(mean, np.full(len(values), np.nan), np.full(len(values), np.nan))
    low, high = np.percentile(means, [50 * (1 - level), 50 * (1 + level)], axis=1)
    return MeanInterval(mean, low, high)


def draw_means(values: np.ndarray, blocks: np.ndarray, *, n: int, rng: np.random.Generator) -> np.ndarray:
    """Means of the sites of blocks that are drawn with replacement, (rows, draws); no draws of fewer than two blocks.

    A draw without a site, which empty blocks would allow, can't occur: only blocks with sites are drawn.
    """
    names, which = np.unique(blocks, return_inverse=True)
    n_blocks = len(names)
    if n_blocks < _FEWEST or n < 1:
        return np.zeros((len(values), 0))
    counts = np.bincount(which, minlength=n_blocks).astype(float)
    sums = np.stack([np.bincount(which, weights=row, minlength=n_blocks) for row in np.asarray(values, dtype=float)])
    weights = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=n)
    return (sums @ weights.T) / (counts @ weights.T)
