"""Which models are taken when none are named."""

import logging

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _networks import random_model
from scipy import sparse

from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.predict._expressed import expressed_models

pytestmark = pytest.mark.filterwarnings("ignore:.* transcription factors are left out", "ignore:From 0.4:FutureWarning")

N_CELLS = 300
GENES = {"CTCF": 0.5, "SPI1": 0.02, "GATA3": 0.003, "REST": 0.0, "ACTB": 1.0}
"""Share of the cells that have a count of the gene."""


@pytest.fixture(scope="module")
def models():
    return [random_model(tf, seed) for seed, tf in enumerate(["CTCF", "SPI1", "GATA3", "REST", "ZNF999"])]


def with_rna(form=np.asarray, name="rna", genes=GENES):
    mudata = pytest.importorskip("mudata")
    counts = np.zeros((N_CELLS, len(genes)), dtype=np.float32)
    for j, share in enumerate(genes.values()):
        counts[: round(share * N_CELLS), j] = 2
    names = [f"cell{i}" for i in range(N_CELLS)]
    rna = ad.AnnData(form(counts), obs=pd.DataFrame(index=names), var=pd.DataFrame(index=list(genes)))
    atac = ad.AnnData(obs=pd.DataFrame(index=names))
    with columns_not_pulled():
        return mudata.MuData({name: rna, "atac": atac})


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
@pytest.mark.parametrize("name", ["rna", "RNA", "gex"])
def test_factors_without_rna_are_left_out_with_a_warning(models, form, name, caplog):
    data = with_rna(form, name)
    with (
        caplog.at_level(logging.INFO, logger="scmaxatac"),
        pytest.warns(UserWarning, match=r"left out.*GATA3, REST\..*name it in tfs="),
    ):
        kept = expressed_models(models, data)
    assert [model.tf for model in kept] == ["CTCF", "SPI1", "ZNF999"], "a factor that was not measured stays"
    assert "ZNF999" in caplog.text


@pytest.mark.parametrize(("n_counted", "expressed"), [(2, False), (3, True), (4, True)])
def test_a_factor_found_in_exactly_1_percent_of_the_cells_is_expressed(models, n_counted, expressed):
    data = with_rna(genes={"CTCF": 1.0, "SPI1": n_counted / N_CELLS, "ZNF999": 1.0})
    kept = [model.tf for model in expressed_models(models[:2], data)]
    assert kept == (["CTCF", "SPI1"] if expressed else ["CTCF"])


def test_names_of_genes_in_lower_case_are_recognised(models):
    """As those of mouse, whose factors are bound by the same motifs."""
    mouse = with_rna(genes={gene.capitalize(): share for gene, share in GENES.items()})
    assert [model.tf for model in expressed_models(models, mouse)] == ["CTCF", "SPI1", "ZNF999"]


def test_without_rna_all_are_taken(models):
    mudata = pytest.importorskip("mudata")
    atac = with_rna()["atac"]
    for data in (atac, [atac], {"a": atac}, mudata.MuData({"atac": atac.copy()})):
        assert expressed_models(models, data) == models


def test_nothing_expressed_is_an_error(models):
    with pytest.raises(ValueError, match=r"expressed.*tfs="):
        expressed_models(models[2:4], with_rna())


def test_named_factors_are_predicted_whether_expressed_or_not(analytic, predict, mini, fragment_file):
    mudata = pytest.importorskip("mudata")
    atac = mini.adata(fragment_file)
    rna = ad.AnnData(np.array([[1, 0]] * len(atac), np.float32), obs=atac.obs[[]])
    rna.var_names = ["AAA", "BBB"]
    with columns_not_pulled():
        mdata = mudata.MuData({"rna": rna, "atac": atac})
    predict(mdata)
    assert mdata["atac"].uns["tfbs"]["activity"].columns.tolist() == ["AAA"]
    predict(mdata, tfs=["BBB", "AAA"])
    assert mdata["atac"].uns["tfbs"]["activity"].columns.tolist() == ["BBB", "AAA"]


def test_a_list_of_objects_with_rna_counts_all_their_cells(models):
    """A factor that is expressed in one of several samples is expressed."""
    mudata = pytest.importorskip("mudata")
    one, other = with_rna(), with_rna(genes=GENES | {"CTCF": 0.0, "REST": 0.5})
    kept = expressed_models(models, [one, other])
    assert [model.tf for model in kept] == ["CTCF", "SPI1", "REST", "ZNF999"]
    assert isinstance(one, mudata.MuData)
