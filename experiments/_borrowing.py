"""Signal borrowed from related groups, on plain arrays: a sparse group's shape from them, its level from itself."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import nbinom

BIN = 32
TILE_BINS = 16
"""Bins of a tile, over which the level is taken: 512 bp."""

KERNEL = (0.16, 0.68, 0.16)
"""Mean share that an insertion widened to 41 bp has in its own bin of 32 bp and in the two beside it."""

STRENGTHS = 2.0 ** np.arange(25)
"""Pseudo-insertions that are tried."""

ALL_TILES, PRIVATE_KEPT = "all tiles", "private kept"
RULES = {ALL_TILES: 0.0, PRIVATE_KEPT: 0.01}
"""`private_below` of the two rules that are compared."""


@dataclass(frozen=True)
class Borrowed:
    """A group's track after borrowing.

    Attributes
    ----------
    track
        (bins,) float64 of sum 1.
    own
        (bins,) float64 of sum 1, the smoothed track of the group's own insertions.
    weights
        (relatives + 1,) of the mixture; the last is that of the uniform component. Empty where nothing was borrowed.
    a
        Pseudo-insertions of a tile's level; NaN where nothing was borrowed.
    k
        Pseudo-insertions of the mix; 0 where nothing was borrowed.
    """

    track: np.ndarray
    own: np.ndarray
    weights: np.ndarray
    a: float
    k: float


def borrow(fitting: np.ndarray, choosing: np.ndarray, relatives: np.ndarray, *, private_below: float = 0.0) -> Borrowed:
    """Track of a group that borrows from its relatives.

    A prior is mixed from the relatives and a uniform component, scaled tile by tile to the group's own level, and mixed
    with the group's own smoothed counts. Weights are fitted on one half of the group's insertions, and what the other
    half finds most likely chooses how strong level and mix are (count splitting: Neufeld et al. 2024, Biostatistics
    25(1):270-287).

    Parameters
    ----------
    fitting, choosing
        (bins,) insertions of the two halves of the group's fragments in bins of 32 bp, whole tiles.
    relatives
        (relatives, bins) smoothed tracks of the other groups, each of any scale. Those without signal are not used.

    private_below
        Tiles whose count is less likely than this under the prior keep the group's own counts, as their sites may be
        private; see :func:`keep_private`. With 0 there are none.

    Returns
    -------
    The group's own track where a half is empty or no relative has any signal.

    Raises
    ------
    ValueError
        If the shapes differ or bins do not make whole tiles.
    """
    if fitting.shape != choosing.shape or relatives.shape[1:] != fitting.shape:
        raise ValueError(f"shapes are {fitting.shape}, {choosing.shape} and {relatives.shape}: bins differ")
    if fitting.size % TILE_BINS:
        raise ValueError(f"there are {fitting.size} bins: no multiple of {TILE_BINS}")
    counts = fitting + choosing
    own = smooth(counts)
    own = own / own.sum() if own.any() else own
    present = relatives.sum(axis=1) > 0
    if not present.any() or not fitting.any() or not choosing.any():
        return Borrowed(own, own, np.zeros(0), float("nan"), 0.0)
    tracks = relatives / np.where(present, relatives.sum(axis=1), 1)[:, None]
    tracks = np.vstack([tracks, np.full(fitting.size, 1 / fitting.size)])
    weights = mixture_weights(fitting, tracks, present=np.append(present, True))
    prior = weights @ tracks
    a = _most_likely(choosing, lambda strength: scale_tiles(prior, fitting, strength))
    level = keep_private(scale_tiles(prior, fitting, a), prior, fitting, a, private_below)
    k = _most_likely(choosing, lambda strength: mix(fitting, level, strength))
    level = keep_private(scale_tiles(prior, counts, a), prior, counts, a, private_below)
    return Borrowed(mix(counts, level, k), own, weights, a, k)


def smooth(counts: np.ndarray) -> np.ndarray:
    """Counts of bins smoothed as widening insertions to 41 bp does on average, (bins,); the sum stays."""
    side = KERNEL[0]
    padded = np.pad(np.asarray(counts, dtype=np.float64), 1, mode="edge")  # what would leave at an end stays there
    return np.asarray(KERNEL[1] * padded[1:-1] + side * (padded[:-2] + padded[2:]))


def mixture_weights(
    counts: np.ndarray, tracks: np.ndarray, *, present: np.ndarray | None = None, n_iter: int = 500, tol: float = 1e-7
) -> np.ndarray:
    """Weights of a multinomial mixture of tracks with the largest likelihood, by expectation maximisation.

    Parameters
    ----------
    counts
        (bins,) insertions, at least one.
    tracks
        (components, bins), each of sum 1; every bin with an insertion is above 0 in one of them.
    present
        (components,) bool, which may have weight; by default all.
    n_iter, tol
        Largest number of rounds, and the largest change of a weight at which they end.

    Returns
    -------
    (components,) of sum 1.
    """
    some = np.flatnonzero(counts)
    n, p = counts[some], tracks[:, some]
    weights = np.ones(len(tracks)) if present is None else present.astype(np.float64)
    weights /= weights.sum()
    for _ in range(n_iter):
        before = weights
        weights = before * (p @ (n / (before @ p))) / n.sum()
        if np.abs(weights - before).max() < tol:
            break
    return weights


def scale_tiles(prior: np.ndarray, counts: np.ndarray, a: float) -> np.ndarray:
    """The prior, in each tile times the ratio of counts to expected counts, both plus `a`; (bins,) of sum 1."""
    found = counts.reshape(-1, TILE_BINS).sum(axis=1)
    expected = counts.sum() * prior.reshape(-1, TILE_BINS).sum(axis=1)
    track = prior * np.repeat((found + a) / (expected + a), TILE_BINS)
    return np.asarray(track / track.sum())


def keep_private(level: np.ndarray, prior: np.ndarray, counts: np.ndarray, a: float, below: float) -> np.ndarray:
    """The level track with the group's own counts where they are too many for the prior; (bins,) of sum 1.

    A tile's count is negative binomial under the prior: Poisson, with a ratio to the expected count that is gamma with
    shape `a` and mean 1, which is what `scale_tiles` takes the posterior mean of. Tiles whose upper tail is below
    `below` keep their own smoothed counts over all, and never less than the level track has.
    """
    if not below:
        return level
    found = counts.reshape(-1, TILE_BINS).sum(axis=1)
    expected = counts.sum() * prior.reshape(-1, TILE_BINS).sum(axis=1)
    private = np.repeat(nbinom.sf(found - 1, a, a / (a + expected)) < below, TILE_BINS)
    track = np.where(private, np.maximum(smooth(counts) / counts.sum(), level), level)
    return np.asarray(track / track.sum())


def mix(counts: np.ndarray, level: np.ndarray, k: float) -> np.ndarray:
    """A group's smoothed counts and `k` pseudo-insertions of a track, (bins,) of sum 1."""
    return np.asarray((smooth(counts) + k * level) / (counts.sum() + k))


def coverage_after(coverage: np.ndarray, borrowed: np.ndarray) -> np.ndarray:
    """Coverage of every base after borrowing.

    The own coverage of a bin is scaled to what the bin has after borrowing; without coverage that is spread evenly.

    Parameters
    ----------
    coverage
        (bases,) coverage by widened insertions, whole bins.
    borrowed
        (bins,) what the bins have after borrowing, on any scale.

    Returns
    -------
    (bases,) float32 on the scale of `borrowed`.
    """
    own = coverage.reshape(-1, BIN)
    sums = own.sum(axis=1, dtype=np.float64)
    ratio = np.divide(borrowed, sums, out=np.zeros(len(sums)), where=sums > 0)
    values = own * ratio[:, None] + np.where(sums > 0, 0, borrowed / BIN)[:, None]
    return np.asarray(values.ravel(), dtype=np.float32)


def _most_likely(counts: np.ndarray, track_of: Callable[[float], np.ndarray]) -> float:
    some = np.flatnonzero(counts)
    likelihoods = [float(counts[some] @ np.log(track_of(strength)[some])) for strength in STRENGTHS]
    return float(STRENGTHS[int(np.argmax(likelihoods))])
