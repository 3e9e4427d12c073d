"""Each group against the mean of the others: against plain loops, scipy's tests and simulated cells."""

import numpy as np
import pytest
from scipy import stats

from scmaxatac.stats._group_contrasts import (
    GroupMeans,
    against_others,
    contrasts_of_cells,
    contrasts_of_donors,
    contrasts_of_draws,
    correlations,
    group_means,
)


def test_means_and_errors_equal_scipys_and_leave_nan_out():
    rng = np.random.default_rng(0)
    values, codes = rng.normal(size=(60, 2)), rng.integers(-1, 3, 60)
    values[::7, 1] = np.nan
    found = group_means(values, codes, 4)
    for g in range(3):
        for t in range(2):
            mine = values[codes == g, t]
            mine = mine[~np.isnan(mine)]
            assert found.mean[g, t] == pytest.approx(mine.mean())
            assert found.error[g, t] == pytest.approx(stats.sem(mine))
    assert np.isnan(found.mean[3]).all()


def test_every_other_group_weighs_the_same():
    values = np.array([[1.0, 4.0], [2.0, np.nan], [6.0, 10.0]])
    np.testing.assert_allclose(against_others(values), [[1 - 4, 4 - 10], [2 - 3.5, np.nan], [6 - 1.5, 10 - 4]])


def test_the_error_of_a_contrast_is_that_of_a_difference_of_independent_means():
    means = GroupMeans(np.array([[1.0], [2.0], [4.0]]), np.array([[0.3], [0.4], [0.5]]))
    found = contrasts_of_cells(means)
    error = np.sqrt(0.3**2 + (0.4**2 + 0.5**2) / 4)
    assert found.effect[0, 0] == -2
    assert found.strength[0, 0] == pytest.approx(-2 / error)
    assert found.high[0, 0] - found.low[0, 0] == pytest.approx(2 * stats.norm.ppf(0.975) * error, rel=1e-6)
    assert found.p is None


def test_intervals_of_cells_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    codes = np.repeat([0, 1, 2], [40, 60, 80])
    values = rng.normal(size=(180, 4_000)) * np.array([1.0, 2.0, 0.5])[codes][:, None] + codes[:, None]
    found = contrasts_of_cells(group_means(values, codes, 3))
    assert ((found.low[0] < -1.5) & (found.high[0] > -1.5)).mean() == pytest.approx(0.95, abs=0.015)


def test_one_factor_in_donors_is_the_paired_t_test():
    means = np.random.default_rng(2).normal(size=(5, 2, 1))
    found = contrasts_of_donors(means)
    classical = stats.ttest_rel(means[:, 0, 0], means[:, 1, 0])
    assert found.strength[0, 0] == pytest.approx(classical.statistic)
    assert found.p[0, 0] == pytest.approx(classical.pvalue)
    assert found.effect[1, 0] == pytest.approx(-found.effect[0, 0])


def test_donors_that_lack_a_group_are_left_out_of_it_alone():
    means = np.random.default_rng(3).normal(size=(4, 3, 2))
    means[0, 2] = np.nan
    found = contrasts_of_donors(means)
    expected = np.mean([m[2] - m[:2].mean(axis=0) for m in means[1:]], axis=0)
    np.testing.assert_allclose(found.effect[2], expected)
    means[1:3, 2] = np.nan
    assert np.isnan(contrasts_of_donors(means).p[2]).all()


def test_draws_of_the_same_blocks_are_subtracted_from_each_other():
    rng = np.random.default_rng(4)
    shared = rng.normal(size=2_000)
    draws = np.stack([1 + shared, shared])[:, None, :] + 0.01 * rng.normal(size=(2, 1, 2_000))
    found = contrasts_of_draws(np.array([[1.0], [0.0]]), draws)
    assert found.effect[0, 0] == 1
    assert found.high[0, 0] - found.low[0, 0] < 0.1
    assert np.isnan(contrasts_of_draws(np.array([[1.0], [0.0]]), np.zeros((2, 1, 0))).low).all()


def test_correlations_equal_numpys():
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=(2, 6, 3))
    one[2, 0] = np.nan
    other[:, 2] = 1.0
    found = correlations(one, other)
    rows = np.arange(6) != 2
    np.testing.assert_allclose(found[0], np.corrcoef(one[rows, 0], other[rows, 0])[0, 1])
    np.testing.assert_allclose(found[1], np.corrcoef(one[:, 1], other[:, 1])[0, 1])
    assert np.isnan(found[2])
    assert np.isnan(correlations(one[:2], other[:2])).all()
