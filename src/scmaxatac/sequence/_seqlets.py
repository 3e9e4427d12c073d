"""Seqlets: short intervals that contributions are concentrated in."""

from typing import NamedTuple

import numpy as np

from scmaxatac._types import Float32s

SEQLET_WIDTH = 21
"""Bases that the contributions of a seqlet are added up over, as in TF-MoDISco."""


class Seqlets(NamedTuple):
    """Intervals of :data:`SEQLET_WIDTH` bases that don't overlap within a site and a sign, sites in order.

    Attributes
    ----------
    site
        (n,) int64, row of the site.
    start
        (n,) int64, first base, counted from the first base of the site's window.
    total
        (n,) float64, sum of the contributions.
    """

    site: np.ndarray
    start: np.ndarray
    total: np.ndarray


def find_seqlets(
    actual: Float32s, *, negative: bool = False, fdr: float = 0.05, rng: np.random.Generator | None = None
) -> Seqlets:
    """Intervals whose contributions add up to more than chance lets them.

    In each site the interval with the largest sum is taken, then the largest that does not overlap it, and so on. The
    same is done with the contributions of each site in random order. Sums are compared as shares of all contributions
    of their site (without signs), so that sites with high scores don't set the measure for the others; those are kept
    whose share is so large that at most a share `fdr` as many are found in random order.

    Parameters
    ----------
    actual
        (sites, width) contributions of the bases that are there.
    negative
        Take the sums that are most negative instead.
    fdr
        Expected share of intervals that are none.
    rng
        Generator of the random orders.
    """
    signed = -actual if negative else actual
    all_of_site = np.abs(actual).sum(axis=1, dtype=np.float64)
    found = _intervals(signed)
    null = _intervals((np.random.default_rng(0) if rng is None else rng).permuted(signed, axis=1))
    share, null_share = (each.total / all_of_site[each.site] for each in (found, null))
    keep = share >= _smallest(share, null_share, fdr)
    site, start, total = (column[keep] for column in found)
    return Seqlets(site, start, -total if negative else total)


def _intervals(values: np.ndarray) -> Seqlets:
    """Intervals with a positive sum, the largest of a site first among those that overlap."""
    cumulative = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    sums = cumulative[:, SEQLET_WIDTH:] - cumulative[:, :-SEQLET_WIDTH]
    place, rows = np.arange(sums.shape[1]), np.arange(len(sums))
    parts = []
    while len(rows):
        start = sums[rows].argmax(axis=1)
        total = sums[rows, start]
        positive = total > 0
        rows, start, total = rows[positive], start[positive], total[positive]
        parts.append((rows, start, total))
        sums[rows] = np.where(np.abs(place - start[:, None]) < SEQLET_WIDTH, -np.inf, sums[rows])
    site, start, total = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((start, site))
    return Seqlets(site[order], start[order], total[order])


def _smallest(found: np.ndarray, null: np.ndarray, fdr: float) -> float:
    """Smallest sum at which at most a share `fdr` as many are found by chance; infinity where there is none."""
    values = np.sort(found)
    as_large = len(values) - np.searchsorted(values, values)
    by_chance = len(null) - np.searchsorted(np.sort(null), values)
    few = np.flatnonzero(by_chance <= fdr * as_large)
    return float(values[few[0]]) if len(few) else np.inf
