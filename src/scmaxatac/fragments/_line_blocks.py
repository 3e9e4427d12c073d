"""Large text files, read in blocks of whole lines while the next block is being decompressed."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from scmaxatac.io._files import decompression_errors, open_binary, warn_without_end_marker

BLOCK = 1 << 24
_LONGEST_LINE = 1 << 16
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


def read_line_blocks(path: Path) -> Iterator[LineBlock]:
    """Read a plain, gzip, bgzip or zstd text file in blocks of about 16 MiB; the last line may lack its line end.

    Raises
    ------
    ValueError
        If compressed data are truncated or damaged, or a line is longer than any line of text.
    """
    warn_without_end_marker(path)
    blocks = _blocks(path)
    # decompression releases the interpreter's lock, so it runs beside the parsing of the block before
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(next, blocks, None)
        while (block := future.result()) is not None:
            future = pool.submit(next, blocks, None)
            yield block


def _blocks(path: Path) -> Iterator[LineBlock]:
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
            if len(rest) > _LONGEST_LINE:
                raise ValueError(f"{path}, line {number}: is too long for a line of text, it starts with {rest[:40]!r}")
    if rest:
        yield LineBlock(rest, number)
