"""Blocks of whole lines."""

import gzip
import zlib

import pytest

from scmaxatac.io import _files, _line_blocks
from scmaxatac.io._line_blocks import LineBlock, read_line_blocks, read_numbered_lines

TEXT = b"".join(b"line %d%s\n" % (i, b"x" * (i % 7)) for i in range(50))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("size", [1, 7, 10, 64, 10_000])
@pytest.mark.parametrize("last", [b"", b"the last has no end"])
def test_blocks_are_whole_lines_that_make_up_the_file(tmp_path, monkeypatch, pack, size, last):
    monkeypatch.setattr(_line_blocks, "BLOCK", size)
    path = tmp_path / "a"
    path.write_bytes(pack(TEXT + last))
    blocks = list(read_line_blocks(path))
    assert b"".join(block.text for block in blocks) == TEXT + last
    assert all(block.text.endswith(b"\n") for block in blocks[: len(blocks) - bool(last)])
    n_before = 0
    for block in blocks:
        assert block.first_line == 1 + n_before
        n_before += block.text.count(b"\n")


def test_an_empty_file_has_no_block(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert list(read_line_blocks(tmp_path / "a")) == []


@pytest.mark.parametrize("text", [b"a\n", b"#a\n", b"#", b"a\n#b\nc", b"a#b\n##\n#c\n\nd\n#e", b"", b"a\t#\n"])
def test_comments_are_the_lines_that_begin_with_a_hash(text):
    kept = b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(b"#"))
    assert LineBlock(text, 1).without_comments() == kept


def test_a_line_that_is_longer_than_any_of_text_is_refused_by_number(tmp_path, monkeypatch):
    monkeypatch.setattr(_line_blocks, "BLOCK", 1 << 10)
    path = tmp_path / "a"
    path.write_bytes(b"a\nb\n" + b"x" * (1 << 16))
    assert len(list(read_line_blocks(path))) == 2
    path.write_bytes(b"a\nb\n" + b"x" * ((1 << 16) + (1 << 10)))
    with pytest.raises(ValueError, match="line 3: is too long for a line of text, it starts with b'xxx"):
        list(read_line_blocks(path))


def bgzip_block(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    head = bytes.fromhex("1f8b08040000000000ff060042430200")
    return (
        head
        + (len(body) + 25).to_bytes(2, "little")
        + body
        + zlib.crc32(data).to_bytes(4, "little")
        + len(data).to_bytes(4, "little")
    )


def test_a_bgzip_file_without_its_end_marker_is_warned_of(tmp_path, recwarn):
    path = tmp_path / "a.gz"
    path.write_bytes(bgzip_block(TEXT) + bgzip_block(b""))
    assert bgzip_block(b"") == _files._BGZF_END, "the marker is an empty block"
    assert b"".join(block.text for block in read_line_blocks(path)) == TEXT
    assert not recwarn.list
    path.write_bytes(bgzip_block(TEXT))
    with pytest.warns(UserWarning, match="lacks bgzip's end marker"):
        assert b"".join(block.text for block in read_line_blocks(path)) == TEXT


@pytest.mark.parametrize("size", [1, 5, 1 << 10])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_lines_come_one_by_one_with_their_numbers(tmp_path, monkeypatch, size, line_end):
    monkeypatch.setattr(_line_blocks, "BLOCK", size)
    lines = [b"a", b"", b"bcd", b"#e", b""]
    (tmp_path / "a").write_bytes(line_end.join([*lines, b"last"]))
    assert list(read_numbered_lines(tmp_path / "a")) == list(enumerate([*lines, b"last"], 1))


def test_the_longest_line_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(_line_blocks, "BLOCK", 10)
    (tmp_path / "a").write_bytes(b"a" * 100)
    assert list(read_numbered_lines(tmp_path / "a", longest=200)) == [(1, b"a" * 100)]
    with pytest.raises(ValueError, match="line 1: is too long"):
        list(read_numbered_lines(tmp_path / "a", longest=50))


@pytest.mark.parametrize("first", ["", "\ufeff", "# für B\r"])
def test_line_ends_of_old_macintosh_systems_are_named(tmp_path, first):
    (tmp_path / "a").write_bytes(f"{first}chr1\t1\t2\rchr1\t3\t4\r".encode())
    with pytest.raises(ValueError, match=r"a: lines end with a carriage return alone.*convert the file with tr"):
        list(read_line_blocks(tmp_path / "a"))
