"""Results in SnapATAC2's backed objects: no pandas, no index, no categoricals."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac import get


@pytest.fixture
def backed(truth, tmp_path):
    snapatac2 = pytest.importorskip("snapatac2")
    polars = pytest.importorskip("polars")

    def table(frame):
        if frame.index.dtype == object:
            frame = frame.rename_axis("group").reset_index()
        plain = {c: s.astype(str) if s.dtype == "category" else s for c, s in frame.items()}
        return polars.DataFrame({name: series.to_list() for name, series in plain.items()})

    obs = polars.DataFrame({"leiden": truth.adata.obs["leiden"].astype(str).to_list()})
    adata = snapatac2.AnnData(filename=str(tmp_path / "backed.h5ad"), X=np.zeros((truth.adata.n_obs, 1)), obs=obs)
    adata.obs_names = truth.adata.obs_names.tolist()
    slots = truth.adata.uns["tfbs"]
    adata.uns["tfbs"] = {name: table(slot) if isinstance(slot, pd.DataFrame) else slot for name, slot in slots.items()}
    adata.obsm["score_tfbs"] = np.arange(2 * adata.n_obs, dtype=float).reshape(-1, 2)
    yield adata
    adata.close()


def test_tables_are_those_of_an_object_in_memory(backed, truth):
    for read in (get.qc, get.activity, get.sites):
        pd.testing.assert_frame_equal(
            read(backed), read(truth.adata), check_names=False, check_categorical=False, check_dtype=False
        )
    assert get.params(backed) == get.params(truth.adata)


def test_scores_and_bins_are_those_of_an_object_in_memory(backed, truth):
    in_memory = get.scores(truth.adata)
    scores = get.scores(backed)
    assert scores.var_names.equals(in_memory.var_names)
    assert np.array_equal(scores.layers["SPI1"], in_memory.layers["SPI1"])
    pd.testing.assert_frame_equal(get.track(backed, "CTCF", "B"), get.track(truth.adata, "CTCF", "B"))


def test_a_wrong_key_is_told_the_ones_that_exist(backed):
    with pytest.raises(KeyError, match="results exist under 'tfbs'"):
        get.sites(backed, key="deep")
