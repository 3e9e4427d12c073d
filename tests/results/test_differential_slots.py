"""Slots of comparisons and rankings: written into every kind of object, read as they were."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scmaxatac.results._differential_slots import check_differential_key, read_differential, write_differential
from scmaxatac.results._rank_slots import check_rank_key, read_ranks, write_ranks


@pytest.fixture
def tables():
    factors = pd.DataFrame(
        {"comparison": pd.Categorical(["A vs B"] * 2), "tf": pd.Categorical(["X", "Y"]), "n_units": [3, 0],
         "effect": [0.5, np.nan], "q": [0.01, np.nan]}
    )  # fmt: skip
    units = pd.DataFrame(
        {"tf": pd.Categorical(["X"] * 3), "chrom": pd.Categorical(["chr1"] * 3), "start": [0, 200, 400],
         "score_group": np.array([0.1, 0.2, 0.3], dtype=np.float32), "state": pd.Categorical(["gained"] * 3)}
    )  # fmt: skip
    samples = pd.DataFrame({"sample": ["A|d1", "B|d1"], "n_cells": [4, 5]})
    return {"factors": factors, "units": units, "samples": samples}


@pytest.fixture(params=["memory", "snapatac2"])
def adata(request, tmp_path):
    if request.param == "memory":
        yield ad.AnnData(np.zeros((3, 1)))
        return
    snapatac2 = pytest.importorskip("snapatac2")
    backed = snapatac2.AnnData(filename=str(tmp_path / "backed.h5ad"), X=np.zeros((3, 1)))
    yield backed
    backed.close()


def test_tables_and_parameters_come_back(adata, tables):
    write_differential([adata], tables, {"fdr": 0.05, "comparisons": {"A vs B": {"missing": ""}}}, "mine")
    found, params = read_differential(adata, "mine")
    assert params == {"fdr": 0.05, "comparisons": {"A vs B": {"missing": ""}}}
    for name, table in tables.items():
        pd.testing.assert_frame_equal(
            found[name].astype(dict.fromkeys(table.select_dtypes("category"), object)),
            table.astype(dict.fromkeys(table.select_dtypes("category"), object)),
            check_dtype=False,
        )
    check_differential_key([adata], "mine")
    found["units"]["start"] = -1
    assert read_differential(adata, "mine")[0]["units"]["start"].tolist() == [0, 200, 400]


def test_a_ranking_comes_back(adata, tables):
    write_ranks(adata, tables["samples"], {"source": "scores"}, "mine")
    pd.testing.assert_frame_equal(read_ranks(adata, "mine"), tables["samples"], check_dtype=False)
    check_rank_key(adata, "mine")
    with pytest.raises(ValueError, match="something else than a comparison"):
        check_differential_key([adata], "mine")


def test_what_is_not_there_is_told_with_what_is(adata, tables):
    with pytest.raises(KeyError, match=r"call tl\.differential_tfbs first"):
        read_differential(adata, "mine")
    write_differential([adata], tables, {}, "other")
    with pytest.raises(KeyError, match="there are some under 'other'"):
        read_differential(adata, "mine")
    with pytest.raises(KeyError, match=r"call scmaxatac\.tl\.rank_tfs first"):
        read_ranks(adata, "mine")
    with pytest.raises(ValueError, match="something else than a ranking"):
        check_rank_key(adata, "other")


@pytest.mark.parametrize("key", ["", "a/b", "..", "a\\b"])
def test_names_that_files_do_not_keep_are_refused(key):
    with pytest.raises(ValueError, match="key_added is"):
        check_differential_key([], key)
    with pytest.raises(ValueError, match="key_added is"):
        check_rank_key(ad.AnnData(np.zeros((1, 1))), key)
