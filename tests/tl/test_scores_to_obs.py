"""Scores of factors as columns of obs, by name."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma


@pytest.fixture
def scored() -> ad.AnnData:
    names = [f"c{i}" for i in range(4)]
    adata = ad.AnnData(np.ones((4, 1), np.float32), obs=pd.DataFrame(index=names))
    table = pd.DataFrame({"CTCF": [0.0, 1, 2, 3], "SPI1": [4.0, 5, np.nan, 7]}, index=names, dtype=np.float32)
    adata.obsm["score_tfbs"], adata.obsm["score_z_tfbs"] = table, table * 10
    return adata


def test_columns_are_those_of_the_names_in_any_order(scored):
    sma.tl.scores_to_obs(scored, ["SPI1", "CTCF"])
    sma.tl.scores_to_obs(scored, "SPI1", z=True)
    assert scored.obs.columns.tolist() == ["SPI1_tfbs", "CTCF_tfbs", "SPI1_z_tfbs"]
    np.testing.assert_array_equal(scored.obs["SPI1_tfbs"], [4, 5, np.nan, 7])
    np.testing.assert_array_equal(scored.obs["CTCF_tfbs"], [0, 1, 2, 3])
    np.testing.assert_array_equal(scored.obs["SPI1_z_tfbs"], [40, 50, np.nan, 70])


def test_a_mudata_has_them_in_its_own_obs_too_in_its_own_order(scored):
    mudata = pytest.importorskip("mudata")
    rna = ad.AnnData(np.ones((3, 1), np.float32), obs=pd.DataFrame(index=["c9", "c3", "c0"]))
    rna.var_names = ["gene"]
    mdata = mudata.MuData({"rna": rna, "atac": scored})
    sma.tl.scores_to_obs(mdata, "CTCF")
    assert mdata.obs["CTCF_tfbs"].dropna().to_dict() == {"c0": 0, "c1": 1, "c2": 2, "c3": 3}
    assert np.isnan(mdata.obs.loc["c9", "CTCF_tfbs"])
    assert mdata["atac"].obs["CTCF_tfbs"].tolist() == [0, 1, 2, 3]


def test_all_objects_of_a_list_get_them_and_a_copy_leaves_them(scored):
    other = scored[::-1].copy()
    changed = sma.tl.scores_to_obs([scored, other], "CTCF", copy=True)
    assert changed[1].obs["CTCF_tfbs"].tolist() == [3, 2, 1, 0]
    assert "CTCF_tfbs" not in other.obs


def test_nothing_is_written_if_a_name_is_unknown(scored):
    with pytest.raises(KeyError, match=r"no TF 'spi2'; did you mean 'SPI1'"):
        sma.tl.scores_to_obs(scored, ["CTCF", "spi2"])
    with pytest.raises(KeyError, match=r"no scores of cells in obsm\['score_motifs'\]: scores exist under 'tfbs'"):
        sma.tl.scores_to_obs(scored, "CTCF", key="motifs")
    assert scored.obs.empty
