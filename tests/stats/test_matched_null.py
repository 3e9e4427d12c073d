"""p-values against a matched null: by counting, and on values that are drawn from the null."""

import numpy as np
import pytest

from scmaxatac.stats._matched_null import matched_p_values, thirds


def counted(value, null):
    """The formula, by counting."""
    high, low = (sum(one >= value for one in null) + 1, sum(one <= value for one in null) + 1)
    return min(1.0, 2 * min(high, low) / (len(null) + 1))


@pytest.mark.parametrize("seed", range(5))
def test_p_values_are_those_of_counting_in_the_stratum(seed):
    rng = np.random.default_rng(seed)
    values, null = (np.round(rng.normal(size=n), 1) for n in (40, 60))  # rounded, so that there are ties
    strata, null_strata = rng.integers(0, 4, 40), rng.integers(0, 3, 60)
    null[:5], values[:2] = np.nan, np.nan
    p, size = matched_p_values(values, strata, null, null_strata, np.full(40, -1))
    for i in range(40):
        others = null[(null_strata == strata[i]) & np.isfinite(null)]
        assert size[i] == len(others)
        if strata[i] == 3 or i < 2:
            assert np.isnan(p[i])
        else:
            assert p[i] == pytest.approx(counted(values[i], others))


def test_the_middle_of_the_null_has_a_p_value_of_1_and_not_more():
    p, _ = matched_p_values(np.array([0.0]), np.zeros(1, int), np.array([-1.0, 1.0]), np.zeros(2, int), np.array([-1]))
    assert p.tolist() == [1.0]


def test_a_value_is_not_compared_with_itself():
    null = np.arange(9.0)
    p, size = matched_p_values(null[[8, 3]], np.array([0, 1]), null, np.zeros(9, int), np.array([8, 3]))
    assert size.tolist() == [8, 0]
    assert p[0] == pytest.approx(2 / 9)
    assert np.isnan(p[1])
    p, _ = matched_p_values(np.array([8.0]), np.zeros(1, int), null, np.zeros(9, int), np.array([-1]))
    assert p[0] == pytest.approx(4 / 10)


@pytest.mark.parametrize("m", [20, 99])
def test_of_values_that_are_drawn_as_the_null_is_no_more_than_a_share_of_a_is_at_most_a(m):
    """And with a continuous distribution about that share, so they are uniform."""
    rng = np.random.default_rng(m)
    n_strata, n_draws = 3, 4_000
    spread = np.array([0.1, 1.0, 10.0])
    strata = np.arange(n_strata)
    p = []
    for _ in range(n_draws):
        null_strata = np.repeat(strata, m)
        null = rng.standard_t(2, len(null_strata)) * spread[null_strata]
        values = rng.standard_t(2, n_strata) * spread
        p.append(matched_p_values(values, strata, null, null_strata, np.full(n_strata, -1))[0])
    p = np.array(p)
    for stratum in range(n_strata):
        for k in range(2, m // 2, max(m // 10, 1)):
            level = 2 * k / (m + 1)
            error = 4 * np.sqrt(level * (1 - level) / n_draws)
            assert abs((p[:, stratum] <= level + 1e-9).mean() - level) < error


def test_thirds_are_those_of_the_distribution():
    assert thirds(np.array([0.0, 3.4, 5.0, 99.0]), np.arange(10.0)).tolist() == [0, 1, 1, 2]
    assert thirds(np.array([0.0, 5.0]), np.full(3, np.nan)).tolist() == [0, 0]
    known = thirds(np.arange(300.0), np.append(np.arange(300.0), np.nan))
    assert np.bincount(known).tolist() == [100, 100, 100]
