"""Activities as a table, as an AnnData, and with intervals."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac import get

pytestmark = pytest.mark.filterwarnings("ignore:intervals of activities are too narrow:UserWarning")


def test_names_choose_rows_and_columns_in_every_form(truth):
    groups, tfs = ["Mono", "B"], ["SPI1"]
    table = get.activity(truth.adata, groups=groups, tfs=tfs)
    assert (table.index.tolist(), table.columns.tolist()) == (groups, tfs)
    as_anndata = get.activity(truth.adata, groups=groups, tfs=tfs, as_anndata=True)
    np.testing.assert_allclose(as_anndata.X, table.to_numpy(), rtol=1e-6)
    intervals = get.activity(truth.adata, groups=groups, tfs=tfs, interval=True)
    assert intervals["group"].tolist() == groups
    assert intervals["tf"].tolist() == ["SPI1", "SPI1"]


def test_intervals_are_the_same_for_the_same_seed(truth):
    one, other = (get.activity(truth.adata, interval=True, block_size=1_000, rng=seed) for seed in (1, 2))
    pd.testing.assert_frame_equal(one, get.activity(truth.adata, interval=True, block_size=1_000, rng=1))
    assert not one["low"].equals(other["low"])
    pd.testing.assert_series_equal(one["activity"], other["activity"])


def test_an_anndata_has_no_intervals(truth):
    with pytest.raises(ValueError, match="leave out as_anndata or interval"):
        get.activity(truth.adata, interval=True, as_anndata=True)
