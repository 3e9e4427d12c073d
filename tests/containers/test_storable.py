"""Whether results can be stored is told before fragments are read; what can hold them gets them."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _compare import assert_same_slots
from _mini import GROUPS, REGIONS

import scmaxatac as sma

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def refused(predict, tmp_path):
    """Predict with fragments that do not exist: the error has to come before anybody misses them."""

    def run(data, match):
        with pytest.raises(ValueError, match=match):
            predict(data, fragments=tmp_path / "never read.tsv.gz")
        assert not (tmp_path / "run").exists()

    return run


@pytest.fixture
def snapatac2_file(mini, tmp_path):
    memory = mini.snapatac2()
    memory.obs = memory.obs[["leiden"]]
    memory.write_h5ad(tmp_path / "snap.h5ad")
    return tmp_path / "snap.h5ad"


@pytest.fixture
def backed(mini, fragment_file, tmp_path):
    mini.adata(fragment_file).write_h5ad(tmp_path / "backed.h5ad")
    return tmp_path / "backed.h5ad"


def test_a_snapatac2_object_opened_read_only(refused, snapatac2_file):
    snap = pytest.importorskip("snapatac2")
    adata = snap.read(snapatac2_file, backed="r")
    refused(adata, r"the object is opened read-only.*backed='r\+'")
    adata.close()


def test_one_read_only_object_among_several_is_named_and_the_others_stay(refused, snapatac2_file, tmp_path):
    snap = pytest.importorskip("snapatac2")
    (tmp_path / "other.h5ad").write_bytes(snapatac2_file.read_bytes())
    good, bad = snap.read(tmp_path / "other.h5ad", backed="r+"), snap.read(snapatac2_file, backed="r")
    before = sorted(good.uns.keys()), sorted(good.obsm.keys())
    refused([good, bad], "object 2 is opened read-only")
    refused({"d1": good, "d2": bad}, "object 'd2' is opened read-only")
    assert (sorted(good.uns.keys()), sorted(good.obsm.keys())) == before
    good.close()
    bad.close()


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_a_set_of_snapatac2_files(mode, snapatac2_file, tmp_path):
    snap = pytest.importorskip("snapatac2")
    from scmaxatac.containers._storable import check_storable

    path = tmp_path / "set.h5ads"
    snap.AnnDataSet(adatas=[("a", snap.read(snapatac2_file, backed="r"))], filename=str(path), add_key="s").close()
    adata = snap.read_dataset(path, mode=mode)
    if mode == "r":
        with pytest.raises(ValueError, match="read-only"):
            check_storable(adata, "tfbs")
    else:
        check_storable(adata, "tfbs")
    adata.close()


def test_a_closed_snapatac2_object(refused, snapatac2_file):
    snap = pytest.importorskip("snapatac2")
    adata = snap.read(snapatac2_file)
    adata.close()
    refused(adata, "is closed; open its file again")


@pytest.mark.parametrize("mode", ["r", "r+"])
@pytest.mark.parametrize("part", [np.s_[:, :5], np.s_[:20]])
def test_a_view_of_an_object_on_disk(refused, backed, mode, part):
    adata = ad.read_h5ad(backed, backed=mode)
    refused(adata[part], r"is a view of an AnnData that lies on disk.*to_memory\(\)")
    adata.file.close()


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_an_object_on_disk_holds_its_results_in_memory_and_they_can_be_written(predict, backed, mode, tmp_path):
    adata = ad.read_h5ad(backed, backed=mode)
    predict(adata, regions=REGIONS)
    assert len(sma.get.sites(adata))
    adata.write_h5ad(tmp_path / "with results.h5ad")
    adata.file.close()
    pd.testing.assert_frame_equal(
        sma.get.sites(ad.read_h5ad(tmp_path / "with results.h5ad")), sma.get.sites(adata), check_dtype=False
    )


def test_a_view_of_a_mudata(refused, mini, fragment_file):
    mudata = pytest.importorskip("mudata")
    mdata = mudata.MuData({"atac": mini.adata(fragment_file)})
    refused(mdata[:30], r"is a view of a MuData.*\.copy\(\)")


@pytest.mark.filterwarnings("ignore:Trying to modify attribute")
def test_results_of_a_view_in_memory_land_in_what_the_user_holds(predict, mini, fragment_file):
    mudata = pytest.importorskip("mudata")
    whole = mini.adata(fragment_file)
    view, held = whole[:, :5], mudata.MuData({"atac": mini.adata(fragment_file)[:, :5]})
    assert view.is_view
    assert held["atac"].is_view
    for data in (view, held):
        predict(data, regions=REGIONS)
        assert len(sma.get.sites(data))
        assert len(sma.get.sites(data.copy()))
    assert not whole.uns.keys() & {"tfbs"}


def test_an_embedding_is_not_replaced(predict, mini, fragment_file):
    adata = mini.adata(fragment_file)
    adata.obsm["X_umap"] = np.arange(2.0 * adata.n_obs).reshape(-1, 2)
    with pytest.raises(ValueError, match=r"something else in obsm\['X_umap'\]; choose another key_added"):
        predict(adata, key_added="umap")
    np.testing.assert_array_equal(adata.obsm["X_umap"], np.arange(2.0 * adata.n_obs).reshape(-1, 2))
    predict(adata)
    del adata.uns["tfbs"]  # as anndata.concat leaves objects
    predict(adata)


def test_what_the_object_itself_refuses_is_told_first(refused, mini, fragment_file):
    class Full(dict):
        def __setitem__(self, key, value):
            raise ValueError("uns is full")

    adata = mini.adata(fragment_file)
    adata._uns = Full(adata.uns)
    refused(adata, r"the object can't be written to \(uns is full\)")


def test_the_check_leaves_the_object_as_it_is(mini, fragment_file):
    from scmaxatac.containers._storable import check_storable

    adata = mini.adata(fragment_file)
    before = adata.copy()
    check_storable(adata, "tfbs", obsm="X_tfbs")
    check_storable(adata[:10], "tfbs", obsm="X_tfbs")
    assert adata.uns == before.uns
    assert list(adata.obsm) == list(before.obsm)


def test_a_kill_while_results_are_stored_does_not_bar_the_key(predict, mini, snapatac2_file):
    snap = pytest.importorskip("snapatac2")
    polars = pytest.importorskip("polars")
    adata = snap.read(snapatac2_file, backed="r+")
    for left in ({}, {"sites": polars.DataFrame({"start": [1]}), "scores": np.ones(2)}):
        adata.uns["tfbs"] = left
        predict(adata, regions=REGIONS)
        assert len(sma.get.sites(adata))
    adata.close()


def test_sites_are_not_called_again_for_an_object_that_can_not_hold_them(predict, snapatac2_file, monkeypatch):
    snap = pytest.importorskip("snapatac2")
    adata = snap.read(snapatac2_file, backed="r+")
    predict(adata, regions=REGIONS)
    adata.close()
    again = snap.read(snapatac2_file, backed="r")
    monkeypatch.setattr("scmaxatac.tl._call_sites.Run.open", lambda *_: pytest.fail("sites were called"))
    with pytest.raises(ValueError, match="read-only"):
        sma.tl.call_sites(again, 0.2)
    again.close()


STRINGS = ["string[python]", "string[pyarrow]", "object"]


@pytest.mark.parametrize("strings", STRINGS)
@pytest.mark.parametrize("categorical", [False, True])
def test_names_and_groups_may_be_nullable_strings(predict, mini, fragment_file, tmp_path, strings, categorical):
    expected = mini.adata(fragment_file)
    predict(expected, regions=REGIONS, out_dir=tmp_path / "expected")
    adata = mini.adata(fragment_file)
    groups = pd.array([None if pd.isna(group) else group for group in adata.obs["leiden"]], dtype=strings)
    adata.obs["leiden"] = pd.Categorical(groups, categories=pd.Index(GROUPS, dtype=strings)) if categorical else groups
    adata.obs.index = pd.Index(adata.obs_names.astype(strings))
    adata.var.index = pd.Index(adata.var_names.astype(strings))
    predict(adata)
    assert_same_slots(adata.uns["tfbs"], expected.uns["tfbs"])
    np.testing.assert_array_equal(adata.obsm["X_tfbs"].to_numpy(), expected.obsm["X_tfbs"].to_numpy())
    adata.obs_names, adata.var_names = adata.obs_names.astype(object), adata.var_names.astype(object)
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert len(sma.get.sites(ad.read_h5ad(tmp_path / "a.h5ad"))) == len(expected.uns["tfbs"]["sites"])
