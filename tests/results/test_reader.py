"""Entries that were changed by hand, cut short, or are other packages': one clear error that names what is wrong."""

import json

import anndata
import numpy as np
import pandas as pd
import pytest
from _slots import make_truth

from scmaxatac import get
from scmaxatac.containers._prediction_entry import is_prediction
from scmaxatac.results._read_contributions import read_contribution_params
from scmaxatac.results._read_variants import read_variant_params
from scmaxatac.results._reader import find_results
from scmaxatac.results._schema import IN_UNS


@pytest.fixture
def truth(tmp_path):
    return make_truth(tmp_path / "run", groups=["B", "Mono"], tfs=["CTCF", "SPI1"], skipped="Platelets")


@pytest.mark.parametrize("name", [slot.name for slot in IN_UNS.values() if slot.always])
@pytest.mark.parametrize("read", [get.sites, get.qc, get.params, get.activity])
def test_a_missing_slot_is_named_whatever_is_read(truth, name, read):
    del truth.adata.uns["tfbs"][name]
    with pytest.raises(KeyError, match=rf"uns\['tfbs'\] has no '{name}'; it holds .*predict_tfbs again"):
        read(truth.adata)


@pytest.mark.parametrize("name", ["sites", "qc", "activity", "regions", "files"])
@pytest.mark.parametrize("wrong", [np.zeros(3), "text", {"a": 1}, None], ids=["array", "text", "dict", "none"])
def test_a_slot_that_is_no_table_is_named(truth, name, wrong):
    truth.adata.uns["tfbs"][name] = wrong
    results = find_results(truth.adata, "tfbs", "atac")
    with pytest.raises(ValueError, match=rf"uns\['tfbs'\]\['{name}'\]: a \w+ is no table"):
        results.table(name)


@pytest.mark.parametrize(
    ("name", "column"), [("sites", "score"), ("qc", "n_cells"), ("regions", "end"), ("files", "sha256")]
)
def test_a_missing_column_is_named(truth, name, column):
    slots = truth.adata.uns["tfbs"]
    slots[name] = slots[name].drop(columns=column)
    with pytest.raises(ValueError, match=rf"uns\['tfbs'\]\['{name}'\] lacks the column '{column}'"):
        find_results(truth.adata, "tfbs", "atac").table(name)


def test_a_table_without_the_names_of_the_groups_is_told(truth):
    slots = truth.adata.uns["tfbs"]
    slots["activity"] = slots["activity"].reset_index(drop=True)
    with pytest.raises(ValueError, match=r"uns\['tfbs'\]\['activity'\] lacks the column 'group'"):
        get.activity(truth.adata)


@pytest.mark.parametrize("wrong", [np.zeros((2, 3)), np.full((2, 3, 1), "a"), "text"], ids=["flat", "texts", "text"])
def test_scores_of_another_shape_or_type_are_named(truth, wrong):
    truth.adata.uns["tfbs"]["scores"] = wrong
    with pytest.raises(ValueError, match=r"uns\['tfbs'\]\['scores'\] is no array of numbers \(groups, regions, TFs\)"):
        get.scores(truth.adata)


@pytest.mark.parametrize("wrong", ["{'groupby': 1}", "[1]", "null", "", {"groupby": "leiden"}])
def test_parameters_that_are_no_json_object_are_named(truth, wrong):
    truth.adata.uns["tfbs"]["params"] = wrong
    with pytest.raises(ValueError, match=r"uns\['tfbs'\]\['params'\] is no JSON object"):
        get.params(truth.adata)


def test_a_missing_parameter_is_named(truth):
    params = json.loads(truth.adata.uns["tfbs"]["params"])
    del params["groupby"]
    truth.adata.uns["tfbs"]["params"] = json.dumps(params)
    with pytest.raises(ValueError, match=r"\['params'\] lacks the value of 'groupby'"):
        get.sites(truth.adata)


@pytest.mark.parametrize("name", ["variant_params", "contribution_params"])
@pytest.mark.parametrize("wrong", ["{'tfs': 1}", "[1]", "", "{}"])
def test_parameters_of_what_was_made_from_a_prediction_are_named_too(truth, name, wrong):
    truth.adata.uns["tfbs"][name] = wrong
    results = find_results(truth.adata, "tfbs", "atac")
    read = {"variant_params": read_variant_params, "contribution_params": read_contribution_params}[name]
    with pytest.raises(ValueError, match=rf"uns\['tfbs'\]\['{name}'\] (is no JSON object|lacks the value of .*'tfs')"):
        read(results)


@pytest.mark.parametrize(
    "entry",
    [
        {"params": {"metric": "euclidean"}, "connectivities_key": "connectivities"},  # scanpy.pp.neighbors
        {"params": {"a": 1.0}},  # scanpy.tl.umap
        {"params": {}, "names": np.zeros(1), "scores": np.zeros(1), "pvals": np.zeros(1)},  # rank_genes_groups
        {"variance": np.zeros(2)},
        {},
        np.zeros(2),
        "text",
    ],
)
def test_entries_of_other_packages_are_none_of_ours(entry):
    assert not is_prediction(entry)


def test_a_run_replaces_a_damaged_entry_but_not_another_packages(truth):
    from scmaxatac.results._slots import check_key

    slots = dict(truth.adata.uns["tfbs"])
    for name in slots:
        adata = anndata.AnnData(np.zeros((1, 1)), uns={"tfbs": {**slots, name: 3}})
        check_key([adata], "tfbs")
        adata = anndata.AnnData(np.zeros((1, 1)), uns={"tfbs": {k: v for k, v in slots.items() if k != name}})
        check_key([adata], "tfbs")
    for entry in ({"params": {"a": 1.0}}, {"base": None}, pd.DataFrame({"a": [1]})):
        with pytest.raises(ValueError, match="something else than a prediction"):
            check_key([anndata.AnnData(np.zeros((1, 1)), uns={"x": entry})], "x")


def test_of_a_mudata_the_modality_with_results_is_read_or_named(truth):
    import mudata

    from scmaxatac.containers._mudata import columns_not_pulled

    rna = truth.adata.copy()
    del rna.uns["tfbs"]
    with columns_not_pulled():
        mdata = mudata.MuData({"rna": rna, "peaks": truth.adata})
        assert find_results(mdata, "tfbs", "atac").adata is mdata["peaks"]
        with pytest.raises(
            KeyError, match=r"no results under uns\['tfbs'\]: modality 'peaks' has them: give mod='peaks'"
        ):
            find_results(mdata, "tfbs", "rna")


@pytest.mark.parametrize("outside", ["../secret", "/etc/hostname"])
def test_a_path_out_of_the_runs_folder_is_refused(truth, tmp_path, outside):
    (tmp_path / "secret").write_text("x")
    files = truth.adata.uns["tfbs"]["files"]
    files.loc[files["kind"] == "store", "path"] = outside
    results = find_results(truth.adata, "tfbs", "atac")
    for read in (lambda: results.file("store"), lambda: get.files(truth.adata)):
        with pytest.raises(ValueError, match=rf"uns\['tfbs'\]\['files'\] has the path '{outside}', which does not lie"):
            read()
