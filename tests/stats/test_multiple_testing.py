"""Multiple testing: against scipy, statsmodels and the definitions, and what it controls in simulations."""

import numpy as np
import pytest
from scipy import stats

from scmaxatac.stats._multiple_testing import benjamini_hochberg, select_families, simes


@pytest.mark.parametrize("n", [1, 2, 7, 500])
def test_adjusted_p_values_equal_scipys(n):
    p = np.random.default_rng(n).uniform(size=n) ** 2
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), rtol=1e-12)


def test_tests_that_were_not_made_do_not_count():
    p = np.array([0.01, np.nan, 0.04, 0.5, np.nan])
    found = benjamini_hochberg(p)
    np.testing.assert_allclose(found[[0, 2, 3]], stats.false_discovery_control(p[[0, 2, 3]]))
    assert np.isnan(found[[1, 4]]).all()
    assert len(benjamini_hochberg(np.array([]))) == 0


def test_simes_equals_the_definition():
    p = np.array([0.2, 0.01, 0.03, 0.9])
    assert simes(p) == pytest.approx(min(4 * 0.01, 4 * 0.03 / 2, 4 * 0.2 / 3, 0.9))
    assert simes(np.array([np.nan, 0.3])) == 0.3
    assert np.isnan(simes(np.array([np.nan])))


def test_simes_equals_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = np.random.default_rng(4).uniform(size=30)
    # rejected at a level if and only if Hochberg's linear step-up rejects anything
    for level in (simes(p) * 0.999, simes(p) * 1.001):
        assert multitest.multipletests(p, level, method="fdr_bh")[0].any() == (simes(p) <= level)


def test_simes_of_independent_tests_is_uniform():
    p = np.random.default_rng(9).uniform(size=(20_000, 12))
    assert stats.kstest([simes(row) for row in p], "uniform").pvalue > 0.01


def test_within_selected_families_the_level_is_that_of_benjamini_and_bogomolov():
    rng = np.random.default_rng(0)
    family = np.repeat(np.arange(6), 40)
    p = rng.uniform(size=240)
    p[:20] /= 1000
    p[40:50] /= 500
    found = select_families(p, family, 7, level=0.1)  # the seventh has no test
    assert np.isnan(found.family_p[6])
    expected = stats.false_discovery_control([simes(p[family == i]) for i in range(6)])
    np.testing.assert_allclose(found.family_q[:6], expected)
    chosen = np.flatnonzero(expected <= 0.1)
    assert found.selected.nonzero()[0].tolist() == chosen.tolist()
    assert 0 < len(chosen) < 6
    for i in range(6):
        rows = family == i
        if i not in chosen:
            assert np.isnan(found.q[rows]).all()
            continue
        rejected = stats.false_discovery_control(p[rows]) <= 0.1 * len(chosen) / 6
        np.testing.assert_array_equal(found.q[rows] <= 0.1, rejected)


def test_the_average_false_discovery_proportion_over_selected_families_is_controlled():
    rng = np.random.default_rng(7)
    level, proportions = 0.1, []
    for _ in range(600):
        z = rng.normal(size=(20, 30))
        z[:5, :8] += 3.5
        p = 2 * stats.norm.sf(np.abs(z))
        found = select_families(p.ravel(), np.repeat(np.arange(20), 30), 20, level)
        called = found.q.reshape(20, 30) <= level
        false = called.copy()
        false[:5, :8] = False
        chosen = found.selected
        each = false[chosen].sum(axis=1) / np.maximum(called[chosen].sum(axis=1), 1)
        proportions.append(each.mean() if chosen.any() else 0.0)
    assert np.mean(proportions) - 2 * np.std(proportions) / np.sqrt(600) <= level
    assert np.mean(proportions) > 0  # it is not empty
