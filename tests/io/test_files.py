import hashlib
import os

import pytest

from scmaxatac.io import _files
from scmaxatac.io._files import (
    atomic_folder,
    atomic_path,
    existing_file,
    sha256_of,
    slug,
    verify_sha256,
)


def test_atomic_path_replaces_the_file_only_when_the_block_ends_well(tmp_path):
    target = tmp_path / "new" / "out.bed"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.name.endswith("out.bed")
    assert target.read_text() == "whole"

    def stopped():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stopped()
    assert target.read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == ["out.bed"]


def test_a_file_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    target, done = tmp_path / "out.bed", []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append(os.readlink(f"/proc/self/fd/{handle}")))
    monkeypatch.setattr(os, "replace", lambda old, new: done.append("named"))
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
    assert done == [str(temporary), "named", str(tmp_path)]


def test_a_file_system_without_fsync_is_no_error(tmp_path, monkeypatch):
    def refused(handle):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refused)
    with atomic_path(tmp_path / "out.bed") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "out.bed").read_text() == "whole"


def test_atomic_folder_appears_when_the_block_ends_well(tmp_path):
    target = tmp_path / "new" / "scores.zarr"
    with atomic_folder(target) as temporary:
        (temporary / "sub").mkdir()
        (temporary / "sub" / "chunk").write_text("whole")
        assert not target.exists()
    assert (target / "sub" / "chunk").read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == ["scores.zarr"]


def test_atomic_folder_leaves_nothing_on_an_error(tmp_path):
    def stopped():
        with atomic_folder(tmp_path / "scores.zarr") as temporary:
            (temporary / "chunk").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_folders_of_a_name_stays(tmp_path):
    target = tmp_path / "digest"
    with atomic_folder(target) as late:
        (late / "index").write_text("second")
        with atomic_folder(target) as early:
            (early / "index").write_text("first")
    assert (target / "index").read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_a_changed_file_is_told_from_its_checksum_even_where_its_size_is_the_same(tmp_path):
    path = tmp_path / "best.ckpt"
    path.write_bytes(b"weights")
    expected = hashlib.sha256(b"weights").hexdigest()
    verify_sha256(path, expected)
    path.write_bytes(b"weighty")
    os.utime(path, ns=(1, 1))
    with pytest.raises(ValueError, match=r"best\.ckpt is damaged or was changed.*Train again"):
        verify_sha256(path, expected, remedy="Train again")
    with pytest.raises(FileNotFoundError, match=r"not found: .*nothing\.bw"):
        verify_sha256(tmp_path / "nothing.bw", expected)


def test_an_unchanged_file_is_read_once_for_its_checksum(tmp_path, monkeypatch):
    path = tmp_path / "unit.npz"
    path.write_bytes(b"scores")
    reads = []
    monkeypatch.setattr(_files, "sha256_of", lambda path: reads.append(path) or sha256_of(path))
    for _ in range(3):
        verify_sha256(path, hashlib.sha256(b"scores").hexdigest())
    assert reads == [path]


def test_sha256_is_that_of_hashlib(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100_000)
    assert sha256_of(path) == hashlib.sha256(b"x" * 100_000).hexdigest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CD4/T", "CD4_T"),
        ("naive T cells", "naive_T_cells"),
        ("../../etc", "etc"),
        ("café", "cafe"),
        ("CD8+ T", "CD8+_T"),
        ("細胞", "unnamed"),
        ("", "unnamed"),
        ("a" * 300, "a" * 60),
    ],
)
def test_slug_is_safe_in_a_file_name(text, expected):
    assert slug(text) == expected


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"blacklist not found: .*nothing\.bed"):
        existing_file(tmp_path / "nothing.bed", "blacklist")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        existing_file(tmp_path, "blacklist")


@pytest.mark.parametrize(("given", "error", "message"), [
    ("", FileNotFoundError, "peaks: '' is no path"),
    ("https://example.org/a.bed", FileNotFoundError, "peaks: 'https://example.org/a.bed' is no path; download"),
    (None, ValueError, "peaks: found a NoneType; give the path of one file"),
    (["a.bed"], ValueError, "peaks: found a list; give the path of one file"),
    (b"a.bed", ValueError, "peaks: found a bytes; give the path of one file"),
])  # fmt: skip
def test_what_is_no_path_of_a_file_is_told(given, error, message):
    with pytest.raises(error, match=f"^{message}"):
        existing_file(given, "peaks")
