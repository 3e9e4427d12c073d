"""Files over which HDF5 crashes or hangs are refused, without harm to the process that asks."""

import signal
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

from scmaxatac.io._h5_probe import check_readable, read_texts


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with texts in its attributes and data sets."""
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        file.attrs["encoding-type"] = "anndata"
        file["names"] = np.array(["AAAC", "CCCG"] * 50, dtype=object)
        file["numbers"] = np.arange(100)
    return tmp_path / "a.h5ad"


def test_sound_files_and_those_that_hdf5_refuses_pass(path: Path, tmp_path: Path):
    check_readable(path)
    read_texts(str(path))
    (tmp_path / "text").write_text("no HDF5")
    check_readable(tmp_path / "text")


def test_a_type_over_which_hdf5_crashes_is_an_error(path: Path):
    data = bytearray(path.read_bytes())
    kind = data.index(b"encoding-type") + 16  # texts of varying length are 0x19 0x01 there
    assert data[kind : kind + 2] == b"\x19\x01"
    data[kind + 1] = 0x6E
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"a\.h5ad is damaged: HDF5 crashes over its attributes or texts \(signal 11\)"
    ):
        check_readable(path)


def test_a_heap_that_never_ends_is_given_up(path: Path):
    data = bytearray(path.read_bytes())
    first = data.index(b"GCOL\x01") + 16
    data[first : first + 64] = bytes(64)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.h5ad can't be read: HDF5 has not come to the end of its attributes"):
        check_readable(path, patience=2)


def test_a_lack_of_memory_is_not_called_damage(path: Path, monkeypatch: pytest.MonkeyPatch):
    killed = subprocess.CompletedProcess([], -signal.SIGKILL)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: killed)
    with pytest.raises(ValueError, match=r"a\.h5ad can't be read: .* was killed, as where memory runs out"):
        check_readable(path)
