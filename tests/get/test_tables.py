"""Parameters, QC, activity and scores of cells."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac import get


def test_params_are_decoded(truth):
    params = get.params(truth.adata)
    assert params["groupby"] == "leiden"
    assert params["tfs"] == ["CTCF", "SPI1"]


def test_qc_has_a_row_for_each_group_also_the_skipped(truth):
    qc = get.qc(truth.adata)
    assert qc.index.tolist() == [*truth.groups, "Platelets"]
    assert qc.loc["Platelets", "warnings"].startswith("skipped")


def test_activity_is_groups_by_tfs(truth):
    pd.testing.assert_frame_equal(get.activity(truth.adata), truth.adata.uns["tfbs"]["activity"])


def test_cells_that_were_not_scored_are_told(truth):
    with pytest.raises(KeyError, match=r"obsm\['score_tfbs'\]: call scmaxatac\.tl\.score_cells first"):
        get.cell_scores(truth.adata)


def test_scores_of_cells_are_a_table(truth):
    values = np.random.default_rng(0).random((truth.adata.n_obs, 2))
    expected = pd.DataFrame(values, index=truth.adata.obs_names, columns=["CTCF", "SPI1"])
    truth.adata.obsm["score_tfbs"] = expected
    pd.testing.assert_frame_equal(get.cell_scores(truth.adata), expected)
    truth.adata.obsm["score_tfbs"] = values
    pd.testing.assert_frame_equal(get.cell_scores(truth.adata), expected)
