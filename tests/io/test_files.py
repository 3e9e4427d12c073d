import gzip
import hashlib
import sys

import pytest

from scmaxatac.io._files import atomic_path, existing_file, open_binary, read_lines, sha256_of, slug


@pytest.fixture(params=["with isal", "without isal"])
def _either_decompressor(request, monkeypatch):
    if request.param == "with isal":
        pytest.importorskip("isal")
    else:
        monkeypatch.setitem(sys.modules, "isal", None)
        monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)


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


@pytest.mark.usefixtures("_either_decompressor")
def test_gzip_is_told_by_content_not_by_name(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(gzip.compress(b"one\r\ntwo") + gzip.compress(b"\r\nthree"))
    with open_binary(path) as handle:
        assert handle.read() == b"one\r\ntwo\r\nthree"
    assert read_lines(path, "list") == ["one", "two", "three"]


@pytest.mark.usefixtures("_either_decompressor")
def test_truncated_and_damaged_gzip_are_clear_errors(tmp_path):
    data = gzip.compress(b"a line of text\n" * 1000)
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"cut\.txt\.gz is truncated"):
        read_lines(path, "list")
    path.write_bytes(data[:20] + b"\xff\xff\xff\xff" + data[24:])
    with pytest.raises(ValueError, match=r"cut\.txt\.gz is damaged"):
        read_lines(path, "list")


def test_binary_content_is_no_text(tmp_path):
    path = tmp_path / "image.bed"
    path.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ValueError, match="not a text file"):
        read_lines(path, "BED file")
