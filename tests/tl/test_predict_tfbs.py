import json
import logging

import numpy as np
import pandas as pd
import pytest
from _compare import assert_follows, assert_same_slots
from _mini import GROUPS, REGIONS, SIZES
from _networks import forward, random_weights
from _oracle import MODELS, make_oracle

import scmaxatac as sma

F1 = {"AAA": 0.5, "BBB": 0.3}


@pytest.fixture
def adata(mini, fragment_file):
    return mini.adata(fragment_file)


@pytest.mark.parametrize("include_flanks", [False, True])
def test_sites_scores_and_activities_follow_the_plain_model(analytic, predict, adata, expected, include_flanks):
    assert predict(adata, include_flanks=include_flanks) is None
    slots = adata.uns["tfbs"]
    assert_follows(slots, expected, GROUPS, F1, include_flanks=include_flanks)
    assert len(slots["sites"]) > 10
    assert np.isnan(slots["scores"]).any(), "some regions hold no window"


def test_flanks_add_sites(analytic, expected):
    """The two cases of the test above differ."""
    within, beyond = (sum(len(expected.sites(g, "AAA", 0.5, include_flanks=o)) for g in GROUPS) for o in (False, True))
    assert within != beyond


def test_whole_chromosomes_follow_the_plain_model(analytic, predict, mini, fragment_file, expected_everywhere):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome")
    assert_follows(adata.uns["tfbs"], expected_everywhere, GROUPS, F1)
    assert not {"regions", "scores"} & set(adata.uns["tfbs"])
    assert analytic.windows == len(GROUPS) * sum(len(expected_everywhere.windows(chrom)) for chrom in SIZES)


def test_networks_follow_the_plain_model(predict, adata, mini):
    """With a network, in place of the formula of the other tests, through the default engine."""
    regions = REGIONS.iloc[[0, 8, 11]]
    oracle = make_oracle(mini, regions)
    oracle.scores = {tf: _network(seed) for tf, seed in MODELS.items()}
    members = mini.obs.index[mini.obs["leiden"] == "CD4/T"]
    oracle.add_group("CD4/T", [mini.fragments[mini.fragments["barcode"].isin(members)]])
    adata = adata[adata.obs["leiden"] == "CD4/T"].copy()
    predict(adata, regions=regions, threshold=0.1)
    slots = adata.uns["tfbs"]
    assert len(slots["sites"]) > 3
    for t, tf in enumerate(MODELS):
        best = oracle.region_scores("CD4/T", tf, slots["regions"])
        np.testing.assert_allclose(slots["scores"][0, :, t], best, atol=1e-5)


def _network(seed):
    return lambda codes, signal: forward(random_weights(seed), codes[None], signal[None])[0]


@pytest.mark.parametrize("step", [32, 352, 1024])
def test_other_steps_follow_the_plain_model(analytic, predict, adata, mini, step):
    predict(adata, step=step, include_flanks=True)
    assert_follows(adata.uns["tfbs"], make_oracle(mini, REGIONS, step=step), GROUPS, F1, include_flanks=True)


def test_the_accurate_preset_is_the_mean_of_both_strands_every_128_bp(analytic, predict, adata, mini):
    predict(adata, preset="accurate")
    assert_follows(adata.uns["tfbs"], make_oracle(mini, REGIONS, step=128, both_strands=True), GROUPS, F1)
    params = json.loads(adata.uns["tfbs"]["params"])
    assert (params["preset"], params["strand"], params["step"]) == ("accurate", "mean", 128)


def test_the_original_preset_is_the_default(analytic, predict, adata, expected):
    predict(adata, preset="original")
    assert_follows(adata.uns["tfbs"], expected, GROUPS, F1)


def test_both_strands_follow_the_plain_model(analytic, predict, adata, mini):
    predict(adata, strand="mean")
    assert_follows(adata.uns["tfbs"], make_oracle(mini, REGIONS, both_strands=True), GROUPS, F1)


def test_the_percentile_can_be_taken_over_other_chromosomes(analytic, predict, adata, mini):
    predict(adata, chroms=["chrX", "chr2"], signal_chroms=["chr1", "chr3"], threshold=0.2)
    oracle = make_oracle(mini, REGIONS, chroms=["chrX", "chr2"], signal_chroms=["chr1", "chr3"])
    slots = adata.uns["tfbs"]
    assert_follows(slots, oracle, GROUPS, dict.fromkeys(F1, 0.2))
    assert list(slots["regions"]["chrom"].unique()) == ["chrX", "chr2"], "in the order that was asked for"
    default = adata.copy()
    predict(default, chroms=["chrX", "chr2"], threshold=0.2)
    assert not np.allclose(default.uns["tfbs"]["scores"], slots["scores"], equal_nan=True)


def test_replicates_are_averaged_with_equal_weight(analytic, predict, adata, mini):
    predict(adata, replicate_key="batch", min_cells=2)
    batch = mini.obs["batch"]
    oracle = make_oracle(mini, REGIONS, lambda names: [names[batch[names] == one] for one in ("s1", "s2")])
    assert_follows(adata.uns["tfbs"], oracle, GROUPS, F1)


def test_results_do_not_depend_on_the_size_of_tiles(analytic, predict, adata, monkeypatch, tmp_path):
    """Regions and sites that cross the border of two tiles are whole."""
    from scmaxatac.nn import _predict

    predict(adata, out_dir=tmp_path / "one")
    whole = adata.uns["tfbs"]
    monkeypatch.setattr(_predict, "_windows_per_tile", lambda *_: 2)
    predict(adata, out_dir=tmp_path / "two")
    assert_same_slots(adata.uns["tfbs"], whole)


def test_models_predict_the_same_alone_and_in_any_order(analytic, predict, adata, mini_models, tmp_path):
    predict(adata)
    together = adata.uns["tfbs"]
    predict(adata, models=mini_models[::-1], out_dir=tmp_path / "turned")
    turned = adata.uns["tfbs"]
    assert list(turned["activity"].columns) == ["BBB", "AAA"]
    np.testing.assert_array_equal(turned["scores"][:, :, ::-1], together["scores"])
    predict(adata, tfs="BBB", out_dir=tmp_path / "alone")
    np.testing.assert_array_equal(adata.uns["tfbs"]["scores"][:, :, 0], together["scores"][:, :, 1])
    pd.testing.assert_series_equal(adata.uns["tfbs"]["activity"]["BBB"], together["activity"]["BBB"])


def test_groups_do_not_influence_each_other(analytic, predict, adata, tmp_path):
    predict(adata)
    together = adata.uns["tfbs"]
    alone = adata[adata.obs["leiden"] == "CD4/T"].copy()
    predict(alone, out_dir=tmp_path / "alone")
    np.testing.assert_array_equal(alone.uns["tfbs"]["scores"][0], together["scores"][GROUPS.index("CD4/T")])


def test_chromosomes_that_were_not_asked_for_have_no_results(analytic, predict, adata):
    predict(adata, chroms="chr2")
    slots = adata.uns["tfbs"]
    assert set(slots["regions"]["chrom"]) == {"chr2"}
    assert set(slots["sites"]["chrom"]) <= {"chr2"}
    assert slots["scores"].shape == (3, 2, 2)


def test_copy_leaves_the_original_as_it_is(analytic, predict, adata):
    adata.uns["mine"] = {"a": 1}
    before = adata.copy()
    changed = predict(adata, copy=True)
    assert "tfbs" not in adata.uns
    assert not list(adata.obsm)
    assert adata.uns == before.uns
    pd.testing.assert_frame_equal(adata.obs, before.obs)
    assert changed.uns["mine"] == {"a": 1}
    assert {"sites", "activity"} <= set(changed.uns["tfbs"])
    assert "X_tfbs" in changed.obsm


def test_the_object_that_was_given_changes_in_its_results_only(analytic, predict, adata):
    adata.uns["mine"] = 1
    adata.obsm["X_umap"] = np.zeros((adata.n_obs, 2))
    before = adata.copy()
    predict(adata)
    assert set(adata.uns) == {"files", "mine", "tfbs"}
    assert set(adata.obsm) == {"X_umap", "X_tfbs"}
    pd.testing.assert_frame_equal(adata.obs, before.obs)
    pd.testing.assert_frame_equal(adata.var, before.var)
    assert (adata.X != before.X).nnz == 0


def test_a_key_of_ones_own_is_used_throughout(analytic, predict, adata):
    predict(adata, key_added="mine", regions="genome")
    predict(adata, key_added="other")
    assert {"mine", "other"} < set(adata.uns)
    assert {"X_mine", "X_other"} == set(adata.obsm)
    assert "scores" in adata.uns["other"]
    assert "scores" not in adata.uns["mine"]


@pytest.mark.filterwarnings("ignore:.*holds a run of other groups")
def test_a_second_run_replaces_the_first_and_says_so(analytic, predict, adata, caplog):
    predict(adata)
    assert "replaced" not in caplog.text
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        predict(adata, regions="genome", tfs="BBB")
    assert "uns['tfbs'] and obsm['X_tfbs'] are replaced" in caplog.text
    slots = adata.uns["tfbs"]
    assert not {"regions", "scores"} & set(slots), "nothing of the first run is left"
    assert list(slots["activity"].columns) == list(adata.obsm["X_tfbs"].columns) == ["BBB"]


def test_numbers_as_clusters_and_several_columns(analytic, predict, adata, tmp_path):
    predict(adata)
    named = adata.uns["tfbs"]
    predict(adata, "number", out_dir=tmp_path / "numbers")
    numbers = adata.uns["tfbs"]
    assert numbers["activity"].index.tolist() == ["0", "1", "2"]
    np.testing.assert_array_equal(numbers["scores"], named["scores"])
    predict(adata, ["leiden", "batch"], min_cells=2, out_dir=tmp_path / "joined")
    assert adata.uns["tfbs"]["activity"].index.tolist() == [f"{g}|{b}" for g in GROUPS for b in ("s1", "s2")]
    assert json.loads(adata.uns["tfbs"]["params"])["groupby"] == ["leiden", "batch"]


def test_cells_get_the_activity_of_their_group_and_those_without_a_group_nan(analytic, predict, adata):
    predict(adata)
    cells, activity = adata.obsm["X_tfbs"], adata.uns["tfbs"]["activity"]
    assert cells.index.equals(adata.obs_names)
    assert cells.isna().all(axis=1).sum() == adata.obs["leiden"].isna().sum() == 3
    for name, group in adata.obs["leiden"].items():
        if isinstance(group, str):
            np.testing.assert_allclose(cells.loc[name], activity.loc[group], rtol=1e-6)


def test_groups_that_are_too_small_are_skipped_with_a_warning(analytic, predict, adata):
    adata.obs["leiden"] = adata.obs["leiden"].cat.add_categories(["Rare", "Empty"])
    adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "Mono")[:3], 0] = "Rare"
    with pytest.warns(UserWarning, match="group 'Rare' is skipped: 3 cells, min_cells is 5"):
        predict(adata, min_cells=5)
    slots = adata.uns["tfbs"]
    assert slots["activity"].index.tolist() == list(GROUPS)
    assert slots["qc"].index.tolist() == [*GROUPS, "Rare"], "categories without cells are no groups"
    assert slots["qc"].loc["Rare", "warnings"] == "skipped: 3 cells, min_cells is 5"
    assert slots["qc"].loc["Rare", "n_sites"] == 0
    assert "Rare" not in slots["sites"]["group"].cat.categories
    cells = adata.obsm["X_tfbs"]
    assert cells[(adata.obs["leiden"] == "Rare").to_numpy()].isna().all(axis=None)
    with pytest.raises(KeyError, match="'Rare' was not predicted: skipped: 3 cells"):
        sma.get.sites(adata, groups="Rare")


def test_the_qc_table_counts_what_went_in(analytic, predict, adata, mini):
    predict(adata)
    qc = adata.uns["tfbs"]["qc"]
    for group in GROUPS:
        mine = mini.fragments[mini.fragments["barcode"].isin(mini.obs.index[mini.obs["leiden"] == group])]
        assert qc.loc[group, "n_cells"] == 14
        assert qc.loc[group, "n_fragments"] == len(mine)
        assert qc.loc[group, "n_insertions"] == 2 * len(mine)
        assert 0 < qc.loc[group, "n_insertions_kept"] < 2 * len(mine)
        assert qc.loc[group, "n_sites"] == (adata.uns["tfbs"]["sites"]["group"] == group).sum()
        assert qc.loc[group, "p99"] > 1
        assert qc.loc[group, "match_rate"] == 1
        assert qc.loc[group, "warnings"] == ""


def test_parameters_say_what_was_done(analytic, predict, adata, mini_models, mini):
    predict(adata, threshold=("precision", 0.8), strand="mean", step=512)
    params = json.loads(adata.uns["tfbs"]["params"])
    assert params["groupby"] == "leiden"
    assert params["tfs"] == ["AAA", "BBB"]
    assert params["models"]["AAA"] == {"id": mini_models[0].id, "sha256": mini_models[0].sha256}
    assert params["threshold"] == ["precision", 0.8]
    assert params["thresholds"]["AAA"] == dict.fromkeys(GROUPS, 0.75)
    assert params["genome"]["fingerprint"] == mini.genome.fingerprint
    assert (params["regions"], params["strand"], params["step"], params["precision"]) == (
        "auto",
        "mean",
        512,
        "float32",
    )
    assert params["version"]


def test_parameters_say_what_was_used_where_a_step_wins_over_the_preset(analytic, predict, adata):
    predict(adata, preset="accurate", step=256)
    params = json.loads(adata.uns["tfbs"]["params"])
    assert (params["preset"], params["strand"], params["step"]) == ("accurate", "mean", 256)


def test_parameters_name_no_preset_where_none_was_given(analytic, predict, adata):
    predict(adata)
    params = json.loads(adata.uns["tfbs"]["params"])
    assert (params["preset"], params["strand"], params["step"]) == (None, "forward", 256)


def test_scores_that_are_too_large_for_the_object_lie_beside_it(analytic, predict, adata, monkeypatch, expected):
    predict(adata)
    inside = adata.uns["tfbs"]["scores"]
    monkeypatch.setattr(sma.settings, "max_scores_mb", 0.0)
    predict(adata)
    slots = adata.uns["tfbs"]
    assert "scores" not in slots
    assert "scores" in set(slots["files"]["kind"])
    scores = sma.get.scores(adata)
    assert scores.shape == inside.shape[:2]
    for t, tf in enumerate(MODELS):
        layer = scores.layers[tf]
        np.testing.assert_array_equal(np.asarray(layer), inside[:, :, t])


def test_without_an_out_dir_runs_are_kept_apart_in_the_cache(analytic, predict, adata, monkeypatch, tmp_path):
    monkeypatch.setattr(sma.settings, "cache_dir", tmp_path / "cache")
    predict(adata, out_dir=None)
    first, windows = adata.uns["tfbs"]["files"].copy(), analytic.windows
    predict(adata, out_dir=None, step=512)
    assert not adata.uns["tfbs"]["files"].equals(first)
    assert analytic.windows > windows
    windows = analytic.windows
    predict(adata, out_dir=None)
    assert adata.uns["tfbs"]["files"].equals(first)
    assert analytic.windows == windows, "the first run was found again"


def test_the_cache_folder_may_be_given_as_text(analytic, predict, adata, monkeypatch, tmp_path):
    monkeypatch.setattr(sma.settings, "cache_dir", str(tmp_path / "cache"))
    predict(adata, out_dir=None)
    assert (tmp_path / "cache" / "runs").is_dir()


def test_before_a_large_run_the_log_says_how_long_it_will_take(analytic, predict, adata, monkeypatch, caplog):
    monkeypatch.setattr("scmaxatac.predict._estimate._LARGE_RUN", 1)
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        predict(adata)
    assert "3 groups, 2 models, " in caplog.text
    assert "s on this machine" in caplog.text


@pytest.mark.parametrize("form", ["list", "dict"])
def test_copies_come_in_the_form_of_the_originals(analytic, predict, adata, form):
    parts = [adata[:20].copy(), adata[20:].copy()]
    data = parts if form == "list" else dict(zip("ab", parts, strict=True))
    changed = predict(data, copy=True, min_cells=2, min_fragments=10)
    assert type(changed) is type(data)
    members = changed if form == "list" else list(changed.values())
    assert all("tfbs" not in part.uns for part in parts)
    assert [len(member) for member in members] == [20, 25]
    assert all("tfbs" in member.uns and "X_tfbs" in member.obsm for member in members)
    if form == "dict":
        assert list(changed) == ["a", "b"]


def test_a_genome_without_a_blacklist_is_allowed_and_warned_about_with_published_models(
    analytic, predict, adata, mini, mini_models
):
    from dataclasses import replace

    bare = sma.Genome.from_codes(mini.codes)
    published = [replace(model, id=f"maxatac:{model.tf}") for model in mini_models]
    with (
        pytest.warns(UserWarning, match="no blacklist: the 99th percentile"),
        pytest.warns(UserWarning, match="published models are human"),
    ):
        predict(adata, genome=bare, models=published)
    predict(adata, genome=bare)
