import re
import shutil

import numpy as np
import pandas as pd
import pytest
from _compare import assert_follows, assert_same_slots, thresholds_of
from _mini import GROUPS, REGIONS
from _networks import random_model

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.predict import _thresholds

pytestmark = pytest.mark.usefixtures("analytic")

RULES = ["f1", 0.05, 0.9, ("precision", 0.8), ("recall", 0.8), "matched"]


@pytest.fixture
def adata(mini, fragment_file, predict):
    """Predicted with the published rule."""
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome")
    return adata


def test_the_same_threshold_gives_the_same_slots(adata, analytic):
    before, windows = adata.copy(), analytic.windows
    assert sma.tl.call_sites(adata) is None
    assert_same_slots(adata.uns["tfbs"], before.uns["tfbs"], but=())
    assert adata.obsm["X_tfbs"].equals(before.obsm["X_tfbs"])
    assert analytic.windows == windows, "nothing is predicted again"


@pytest.mark.parametrize("rule", RULES)
def test_another_threshold_gives_what_a_new_prediction_would(adata, predict, tmp_path, rule):
    fresh = adata.copy()
    predict(fresh, regions="genome", threshold=rule, out_dir=tmp_path / "fresh")
    sma.tl.call_sites(adata, rule)
    assert_same_slots(adata.uns["tfbs"], fresh.uns["tfbs"])
    assert thresholds_of(adata.uns["tfbs"]) == thresholds_of(fresh.uns["tfbs"])
    assert adata.obsm["X_tfbs"].equals(fresh.obsm["X_tfbs"])
    one, other = sma.get.params(adata), sma.get.params(fresh)
    assert one["threshold"] == other["threshold"]
    assert set(one) == set(other)


@pytest.mark.parametrize("include_flanks", [False, True])
def test_bins_outside_the_regions_can_be_added_or_left_out(mini, fragment_file, predict, expected, include_flanks):
    adata = mini.adata(fragment_file)
    predict(adata, include_flanks=not include_flanks)
    sma.tl.call_sites(adata, 0.2)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, {"AAA": 0.2, "BBB": 0.2}, include_flanks=not include_flanks)
    sma.tl.call_sites(adata, 0.2, include_flanks=include_flanks)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, {"AAA": 0.2, "BBB": 0.2}, include_flanks=include_flanks)
    assert sma.get.params(adata)["include_flanks"] is include_flanks


def test_copy_leaves_the_original_as_it_is(adata):
    before = adata.copy()
    changed = sma.tl.call_sites(adata, 0.1, copy=True)
    assert_same_slots(adata.uns["tfbs"], before.uns["tfbs"], but=())
    assert len(changed.uns["tfbs"]["sites"]) > len(before.uns["tfbs"]["sites"])


def test_results_of_another_key(adata, predict, tmp_path):
    predict(adata, key_added="other", out_dir=tmp_path / "other")
    before = adata.copy()
    sma.tl.call_sites(adata, 0.1, key="other")
    assert_same_slots(adata.uns["tfbs"], before.uns["tfbs"], but=())
    assert len(adata.uns["other"]["sites"]) > len(before.uns["other"]["sites"])
    assert not adata.obsm["X_other"].equals(before.obsm["X_other"])


def test_muons_data(mini, fragment_file, predict):
    mudata = pytest.importorskip("mudata")
    with columns_not_pulled():
        mdata = mudata.MuData({"atac": mini.adata(fragment_file)})
    mdata.obs["leiden"] = mini.obs["leiden"].loc[mdata.obs_names]
    predict(mdata)
    sma.tl.call_sites(mdata, 0.1)
    assert (sma.get.sites(mdata)["score"] >= np.float32(0.1)).all()


def test_after_reading_from_disk(adata, tmp_path):
    import anndata as ad

    adata.write_h5ad(tmp_path / "a.h5ad")
    back = ad.read_h5ad(tmp_path / "a.h5ad")
    for each in (adata, back):
        sma.tl.call_sites(each, 0.1)
    assert_same_slots(back.uns["tfbs"], adata.uns["tfbs"], but=())


def test_groups_that_were_skipped_stay_so(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    adata.obs["leiden"] = adata.obs["leiden"].cat.add_categories(["Rare"])
    adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "Mono")[:3], 0] = "Rare"
    with pytest.warns(UserWarning, match="'Rare' is skipped"):
        predict(adata, min_cells=5)
    sma.tl.call_sites(adata, 0.1)
    qc = adata.uns["tfbs"]["qc"]
    assert qc.loc["Rare", "n_sites"] == 0
    assert qc["n_sites"].dtype.kind == "i"
    assert adata.obsm["X_tfbs"][(adata.obs["leiden"] == "Rare").to_numpy()].isna().all(axis=None)


def test_files_of_sites_follow(mini, fragment_file, predict):
    from scmaxatac.io._bed import read_bed
    from scmaxatac.io._files import sha256_of

    adata = mini.adata(fragment_file)
    predict(adata, save_tracks=True)
    sma.tl.call_sites(adata, 0.1)
    files, folder = adata.uns["tfbs"]["files"], sma.get.params(adata)["out_dir"]
    for row in files[files["kind"] == "bed"].itertuples():
        expected = sma.get.sites(adata, tfs=row.tf, groups=row.group)
        assert read_bed(f"{folder}/{row.path}")["start"].tolist() == expected["start"].tolist()
        assert sha256_of(f"{folder}/{row.path}") == row.sha256


def test_a_threshold_below_the_stored_scores_is_an_error_that_names_both(adata):
    before = adata.copy()
    with pytest.raises(ValueError, match=r"AAA.* lies below 0.01.*min_stored_score and predict again.*: 0.005"):
        sma.tl.call_sites(adata, 0.005)
    assert_same_slots(adata.uns["tfbs"], before.uns["tfbs"], but=())


@pytest.mark.parametrize("what", ["everything", "a unit"])
def test_scores_that_are_gone_are_an_error_that_says_where_they_were(adata, tmp_path, what):
    if what == "everything":
        shutil.rmtree(tmp_path / "run")
    else:
        next((tmp_path / "run").glob("run-*/scores/*.npz")).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{tmp_path / 'run'}.*tl.predict_tfbs again"):
        sma.tl.call_sites(adata, 0.2)


@pytest.mark.parametrize("change", [{"step": 512}, {"regions": REGIONS}, {"chroms": "chr2"}, {"tfs": "BBB"}])
def test_another_run_in_the_same_folder_leaves_the_first_as_it_is(adata, predict, change):
    alone = sma.tl.call_sites(adata, 0.2, copy=True)
    predict(adata, **{"regions": "genome", "key_added": "second"} | change)
    sma.tl.call_sites(adata, 0.2)
    assert_same_slots(adata.uns["tfbs"], alone.uns["tfbs"], but=())
    sma.tl.call_sites(adata, 0.2, key="second")


def test_an_incomplete_run_is_not_called_from(adata, tmp_path):
    next((tmp_path / "run").glob("run-*/complete.json")).unlink()
    with pytest.raises(FileNotFoundError, match=r"does not hold all scores of uns\['tfbs'\].*predict_tfbs again"):
        sma.tl.call_sites(adata, 0.2)


@pytest.mark.parametrize("name", ["scores/*.npz", "calibration/000.tsv", "uncounted.tsv", "regions.npz", "bins.json"])
def test_a_damaged_file_is_an_error_that_names_it(mini, fragment_file, predict, tmp_path, name):
    adata = mini.adata(fragment_file)
    predict(adata, regions=REGIONS)
    path = next((tmp_path / "run").glob(f"run-*/{name}"))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match=f"{path.name} is damaged or was changed.*predict_tfbs again"):
        sma.tl.call_sites(adata, 0.2)
    path.unlink()
    predict(adata, regions=REGIONS)
    sma.tl.call_sites(adata, 0.2)


def test_a_description_of_the_run_that_was_changed_is_refused(adata, tmp_path):
    path = next((tmp_path / "run").glob("run-*/run.json"))
    path.write_text(path.read_text().replace('"step": 256', '"step": 128'))
    with pytest.raises(ValueError, match=r"run.json can't be used: it is damaged"):
        sma.tl.call_sites(adata, 0.2)


def test_without_a_prediction_there_is_nothing_to_call(mini, adata):
    with pytest.raises(KeyError, match=r"uns\['mine'\]: results exist under 'tfbs'"):
        sma.tl.call_sites(adata, key="mine")
    with pytest.raises(KeyError, match="predict_tfbs first"):
        sma.tl.call_sites(mini.adata())


@pytest.mark.parametrize("rule", ["f1", "matched", ("recall", 0.5)])
def test_rules_that_need_a_calibration_say_so(mini, fragment_file, predict, rule):
    adata = mini.adata(fragment_file)
    predict(adata, models=[random_model("AAA", 1, calibrated=False)], threshold=0.5)
    with pytest.raises(ValueError, match="AAA: no calibration table"):
        sma.tl.call_sites(adata, rule)


def test_matched_after_a_run_in_few_regions_says_what_is_missing(mini, fragment_file, predict):
    """The sample of the genome that the rank needs is scored by predict_tfbs."""
    few = REGIONS[REGIONS["chrom"] == "chr2"]
    adata = mini.adata(fragment_file)
    deep = {"models": [random_model("AAA", 1, rate=0.4)], "regions": few}
    predict(adata, **deep)
    with pytest.raises(ValueError, match=r"needs a sample of the genome.*only predict_tfbs scores"):
        sma.tl.call_sites(adata, "matched")
    predict(adata, threshold="matched", **deep)
    matched = adata.copy()
    sma.tl.call_sites(adata, 0.5)
    sma.tl.call_sites(adata, "matched")
    assert_same_slots(adata.uns["tfbs"], matched.uns["tfbs"], but=())


def test_no_site_at_all_is_told_once(adata):
    with pytest.warns(UserWarning, match="there is no site at threshold 1, of any factor in any group") as caught:
        sma.tl.call_sites(adata, 1)
    assert len(caught) == 1
    assert sma.get.sites(adata).empty
    assert sma.get.activity(adata).isna().all(axis=None)


def test_a_subset_of_the_cells_gets_the_sites_of_all(adata):
    some = adata[::2].copy()
    with pytest.warns(UserWarning, match="no longer fits the object: group 'B' had 14 cells and now has 8"):
        sma.tl.call_sites(some, 0.2)
    sma.tl.call_sites(adata, 0.2)
    assert_same_slots(some.uns["tfbs"], adata.uns["tfbs"], but=())
    assert some.obsm["X_tfbs"].equals(adata[::2].obsm["X_tfbs"])


def test_an_object_that_lost_its_groups_is_an_error_that_changes_nothing(mini, fragment_file, predict, tmp_path):
    adata = mini.adata(fragment_file)
    predict(adata, save_tracks=True)
    beds = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*.bed")}
    adata.obs = adata.obs.drop(columns="leiden")
    with pytest.raises(KeyError, match="no column 'leiden'"):
        sma.tl.call_sites(adata, 0.05)
    assert {path: path.read_bytes() for path in beds} == beds


def test_calling_again_reads_no_bigwig(mini, fragment_file, predict, monkeypatch, tmp_path):
    """Nor does it mind how bigWigs are written now, or that the user has removed them."""
    adata = mini.adata(fragment_file)
    predict(adata, save_tracks=True)
    for path in (tmp_path / "run").glob("run-*/tracks/*/*"):
        path.unlink()
    monkeypatch.setattr(sma.settings, "bigwig_decimals", 2)
    before = adata.uns["tfbs"]["files"]
    sma.tl.call_sites(adata, 0.1)
    files = adata.uns["tfbs"]["files"]
    assert files[files["kind"] != "bed"].equals(before[before["kind"] != "bed"].reset_index(drop=True))
    assert set(files.loc[files["kind"] == "bed", "path"]).isdisjoint(before["path"])


def test_several_call_sets_lie_side_by_side(adata, tmp_path):
    import anndata as ad

    before = adata.copy()
    for name, rule in {"low": 0.1, "high": 0.9}.items():
        assert sma.tl.call_sites(adata, rule, key_added=name) is None
    assert_same_slots(adata.uns["tfbs"], before.uns["tfbs"], but=())
    pd.testing.assert_frame_equal(adata.obsm["X_tfbs"], before.obsm["X_tfbs"])
    assert [sma.get.params(adata, key=key)["threshold"] for key in ("low", "tfbs", "high")] == [0.1, "f1", 0.9]
    assert len(sma.get.sites(adata, key="low")) > len(sma.get.sites(adata)) > len(sma.get.sites(adata, key="high"))
    for key, rule in {"low": 0.1, "high": 0.9}.items():
        replaced = sma.tl.call_sites(before, rule, copy=True)
        assert_same_slots(adata.uns[key], replaced.uns["tfbs"], but=())
        pd.testing.assert_frame_equal(adata.obsm[f"X_{key}"], replaced.obsm["X_tfbs"])
    adata.write_h5ad(tmp_path / "a.h5ad")
    back = ad.read_h5ad(tmp_path / "a.h5ad")
    sma.tl.call_sites(back, 0.1, key="high")
    pd.testing.assert_frame_equal(sma.get.sites(back, key="high"), sma.get.sites(adata, key="low"))


def test_regions_and_scores_of_call_sets_are_shared(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, regions=REGIONS)
    sma.tl.call_sites(adata, 0.1, key_added="low")
    assert adata.uns["low"]["scores"] is adata.uns["tfbs"]["scores"]
    pd.testing.assert_frame_equal(sma.get.scores(adata, key="low").to_df("AAA"), sma.get.scores(adata).to_df("AAA"))


@pytest.mark.parametrize("name", ["a/b", "", ".", "mine"])
def test_a_name_that_cannot_be_used_changes_nothing(adata, name):
    adata.uns["mine"] = {"here": "is something else"}
    before = adata.copy()
    with pytest.raises(ValueError, match=r"key_added is|holds something else"):
        sma.tl.call_sites(adata, 0.1, key_added=name)
    assert_same_slots(adata.uns["tfbs"], before.uns["tfbs"], but=())
    assert adata.uns["mine"] == before.uns["mine"]
    assert set(adata.uns) == set(before.uns)


def test_each_factor_may_have_a_rule_of_its_own(adata, predict, tmp_path):
    rules = {"AAA": 0.1, "BBB": "matched"}
    sma.tl.call_sites(adata, rules, key_added="own")
    for tf, rule in rules.items():
        alone = sma.tl.call_sites(adata, rule, copy=True)
        pd.testing.assert_frame_equal(sma.get.sites(adata, tfs=tf, key="own"), sma.get.sites(alone, tfs=tf))
    assert sma.get.params(adata, key="own")["threshold"] == rules
    sma.tl.call_sites(adata, {"bbb": 0.1}, key_added="one")
    pd.testing.assert_frame_equal(sma.get.sites(adata, tfs="AAA", key="one"), sma.get.sites(adata, tfs="AAA"))
    fresh = adata.copy()
    predict(fresh, regions="genome", threshold=rules, out_dir=tmp_path / "fresh")
    pd.testing.assert_frame_equal(sma.get.sites(fresh), sma.get.sites(adata, key="own"))


def test_a_rule_of_a_factor_that_was_not_predicted_is_an_error(adata):
    with pytest.raises(KeyError, match="rule for 'AAB', which is not predicted; did you mean 'AAA'"):
        sma.tl.call_sites(adata, {"AAB": 0.1})


@pytest.mark.parametrize("key", ["tfbs", "other"])
def test_the_call_that_the_warning_about_depth_prints_works(mini, fragment_file, predict, key):
    adata = mini.adata(fragment_file)
    with pytest.warns(UserWarning, match="published thresholds may not fit") as caught:
        predict(adata, regions="genome", key_added=key)
    (message,) = [text for warning in caught if "may not fit" in (text := str(warning.message))]
    (call,) = re.findall(r"scmaxatac\.tl\.call_sites\(.*?\)", message)
    eval(call, {"scmaxatac": sma, "data": adata})
    assert sma.get.params(adata, key=f"{key}_matched")["threshold"] == "matched"
    assert sma.get.params(adata, key=key)["threshold"] == "f1"


def test_where_calling_again_would_not_do_the_warning_says_to_predict(mini, fragment_file, predict, monkeypatch):
    monkeypatch.setattr(_thresholds, "LEAST_SHARE", 0)  # few insertions lie in these regions
    adata = mini.adata(fragment_file)
    with pytest.warns(UserWarning, match=r'predict_tfbs with threshold="matched".*only what is missing'):
        predict(adata, regions=REGIONS)
    with pytest.raises(ValueError, match="needs a sample of the genome"):
        sma.tl.call_sites(adata, "matched")
    predict(adata, regions=REGIONS, threshold="matched")
