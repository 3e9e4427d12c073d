import numpy as np
import pytest
from scipy.stats import chi2

from scmaxatac.stats._footprint import check_widths, footprint, places

WHERE = places(60, 20, 10, 15)


def sums(seed=0, n_blocks=30, rate=5.0, depth=0.0):
    """Poisson numbers of blocks that differ in accessibility, around a known expectation with a known dip."""
    rng = np.random.default_rng(seed)
    shape = 1 + 0.5 * np.sin(np.arange(120) / 7)
    expected = rate * rng.gamma(2, 0.5, (n_blocks, 1)) * shape
    dip = np.where(WHERE.core, 1 - depth, 1.0)
    return rng.poisson(expected * dip).astype(float), expected


def test_positions_are_named_by_their_distance_from_the_middle():
    outer, core, shoulder = WHERE
    positions = np.arange(-60, 60)
    assert positions[outer].tolist() == [*range(-60, -40), *range(40, 60)]
    assert positions[core].tolist() == list(range(-5, 5))
    assert positions[shoulder].tolist() == [*range(-20, -5), *range(5, 20)]


@pytest.mark.parametrize("correction", ["subtract", "divide"])
def test_curves_and_numbers_are_those_of_the_formula(correction):
    observed, expected = sums(depth=0.6)
    found = footprint(observed, expected, WHERE, correction=correction, n=0, rng=np.random.default_rng(0))
    o, e = observed.sum(axis=0), expected.sum(axis=0)
    o, e = o / np.concatenate([o[:20], o[-20:]]).mean(), e / np.concatenate([e[:20], e[-20:]]).mean()
    corrected = o - e if correction == "subtract" else o / e
    np.testing.assert_allclose(found.uncorrected.value, o)
    np.testing.assert_allclose(found.expected.value, e)
    np.testing.assert_allclose(found.corrected.value, corrected)
    shoulder, core = np.r_[corrected[40:55], corrected[65:80]].mean(), corrected[55:65].mean()
    assert found.depth.value == pytest.approx(shoulder - core)
    assert found.flank_accessibility.value == pytest.approx(shoulder - np.r_[corrected[:20], corrected[-20:]].mean())
    assert all(np.isnan(band.low).all() and np.isnan(band.high).all() for band in found)


def test_intervals_are_percentiles_of_draws_of_blocks_where_there_are_many_insertions():
    observed, expected = sums(n_blocks=7, rate=500)
    observed[:3, WHERE.core] *= 0.2  # blocks differ by more than chance makes them
    found = footprint(observed, expected, WHERE, n=200, rng=np.random.default_rng(4))
    rng = np.random.default_rng(4)
    depths = []
    for weights in rng.multinomial(7, [1 / 7] * 7, size=200):
        o, e = (np.repeat(one, weights, axis=0).sum(axis=0) for one in (observed, expected))
        corrected = o / o[WHERE.outer].mean() - e / e[WHERE.outer].mean()
        depths.append(corrected[WHERE.shoulder].mean() - corrected[WHERE.core].mean())
    assert (found.depth.low, found.depth.high) == pytest.approx(tuple(np.percentile(depths, [2.5, 97.5])))
    assert (found.corrected.low <= found.corrected.high).all()


@pytest.mark.parametrize("correction", ["subtract", "divide"])
def test_intervals_are_at_least_those_of_the_poisson_distribution(correction):
    observed, expected = np.zeros((40, 120)), np.full((40, 120), 2.0)
    observed[:, WHERE.outer] = 1  # 40 insertions a position, in all blocks alike, so that draws do not vary
    observed[:, 50:60] = 3 / 40  # 15 in the core, 15 in the shoulder
    found = footprint(observed, expected, WHERE, correction=correction, n=100, rng=np.random.default_rng(0))
    low, high = (chi2.ppf(share, 2 * n) / 2 for share, n in ((0.025, 3), (0.975, 4)))
    less = 1 if correction == "subtract" else 0
    np.testing.assert_allclose(found.uncorrected.low[50:60], low / 40)
    np.testing.assert_allclose(found.uncorrected.high[50:60], high / 40)
    np.testing.assert_allclose(found.corrected.low[50:60], low / 40 - less)
    np.testing.assert_allclose(found.corrected.high[50:60], high / 40 - less)
    np.testing.assert_allclose(found.corrected.low[45:50], -less)
    np.testing.assert_allclose(found.corrected.high[45:50], chi2.ppf(0.975, 2) / 2 / 40 - less)
    below, above = 15 - chi2.ppf(0.025, 30) / 2, chi2.ppf(0.975, 32) / 2 - 15
    shoulder, core = 15 / 30 / 40, 15 / 10 / 40
    flanks = found.flank_accessibility
    assert (flanks.value, flanks.low, flanks.high) == pytest.approx(
        (shoulder - 1, shoulder - 1 - below / 30 / 40, shoulder - 1 + above / 30 / 40)
    )
    assert found.depth.low == pytest.approx(shoulder - core - np.hypot(below / 30, above / 10) / 40)
    assert found.depth.high == pytest.approx(shoulder - core + np.hypot(above / 30, below / 10) / 40)


@pytest.mark.parametrize(("rate", "correction"), [(5.0, "subtract"), (0.02, "subtract"), (0.1, "divide")])
def test_nineteen_of_twenty_intervals_hold_nothing_where_nothing_is(rate, correction):
    inside, of_curve, level = [], [], float(correction == "divide")
    for seed in range(150):
        observed, expected = sums(seed, n_blocks=60, rate=rate)
        found = footprint(observed, expected, WHERE, correction=correction, n=200, rng=np.random.default_rng(seed))
        inside.append(found.depth.low <= 0 <= found.depth.high)
        of_curve.append(((found.corrected.low <= level) & (found.corrected.high >= level)).mean())
    assert 0.9 <= np.mean(inside)
    assert 0.93 <= np.mean(of_curve) <= (0.98 if rate > 1 else 1)


def test_a_dip_is_found_with_its_depth():
    observed, expected = sums(depth=0.6, rate=50)
    found = footprint(observed, expected, WHERE, correction="divide", n=200, rng=np.random.default_rng(0))
    assert found.depth.low > 0.4
    assert found.depth.value == pytest.approx(0.6, abs=0.05)


def test_noise_of_the_expectation_widens_its_intervals_and_those_of_the_corrected_curve():
    observed, expected = sums(n_blocks=60)
    rng = np.random.default_rng(0)
    noise = 0.2 * expected.sum(axis=0) * rng.normal(size=(300, 120))
    plain, noisy = (
        footprint(observed, expected, WHERE, n=300, rng=np.random.default_rng(1), expectation_noise=given)
        for given in (None, noise)
    )
    for name, wider in (("expected", True), ("corrected", True), ("uncorrected", False)):
        widths = [(getattr(one, name).high - getattr(one, name).low).mean() for one in (plain, noisy)]
        assert (widths[1] > 1.5 * widths[0]) == wider
    np.testing.assert_array_equal(plain.corrected.value, noisy.corrected.value)


def test_nothing_is_said_where_there_is_nothing():
    for observed in (np.zeros((0, 120)), np.zeros((5, 120))):
        found = footprint(observed, observed.copy(), WHERE, n=50, rng=np.random.default_rng(0))
        assert all(np.isnan(part).all() for band in found for part in band)
    observed, expected = sums(n_blocks=1)
    found = footprint(observed, expected, WHERE, n=50, rng=np.random.default_rng(0))
    assert np.isfinite(found.depth.value)
    assert np.isnan(found.depth.low)


def test_draws_without_outer_insertions_are_left_out():
    observed, expected = sums(n_blocks=3)
    observed[:2, WHERE.outer] = 0
    found = footprint(observed, expected, WHERE, n=100, rng=np.random.default_rng(0))
    assert np.isfinite(found.corrected.low).all()


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({"core": 21}, "core is 21; it has to be even"),
        ({"outer": 201}, "take more than flank, 250 bp"),
        ({"flank": 0}, "flank is 0"),
        ({"shoulder": 2.5}, "shoulder is 2.5"),
    ],
)
def test_widths_that_do_not_fit_are_refused(widths, message):
    with pytest.raises(ValueError, match=message):
        check_widths(**{"flank": 250, "outer": 50, "core": 20, "shoulder": 40} | widths)
