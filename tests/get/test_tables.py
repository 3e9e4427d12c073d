"""Parameters, QC, activity and scores of cells."""

import pandas as pd

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
