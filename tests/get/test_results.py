"""What holds for every function of `get`: finding results, naming what is missing, telling what no longer fits."""

import json
import re
import warnings

import anndata
import numpy as np
import pandas as pd
import pytest
from _slots import cells_of, make_truth

from scmaxatac import get
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.results._entries import write_entry
from scmaxatac.results._entry import ENTRIES

READERS = {
    "activity": get.activity,
    "params": get.params,
    "qc": get.qc,
    "scores": get.scores,
    "sites": get.sites,
    "track": lambda data, **kwargs: get.track(data, "CTCF", "B", **kwargs),
    "signal": lambda data, **kwargs: get.signal(data, "B", **kwargs),
}


@pytest.mark.parametrize("name", READERS)
def test_an_object_without_results_is_told_to_predict_first(name):
    with pytest.raises(KeyError, match=r"no results under uns\['tfbs'\]: call scmaxatac.tl.predict_tfbs first"):
        READERS[name](anndata.AnnData(np.ones((2, 2))))


@pytest.mark.parametrize("name", READERS)
def test_a_wrong_key_is_told_the_ones_that_exist(name, truth):
    truth.adata.uns["deep"] = truth.adata.uns["tfbs"]
    truth.adata.uns["log1p"] = {"base": None}
    with pytest.raises(KeyError, match=r"results exist under 'tfbs', 'deep'\""):
        READERS[name](truth.adata, key="shallow")


def test_an_entry_that_is_no_run_is_told(truth):
    truth.adata.uns["log1p"] = {"base": None}
    with pytest.raises(KeyError, match="was not written by scmaxatac"):
        get.sites(truth.adata, key="log1p")


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_of_another_function_is_told_with_that_function(truth, entry):
    write_entry([truth.adata], entry, entry.name, {name: pd.DataFrame({"a": [1]}) for name in entry.tables}, {})
    message = f"was not written by scmaxatac.tl.predict_tfbs, but by {entry.made_by}; key= names a prediction"
    with pytest.raises(KeyError, match=re.escape(message)):
        get.params(truth.adata, key=entry.name)


@pytest.mark.parametrize("name", READERS)
def test_results_of_a_mudata_are_found_in_its_atac_modality(name, truth):
    mudata = pytest.importorskip("mudata")
    mdata = mudata.MuData({"peaks": truth.adata})
    assert str(READERS[name](mdata, mod="peaks")) == str(READERS[name](truth.adata))


@pytest.mark.parametrize("name", READERS)
def test_reading_leaves_the_slots_as_they_are(name, truth):
    before = truth.adata.uns["tfbs"]["qc"].copy(), truth.adata.uns["tfbs"]["sites"].copy()
    result = READERS[name](truth.adata)
    if isinstance(result, pd.DataFrame):
        column = result.select_dtypes("number").columns[0]
        result.loc[:, column] = result[column].to_numpy()[::-1].copy()
        result["new"] = 1
    pd.testing.assert_frame_equal(truth.adata.uns["tfbs"]["qc"], before[0])
    pd.testing.assert_frame_equal(truth.adata.uns["tfbs"]["sites"], before[1])


@pytest.mark.parametrize("name", [name for name in READERS if name != "params"])
def test_results_are_the_same_after_h5ad(name, truth, tmp_path):
    truth.adata.write_h5ad(tmp_path / "object.h5ad")
    before, after = (READERS[name](data) for data in (truth.adata, anndata.read_h5ad(tmp_path / "object.h5ad")))
    if isinstance(before, pd.DataFrame):
        pd.testing.assert_frame_equal(after, before, check_names=False, check_categorical=False)
    else:
        assert set(after.layers) == set(before.layers)
        pd.testing.assert_frame_equal(after.obs, before.obs, check_names=False)


def test_a_fitting_object_gives_no_warning(truth):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        get.sites(truth.adata)


def test_a_subset_that_lost_cells_is_told(truth):
    subset = truth.adata[10:].copy()
    with pytest.warns(UserWarning, match=r"group 'CD4/naive T \| donor_1' had 30 cells and now has 20") as caught:
        get.sites(subset)
    assert caught[0].filename == __file__


def test_a_subset_that_lost_a_group_is_told(truth):
    subset = truth.adata[truth.adata.obs["leiden"] != "B"].copy()
    with pytest.warns(UserWarning, match="group 'B' had 30 cells and now has 0"):
        get.activity(subset)


def test_clusters_with_new_names_are_told(truth):
    truth.adata.obs["leiden"] = truth.adata.obs["leiden"].cat.rename_categories({"B": "B cells"})
    with pytest.warns(UserWarning, match="its 'leiden' holds 'B cells', which the results don't know"):
        get.qc(truth.adata)


def test_a_problem_is_told_once_an_object_and_again_when_it_changes(truth):
    adata = truth.adata

    def told(data=adata) -> int:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            get.sites(data)
            get.qc(data)
        return len(caught)

    column = adata.obs["leiden"].copy()
    adata.obs["leiden"] = column.where(np.arange(len(column)) > 5)
    assert [told(), told(), told(adata.copy())] == [1, 0, 1]
    adata.obs["leiden"] = column.where(np.arange(len(column)) > 7)
    assert [told(), told()] == [1, 0]
    adata.obs["leiden"] = column
    assert told() == 0
    adata.obs["leiden"] = column.where(np.arange(len(column)) > 7)
    assert [told(), told()] == [1, 0]


def test_a_part_of_several_objects_is_not_taken_for_a_subset(truth):
    parts = [truth.adata[10:].copy(), truth.adata[:10].copy()]
    params = json.loads(truth.adata.uns["tfbs"]["params"])
    params |= {"n_objects": 2, "cells": [cells_of(part) for part in (*parts, truth.adata)]}
    for data in (*parts, truth.adata):
        data.uns["tfbs"]["params"] = json.dumps(params)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            get.sites(data)
    with pytest.warns(UserWarning, match="'B' had 30 cells and now has 1"):
        get.sites(truth.adata[[12, 35]].copy())


def test_cells_that_were_added_are_told_also_by_concatenation(truth):
    """As where one sample was predicted and others came later: ``uns_merge="first"`` keeps its results."""
    others = anndata.AnnData(obs=truth.adata.obs.set_axis([f"other{i}" for i in range(truth.adata.n_obs)]))
    both = anndata.concat([truth.adata, others], uns_merge="first")
    with pytest.warns(UserWarning, match="'B' had 30 cells and now has 60"):
        get.sites(both)


def test_cells_that_changed_places_are_told(truth):
    """Each group has as many cells as before."""
    first, last = (np.flatnonzero(truth.adata.obs["leiden"] == group)[0] for group in ("B", "Mono"))
    truth.adata.obs.iloc[[first, last], 0] = ["Mono", "B"]
    with pytest.warns(UserWarning, match=r"group 'B' has other cells than the 30 that it had; group 'Mono' has other"):
        get.sites(truth.adata)


def test_a_group_that_was_skipped_and_grew_is_told(truth):
    truth.adata.obs.iloc[0, 0] = "Platelets"
    with pytest.warns(UserWarning, match=r"had 30 cells and now has 29; group 'Platelets' had 30 cells and now has 31"):
        get.sites(truth.adata)


def test_the_order_of_the_cells_and_cells_without_a_group_do_not_matter(truth):
    shuffled = truth.adata[::-1].copy()
    extra = anndata.AnnData(obs=pd.DataFrame({"leiden": pd.Categorical([None, None], ["B"])}, index=["x", "y"]))
    data = anndata.concat([shuffled, extra], uns_merge="first")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        get.sites(data)


def test_columns_of_a_mudata_that_disagree_are_told(truth):
    mudata = pytest.importorskip("mudata")
    with columns_not_pulled():
        mdata = mudata.MuData({"atac": truth.adata})
    mdata.obs["leiden"] = ["B"] * truth.adata.n_obs
    with pytest.warns(UserWarning, match="its groups can't be told any more .*disagree"):
        get.sites(mdata)


def test_an_object_without_the_column_of_groups_can_be_read(truth):
    del truth.adata.obs["leiden"]
    assert len(get.sites(truth.adata)) == len(truth.adata.uns["tfbs"]["sites"])


def test_an_unknown_tf_is_told_the_nearest(truth):
    with pytest.raises(KeyError, match="no TF 'ctfc'; did you mean 'CTCF'"):
        get.sites(truth.adata, tfs="ctfc")
    with pytest.raises(KeyError, match="no TF 'GATA3'; the results hold 'CTCF', 'SPI1'"):
        get.scores(truth.adata, tfs=["CTCF", "GATA3"])
    with pytest.raises(KeyError, match="no TF 'spi2', 'GATA3'; did you mean 'SPI1'"):
        get.activity(truth.adata, tfs=["spi2", "GATA3"])


@pytest.mark.parametrize("read", [get.activity, get.scores, get.sites])
def test_one_name_or_many_are_read(truth, read):
    one, listed = read(truth.adata, tfs="SPI1", groups="B"), read(truth.adata, tfs=["SPI1"], groups=("B",))
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, listed)
        assert len(one) < len(read(truth.adata, groups=["Mono", "B"]))
    else:
        assert one.obs_names.tolist() == ["B"]
        assert list(filter(None, one.layers)) == ["SPI1"]
        every = read(truth.adata, groups=["Mono", "B"])
        assert every.obs_names.tolist() == ["Mono", "B"]
        np.testing.assert_array_equal(every.layers["SPI1"][1:], one.layers["SPI1"])
    with pytest.raises(ValueError, match="no group is asked for"):
        read(truth.adata, groups=[])


def test_an_unknown_group_is_told_the_nearest(truth):
    with pytest.raises(KeyError, match="no group 'Mno'; did you mean 'Mono'"):
        get.track(truth.adata, "CTCF", "Mno")


def test_a_group_that_was_skipped_is_told_why(truth):
    with pytest.raises(KeyError, match="'Platelets' was not predicted: skipped: 812 fragments"):
        get.sites(truth.adata, groups="Platelets")


def test_many_names_are_cut_short(tmp_path):
    truth = make_truth(tmp_path, groups=[f"cluster {i}" for i in range(12)], tfs=["CTCF"])
    with pytest.raises(KeyError, match=r"'cluster 7', \.\.\. \(12 in all\)"):
        get.sites(truth.adata, groups="XYZ")


def test_polars_tables_are_read_with_the_groups_in_their_first_column(truth):
    """SnapATAC2's backed objects keep no index."""
    polars = pytest.importorskip("polars")
    slots = truth.adata.uns["tfbs"]
    before = get.qc(truth.adata), get.activity(truth.adata)
    for name in ("qc", "activity"):
        frame = slots[name].rename_axis("group").reset_index()
        slots[name] = polars.DataFrame({column: frame[column].to_list() for column in frame})
    pd.testing.assert_frame_equal(get.qc(truth.adata), before[0], check_names=False, check_dtype=False)
    pd.testing.assert_frame_equal(get.activity(truth.adata), before[1], check_names=False, check_dtype=False)
