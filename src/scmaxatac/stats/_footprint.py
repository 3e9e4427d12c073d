"""Footprints from sums over blocks of sites: scaled, corrected for a bias, with intervals."""

from typing import Literal, NamedTuple

import numpy as np

from scmaxatac._checks import check_number
from scmaxatac._types import Float64s

Correction = Literal["subtract", "divide"]

_FEWEST = 2
"""Blocks without which there is no interval."""

_LEVEL = 0.95


class Band(NamedTuple):
    """A curve and the ends of its interval, (positions,) each, or a number and the ends of its interval."""

    value: Float64s
    low: Float64s
    high: Float64s


class Places(NamedTuple):
    """Which positions are what, (positions,) bool each.

    Attributes
    ----------
    outer
        Both ends of the window, whose mean becomes 1.
    core
        The middle, which a bound factor protects.
    shoulder
        What lies beside it.
    """

    outer: np.ndarray
    core: np.ndarray
    shoulder: np.ndarray


class Footprint(NamedTuple):
    """A footprint.

    Attributes
    ----------
    uncorrected, expected, corrected
        Curves: what was observed and what the bias makes one expect, both over their mean in the outer positions; and
        the first less, or divided by, the second.
    depth
        Mean corrected curve of the shoulders less that of the core.
    flank_accessibility
        Mean corrected curve of the shoulders less that of the outer positions.
    """

    uncorrected: Band
    expected: Band
    corrected: Band
    depth: Band
    flank_accessibility: Band


def places(flank: int, outer: int, core: int, shoulder: int) -> Places:
    """Name the positions of a window from -`flank` to `flank` bp: the rest of the arguments are widths in bp."""
    distance = np.abs(np.arange(-flank, flank) + 0.5)
    half = core / 2
    return Places(distance > flank - outer, distance < half, (distance > half) & (distance < half + shoulder))


def footprint(
    observed: Float64s,
    expected: Float64s,
    where: Places,
    *,
    correction: Correction = "subtract",
    n: int,
    rng: np.random.Generator,
    expectation_noise: Float64s | None = None,
) -> Footprint:
    """Scale, correct and give intervals.

    Intervals are percentiles of draws of blocks with replacement, in each of which everything is computed anew. Draws
    of few insertions vary too little (where there is none, not at all), so intervals are at least as wide as the exact
    ones of the Poisson distribution of the numbers of insertions; those of differences are put together from both sides
    (Zou and Donner 2008).

    Parameters
    ----------
    observed, expected
        (blocks, positions): sums over the sites of each block.
    where
        What positions are.
    correction
        Whether the expectation is subtracted, or divided by.
    n
        Number of draws; 0 leaves the intervals out, which are NaN then, as with fewer than two blocks.
    rng
        Source of randomness.
    expectation_noise
        (n, positions): what each draw adds to the sum of the expectation, because the bias is not known exactly.

    Returns
    -------
    The footprint; NaN where there is nothing in the outer positions.

    References
    ----------
    Garwood 1936, Biometrika 28:437 (exact intervals); Zou and Donner 2008, Stat Med 27:1693.
    """
    n_blocks = len(observed)
    whole = _curves(observed.sum(axis=0)[None], expected.sum(axis=0)[None], where, correction)
    if n < 1 or n_blocks < _FEWEST:
        return Footprint(*(Band(values[0], *np.full((2, *values.shape[1:]), np.nan)) for values in whole))
    weights = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=n).astype(float)
    drawn_expected = weights @ expected
    if expectation_noise is not None:
        drawn_expected += expectation_noise
    drawn = _curves(weights @ observed, drawn_expected, where, correction)
    found = Footprint(*(Band(values[0], *_interval(others)) for values, others in zip(whole, drawn, strict=True)))
    return _at_least_poisson(found, observed.sum(axis=0), where, correction)


def _curves(
    observed: Float64s, expected: Float64s, where: Places, correction: Correction
) -> tuple[Float64s, Float64s, Float64s, Float64s, Float64s]:
    """Scaled and corrected curves, (draws, positions), depth and accessibility of the flanks, (draws,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        uncorrected, scaled = (
            sums / np.where(level > 0, level, np.nan)
            for sums in (observed, expected)
            for level in [sums[:, where.outer].mean(axis=1, keepdims=True)]
        )
        corrected = uncorrected - scaled if correction == "subtract" else uncorrected / scaled
    outer, core, shoulder = (corrected[:, mask].mean(axis=1) for mask in where)
    return uncorrected, scaled, corrected, shoulder - core, shoulder - outer


def _interval(drawn: Float64s) -> tuple[Float64s, Float64s]:
    """Percentiles over the draws that have something in the outer positions."""
    drawn = drawn[~np.isnan(drawn).reshape(len(drawn), -1).any(axis=1)]
    if not len(drawn):
        low, high = np.full((2, *drawn.shape[1:]), np.nan)
    else:
        low, high = np.percentile(drawn, [50 * (1 - _LEVEL), 50 * (1 + _LEVEL)], axis=0)
    return low, high


def _at_least_poisson(found: Footprint, counts: Float64s, where: Places, correction: Correction) -> Footprint:
    """Widen intervals to those of the Poisson distribution of the numbers of insertions, (positions,)."""
    level = counts[where.outer].mean()
    if not level > 0:
        return found
    expected = found.expected
    below, above = (np.abs(counts - limit) / level for limit in _exact(counts))
    uncorrected = _widened(found.uncorrected, below, above)
    if correction == "subtract":
        below = np.hypot(below, expected.high - expected.value)
        above = np.hypot(above, expected.value - expected.low)
        scale = np.ones(len(counts))
    else:
        below, above = below / expected.value, above / expected.value
        scale = expected.value
    sides = []
    for mask in (where.core, where.shoulder):
        total = counts[mask].sum()
        sides.append([np.abs(total - limit) / level / scale[mask].sum() for limit in _exact(total)])
    core, shoulder = sides
    return Footprint(
        uncorrected,
        expected,
        _widened(found.corrected, below, above),
        _widened(found.depth, np.hypot(shoulder[0], core[1]), np.hypot(shoulder[1], core[0])),
        _widened(found.flank_accessibility, *shoulder),
    )


def _exact(counts: Float64s) -> tuple[Float64s, Float64s]:
    """Ends of the exact intervals of the means of Poisson distributions that counts were drawn from."""
    from scipy.stats import chi2

    tail = (1 - _LEVEL) / 2
    low = np.where(counts > 0, chi2.ppf(tail, 2 * np.maximum(counts, 1)) / 2, 0.0)
    return low, chi2.ppf(1 - tail, 2 * counts + 2) / 2


def _widened(band: Band, below: Float64s, above: Float64s) -> Band:
    """Band that reaches at least so far below and above its values."""
    return Band(band.value, np.minimum(band.low, band.value - below), np.maximum(band.high, band.value + above))


def check_widths(*, flank: int, outer: int, core: int, shoulder: int) -> None:
    """Raise a ValueError unless the parts of a window, in bp, are whole numbers that fit into it."""
    for name, value in (("flank", flank), ("outer", outer), ("core", core), ("shoulder", shoulder)):
        check_number(name, value, low=1, whole=True)
    if core % 2:
        raise ValueError(f"core is {core}; it has to be even, as cuts lie half a base beside positions")
    if core // 2 + shoulder + outer > flank:
        raise ValueError(
            f"half the core ({core // 2} bp), shoulder ({shoulder} bp) and outer ({outer} bp) take more than flank, "
            f"{flank} bp; make them smaller or flank larger"
        )
