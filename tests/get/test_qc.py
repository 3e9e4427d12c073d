"""Tables of quality, by group and by factor."""

import numpy as np
import pytest

from scmaxatac import get

from .conftest import GROUPS


def test_a_group_is_a_row_and_skipped_ones_are_among_them(truth):
    assert get.qc(truth.adata).index.tolist() == [*GROUPS, "Platelets"]


def test_of_a_group_and_factor_the_ratio_is_that_of_the_other_table_and_sites_are_counted(truth):
    table, wide = get.qc(truth.adata, "tf"), get.qc(truth.adata)
    assert table[["group", "tf"]].to_numpy().tolist() == [[g, tf] for g in GROUPS for tf in ("CTCF", "SPI1")]
    for row in table.itertuples():
        assert row.called_to_expected == wide.loc[row.group, f"called_to_expected_{row.tf}"]
        assert row.n_called / row.n_expected == pytest.approx(row.called_to_expected)
        assert row.n_sites == len(get.sites(truth.adata, tfs=row.tf, groups=row.group))
        assert row.threshold == get.params(truth.adata)["thresholds"][row.tf][row.group]
    np.testing.assert_array_equal(table.groupby("group", sort=False)["n_sites"].sum(), wide["n_sites"].iloc[:3])


def test_factors_and_groups_are_chosen_by_name_in_their_order(truth):
    table = get.qc(truth.adata, "tf", tfs="SPI1", groups=["Mono", "B"])
    assert table[["group", "tf"]].to_numpy().tolist() == [["Mono", "SPI1"], ["B", "SPI1"]]


def test_bad_choices_are_told(truth):
    with pytest.raises(ValueError, match="by is 'TF'; it can be 'group' or 'tf'"):
        get.qc(truth.adata, "TF")
    with pytest.raises(ValueError, match='choose rows of the table by="tf"'):
        get.qc(truth.adata, tfs="CTCF")
    with pytest.raises(KeyError, match="Platelets"):
        get.qc(truth.adata, "tf", groups="Platelets")
    del truth.adata.uns["tfbs"]["tf_qc"]
    with pytest.raises(KeyError, match="has no 'tf_qc'"):
        get.qc(truth.adata, "tf")
