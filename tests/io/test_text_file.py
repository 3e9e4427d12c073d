"""Text files: decompressed, decoded, and refused where they are damaged or none."""

import gzip
import sys

import pytest

from scmaxatac.io import _text_file
from scmaxatac.io._files import open_binary
from scmaxatac.io._text_file import read_lines


@pytest.fixture(params=["with isal", "without isal"])
def _either_decompressor(request, monkeypatch):
    if request.param == "with isal":
        pytest.importorskip("isal")
    else:
        monkeypatch.setitem(sys.modules, "isal", None)
        monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)


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


def test_bytes_of_zero_are_damage(tmp_path):
    (tmp_path / "x").write_bytes(b"one\nnsites\0\0 20\n")
    with pytest.raises(ValueError, match=r"x, line 2: holds bytes of 0"):
        read_lines(tmp_path / "x", "motif file")


def test_a_small_file_that_is_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_text_file, "_MOST_TEXT", 1 << 20)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"a" * (1 << 20)))
    assert len(read_lines(path, "motif file")[0]) == 1 << 20
    path.write_bytes(gzip.compress(b"a" * ((1 << 20) + 1)))
    with pytest.raises(ValueError, match=r"a\.gz holds more than 1 MiB, so it can't be a motif file"):
        read_lines(path, "motif file")
