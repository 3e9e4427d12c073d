"""The files that ``scmaxatac predict`` reads."""

from pathlib import Path

import anndata
import numpy as np
import pytest

from scmaxatac.cli._predict_file import read_data


def test_data_are_read_by_the_end_of_their_name(tmp_path: Path):
    adata = anndata.AnnData(np.ones((2, 1), np.float32))
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert read_data(tmp_path / "a.h5ad").shape == (2, 1)
    (tmp_path / "a.h5ad").rename(tmp_path / "a.loom")
    with pytest.raises(ValueError, match=r"a\.loom is neither \.h5ad nor \.h5mu"):
        read_data(tmp_path / "a.loom")
    with pytest.raises(FileNotFoundError, match=r"no such file: .*none\.h5ad"):
        read_data(tmp_path / "none.h5ad")
