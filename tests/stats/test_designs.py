"""Designs of comparisons: their columns, what they can't tell, and the smallest p-value of permutations."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from scmaxatac.stats._designs import make_design, n_splits, smallest_permutation_p
from scmaxatac.stats._moderated_t import fit_linear

ARM = np.array([True, True, True, False, False, False])


def test_the_contrast_is_the_difference_of_means():
    design = make_design(ARM)
    values = np.random.default_rng(0).normal(size=(4, 6))
    effect = fit_linear(values, design.matrix).coefficients @ design.contrast
    np.testing.assert_allclose(effect, values[:, :3].mean(axis=1) - values[:, 3:].mean(axis=1))
    assert design.df == 4


def test_pairs_give_the_paired_t_test():
    design = make_design(ARM, pairs=["a", "b", "c", "c", "a", "b"])
    values = np.random.default_rng(0).normal(size=(1, 6))
    fit = fit_linear(values, design.matrix)
    t = fit.coefficients @ design.contrast / np.sqrt(fit.variance * (design.contrast @ fit.unscaled @ design.contrast))
    assert t[0] == pytest.approx(stats.ttest_rel(values[0, :3], values[0, [4, 5, 3]]).statistic)
    assert design.df == 2


def test_covariates_take_their_part():
    batch, age = np.array(["x", "y", "x", "y", "x", "y"]), np.array([30.0, 41, 52, 28, 60, 33])
    design = make_design(ARM, covariates={"batch": batch, "age": age})
    assert design.columns == ("intercept", "group", "batch", "age")
    values = np.array([2.0 * ARM + 5 * (batch == "y") + 0.1 * age])
    effect = fit_linear(values + 0, design.matrix).coefficients @ design.contrast
    assert effect[0] == pytest.approx(2)


def test_what_is_confounded_is_named_and_what_is_not_is_not():
    sex = ["f", "m", "f", "m", "f", "f"]
    with pytest.raises(ValueError, match=r"can't be told from 'batch': each") as error:
        make_design(ARM, covariates={"sex": sex, "batch": ["1", "1", "1", "2", "2", "2"]})
    assert "sex" not in str(error.value)
    with pytest.raises(ValueError, match="'donors'"):
        make_design(ARM, pairs=["a", "b", "c", "d", "e", "f"])


def test_a_confounded_covariate_beside_paired_donors_is_the_one_that_is_named():
    with pytest.raises(ValueError, match=r"can't be told from 'run': each") as error:
        make_design(ARM, pairs=["a", "b", "c", "a", "b", "c"], covariates={"run": ["1", "1", "1", "2", "2", "2"]})
    assert "donors" not in str(error.value)


def test_two_covariates_that_only_together_tell_the_groups_are_both_named():
    one, other = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 2, 3, 4, 5, 6]) * -1
    with pytest.raises(ValueError, match="'one', 'other'"):
        make_design(ARM, covariates={"one": one, "other": other + ARM})


def test_covariates_of_donors_say_nothing_beyond_paired_donors():
    design = make_design(ARM, pairs=["a", "b", "c", "a", "b", "c"], covariates={"sex": ["f", "m", "f", "f", "m", "f"]})
    assert design.left_out == ("sex",)
    assert design.columns == ("intercept", "group", "donors", "donors")


def test_too_few_samples_for_the_covariates():
    with pytest.raises(ValueError, match=r"4 samples and 4 coefficients \(intercept, group, age, depth\)"):
        make_design(
            np.array([True, True, False, False]),
            covariates={"age": np.array([1.0, 5, 2, 9]), "depth": np.array([3, 1, 1, 7])},
        )
    with pytest.raises(ValueError, match="one of the two arms"):
        make_design(np.array([True, True]))


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (4, 4), (3, 5), (1, 4)])
def test_splits_are_counted(n, m):
    everything = frozenset(range(n + m))
    splits = set()
    for arm in combinations(range(n + m), n):
        both = (frozenset(arm), everything - frozenset(arm))
        splits.add(frozenset(both) if n == m else both)
    assert n_splits(n, m) == len(splits)


def test_three_against_three_cannot_give_less_than_a_tenth():
    assert n_splits(3, 3) == 10
    assert smallest_permutation_p(3, 3) == 0.1
    assert make_design(ARM).smallest_p == 0.1
    values, observed = np.array([5.0, 6, 7, 1, 2, 3]), 4.0
    draws = [abs(values[list(arm)].mean() - values[[i for i in range(6) if i not in arm]].mean())
             for arm in combinations(range(6), 3)]  # fmt: skip
    assert np.mean(np.array(draws) >= observed) == 0.1


def test_pairs_are_exchanged_within_themselves():
    assert smallest_permutation_p(4, 4, paired=True) == 1 / 8
    assert make_design(ARM, pairs=["a", "b", "c", "a", "b", "c"]).smallest_p == 1 / 4
