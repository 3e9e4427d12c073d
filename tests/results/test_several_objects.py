"""Results of objects that were predicted together, read from the list or the dict of them."""

import json

import numpy as np
import pandas as pd
import pytest
from _slots import make_truth

from scmaxatac import get, pl, tl


@pytest.fixture
def truth(tmp_path):
    return make_truth(tmp_path / "run", groups=["B", "Mono"], tfs=["CTCF", "SPI1"], skipped="Platelets", seed=4)


@pytest.fixture(params=["list", "tuple", "dict"])
def several(request, truth):
    """The object and a copy, as if both had been predicted together."""
    both = truth.adata, truth.adata.copy()
    return {"dict": {"one": both[0], "two": both[1]}, "list": list(both), "tuple": both}[request.param]


READERS = {
    "activity": lambda data: get.activity(data),
    "activity as AnnData": lambda data: get.activity(data, as_anndata=True).to_df(),
    "files": lambda data: get.files(data),
    "params": lambda data: pd.Series(get.params(data)).astype(str).to_frame(),
    "qc": lambda data: get.qc(data),
    "scores": lambda data: get.scores(data, tfs="CTCF").to_df(),
    "signal": lambda data: get.signal(data, "B"),
    "sites": lambda data: get.sites(data),
    "track": lambda data: get.track(data, "CTCF", "B"),
}


@pytest.mark.parametrize("name", READERS)
def test_what_is_read_is_that_of_one_of_them(name, several, truth):
    pd.testing.assert_frame_equal(READERS[name](several), READERS[name](truth.adata))


def test_plots_take_them(several):
    assert pl.qc(several).axes
    assert pl.heatmap(several).figure.axes
    assert pl.sites_per_group(several).figure.axes


def test_a_name_that_is_not_there_is_told(several):
    with pytest.raises(KeyError, match="no results under uns\\['other'\\]"):
        get.sites(several, key="other")


def test_objects_with_other_results_are_refused(truth):
    other = truth.adata.copy()
    params = json.loads(other.uns["tfbs"]["params"])
    other.uns["tfbs"]["params"] = json.dumps(params | {"thresholds": {}})
    with pytest.raises(ValueError, match=r"object 'b' holds other results under uns\['tfbs'\] than the first \(thresh"):
        get.sites({"a": truth.adata, "b": other})
    with pytest.raises(ValueError, match=r"object 1 holds other results"):
        get.qc([truth.adata, other])
    with pytest.raises(ValueError, match="no objects were given"):
        get.qc([])


def test_what_writes_into_an_object_asks_for_one(truth):
    with pytest.raises(TypeError, match="found list; call it for each of the objects"):
        tl.call_sites([truth.adata, truth.adata], 0.5)
    with pytest.raises(TypeError, match="found dict; call it for each of the objects"):
        tl.enrichment({"a": truth.adata}, "peaks.bed", genome=None)


def test_an_object_that_no_longer_fits_is_named_by_the_warning_once(truth):
    other = truth.adata.copy()
    labels = np.array(other.obs["leiden"].astype(str))
    other.obs["leiden"] = np.where(labels == "B", "Mono", labels)
    with pytest.warns(UserWarning, match="no longer fits the object"):
        get.qc([truth.adata, other])
    get.qc([truth.adata, other])  # warnings are errors
