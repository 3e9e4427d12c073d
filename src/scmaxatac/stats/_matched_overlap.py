"""Whether chosen regions hold more of something than regions of the same accessibility and GC content."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from scmaxatac.stats._background import Background


class MatchedOverlap(NamedTuple):
    """What chosen regions hold, against what is drawn in their places."""

    observed: float
    """Sum over the chosen regions."""

    expected: float
    """Mean of that sum when each region is replaced by a drawn one."""

    sd: float
    """Its standard deviation."""

    z: float
    """(observed - expected) / sd; NaN where sd is 0."""

    p: float
    """Two-sided p-value of z; NaN as z."""


def matched_overlap(background: Background, values: np.ndarray, chosen: np.ndarray) -> MatchedOverlap:
    """Compare the sum over the chosen regions with that over draws from the background, in closed form.

    In the place of each chosen region another is drawn (:class:`~scmaxatac.stats._background.Background`). The draws of
    different regions are independent, so means and variances add up. A set that is a large part of its background
    differs less from it by chance than draws with replacement do: the variance of each region is multiplied by the
    chance that what is drawn in its place is not chosen itself, over the chance that two draws differ (the correction
    for sampling without replacement, near that region; 1 for a single region among like ones).

    Parameters
    ----------
    background
        Background of the regions.
    values
        (regions,) what is added up, such as bp in sites.
    chosen
        (regions,) bool; regions that the background leaves out do not count.
    """
    rows = np.flatnonzero(chosen & background.kept)
    bins = background.bin_of[rows]
    values = np.asarray(values, dtype=np.float64)
    mean = background.drawn_means(values)
    variance = np.maximum(background.drawn_means(values**2) - mean**2, 0.0)
    others = np.maximum(1.0 - background.drawn_means(chosen.astype(float)), 0.0)
    same_twice = background.kernel.power(2) @ (1.0 / background.sizes)
    spare = np.divide(others, 1.0 - same_twice, out=np.zeros_like(others), where=same_twice < 1.0 - 1e-9)
    observed, expected = float(values[rows].sum()), float(mean[bins].sum())
    sd = float(np.sqrt((variance * spare)[bins].sum()))
    z = (observed - expected) / sd if sd > 1e-9 * max(observed, expected) else np.nan
    return MatchedOverlap(observed, expected, sd, z, float(2 * ndtr(-abs(z))))
