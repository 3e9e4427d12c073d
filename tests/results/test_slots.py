"""The slots: exactly what was promised, and the same after writing and reading."""

import json
from contextlib import nullcontext

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _compare import assert_same_slots
from _mini import GROUPS, REGIONS, SIZES

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.results._schema import CELL_ACTIVITY, IN_UNS, SLOTS
from scmaxatac.results._slot import Slot
from scmaxatac.results._slots import merge_slots

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def adata(mini, fragment_file):
    return mini.adata(fragment_file)


@pytest.fixture
def mdata(adata):
    mudata = pytest.importorskip("mudata")
    rna = ad.AnnData(np.ones((len(adata) - 2, 3), np.float32), obs=adata.obs[["batch"]].iloc[2:].copy())
    rna.var_names = ["AAA", "BBB", "CCC"]
    atac = adata.copy()
    del atac.obs["leiden"]
    with columns_not_pulled():
        mdata = mudata.MuData({"rna": rna, "atac": atac})
    mdata.obs["leiden"] = adata.obs["leiden"].reindex(mdata.obs_names)
    return mdata


@pytest.mark.parametrize("recalled", [False, True])
@pytest.mark.parametrize("case", ["regions", "genome", "tracks", "no sites", "key", "skipped"])
def test_what_is_written_is_what_the_schema_declares_and_the_other_way_round(predict, adata, case, recalled):
    options = options_of(case)
    key = options.get("key_added", "tfbs")
    if case == "skipped":
        adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "B")[:6], 0] = np.nan
    with pytest.warns(UserWarning, match="'B' is skipped") if case == "skipped" else nullcontext():
        predict(adata, **options)
    assert ("skipped" in "".join(adata.uns[key]["qc"]["warnings"])) == (case == "skipped")
    if recalled:
        sma.tl.call_sites(adata, 0.3, key=key)
    slots = adata.uns[key]
    left_out = {"regions", "scores"} if case == "genome" else set()
    declared = [slot for slot in SLOTS if slot.written_by == "tl.predict_tfbs"]
    assert set(slots) == {slot.name for slot in declared if slot.place == "uns"} - left_out
    assert {slot.name for slot in IN_UNS.values() if slot.always} <= set(slots)
    assert set(adata.obsm) == {slot.name_with(key) for slot in declared if slot.place == "obsm"}
    for name, value in slots.items():
        assert_as_declared(IN_UNS[name], value)
    assert_as_declared(CELL_ACTIVITY, adata.obsm[f"X_{key}"])


def assert_as_declared(slot: Slot, value) -> None:
    """Compare a slot that was written with its declaration."""
    if slot.kind == "array":
        assert value.ndim == len(slot.shape)
        assert value.dtype == slot.dtype
        return
    if slot.kind == "json":
        value = json.loads(value)
        assert {column.name for column in slot.columns} == set(value)
        kinds = {"text": (str, list, type(None)), "number": int | float, "list": list, "bool": bool}
        for column in slot.columns:
            assert isinstance(value[column.name], kinds.get(column.dtype, object)), column
        return
    expected = [
        (column.name.replace("<TF>", tf), column.dtype)
        for column in slot.columns
        for tf in (["AAA", "BBB"] if "<TF>" in column.name else [""])
    ]
    assert set(value.columns) == {name for name, _ in expected}
    for name, dtype in expected:
        found = value[name].dtype
        if dtype == "category":
            assert isinstance(found, pd.CategoricalDtype)
        elif dtype == "text":
            assert all(isinstance(text, str) for text in value[name])
        else:
            assert found == np.dtype(dtype), name
    assert value.index.name == (slot.index or None)


def test_slots_have_the_values_that_the_documentation_promises(predict, adata):
    predict(adata)
    slots = adata.uns["tfbs"]

    sites = slots["sites"]
    assert sites["chrom"].cat.categories.tolist() == list(SIZES)
    assert sites["group"].cat.categories.tolist() == list(GROUPS)
    assert sites["tf"].cat.categories.tolist() == ["AAA", "BBB"]
    assert sites.index.equals(pd.RangeIndex(len(sites)))
    assert sites.sort_values(["group", "tf", "chrom", "start"], kind="stable").index.equals(sites.index)

    regions = slots["regions"]
    assert regions.astype({"chrom": str}).to_numpy().tolist() == REGIONS.to_numpy().tolist()
    assert slots["scores"].shape == (len(GROUPS), len(REGIONS), 2)

    activity = slots["activity"]
    assert activity.index.tolist() == list(GROUPS)
    assert activity.columns.tolist() == ["AAA", "BBB"]

    assert slots["qc"].index.tolist() == list(GROUPS)

    cells = adata.obsm["X_tfbs"]
    assert cells.columns.tolist() == ["AAA", "BBB"]
    assert cells.index.equals(adata.obs_names)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("sites", lambda sites: sites.assign(strand="+"), "strand"),
        ("sites", lambda sites: sites.drop(columns="tf"), "tf"),
        ("sites", lambda sites: sites.astype({"score": float}), "column 'score' of 'sites' is float64, not float32"),
        ("activity", lambda table: table.reset_index(drop=True), "the index of 'activity' is None"),
        ("scores", lambda scores: scores[0], "declared is float32"),
    ],
)
def test_nothing_is_written_that_is_not_declared(predict, adata, name, change, message):
    predict(adata)
    before = adata.copy()
    with pytest.raises(ValueError, match=message):
        merge_slots(adata, {name: change(adata.uns["tfbs"][name])}, "tfbs")
    with pytest.raises(ValueError, match="'markers' is not declared"):
        merge_slots(adata, {"markers": adata.uns["tfbs"]["sites"]}, "tfbs")
    assert_same_slots(adata.uns["tfbs"], before.uns["tfbs"], but=())


def test_slots_share_no_memory_with_what_was_given_or_with_other_objects(predict, mini, fragment_file):
    table = REGIONS.copy()
    objects = [mini.adata(fragment_file)[:20].copy(), mini.adata(fragment_file)[20:].copy()]
    predict(objects, regions=table, min_cells=2, min_fragments=10)
    objects[0].uns["tfbs"]["scores"][:] = 7
    objects[0].uns["tfbs"]["regions"]["start"] = 7
    assert not (objects[1].uns["tfbs"]["scores"] == 7).any()
    assert table.equals(REGIONS)
    assert not (objects[1].uns["tfbs"]["regions"]["start"] == 7).any()


def options_of(case):
    return {
        "regions": {},
        "genome": {"regions": "genome"},
        "tracks": {"save_tracks": True},
        "no sites": {"threshold": 1},
        "key": {"key_added": "my key"},
        "numbers": {"groupby": "number"},
        "skipped": {"min_cells": 10},
    }[case]


CASES = ["regions", "genome", "tracks", "no sites", "key", "numbers"]


@pytest.mark.parametrize("case", CASES)
def test_slots_survive_h5ad(predict, adata, tmp_path, case):
    options = options_of(case)
    predict(adata, **options)
    key = options.get("key_added", "tfbs")
    adata.write_h5ad(tmp_path / "a.h5ad")
    back = ad.read_h5ad(tmp_path / "a.h5ad")
    assert_same_slots(back.uns[key], adata.uns[key], but=())
    pd.testing.assert_frame_equal(back.obsm[f"X_{key}"], adata.obsm[f"X_{key}"])
    sma.tl.call_sites(back, 0.2, key=key)
    sma.tl.call_sites(adata, 0.2, key=key)
    assert_same_slots(back.uns[key], adata.uns[key], but=())


@pytest.mark.parametrize("case", CASES)
def test_slots_survive_h5mu(predict, mdata, tmp_path, case):
    mudata = pytest.importorskip("mudata")
    options = options_of(case)
    predict(mdata, **options)
    key = options.get("key_added", "tfbs")
    mudata.write_h5mu(tmp_path / "a.h5mu", mdata)
    back = mudata.read_h5mu(tmp_path / "a.h5mu")
    assert_same_slots(back["atac"].uns[key], mdata["atac"].uns[key], but=())
    pd.testing.assert_frame_equal(back["atac"].obsm[f"X_{key}"], mdata["atac"].obsm[f"X_{key}"])


def test_slots_survive_zarr(predict, adata, tmp_path):
    predict(adata)
    adata.write_zarr(tmp_path / "a.zarr")
    assert_same_slots(ad.read_zarr(tmp_path / "a.zarr").uns["tfbs"], adata.uns["tfbs"], but=())


def test_slots_of_skipped_groups_and_of_an_object_read_from_disk_survive(predict, adata, tmp_path):
    """Writing what was read, with a group whose QC has gaps."""
    adata.obs["leiden"] = adata.obs["leiden"].cat.add_categories(["Rare"])
    adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "Mono")[:3], 0] = "Rare"
    with pytest.warns(UserWarning, match="'Rare' is skipped"):
        predict(adata, min_cells=5)
    for name in ("a", "b"):
        adata.write_h5ad(tmp_path / f"{name}.h5ad")
        back = ad.read_h5ad(tmp_path / f"{name}.h5ad")
        assert_same_slots(back.uns["tfbs"], adata.uns["tfbs"], but=())
        adata = back


def test_muons_data_keep_everything_in_the_atac_modality(predict, mdata, adata, tmp_path):
    columns = list(mdata.obs.columns)
    predict(mdata)
    predict(adata, out_dir=tmp_path / "other")
    assert_same_slots(mdata["atac"].uns["tfbs"], adata.uns["tfbs"])
    pd.testing.assert_frame_equal(mdata["atac"].obsm["X_tfbs"], adata.obsm["X_tfbs"])
    assert "tfbs" not in mdata.uns
    assert not dict(mdata["rna"].uns)
    assert list(mdata["rna"].obsm) == []
    assert list(mdata.obs.columns) == columns


def test_muons_data_are_copied_whole(predict, mdata):
    changed = predict(mdata, copy=True)
    assert "tfbs" not in mdata["atac"].uns
    assert "tfbs" in changed["atac"].uns


def test_columns_of_muons_data_that_disagree_are_an_error(predict, mdata):
    mdata["atac"].obs["leiden"] = mdata.obs["leiden"].reindex(mdata["atac"].obs_names).to_numpy()
    mdata["atac"].obs.iloc[0, mdata["atac"].obs.columns.get_loc("leiden")] = "Mono"
    mdata["atac"].obs.iloc[1, mdata["atac"].obs.columns.get_loc("leiden")] = "B"
    with pytest.raises(ValueError, match="disagree"):
        predict(mdata)
    assert "tfbs" not in mdata["atac"].uns


def test_a_view_becomes_an_object_of_its_own(predict, adata):
    view = adata[adata.obs["leiden"] != "Mono"]
    with pytest.warns(ad.ImplicitModificationWarning):
        predict(view)
    assert view.uns["tfbs"]["activity"].index.tolist() == ["B", "CD4/T"]
    assert "tfbs" not in adata.uns


def test_names_with_slashes_and_blanks_are_values_only(predict, adata, tmp_path):
    adata.obs["leiden"] = adata.obs["leiden"].cat.rename_categories({"B": "../B cells", "Mono": "Mono | 1: a\\b"})
    predict(adata, save_tracks=True)
    names = ["../B cells", "CD4/T", "Mono | 1: a\\b"]
    assert adata.uns["tfbs"]["activity"].index.tolist() == names
    inside = {path.relative_to(tmp_path / "run") for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert all("B cells" not in str(path) and "|" not in str(path) for path in inside)
    assert not list(tmp_path.glob("B*"))
    adata.write_h5ad(tmp_path / "a.h5ad")
    back = ad.read_h5ad(tmp_path / "a.h5ad")
    for name in names:
        assert len(sma.get.track(back, "AAA", name)) > 100
        assert set(sma.get.sites(back, groups=name)["group"]) == {name}
