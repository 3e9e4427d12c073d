"""Whether chosen regions hold more of something than regions of the same accessibility and GC content."""

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

from scmaxatac.stats._background import Background


class MatchedOverlap(NamedTuple):
    """What chosen regions hold, against what is drawn in their places."""

    observed: float
    """Sum over the chosen regions of length times share."""

    expected: float
    """Mean of that sum when each region is replaced by a drawn one."""

    sd: float
    """Its standard deviation."""

    z: float
    """(observed - expected) / sd; NaN where sd is 0."""

    p: float
    """Two-sided p-value of z; NaN as z."""


def matched_overlap(
    background: Background, lengths: np.ndarray, share: np.ndarray, chosen: np.ndarray
) -> MatchedOverlap:
    """Compare the chosen regions with draws from the background, in closed form.

    In the place of each chosen region another is drawn (:class:`~scmaxatac.stats._background.Background`), whose share
    counts with the length of the chosen one. The draws of different regions are independent, so means and variances add
    up. A set that is a large part of its background differs less from it by chance than draws with replacement do: the
    variance of each region is multiplied by the chance that what is drawn in its place is not chosen itself (the
    correction for sampling without replacement, locally).

    Parameters
    ----------
    background
        Background of the regions.
    lengths
        (regions,) lengths.
    share
        (regions,) share of each region that holds what is counted.
    chosen
        (regions,) bool; regions that the background leaves out do not count.
    """
    rows = np.flatnonzero(chosen & background.kept)
    bins = background.bin_of[rows]
    mean = background.drawn_means(share)
    variance = np.maximum(background.drawn_means(share**2) - mean**2, 0.0)
    others = 1.0 - background.drawn_means(chosen.astype(float))
    size = lengths[rows].astype(float)
    observed = float(size @ share[rows])
    expected = float(size @ mean[bins])
    sd = float(np.sqrt((size**2) @ (variance * np.maximum(others, 0.0))[bins]))
    z = (observed - expected) / sd if sd > 1e-9 * max(observed, expected, 1e-300) else np.nan
    return MatchedOverlap(observed, expected, sd, z, float(2 * norm.sf(abs(z))))
