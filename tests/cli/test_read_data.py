"""The files that commands read."""

from functools import partial
from pathlib import Path

import anndata
import h5py
import numpy as np
import pytest

from scmaxatac.cli import _read_data
from scmaxatac.cli._read_data import read_data
from scmaxatac.io._h5_heaps import check_heaps


def test_data_are_read_by_the_end_of_their_name(tmp_path: Path):
    adata = anndata.AnnData(np.ones((2, 1), np.float32))
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert read_data(tmp_path / "a.h5ad").shape == (2, 1)
    (tmp_path / "a.h5ad").rename(tmp_path / "a.loom")
    with pytest.raises(ValueError, match=r"a\.loom is neither \.h5ad nor \.h5mu"):
        read_data(tmp_path / "a.loom")
    with pytest.raises(FileNotFoundError, match=r"data not found: .*none\.h5ad"):
        read_data(tmp_path / "none.h5ad")


@pytest.mark.parametrize("damage", ["cut", "text", "another"])
@pytest.mark.parametrize("suffix", ["h5ad", "h5mu"])
def test_what_can_not_be_read_is_named_in_one_error(tmp_path: Path, damage: str, suffix: str):
    path = tmp_path / f"a.{suffix}"
    anndata.AnnData(np.ones((2, 1), np.float32)).write_h5ad(path)
    data = path.read_bytes()
    path.write_bytes({"cut": data[: len(data) // 2], "text": b"no HDF5", "another": data}[damage])
    if damage == "another":
        with h5py.File(path, "r+") as handle:
            del handle["X"], handle["obs"], handle["var"]
            handle["obs"] = np.ones(3)
    with pytest.raises(ValueError, match=rf"a\.{suffix} can't be read \(.*Copy or make it again"):
        read_data(path)


def test_a_heap_in_which_hdf5_would_never_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_read_data, "check_heaps", partial(check_heaps, patience=2))
    path = tmp_path / "a.h5ad"
    anndata.AnnData(np.ones((2, 1), np.float32)).write_h5ad(path)
    data = path.read_bytes()
    first = data.index(b"GCOL\x01") + 16  # the first object of the first heap of texts
    path.write_bytes(data[:first] + bytes(64) + data[first + 64 :])
    with pytest.raises(ValueError, match=r"a\.h5ad can't be read: HDF5 has not come to the end"):
        read_data(path)


def test_a_file_over_which_hdf5_crashes_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Stands for the crash itself, of which `tests/io/test_h5_probe.py` has a file: it would end this process."""

    def crashed(path: Path) -> None:
        raise ValueError(f"{path} is damaged: HDF5 crashes")

    path = tmp_path / "a.h5ad"
    anndata.AnnData(np.ones((2, 1), np.float32)).write_h5ad(path)
    monkeypatch.setattr(_read_data, "check_readable", crashed)
    with pytest.raises(ValueError, match=r"a\.h5ad is damaged: HDF5 crashes"):
        read_data(path)
