"""Statistics of a comparison on made-up scores of samples: effects, states, tests, intervals, null."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scmaxatac.predict._comparisons import build_comparison, plan_comparisons
from scmaxatac.predict._differential import (
    Halves,
    PooledUnits,
    compare,
    null_of_halves,
    technical_interval,
    unit_table,
)
from scmaxatac.predict._levels import Levels
from scmaxatac.predict._unit_scores import UnitScores
from scmaxatac.stats._moderated_t import moderated_t
from scmaxatac.stats._multiple_testing import select_families

N = 400


def make_scores(n_samples, *, seed=0, n=N, shift=0.0, threshold=0.0):
    """Log odds of units in samples, the first half of which is shifted."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 1)) + rng.normal(0, 1, (n, n_samples))
    logits[:, : n_samples // 2] += shift
    units = pd.DataFrame({"chrom": "chr1", "start": np.arange(n) * 200, "end": np.arange(n) * 200 + 200})
    return UnitScores(units, logits, logits > threshold, rng.uniform(0, 6, n))


def make_comparison(n_group, n_reference, **options):
    pairs = [("A", f"a{i}") for i in range(n_group)] + [("B", f"b{i}") for i in range(n_reference)]
    table = pd.DataFrame(pairs, columns=["group", "replicate"])
    (arms,) = plan_comparisons(["A", "B"], {}, "A", "B")
    return build_comparison(arms, table, paired=False, covariates=pd.DataFrame(), **options)


def run(scores, comparison, **options):
    n_samples = comparison.weights.shape[1]
    levels = Levels(np.random.default_rng(1).normal(size=(n_samples, len(scores))), np.ones(len(scores)))
    settings = {"halves": None, "null": {}, "level": 0.05} | options
    return compare(scores, levels, comparison, **settings)


def test_effects_scores_and_states_of_units():
    scores, comparison = make_scores(6), make_comparison(3, 3)
    table = unit_table(scores, comparison)
    here, there = scores.logits[:, :3], scores.logits[:, 3:]
    np.testing.assert_allclose(table["effect"], here.mean(axis=1) - there.mean(axis=1))
    np.testing.assert_allclose(table["score_group"], 1 / (1 + np.exp(-here.mean(axis=1))), rtol=1e-5)
    for row, a, b in zip(table["state"], (here > 0).sum(axis=1), (there > 0).sum(axis=1), strict=True):
        assert row == {(1, 1): "shared", (1, 0): "gained", (0, 1): "lost", (0, 0): "neither"}[int(a >= 2), int(b >= 2)]


def test_tables_of_units_hold_the_joint_tests_of_all_factors():
    scores = {tf: make_scores(6, seed=i, shift=2.0 * (i == 0)) for i, tf in enumerate(("X", "Y", "Z"))}
    comparison = make_comparison(3, 3)
    factors, units = run(scores, comparison)
    kept = {tf: found.of_samples(np.arange(6), 2) for tf, found in scores.items()}
    values = np.concatenate([found.logits for found in kept.values()])
    family = np.repeat(np.arange(3), [len(found.units) for found in kept.values()])
    trend = np.concatenate([found.accessibility for found in kept.values()])
    tests = moderated_t(values, comparison.design.matrix, comparison.design.contrast, trend=trend, family=family)
    np.testing.assert_allclose(units["p"], tests.p)
    np.testing.assert_allclose(units["low"], tests.interval()[0])
    selection = select_families(tests.p, family, 3)
    np.testing.assert_array_equal(units["q"], selection.q)
    by_tf = factors.set_index("tf").loc[["X", "Y", "Z"]]
    np.testing.assert_allclose(by_tf["q"], selection.family_q)
    assert by_tf.loc["X", "significant"] > 50
    assert by_tf["n_units"].tolist() == [len(found.units) for found in kept.values()]
    counts = units[units["tf"] == "X"]["state"].value_counts()
    assert by_tf.loc["X", "gained"] == counts["gained"]


def test_the_effect_of_a_factor_is_the_mean_over_its_units_with_an_interval_between_samples():
    scores = {tf: make_scores(6, seed=i, shift=1.0) for i, tf in enumerate("VWXYZ")}
    factors, units = run(scores, make_comparison(3, 3))
    for row in factors.itertuples():
        assert row.effect == pytest.approx(units.loc[units["tf"] == row.tf, "effect"].mean())
        assert row.low < row.effect < row.high


def test_the_interval_of_a_factor_leaves_out_0_just_where_the_p_value_of_its_mean_is_below_5_percent():
    """Simes' p-value asks something else, whether any unit differs, and may say otherwise."""
    shifts = (0.0, 0.1, 0.2, 0.3, 0.5)
    scores = {f"{tf}{seed}": make_scores(6, seed=7 * seed + i, shift=shift)
              for seed in range(4) for i, (tf, shift) in enumerate(zip("VWXYZ", shifts, strict=True))}  # fmt: skip
    factors, _ = run(scores, make_comparison(3, 3))
    out = (factors["low"] > 0) | (factors["high"] < 0)
    np.testing.assert_array_equal(out, factors["effect_p"] < 0.05)
    assert 0 < out.sum() < len(factors)
    assert (out & (factors["p"] > 0.05)).any(), "a small shift of all units"


def test_levels_are_tested_in_units_of_their_background_and_ranked_by_them():
    scores = {tf: make_scores(6, seed=i) for i, tf in enumerate("VWXYZ")}
    spread = np.array([0.1, 0.5, 1.0, 2.0, 0.3])
    scaled = np.random.default_rng(0).normal(0, 1, (6, 5)) * np.array([1, 1, 0.01, 1, 1])
    scaled[:3, 1] -= 9
    scaled[:3, 2] += 0.5
    levels = Levels(scaled * spread, spread)
    comparison = make_comparison(3, 3)
    factors, _ = compare(scores, levels, comparison, halves=None, null={}, level=0.05)
    test = moderated_t(scaled.T, comparison.design.matrix, comparison.design.contrast)
    by_tf = factors.set_index("tf").loc[list("VWXYZ")]
    np.testing.assert_allclose(by_tf["level_p"], test.p)
    np.testing.assert_allclose(by_tf["level"], test.effect * spread)
    strength = np.abs(test.effect) / (test.standard_error + np.median(test.standard_error))
    assert by_tf["rank"].tolist() == stats.rankdata(-strength).tolist()
    assert factors["tf"].iloc[0] == "W"  # and not X, which hardly varies
    assert factors["rank"].tolist() == [1, 2, 3, 4, 5]


def test_where_nothing_differs_one_in_twenty_units_has_a_small_p_value():
    scores = {tf: make_scores(6, seed=10 + i, n=4_000) for i, tf in enumerate("XY")}
    _, units = run(scores, make_comparison(3, 3))
    low, high = stats.binom.interval(0.99, len(units), 0.05)
    assert low <= (units["p"] < 0.05).sum() <= high


def test_without_replicates_there_is_no_p_value():
    comparison = make_comparison(1, 1)
    factors, units = run({"X": make_scores(2)}, comparison)
    for table in (factors, units):
        assert not {"p", "q", "t", "low", "significant", "level_p", "level_q"} & set(table)
    assert factors["level"].notna().all()


def halves_of(n_samples, n_halves=None):
    first = n_samples + 2 * np.arange(n_halves or n_samples)
    whole = np.arange(n_halves or n_samples)
    return Halves(first, first + 1, whole, tuple(f"d{i}" for i in whole))


def test_technical_intervals_hold_the_true_effect_as_often_as_they_say():
    rng = np.random.default_rng(3)
    n = 20_000
    sd = np.sqrt(4 / rng.chisquare(4, n))[:, None]
    truth = np.column_stack([np.full(n, 1.3), np.zeros(n)])
    logits = np.column_stack([truth, truth[:, [0]], truth[:, [0]], truth[:, [1]], truth[:, [1]]]) + sd * rng.normal(
        size=(n, 6)
    )
    halves = Halves(np.array([2, 4]), np.array([3, 5]), np.array([0, 1]), ("", ""))
    low, high = technical_interval(logits, make_comparison(1, 1), halves)
    assert ((low < 1.3) & (high > 1.3)).mean() == pytest.approx(0.95, abs=0.01)


def test_technical_intervals_stand_in_both_tables():
    scores = {"X": make_scores(6)}
    factors, units = run(scores, make_comparison(1, 1), halves=halves_of(2))
    for table in (factors, units):
        assert (table["technical_low"] < table["effect"]).all()
        assert (table["technical_high"] > table["effect"]).all()


def test_the_null_of_halves_finds_what_chance_gives():
    scores = {"X": make_scores(9, n=6_000), "Y": make_scores(9, n=3_000, seed=2)}
    halves = Halves(np.array([3, 5, 7]), np.array([4, 6, 8]), np.array([0, 1, 2]), ("d1", "d2", "d3"))
    null = null_of_halves(scores, halves)
    kept = scores["X"].of_samples(np.arange(3, 9), 2)
    first, second = kept.logits[:, [3, 5, 7]], kept.logits[:, [4, 6, 8]]
    assert null["X"]["null_effect"] == pytest.approx(np.abs((first - second).mean(axis=0)).mean())
    here, there = (first > 0).sum(axis=1) >= 2, (second > 0).sum(axis=1) >= 2
    assert null["X"]["null_gained"] == (here & ~there).sum()
    assert null["X"]["null_lost"] == (there & ~here).sum()
    assert null["X"]["null_significant"] == pytest.approx(0.05, abs=0.012)


def test_one_sample_has_a_null_without_tests():
    null = null_of_halves({"X": make_scores(4)}, Halves(np.array([2]), np.array([3]), np.array([0]), ("",)))
    assert np.isnan(null["X"]["null_significant"])
    assert null["X"]["null_gained"] > 0


def test_a_factor_without_units_or_level_stands_in_the_table_and_counts_nowhere():
    scores = {"X": make_scores(6, shift=3.0), "none": make_scores(6, n=0)}
    levels = Levels(np.column_stack([np.random.default_rng(0).normal(size=6), np.full(6, np.nan)]), np.ones(2))
    factors, units = compare(scores, levels, make_comparison(3, 3), halves=None, null={}, level=0.05)
    row = factors.set_index("tf").loc["none"]
    assert row["n_units"] == 0
    assert np.isnan(row[["effect", "p", "q", "level", "level_p"]].astype(float)).all()
    assert set(units["tf"]) == {"X"}
    alone = compare(
        {"X": scores["X"]},
        Levels(levels.scores[:, :1], np.ones(1)),
        make_comparison(3, 3),
        halves=None,
        null={},
        level=0.05,
    )[0]
    assert factors.set_index("tf").loc["X", "q"] == alone["q"].iloc[0]


def test_no_factor_has_units():
    factors, units = run({"X": make_scores(6, n=0)}, make_comparison(3, 3))
    assert units.empty
    assert {"p", "q"} <= set(units)
    assert factors["n_units"].tolist() == [0]


def test_units_of_factors_follow_each_other():
    one, other = make_scores(4, n=3), make_scores(4, n=2, seed=1)
    pooled = PooledUnits.of([one, other])
    np.testing.assert_array_equal(pooled.logits, np.concatenate([one.logits, other.logits]))
    assert pooled.family.tolist() == [0, 0, 0, 1, 1]
