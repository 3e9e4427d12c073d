"""Which groups are compared, which samples are in the arms, and what can't be compared."""

import warnings

import numpy as np
import pandas as pd
import pytest

from scmaxatac.predict._comparisons import build_comparison, plan_comparisons

NAMES = ["B", "T", "Mono"]
PARTS = {f"{cell}|{condition}": (cell, condition) for cell in ("B", "T") for condition in ("ctrl", "stim")}
NOTHING = pd.DataFrame()


def samples(*pairs):
    return pd.DataFrame(pairs, columns=["group", "replicate"], index=[f"{g}|{r}" for g, r in pairs])


def plan(group=None, reference=None, names=NAMES, parts=None):
    return [(a.name, a.group, a.references) for a in plan_comparisons(names, parts or {}, group, reference)]


def build(table, group="Mono", reference="B", paired=None, covariates=None, names=NAMES):
    (arms,) = plan_comparisons(names, {}, group, reference)
    values = NOTHING if covariates is None else pd.DataFrame(covariates, index=table.index)
    return build_comparison(arms, table, paired=paired, covariates=values)


def test_two_groups_one_against_the_rest_all_against_the_rest_and_all_against_one():
    assert plan("Mono", "B") == [("Mono vs B", "Mono", ("B",))]
    assert plan("Mono") == [("Mono vs rest", "Mono", ("B", "T"))]
    assert [name for name, _, _ in plan()] == ["B vs rest", "T vs rest", "Mono vs rest"]
    assert [name for name, _, _ in plan(reference="T")] == ["B vs T", "Mono vs T"]


def test_conditions_are_compared_within_cell_types():
    found = plan("stim", "ctrl", list(PARTS), PARTS)
    assert found == [("B: stim vs ctrl", "B|stim", ("B|ctrl",)), ("T: stim vs ctrl", "T|stim", ("T|ctrl",))]
    assert plan("stim", None, list(PARTS), PARTS) == found
    assert plan(None, "ctrl", list(PARTS), PARTS) == found
    assert plan("B|stim", "T|stim", list(PARTS), PARTS) == [("B|stim vs T|stim", "B|stim", ("T|stim",))]


def test_a_cell_type_without_one_of_the_conditions_is_named():
    parts = {name: pair for name, pair in PARTS.items() if name != "T|stim"}
    with pytest.warns(UserWarning, match="'T' lack cells in 'stim' or 'ctrl'"):
        assert len(plan("stim", "ctrl", list(parts), parts)) == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("NK", "B"), KeyError, "no group 'NK'; there are 'B', 'T', 'Mono'"),
        (("B", "NK"), KeyError, "no group 'NK'"),
        (("mono", "B"), KeyError, r"no group 'mono'; did you mean 'Mono'\?"),
        (("stim", "ctl", list(PARTS), PARTS), KeyError, "no group 'ctl'; did you mean 'ctrl'"),
        (("B", "B"), ValueError, "both 'B'"),
        (("B", None, ["B"]), ValueError, "one group, 'B'"),
        (("stim", "x", list(PARTS), PARTS), KeyError, "no group 'x'"),
    ],
)
def test_groups_that_are_not_there(arguments, error, message):
    with pytest.raises(error, match=message):
        plan(*arguments)


def test_of_three_conditions_the_other_one_has_to_be_named():
    parts = PARTS | {"B|late": ("B", "late")}
    with pytest.raises(ValueError, match="'stim' can be compared with 'ctrl', 'late'; name one as reference="):
        plan("stim", None, list(parts), parts)


def test_donors_in_both_arms_are_paired():
    table = samples(("B", "d1"), ("Mono", "d2"), ("Mono", "d1"), ("B", "d2"), ("T", "d1"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found = build(table)
    assert found.paired
    np.testing.assert_array_equal(found.weights, np.eye(5)[[1, 2, 3, 0]])
    assert found.replicates == ("d2", "d1", "d2", "d1")
    np.testing.assert_allclose(found.contrast, [-0.5, 0.5, 0.5, -0.5, 0])


def test_a_donors_rest_is_the_mean_of_its_samples_of_the_other_groups():
    table = samples(("B", "d1"), ("B", "d2"), ("T", "d1"), ("Mono", "d1"), ("Mono", "d2"))
    found = build(table, reference=None)
    rows = dict(zip(found.replicates[2:], found.weights[2:], strict=True))
    np.testing.assert_allclose(rows["d1"], [0.5, 0, 0.5, 0, 0])
    np.testing.assert_allclose(rows["d2"], [0, 1, 0, 0, 0])


def test_donors_in_one_arm_only_are_told_and_can_be_meant():
    table = samples(("B", "d1"), ("B", "d2"), ("Mono", "d3"), ("Mono", "d4"))
    with pytest.warns(UserWarning, match="no donor occurs in both arms, so pairing is impossible"):
        assert not build(table).paired
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert build(table, paired=False).design.df == 2
    with pytest.raises(ValueError, match="pairing is impossible, because 0 donors occur in both arms"):
        build(table, paired=True)


def test_donors_that_are_partly_in_both_arms():
    table = samples(("B", "d1"), ("B", "d2"), ("Mono", "d1"), ("Mono", "d2"), ("Mono", "d3"))
    with pytest.warns(UserWarning, match="donors 'd3' do not occur in both arms.*paired=True to compare those that do"):
        assert not build(table).paired
    with pytest.warns(UserWarning, match="'d3' occur in one arm only and are left out"):
        found = build(table, paired=True)
    assert found.paired
    assert len(found.arm) == 4


@pytest.mark.parametrize(
    ("pairs", "missing"),
    [
        ([("B", "d1"), ("Mono", "d1"), ("Mono", "d2")], "'B' has one replicate ('d1'); a test needs at least two"),
        ([("B", ""), ("Mono", "")], "'Mono' has no replicates; a test needs at least two in each arm"),
    ],
)
def test_one_replicate_in_an_arm_means_no_test(pairs, missing):
    found = build(samples(*pairs))
    assert found.design is None
    assert found.missing.startswith(missing)


def test_a_group_without_a_deep_sample_is_not_compared():
    with pytest.warns(UserWarning, match="no sample of 'B' is deep enough"):
        assert build(samples(("T", "d1"), ("Mono", "d1"))) is None


def test_covariates_enter_the_design_and_confounded_ones_are_named():
    table = samples(("B", "d1"), ("B", "d2"), ("B", "d5"), ("Mono", "d3"), ("Mono", "d4"), ("Mono", "d6"))
    age = ["30", "41", "28", "52", "33", "60"]
    found = build(table, paired=False, covariates={"sex": list("fmfmff"), "age": age})
    assert found.design.columns == ("intercept", "group", "sex", "age")
    order = [3, 4, 5, 0, 1, 2]  # the group's rows come first
    np.testing.assert_array_equal(found.design.matrix[:, 3], np.array(age, dtype=float)[order])
    with pytest.raises(ValueError, match="Mono vs B: the difference of the groups can't be told from 'batch'"):
        build(table, paired=False, covariates={"batch": ["1", "1", "1", "2", "2", "2"], "sex": list("fmfmff")})


def test_covariates_of_averaged_samples_have_to_agree():
    table = samples(("B", "d1"), ("T", "d1"), ("Mono", "d1"), ("B", "d2"), ("T", "d2"), ("Mono", "d2"))
    with pytest.raises(ValueError, match="'batch' differs between the groups of replicate 'd1'"):
        build(table, reference=None, covariates={"batch": list("xyzxxx")})


def test_a_covariate_of_paired_donors_says_nothing():
    table = samples(("B", "d1"), ("B", "d2"), ("Mono", "d1"), ("Mono", "d2"))
    with pytest.warns(UserWarning, match="'sex' says nothing beyond the others"):
        found = build(table, covariates={"sex": list("fmfm")})
    assert found.design.df == 1


@pytest.mark.parametrize(("n", "m", "expected"), [(3, 3, 2), (2, 5, 1), (4, 4, 2), (5, 6, 3), (1, 1, 1)])
def test_half_of_the_smaller_arm_has_to_call_a_unit(n, m, expected):
    pairs = [("B", f"b{i}") for i in range(n)] + [("Mono", f"m{i}") for i in range(m)]
    assert build(samples(*pairs), paired=False).at_least == expected


def test_what_is_recorded():
    table = samples(("B", "d1"), ("B", "d2"), ("B", "d3"), ("Mono", "d4"), ("Mono", "d5"), ("Mono", "d6"))
    params = build(table, paired=False).params
    assert params["smallest_permutation_p"] == 0.1
    assert params["df"] == 4
    assert params["missing"] == ""
