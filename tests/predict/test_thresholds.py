"""Thresholds, and what is called with them."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from _compare import assert_follows, assert_same_slots, thresholds_of
from _mini import GROUPS, REGIONS
from _networks import random_model

import scmaxatac as sma
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import Grid
from scmaxatac.predict._thresholds import share_inside
from scmaxatac.zoo._threshold_rules import Mixed

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def adata(mini, fragment_file):
    return mini.adata(fragment_file)


@pytest.mark.parametrize(
    ("rule", "at"),
    [
        ("f1", {"AAA": 0.5, "BBB": 0.3}),
        (0.07, {"AAA": 0.07, "BBB": 0.07}),
        (1, {"AAA": 1.0, "BBB": 1.0}),
        (np.float64(0.2), {"AAA": 0.2, "BBB": 0.2}),
        (("precision", 0.8), {"AAA": 0.75, "BBB": 0.65}),
        (("recall", 0.8), {"AAA": 0.25, "BBB": 0.15}),
        (("log2fc", 2.0), {"AAA": 0.25, "BBB": 0.15}),
    ],
)
def test_fixed_thresholds(predict, adata, expected, rule, at):
    predict(adata, threshold=rule)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, at)


def test_matched_calls_as_many_200_bp_bins_as_the_calibration_expects(predict, adata, expected_everywhere):
    predict(adata, regions="genome", threshold="matched")
    slots = adata.uns["tfbs"]
    for tf, rate in {"AAA": 0.05, "BBB": 0.02}.items():
        for group in GROUPS:
            best = expected_everywhere.matched_threshold(group, tf, rate)
            assert thresholds_of(slots)[tf][group] == pytest.approx(best, abs=1e-6)
    assert_follows(slots, expected_everywhere, GROUPS)
    assert len({round(t, 4) for t in thresholds_of(slots)["BBB"].values()}) == 3, "each group has its own"


def test_matched_ranks_what_regions_and_their_flanks_hold(predict, adata, expected):
    """Bins outside the windows of the regions count as below them; BBB's rank lies within the regions."""
    predict(adata, threshold="matched", tfs="BBB")
    for group in GROUPS:
        best = expected.matched_threshold(group, "BBB", 0.02)
        assert thresholds_of(adata.uns["tfbs"])["BBB"][group] == pytest.approx(best, abs=1e-6)


def test_matched_reaches_below_the_scores_kept_otherwise(predict, adata, mini, expected_everywhere, monkeypatch):
    """A rank that lies among scores too small to be kept otherwise."""
    monkeypatch.setattr(sma.settings, "min_stored_score", 0.9)
    deep = [random_model("AAA", 1, rate=0.5), random_model("BBB", 2, rate=0.3)]
    predict(adata, models=deep, regions="genome", threshold="matched")
    slots = adata.uns["tfbs"]
    for tf, rate in {"AAA": 0.5, "BBB": 0.3}.items():
        for group in GROUPS:
            best = expected_everywhere.matched_threshold(group, tf, rate)
            assert thresholds_of(slots)[tf][group] == pytest.approx(best, abs=1e-6)
            assert best < 0.9
    # how small a score was kept depends on the rank, so activities have no simple model here
    assert_follows(slots, expected_everywhere, GROUPS, min_stored_score=None)


def test_matched_gives_the_same_sample_every_time(predict, adata, tmp_path):
    few = REGIONS[REGIONS["chrom"] == "chr2"]
    deep = [random_model("AAA", 1, rate=0.4)]
    found = []
    for name in "ab":
        predict(adata, models=deep, regions=few, threshold="matched", out_dir=tmp_path / name)
        found.append(thresholds_of(adata.uns["tfbs"]))
    assert found[0] == found[1]


def test_a_score_of_zero_is_never_called(predict, adata, monkeypatch):
    class Silent:
        grid = Grid()

        def __init__(self, networks, **options) -> None:
            self.n_outputs = len(networks)

        def predict(self, codes, signal):
            return np.zeros((self.n_outputs, len(codes), 32), dtype=np.float32)

    monkeypatch.setattr("scmaxatac.predict._run.make_engine", Silent)
    predict(adata, threshold="matched", regions="genome")
    slots = adata.uns["tfbs"]
    assert len(slots["sites"]) == 0
    assert slots["activity"].isna().all(axis=None)
    assert adata.obsm["X_tfbs"].isna().all(axis=None)
    assert (slots["qc"]["n_sites"] == 0).all()


def test_a_factor_without_sites_has_no_activity(predict, adata, expected):
    predict(adata, threshold=0.999)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, {"AAA": 0.999, "BBB": 0.999})
    activity = adata.uns["tfbs"]["activity"]
    assert activity["BBB"].isna().all()
    assert activity["AAA"].notna().all()
    assert adata.obsm["X_tfbs"]["BBB"].isna().all()


def test_a_lower_minimum_allows_lower_thresholds(predict, adata, expected, monkeypatch):
    with pytest.raises(ValueError, match=r"AAA, BBB: .*lies below .*min_stored_score \(0.01\).*: 0.004$"):
        predict(adata, threshold=0.004)
    monkeypatch.setattr(sma.settings, "min_stored_score", 0.003)
    predict(adata, threshold=0.004)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, dict.fromkeys(["AAA", "BBB"], 0.004), min_stored_score=0.003)


def test_mixed_lies_halfway_between_the_published_threshold_and_the_matched_one(predict, adata, expected_everywhere):
    predict(adata, regions="genome", threshold="mixed")
    slots = adata.uns["tfbs"]
    for tf, published, rate in (("AAA", 0.5, 0.05), ("BBB", 0.3, 0.02)):
        for group in GROUPS:
            by_rank = expected_everywhere.matched_threshold(group, tf, rate)
            odds = np.sqrt(published / (1 - published) * by_rank / (1 - by_rank))
            assert thresholds_of(slots)[tf][group] == pytest.approx(odds / (1 + odds), abs=1e-5)
    assert_follows(slots, expected_everywhere, GROUPS)


def test_mixed_needs_no_second_prediction(predict, adata, tmp_path):
    """After another rule, and from files: what is known of the sequence is kept with the scores."""
    predict(adata, regions="genome")
    sma.tl.call_sites(adata, "mixed")
    other = adata.copy()
    predict(other, regions="genome", threshold="mixed", out_dir=tmp_path / "other")
    assert_same_slots(adata.uns["tfbs"], other.uns["tfbs"])
    assert thresholds_of(adata.uns["tfbs"]) == thresholds_of(other.uns["tfbs"])


def test_mixed_among_scores_that_were_not_kept_is_an_error(predict, adata, monkeypatch):
    """Where fewer bins are expected than reach the published threshold, it lies above that one and needs them kept."""
    monkeypatch.setattr(sma.settings, "min_stored_score", 0.97)
    rare = [random_model("AAA", 1, threshold=0.05, rate=0.05)]
    predict(adata, models=rare, regions="genome", threshold=0.98)
    with pytest.raises(ValueError, match=r"AAA: the threshold lies below .*min_stored_score.*: 0\.\d+$"):
        sma.tl.call_sites(adata, "mixed")


@pytest.mark.parametrize("rank", [0.0, np.inf])
def test_mixed_between_thresholds_at_the_very_ends_is_a_number_between(rank):
    at_f1 = random_model("AAA", 1, threshold=0.4).calibration
    (found,) = Mixed().resolve(at_f1, np.array([rank]))
    assert 0 < found < 1
    assert (found < 0.4) == (rank == 0)


def test_qc_says_of_every_group_and_factor_how_far_the_published_threshold_is_off(predict, adata, expected_everywhere):
    with pytest.warns(UserWarning, match=r"published thresholds may not fit.*\('B': "):
        predict(adata, regions="genome")
    qc, n_known = adata.uns["tfbs"]["qc"], len(expected_everywhere.calibration_bins())
    for tf, published, rate in (("AAA", 0.5, 0.05), ("BBB", 0.3, 0.02)):
        for group in GROUPS:
            n_called = sum(value >= published for value in expected_everywhere.maxima(group, tf))
            assert qc.loc[group, f"called_to_expected_{tf}"] == pytest.approx(n_called / (rate * n_known))
            row = sma.get.qc(adata, "tf", tfs=tf, groups=group).iloc[0]
            assert (row["n_called"], row["n_expected"]) == (n_called, pytest.approx(rate * n_known))
            assert row["called_to_expected"] == qc.loc[group, f"called_to_expected_{tf}"]
            assert row["n_sites"] == len(sma.get.sites(adata, tfs=tf, groups=group)) > 0
            assert row["threshold"] == published
    assert (qc["warnings"] == "").all(), "which are about the group's fragments"


def test_share_of_insertions_in_regions():
    positions = {"chr1": np.array([5, 10, 19, 20, 90]), "chr2": np.array([10, 11, 12])}
    signal = SimpleNamespace(libraries=[SimpleNamespace(positions=positions)] * 2)
    regions = Intervals({"chr1": (np.array([10, 80]), np.array([20, 90]))})  # half-open: 10 and 19
    assert share_inside(signal, regions) == 2 / 8
    assert share_inside(signal, None) == 1
    assert share_inside(SimpleNamespace(libraries=[]), regions) == 0


@pytest.mark.parametrize(("least", "told"), [(0.9, False), (0.0, True)])
def test_qc_does_not_judge_thresholds_where_most_insertions_lie_beside_the_regions(
    predict, adata, monkeypatch, least, told
):
    """There are fewer bins to be called than were predicted, but most of them would lie elsewhere."""
    monkeypatch.setattr("scmaxatac.predict._thresholds.LEAST_SHARE", least)
    few = REGIONS[REGIONS["chrom"] == "chr2"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        predict(adata, models=[random_model("AAA", 1, threshold=0.97, rate=0.02)], regions=few)
    assert any("published thresholds" in str(one.message) for one in caught) is told
    table = sma.get.qc(adata, "tf")
    assert (table["n_expected"] > 0).all()
    assert table["called_to_expected"].notna().all() == told == table["called_to_expected"].notna().any()


def test_qc_does_not_judge_thresholds_by_a_few_regions(predict, adata):
    few = REGIONS[REGIONS["chrom"] == "chr2"]
    predict(adata, models=[random_model("AAA", 1, rate=0.4)], regions=few)
    assert adata.uns["tfbs"]["qc"]["called_to_expected_AAA"].isna().all()
    table = sma.get.qc(adata, "tf")
    assert table["called_to_expected"].isna().all()
    assert (table["n_called"] < table["n_expected"]).all()


@pytest.mark.parametrize("rule", ["f1", "matched", "mixed", ("precision", 0.5)])
def test_rules_that_need_a_calibration_say_so(predict, adata, rule):
    bare = [random_model("AAA", 1), random_model("BBB", 2, calibrated=False)]
    with pytest.raises(ValueError, match="BBB: no calibration table"):
        predict(adata, models=bare, threshold=rule)
    assert "tfbs" not in adata.uns


def test_one_error_names_all_models_with_which_a_rule_cannot_be_used(predict, adata, analytic):
    """Those that do not reach the value, those whose threshold was not kept, and those without a table."""
    models = [random_model("AAA", 1, threshold=0.5), random_model("BBB", 2, threshold=0.3),
              random_model("CCC", 3, threshold=0.1), random_model("DDD", 4, calibrated=False)]  # fmt: skip
    tables = {model.tf: model.calibration.frame for model in models[:3]}
    with pytest.raises(ValueError, match="no threshold reaches") as error:
        predict(adata, models=models[:3], threshold=("precision", 1.1))
    for tf, table in tables.items():
        assert f"{table['precision'].max():.4g}" in str(error.value)
        assert tf in str(error.value)
    with pytest.raises(ValueError, match=r"DDD: no calibration table.*3 of 4 models can be predicted"):
        predict(adata, models=models, threshold="f1")
    with pytest.raises(ValueError, match="AAA, BBB, CCC, DDD: the threshold lies below"):
        predict(adata, models=models, threshold=0.001)
    assert analytic.windows == 0


def test_after_a_run_one_error_names_all_models_whose_threshold_was_not_kept(predict, adata):
    predict(adata, regions="genome", threshold=0.5)
    with pytest.raises(ValueError, match=r"AAA, BBB: the threshold lies below .*predict again.*: 0\.0001$"):
        sma.tl.call_sites(adata, 0.0001)


def test_a_model_without_calibration_takes_a_number(predict, adata, expected):
    bare = [random_model("AAA", 1, calibrated=False), random_model("BBB", 2, calibrated=False)]
    predict(adata, models=bare, threshold=0.3)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, {"AAA": 0.3, "BBB": 0.3})


def test_a_calibration_without_a_rate_does_for_other_rules(predict, adata, expected):
    from dataclasses import replace

    from scmaxatac.models import Calibration

    model = random_model("AAA", 1)
    frame = model.calibration.frame.copy()
    frame.loc[frame["f1"].idxmax(), "log2fc"] = np.nan
    gap = [replace(model, calibrations=Calibration(frame)), random_model("BBB", 2, threshold=0.3)]
    predict(adata, models=gap)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, {"AAA": 0.5, "BBB": 0.3})
    with pytest.raises(ValueError, match=r"AAA.*log2fc is missing"):
        predict(adata, models=gap, threshold="matched")
    with pytest.raises(ValueError, match=r"AAA.*log2fc is missing"):
        sma.tl.call_sites(adata, "matched")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("F2", "'F2' is not understood.*'?precision"),
        (1.5, "1.5 lies outside 0 to 1"),
        (-0.1, "outside 0 to 1"),
        (("accuracy", 0.5), "is not understood"),
        (("precision", 1.1), "no threshold reaches a precision of 1.1; the best"),
        (None, "is not understood"),
        (float("nan"), "outside 0 to 1"),
    ],
)
def test_wrong_rules_are_refused_before_any_work(predict, adata, analytic, rule, message):
    with pytest.raises(ValueError, match=message):
        predict(adata, threshold=rule)
    assert analytic.windows == 0
    assert "tfbs" not in adata.uns
