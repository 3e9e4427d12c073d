"""Damage in HDF5's heaps, in which the library never ends."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from scmaxatac.io import _h5_heaps
from scmaxatac.io._h5_heaps import check_heaps
from scmaxatac.io._h5_probe import check_readable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with texts in its attributes and data sets."""
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        file.attrs["encoding-type"] = "anndata"
        file["names"] = np.array(["AAAC", "CCCG"] * 500, dtype=object)
        file["numbers"] = np.arange(100)
    return tmp_path / "a.h5ad"


def first_heap(path: Path) -> int:
    return path.read_bytes().index(b"GCOL\x01")


def damage(path: Path, at: int, data: bytes) -> None:
    with open(path, "r+b") as handle:
        handle.seek(at)
        handle.write(data)


def test_sound_files_and_other_formats_pass(path: Path, tmp_path: Path):
    check_heaps(path)
    for name, data in (("text", b"chr1\t1\t2\n"), ("empty", b""), ("cut", b"\x89HDF\r\n\x1a\n")):
        (tmp_path / name).write_bytes(data)
        check_heaps(tmp_path / name)


@pytest.mark.parametrize("damaged", [bytes(64), b"\x01\x00\x01\x00" + bytes(4) + b"\xf0" + b"\xff" * 7])
def test_a_heap_that_leads_nowhere_is_refused_where_hdf5_hangs(path: Path, damaged: bytes):
    damage(path, first_heap(path) + 16, damaged)
    with pytest.raises(ValueError, match=r"a\.h5ad can't be read: HDF5 has not come to the end of .* Is it damaged\?"):
        check_heaps(path, patience=4)


def plain(path: Path, data: bytes) -> None:
    with h5py.File(path, "a") as file:
        file["bytes"] = np.frombuffer(data, dtype=np.uint8)


@pytest.mark.parametrize("size", [4096, 64])
def test_plain_data_with_the_bytes_of_a_damaged_heap_pass(path: Path, monkeypatch: pytest.MonkeyPatch, size: int):
    plain(path, b"GCOL\x01\0\0\0" + size.to_bytes(8, "little") + bytes(8192))
    tried = []
    monkeypatch.setattr(_h5_heaps, "check_readable", lambda *given, **named: tried.append(check_readable(*given)))
    check_heaps(path)
    assert tried == ([None] if size >= 4096 else []), "another process decides, where a heap can have this size"


def test_a_damaged_heap_after_plain_data_that_look_so_is_found(path: Path):
    plain(path, b"GCOL\x01\0\0\0" + (4096).to_bytes(8, "little") + bytes(8192))
    damage(path, first_heap(path) + 16, bytes(64))
    with pytest.raises(ValueError, match="HDF5 has not come to the end"):
        check_heaps(path, patience=4)


def test_a_heap_across_two_blocks_is_found(path: Path, monkeypatch: pytest.MonkeyPatch):
    start = first_heap(path)
    damage(path, start + 16, bytes(64))
    tried = []
    monkeypatch.setattr(_h5_heaps, "check_readable", lambda path, patience: tried.append(patience))
    for block in (start + 3, start + 7, start + 8, 9):
        monkeypatch.setattr(_h5_heaps, "_BLOCK", block)
        check_heaps(path, patience=block)
        assert tried.pop() == block


def test_damage_that_hdf5_tells_is_left_to_it(path: Path):
    start, size = first_heap(path), path.stat().st_size
    damage(path, start + 8, (1 << 40).to_bytes(8, "little"))  # the heap's size
    check_heaps(path)
    damage(path, start + 8, (size * 2).to_bytes(8, "little"))
    check_heaps(path)
    damage(path, start + 8, (4096).to_bytes(8, "little"))
    damage(path, start + 24, (1 << 20).to_bytes(8, "little"))  # its first object
    check_heaps(path)
