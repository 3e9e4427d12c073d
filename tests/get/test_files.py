from pathlib import Path

import pandas as pd
import pytest
from _slots import KEY

import scmaxatac as sma


def test_every_file_of_the_run_is_a_row_with_its_size(truth_with_bigwigs):
    files = sma.get.files(truth_with_bigwigs.adata)
    assert files.columns.tolist() == ["kind", "group", "tf", "path", "bytes", "exists"]
    assert files["kind"].value_counts().to_dict() == {"store": 1, "bigwig": 6, "signal_bigwig": 3}
    assert files["exists"].all()
    for row in files[files["kind"] != "store"].itertuples():
        assert Path(row.path).is_absolute()
        assert row.bytes == Path(row.path).stat().st_size
    store = files[files["kind"] == "store"].iloc[0]
    assert store["bytes"] == sum(path.stat().st_size for path in Path(store["path"]).rglob("*") if path.is_file())


def test_a_file_that_is_gone_is_said_to_be(truth_with_bigwigs):
    (truth_with_bigwigs.folder / "0.bw").unlink()
    files = sma.get.files(truth_with_bigwigs.adata)
    gone = files[~files["exists"]]
    assert gone[["kind", "group", "tf"]].values.tolist() == [["bigwig", "CD4/naive T | donor_1", "CTCF"]]
    assert gone["bytes"].isna().all()


def test_nothing_was_predicted(truth):
    with pytest.raises(KeyError, match="no results under"):
        sma.get.files(truth.adata, key="other")


def test_survives_h5ad(truth_with_bigwigs, tmp_path):
    import anndata

    truth_with_bigwigs.adata.write_h5ad(tmp_path / "x.h5ad")
    again = anndata.read_h5ad(tmp_path / "x.h5ad")
    pd.testing.assert_frame_equal(sma.get.files(again, key=KEY), sma.get.files(truth_with_bigwigs.adata))
