"""Large text files, read in blocks of whole lines while the next block is being decompressed."""

import codecs
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from scmaxatac.io._files import decompression_errors, open_binary, warn_without_end_marker

BLOCK = 1 << 24
LONGEST_LINE = 1 << 16
"""Bytes that a line of most files can have."""

_COMMENT = re.compile(rb"(?m)^#[^\n]*\n?")


class LineBlock(NamedTuple):
    """Whole lines of a file.

    Attributes
    ----------
    text
        The lines as they stand in the file.
    first_line
        Number of the first of them, from 1.
    """

    text: bytes
    first_line: int

    def without_comments(self) -> bytes:
        """The lines that do not start with ``#``."""
        # a single byte is found far faster than two, and most files hold none
        if b"#" in self.text and (self.text.startswith(b"#") or b"\n#" in self.text):
            return _COMMENT.sub(b"", self.text)
        return self.text


def read_line_blocks(path: Path, *, longest: int = LONGEST_LINE) -> Iterator[LineBlock]:
    """Read a plain, gzip, bgzip or zstd text file in blocks of about 16 MiB; the last line may lack its line end.

    Parameters
    ----------
    path
        The file.
    longest
        Bytes that a line can have.

    Raises
    ------
    ValueError
        If compressed data are truncated or damaged, a line is longer than any line of text, or all lines end as those
        of old Macintosh systems do.
    """
    warn_without_end_marker(path)
    blocks = _blocks(path, longest)
    # decompression releases the interpreter's lock, so it runs beside the parsing of the block before
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(next, blocks, None)
        while (block := future.result()) is not None:
            future = pool.submit(next, blocks, None)
            yield block


def read_numbered_lines(path: Path, *, longest: int = LONGEST_LINE) -> Iterator[tuple[int, bytes]]:
    """Lines of a large text file one by one, without line ends (Windows ones too), with their numbers from 1.

    Takes and raises what :func:`read_line_blocks` does.
    """
    for block in read_line_blocks(path, longest=longest):
        lines = block.text.removesuffix(b"\n").split(b"\n")
        if b"\r" in block.text:
            lines = [line.removesuffix(b"\r") for line in lines]
        yield from enumerate(lines, block.first_line)


def _blocks(path: Path, longest: int) -> Iterator[LineBlock]:
    number = 1
    rest = b""
    with decompression_errors(path), open_binary(path) as handle:
        while data := handle.read(BLOCK):
            stop = data.rfind(b"\n") + 1
            if not stop:
                rest += data
            else:
                block = LineBlock(rest + data[:stop], number)
                number += block.text.count(b"\n")
                rest = data[stop:]
                yield block
            if len(rest) > longest:
                _refuse_old_macintosh(path, rest)
                raise ValueError(f"{path}, line {number}: is too long for a line of text, it starts with {rest[:40]!r}")
    if rest:
        _refuse_old_macintosh(path, rest)
        yield LineBlock(rest, number)


def _refuse_old_macintosh(path: Path, rest: bytes) -> None:
    if b"\r" in rest[:-1] and b"\0" not in rest and _is_text(rest):
        raise ValueError(
            f"{path}: lines end with a carriage return alone, as on old Macintosh systems; convert the file with "
            "tr '\\r' '\\n'"
        )


def _is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8, but for a character that is cut at their end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True
