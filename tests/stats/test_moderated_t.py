"""Moderated t: against numbers that limma printed, a slow version of the formulas, and simulated variances."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scmaxatac.stats._moderated_t import (
    Prior,
    fit_linear,
    fit_prior,
    inverse_trigamma,
    moderated_t,
    posterior_variance,
)


class RGenerator:
    """R's default generator (Mersenne Twister, normal variates by inversion), to draw the data that limma's tests draw.

    Seeding and inversion as in R's documentation of ``Random``.
    """

    def __init__(self, seed: int) -> None:
        state = []
        for i in range(50 + 625):
            seed = (69069 * seed + 1) % 2**32
            if i >= 50:
                state.append(seed)
        self._bits = np.random.RandomState()
        self._bits.set_state(("MT19937", np.array(state[1:], dtype=np.uint32), 624))

    def uniform(self) -> float:
        return int(self._bits.randint(0, 2**32, dtype=np.uint32)) / (2**32 - 1)

    def normal(self, n: int) -> np.ndarray:
        fine = 2**27
        return np.array([stats.norm.ppf((int(fine * self.uniform()) + self.uniform()) / fine) for _ in range(n)])


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    """Data that limma's own tests simulate for the trend, and the prior variances that limma 3.36 printed for them."""
    return pd.read_csv(Path(__file__).parents[1] / "data" / "limma_trend.csv")


def test_a_design_with_three_groups_equals_what_limma_printed():
    values = RGenerator(123).normal(45).reshape(9, 5).T[:4]
    design = np.column_stack([np.ones(9), np.repeat([0, 1, 0], 3), np.repeat([0, 0, 1], 3)])
    values = values + 2 * design[:, 1] - 2 * design[:, 2]
    fit = fit_linear(values, design)
    np.testing.assert_allclose(np.sqrt(fit.variance), [1.3425032, 0.4647155, 1.1993444, 0.9428569], rtol=1e-6)
    # the fifth unit lacks two samples, which only its variance and degrees of freedom know of
    prior = fit_prior(np.append(fit.variance, 0.9421509**2), np.array([6, 6, 6, 6, 4]))
    assert prior.df == pytest.approx(9.306153, rel=1e-6)
    np.testing.assert_allclose(prior.variance, 0.923179, rtol=1e-6)
    posterior = posterior_variance(fit.variance, 6, Prior(prior.variance[:4], prior.df))
    np.testing.assert_allclose(posterior, [1.2677996, 0.6459499, 1.1251558, 0.9097727], rtol=1e-6)
    contrast = np.array([0, 1, -1])
    t = fit.coefficients @ contrast / np.sqrt(posterior * (contrast @ fit.unscaled @ contrast))
    np.testing.assert_allclose(t, [3.847656, 6.637308, 3.692066, 3.464003], rtol=1e-6)
    p = 2 * stats.t.sf(t, 6 + prior.df)
    np.testing.assert_allclose(p, [1.529450e-03, 7.144893e-06, 2.109270e-03, 3.381970e-03], rtol=2e-6)


def test_the_trend_equals_what_limma_printed(published):
    values = published[["y1", "y2", "y3", "y4"]].to_numpy()
    design = np.column_stack([np.ones(4), [0, 0, 1, 1]])
    found = moderated_t(values, design, np.array([0, 1]), trend=values.mean(axis=1))
    assert found.prior.df == pytest.approx(9.098442, rel=1e-6)
    np.testing.assert_allclose(found.prior.variance, published["s2_prior"], rtol=1e-6)
    rows = [1, 2, 3, 0, 32, 4, 79]
    t = [4.865697, 4.754954, 3.356468, 3.107124, -2.783817, 2.773444, -2.503584]
    p = [0.0004854886, 0.0005804663, 0.0063282637, 0.0098781268, 0.0176475742, 0.0179792778, 0.0291489863]
    np.testing.assert_allclose(found.t[rows], t, rtol=1e-6)
    np.testing.assert_allclose(found.p[rows], p, rtol=1e-6)


def _slow(values, design, contrast, trend=None):
    """The formulas of Smyth 2004, one unit after the other; splines, roots and special functions of libraries."""
    import mpmath
    import patsy
    from scipy.optimize import brentq

    n, k = design.shape
    df = n - k
    fits = [np.linalg.lstsq(design, row, rcond=None) for row in values]
    variance = [float(np.sum((row - design @ fit[0]) ** 2)) / df for row, fit in zip(values, fits, strict=True)]
    raised = [max(s, 1e-5 * float(np.median(variance))) for s in variance]
    e = np.array([float(mpmath.log(s) - mpmath.digamma(df / 2) + mpmath.log(df / 2)) for s in raised])
    if trend is None:
        basis = np.ones((len(e), 1))
    else:
        knots = np.quantile(trend, [1 / 3, 2 / 3])
        basis = np.asarray(
            patsy.dmatrix("cr(x, knots=k) - 1", {"x": trend, "k": knots}, eval_env=0, return_type="matrix")
        )
    hat = basis @ np.linalg.pinv(basis)
    center = hat @ e
    excess = float(np.sum((e - center) ** 2) / (len(e) - round(np.trace(hat)))) - float(mpmath.psi(1, df / 2))
    d0 = 2 * brentq(lambda y: float(mpmath.psi(1, y)) - excess, 1e-3, 1e6, xtol=1e-14, rtol=1e-14)
    s02 = [float(mpmath.exp(c + mpmath.digamma(d0 / 2) - mpmath.log(d0 / 2))) for c in center]
    rows = []
    for fit, s2, prior in zip(fits, variance, s02, strict=True):
        posterior = (d0 * prior + df * s2) / (d0 + df)
        v = contrast @ np.linalg.inv(design.T @ design) @ contrast
        t = fit[0] @ contrast / np.sqrt(posterior * v)
        total = min(d0 + df, df * len(values))
        tail = mpmath.betainc(total / 2, 0.5, 0, total / (total + t**2), regularized=True)
        rows.append((d0, prior, t, float(tail)))
    return np.array(rows).T


@pytest.mark.parametrize("with_trend", [False, True])
@pytest.mark.parametrize("design", ["groups", "pairs", "covariates"])
def test_equals_a_slow_version_with_other_special_functions(design, with_trend):
    pytest.importorskip("mpmath")
    pytest.importorskip("patsy")
    rng = np.random.default_rng(5)
    arm = np.tile([0.0, 1.0], 4)
    columns = {
        "groups": [],
        "pairs": [np.repeat(np.eye(4)[i], 2) for i in range(1, 4)],
        "covariates": [rng.normal(size=8), np.repeat([0.0, 1.0], 4)],
    }[design]
    matrix = np.column_stack([np.ones(8), arm, *columns])
    trend = rng.uniform(0, 6, 80)
    scale = np.exp(-0.3 * trend) * 5 / rng.chisquare(5, 80)
    values = rng.normal(size=(80, 8)) * np.sqrt(scale)[:, None] + 0.5 * arm
    contrast = np.eye(matrix.shape[1])[1]
    found = moderated_t(values, matrix, contrast, trend=trend if with_trend else None)
    d0, prior, t, p = _slow(values, matrix, contrast, trend if with_trend else None)
    np.testing.assert_allclose(found.prior.df, d0[0], rtol=1e-8)
    np.testing.assert_allclose(found.prior.variance, prior, rtol=1e-8)
    np.testing.assert_allclose(found.t, t, rtol=1e-8)
    np.testing.assert_allclose(found.p, p, rtol=1e-8)


def test_families_have_a_scale_of_their_own_and_share_the_trend_and_the_degrees_of_freedom():
    pytest.importorskip("patsy")
    import patsy
    from scipy.optimize import brentq
    from scipy.special import digamma, polygamma

    rng = np.random.default_rng(8)
    family = np.repeat([3, 1, 7], [40, 25, 60])
    trend = rng.uniform(0, 6, 125)
    variance = np.exp(0.5 * family - 0.3 * trend) * 6 / rng.chisquare(6, 125) * rng.chisquare(4, 125) / 4
    found = fit_prior(variance, 4, trend, family)
    dummies = np.array([[float(f == name) for name in (3, 1, 7)] for f in family])
    knots = np.quantile(trend, [1 / 3, 2 / 3])
    spline = np.asarray(patsy.dmatrix("cr(x, knots=k) - 1", {"x": trend, "k": knots}, eval_env=0))
    basis = np.column_stack([dummies, spline])
    e = np.log(variance) - digamma(2) + np.log(2)
    center = basis @ np.linalg.pinv(basis) @ e
    excess = np.sum((e - center) ** 2) / (125 - 6) - polygamma(1, 2)
    d0 = 2 * brentq(lambda y: polygamma(1, y) - excess, 1e-3, 1e6, xtol=1e-14)
    assert found.df == pytest.approx(d0, rel=1e-8)
    np.testing.assert_allclose(found.variance, np.exp(center + digamma(d0 / 2) - np.log(d0 / 2)), rtol=1e-8)


def test_small_families_are_one_and_a_single_family_changes_nothing():
    rng = np.random.default_rng(9)
    variance = rng.chisquare(4, 60) / 4 * 5 / rng.chisquare(5, 60)
    family = np.concatenate([np.zeros(50), [1, 1, 2, 2, 2, 3, 3, 4, 5, 6]])
    found = fit_prior(variance, 4, None, family)
    assert len(np.unique(found.variance)) == 2
    np.testing.assert_array_equal(found.variance[50:], found.variance[50])
    alone = fit_prior(variance, 4, None, np.zeros(60))
    assert alone.df == fit_prior(variance, 4).df


def test_the_prior_of_simulated_variances_is_found():
    rng = np.random.default_rng(1)
    df, d0, s02 = 4, 8.0, 0.5
    variance = s02 * d0 / rng.chisquare(d0, 200_000) * rng.chisquare(df, 200_000) / df
    prior = fit_prior(variance, df)
    assert prior.df == pytest.approx(d0, rel=0.03)
    assert prior.variance[0] == pytest.approx(s02, rel=0.01)


def test_variances_that_differ_by_chance_alone_are_pooled():
    values = np.random.default_rng(3).normal(size=(5, 6))
    values = values / values.std(axis=1, keepdims=True)  # even less than by chance
    design = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])
    found = moderated_t(values, design, np.array([0, 1]))
    assert np.isinf(found.prior.df)
    assert found.df == 20  # what five units of four degrees of freedom have together
    fit = fit_linear(values, design)
    np.testing.assert_allclose(found.standard_error, np.sqrt(fit.variance.mean() * 2 / 3))


def test_p_values_of_no_difference_are_uniform_with_few_replicates_and_a_trend():
    rng = np.random.default_rng(11)
    trend = rng.uniform(0, 5, 40_000)
    scale = (0.1 + np.exp(-trend)) * 6 / rng.chisquare(6, len(trend))
    values = rng.normal(size=(len(trend), 6)) * np.sqrt(scale)[:, None]
    design = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])
    p = moderated_t(values, design, np.array([0, 1]), trend=trend).p
    for level in (0.5, 0.05, 0.005):
        half = 3 * np.sqrt(level * (1 - level) / len(p))
        assert abs((p < level).mean() - level) < half


def test_intervals_hold_the_effect_as_often_as_they_say():
    rng = np.random.default_rng(2)
    scale = 5 / rng.chisquare(5, 20_000)
    design = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])
    values = rng.normal(size=(20_000, 6)) * np.sqrt(scale)[:, None] + 0.7 * design[:, 1]
    low, high = moderated_t(values, design, np.array([0, 1])).interval(0.9)
    assert ((low < 0.7) & (high > 0.7)).mean() == pytest.approx(0.9, abs=0.01)


def test_one_unit_has_its_own_variance_and_the_classical_test():
    values = np.array([[1.0, 2.0, 1.5, 4.0, 3.0, 3.6]])
    design = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])
    found = moderated_t(values, design, np.array([0, 1]))
    classical = stats.ttest_ind(values[0, 3:], values[0, :3])
    np.testing.assert_allclose([found.t[0], found.p[0]], [classical.statistic, classical.pvalue])


def test_units_that_do_not_vary_are_no_discoveries_out_of_nothing():
    values = np.zeros((6, 6))
    values[3:] = np.random.default_rng(0).normal(size=(3, 6))
    design = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])
    found = moderated_t(values, design, np.array([0, 1]))
    np.testing.assert_array_equal(found.t[:3], 0)
    np.testing.assert_array_equal(found.p[:3], 1)


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.3, 1.0, 5.0, 1e4, 1e9])
def test_trigamma_is_inverted(x):
    from scipy.special import polygamma

    assert polygamma(1, inverse_trigamma(x)) == pytest.approx(x, rel=1e-3 if x > 1e7 or x < 1e-6 else 1e-9)


def test_designs_that_cannot_be_fitted_are_refused():
    with pytest.raises(ValueError, match="3 columns but rank 2"):
        fit_linear(np.zeros((2, 4)), np.column_stack([np.ones(4), [0, 0, 1, 1], [1, 1, 0, 0]]))
    with pytest.raises(ValueError, match="2 samples and 2 coefficients"):
        fit_linear(np.zeros((2, 2)), np.array([[1, 0], [1, 1]]))
