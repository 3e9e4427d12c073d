import anndata as ad
import mudata as md
import numpy as np
import pandas as pd
import pytest
from _counted_names import CountedName

from scmaxatac.containers import _objects
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.containers._objects import (
    group_labels,
    is_snapatac2,
    obs_column,
    obs_columns,
    obs_texts,
    pooled_group_labels,
    split_objects,
    unwrap,
)

CELLS = [f"cell{i}" for i in range(6)]


def make(**columns):
    return ad.AnnData(obs=pd.DataFrame(columns, index=CELLS))


@pytest.fixture
def mdata():
    atac = make(leiden=pd.Categorical(["b", "a", "b", None, "a", "b"]), depth=range(6))
    rna = ad.AnnData(obs=pd.DataFrame({"type": ["T", "B", "T"]}, index=["cell2", "cell0", "other"]))
    with columns_not_pulled():
        yield md.MuData({"atac": atac, "rna": rna})


def names_of(labels):
    return [labels.names[code] if code >= 0 else None for code in labels.codes]


def test_categories_keep_their_order_and_unused_ones_are_dropped():
    values = ["late", "early", None, "late", "late", "early"]
    adata = make(stage=pd.Categorical(values, categories=["late", "middle", "early"]))
    labels = group_labels(adata, "stage")
    assert labels.names == ["late", "early"]
    assert labels.codes.dtype == np.int32
    assert names_of(labels) == values


def test_text_numbers_and_booleans_become_names_in_natural_order():
    assert group_labels(make(x=["10", "2", "1", "2", "10", "1"]), "x").names == ["1", "2", "10"]
    assert group_labels(make(x=[10, 2, 1, 2, 10, 1]), "x").names == ["1", "2", "10"]
    assert group_labels(make(x=[True, False] * 3), "x").names == ["False", "True"]
    labels = group_labels(make(x=[3.0, np.nan, 12.0, 3.0, 12.0, 3.0]), "x")
    assert labels.names == ["3", "12"]
    assert names_of(labels) == ["3", None, "12", "3", "12", "3"]
    assert group_labels(make(x=[0.5, 1.0] * 3), "x").names == ["0.5", "1.0"]


def test_missing_values_of_every_kind_are_no_group():
    for missing in (None, np.nan, pd.NA, pd.NaT):
        labels = group_labels(make(x=["a", missing, "CD4/T", "a", missing, "nan"]), "x")
        assert names_of(labels) == ["a", None, "CD4/T", "a", None, "nan"]


def test_columns_are_joined_and_lack_of_one_value_is_lack_of_a_group():
    adata = make(a=pd.Categorical(["y", "x", "y", "x", "x", None], categories=["y", "x"]), b=[2, 10, 10, 2, 2, 2])
    labels = group_labels(adata, ["a", "b"])
    assert labels.names == ["y|2", "y|10", "x|2", "x|10"]
    assert names_of(labels) == ["y|2", "x|10", "y|10", "x|2", "x|2", None]


def test_joins_that_collide_are_an_error():
    adata = make(a=["p|q", "p", "z", "z", "z", "z"], b=["r", "q|r", "z", "z", "z", "z"])
    with pytest.raises(ValueError, match=r"joining \['a', 'b'\] gives 'p\|q\|r' for different groups"):
        group_labels(adata, ["a", "b"])


def test_different_values_of_one_name_are_an_error():
    with pytest.raises(ValueError, match=r"obs\['x'\]: different values are all written '1'"):
        group_labels(make(x=pd.Series([1, "1", "b", "b", "b", "b"], dtype=object).to_numpy()), "x")


def test_missing_and_empty_columns_are_errors():
    adata = make(leiden=[None] * 6, celltype=["a"] * 6)
    with pytest.raises(KeyError, match="obs has no column 'leidn'; did you mean 'leiden'"):
        group_labels(adata, "leidn")
    with pytest.raises(ValueError, match="no cell has a value in obs column 'leiden'"):
        group_labels(adata, "leiden")
    with pytest.raises(ValueError, match="names no column"):
        group_labels(adata, [])
    adata.obs = pd.concat([adata.obs, adata.obs], axis=1)
    with pytest.raises(ValueError, match="several columns 'celltype'"):
        group_labels(adata, "celltype")


def test_columns_that_mudata_copied_from_the_modalities_are_no_conflict(mdata):
    mdata.pull_obs()
    assert "atac:leiden" in mdata.obs
    assert names_of(group_labels(mdata, "leiden")) == ["b", "a", "b", None, "a", "b"]
    assert names_of(group_labels(mdata, "rna:type")) == ["B", None, "T", None, None, None]


def test_columns_of_a_mudata_are_found_wherever_they_are(mdata):
    expected = ["b", "a", "b", None, "a", "b"]
    assert names_of(group_labels(mdata, "leiden")) == expected
    assert names_of(group_labels(mdata, "atac:leiden")) == expected
    assert names_of(group_labels(mdata, "rna:type")) == ["B", None, "T", None, None, None]
    mdata.obs["joint"] = pd.Series({"cell0": "x", "cell5": "y", "other": "z"})
    labels = group_labels(mdata, "joint")
    assert names_of(labels) == ["x", None, None, None, None, "y"]
    assert labels.names == ["x", "y"], "groups without ATAC cells are no groups"
    assert obs_texts(mdata, "joint").tolist() == ["x", "", "", "", "", "y"]


def test_equal_columns_in_two_places_are_no_conflict(mdata):
    mdata.obs["leiden"] = mdata["atac"].obs["leiden"].astype(object).reindex(mdata.obs_names)
    assert names_of(group_labels(mdata, "leiden")) == ["b", "a", "b", None, "a", "b"]


def test_places_that_disagree_are_an_error_that_names_both(mdata):
    mdata.obs["leiden"] = "a"
    message = r"mdata\.obs\['leiden'\] and mdata\['atac'\]\.obs\['leiden'\] disagree for 4 of 6 cells, cell0 for one "
    with pytest.raises(ValueError, match=message + r"\('a' and 'b'\)"):
        group_labels(mdata, "leiden")
    del mdata["atac"].obs["leiden"]
    mdata.obs["atac:leiden"] = "b"
    with pytest.raises(ValueError, match=r"mdata\.obs\['leiden'\] and mdata\.obs\['atac:leiden'\] disagree"):
        group_labels(mdata, "leiden")


def test_what_a_mudata_lacks_is_named(mdata):
    with pytest.raises(
        KeyError, match=r"neither mdata\.obs nor mdata\['atac'\]\.obs has a column 'typ'; did you mean 'rna:type'"
    ):
        group_labels(mdata, "typ")
    mdata["rna"].obs["leiden"] = "x"
    with pytest.raises(KeyError, match=r"did you mean 'leiden'\?"):
        group_labels(mdata, "leidn")
    with pytest.raises(KeyError, match=r"no modality 'peaks', it has \['atac', 'rna'\]: name the ATAC one with mod="):
        group_labels(mdata, "leiden", mod="peaks")


def test_repeated_names_of_another_obs_are_an_error(mdata):
    mdata["rna"].obs_names = ["cell2", "cell0", "cell0"]
    with pytest.raises(ValueError, match=r"mdata\['rna'\]\.obs_names are not unique"):
        group_labels(mdata, "rna:type")


def test_groups_of_several_objects_are_pooled_by_name():
    codes, names = pooled_group_labels([make(x=["b", "a"] * 3), make(x=["c", "b", None] * 2)], "x")
    assert names == ["a", "b", "c"]
    assert codes[0].tolist() == [1, 0, 1, 0, 1, 0]
    assert codes[1].tolist() == [2, 1, -1, 2, 1, -1]


def test_containers_are_unwrapped(mdata):
    adata = make(x=range(6))
    assert unwrap(mdata) is mdata["atac"]
    assert unwrap(mdata, "rna") is mdata["rna"]
    assert unwrap(adata, "anything") is adata
    assert split_objects(adata) == [(None, adata)]
    assert split_objects([adata, mdata]) == [(None, adata), (None, mdata)]
    assert split_objects({"s1": adata, 2: mdata}) == [("s1", adata), ("2", mdata)]
    assert split_objects(mdata) == [(None, mdata)]


def test_what_is_no_container_is_an_error():
    with pytest.raises(TypeError, match="expected AnnData, MuData or SnapATAC2's AnnData, found DataFrame"):
        unwrap(pd.DataFrame())
    with pytest.raises(TypeError, match="found list"):
        unwrap([make(x=range(6))])
    for nothing in ([], {}):
        with pytest.raises(ValueError, match="no objects were given"):
            split_objects(nothing)


def test_many_different_values_take_no_quadratic_time(monkeypatch):
    """By the number of times that a name is compared with another one."""
    names_of_values = _objects._names
    monkeypatch.setattr(_objects, "_names", lambda categories: list(map(CountedName, names_of_values(categories))))
    CountedName.compared.clear()
    n = 1_000
    barcodes = [f"bc{i}" for i in range(n)]
    adata = ad.AnnData(obs=pd.DataFrame({"barcode": barcodes, "half": barcodes[: n // 2] * 2}, index=barcodes))
    assert obs_texts(adata, "barcode")[-1] == f"bc{n - 1}"
    assert len(group_labels(adata, "barcode").names) == n
    assert len(group_labels(adata, ["barcode", "half"]).names) == n
    names = pooled_group_labels([adata, adata], "half")[1]
    assert len(names) == n // 2
    assert len(CountedName.compared) <= 10 * n
    assert isinstance(names[0], CountedName), "so that comparisons are counted"


def test_columns_of_a_backed_object_are_those_that_were_stored(tmp_path):
    snap = pytest.importorskip("snapatac2")
    pl = pytest.importorskip("polars")
    adata = snap.AnnData(filename=tmp_path / "x.h5ad", obs=pl.DataFrame({"name": CELLS}))
    adata.obs_names = CELLS
    adata.obs["leiden"] = ["10", "2", "2", "1", "10", "2"]
    adata.obs["type"] = pl.Series(["B/x", None, "A", "B/x", None, "A"], dtype=pl.Categorical)
    adata.obs["number"] = [1.0, float("nan"), 3.0, 1.0, 1.0, 1.0]
    assert is_snapatac2(adata)
    assert not is_snapatac2(make(x=range(6)))
    assert unwrap(adata) is adata
    assert {"leiden", "type", "number"} <= set(obs_columns(adata))
    assert obs_column(adata, "type").isna().sum() == 2
    assert group_labels(adata, "leiden").names == ["1", "2", "10"]
    assert names_of(group_labels(adata, "type")) == ["B/x", None, "A", "B/x", None, "A"]
    assert names_of(group_labels(adata, "number")) == ["1", None, "3", "1", "1", "1"]
    assert group_labels(adata, ["leiden", "number"]).names == ["1|1", "2|1", "2|3", "10|1"]
    with pytest.raises(KeyError, match="obs has no column 'leidn'; did you mean 'leiden'"):
        group_labels(adata, "leidn")
    adata.close()


def test_labels_that_are_lists_are_refused_with_the_first_of_them():
    obs = pd.DataFrame({"label": ["B", ["T", "NK"], ["T"]]}, index=list("abc"))
    with pytest.raises(
        ValueError, match=r"obs\['label'\] holds a list as a value \(\['T', 'NK'\]\); a group's name is text"
    ):
        group_labels(ad.AnnData(np.zeros((3, 1), np.float32), obs), "label")
