import logging
import warnings

import anndata as ad
import mudata
import numpy as np
import pandas as pd
import pytest
from _networks import random_model
from scipy import sparse

from scmaxatac.tl._expressed import expressed_models


@pytest.fixture(scope="module")
def models() -> list:
    return [random_model(tf, 0) for tf in ("CTCF", "SPI1", "GATA3", "REST")]


def with_rna(counts: dict[str, int], name: str = "rna", n_cells: int = 200) -> mudata.MuData:
    """Object whose RNA modality has each gene in so many cells."""
    matrix = np.stack([np.arange(n_cells) < n for n in counts.values()], axis=1).astype(np.float32)
    rna = ad.AnnData(sparse.csr_matrix(matrix), var=pd.DataFrame(index=list(counts)))
    with mudata.set_options(pull_on_update=False):
        return mudata.MuData({name: rna})


@pytest.mark.parametrize("name", ["rna", "RNA", "gex", "GEX"])
def test_factors_in_fewer_than_one_per_cent_of_the_cells_are_left_out_with_a_warning(models, name):
    data = with_rna({"Ctcf": 1, "SPI1": 2, "GATA3": 0}, name)
    with pytest.warns(UserWarning, match=r"2 transcription factors are left out, .* fewer than 1% .*: CTCF, GATA3\."):
        kept = expressed_models(models, data)
    assert [model.tf for model in kept] == ["SPI1", "REST"]


def test_factors_that_were_not_measured_are_kept_and_told_in_the_log(models, caplog):
    data = with_rna({"CTCF": 200, "SPI1": 2, "GATA3": 3})
    with warnings.catch_warnings(), caplog.at_level(logging.INFO, logger="scmaxatac"):
        warnings.simplefilter("error")
        kept = expressed_models(models, data)
    assert len(kept) == 4
    assert "kept: REST" in caplog.text


def test_without_an_rna_modality_all_are_kept(models):
    assert expressed_models(models, ad.AnnData(np.ones((2, 1)))) == models
    assert expressed_models(models, with_rna({"CTCF": 0}, name="protein")) == models


def test_no_expressed_factor_is_an_error(models):
    data = with_rna(dict.fromkeys(["CTCF", "SPI1", "GATA3", "REST"], 0))
    with (
        pytest.raises(ValueError, match="no transcription factor with a model is expressed"),
        pytest.warns(UserWarning, match="4 transcription factors are left out"),
    ):
        expressed_models(models, data)
