"""What bigWig and bigBed files have in common: compressed blocks with their index, summaries, and the header.

The format is described in Kent et al. 2010, https://doi.org/10.1093/bioinformatics/btq351, supplementary tables.
"""

import struct
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO

import numpy as np

from scmaxatac.io._bigwig_index import BLOCK, block_tree
from scmaxatac.io._bigwig_zoom import Summary, ZoomLevel, zoom_windows

HEADER = struct.Struct("<IHHQQQHHQQIQ")
VERSION = 4
_ZOOM_HEADER, _TOTAL = struct.Struct("<IIQQ"), struct.Struct("<Qdddd")

_IN_MEMORY = 1 << 23  # bytes of a zoom level, from which it waits on the disk for the values to end


class Blocks:
    """Compressed blocks of data and where they lie.

    Attributes
    ----------
    largest
        Bytes of the largest block before compression.
    """

    def __init__(self, handle: IO[bytes]) -> None:
        self.handle = handle
        self.blocks: list[tuple[int, ...]] = []
        self.n_items = self.largest = 0

    def write(self, raw: bytes, chrom: int, start: int, end: int, n: int) -> None:
        """Append a block of `n` items between `start` and `end` of a chromosome."""
        data = zlib.compress(raw)
        self.blocks.append((chrom, start, chrom, end, self.handle.tell(), len(data)))
        self.handle.write(data)
        self.n_items += n
        self.largest = max(self.largest, len(raw))

    def move_to(self, handle: IO[bytes]) -> None:
        """Append the blocks to another file."""
        offset = handle.tell()
        self.handle.seek(0)
        copyfileobj(self.handle, handle)
        self.blocks = [(*where, at + offset, size) for *where, at, size in self.blocks]

    def write_index(self, handle: IO[bytes]) -> int:
        """Append the index of the blocks, which end there, and return where it begins."""
        offset = handle.tell()
        handle.write(block_tree(np.array(self.blocks, dtype=BLOCK), offset))
        return offset


class Zooms:
    """Summaries of values at all zoom levels, and of the whole file.

    Parameters
    ----------
    sizes
        Lengths of the chromosomes in bp.
    folder
        Where memory does not hold a level, an unnamed file in this folder does.
    stack
        Closes these files.

    Attributes
    ----------
    sizes
        Bytes of the two things that :meth:`write` returns.
    """

    def __init__(self, sizes: Mapping[str, int], folder: Path, stack: ExitStack) -> None:
        self._levels = [ZoomLevel(window) for window in zoom_windows(max(sizes.values()))]
        spools = [SpooledTemporaryFile(_IN_MEMORY, dir=str(folder)) for _ in self._levels]
        self._blocks = [Blocks(stack.enter_context(spool)) for spool in spools]
        self._total = np.array([0, np.inf, -np.inf, 0, 0])
        self.sizes = len(self._levels) * _ZOOM_HEADER.size, _TOTAL.size

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self._levels)

    @property
    def largest(self) -> int:
        """Bytes of the largest block of a level before compression."""
        return max(blocks.largest for blocks in self._blocks)

    def add(self, chrom: int, summary: Summary | None) -> None:
        """Take values into all levels, each from the one below; None ends the chromosome."""
        ended = summary is None
        if summary is not None:
            self._total[[0, 3, 4]] += summary.covered.sum(), summary.sum.sum(), summary.squares.sum()
            self._total[1:3] = min(self._total[1], summary.min.min()), max(self._total[2], summary.max.max())
        for level, blocks in zip(self._levels, self._blocks, strict=True):
            summary = level.add(summary, ended=ended)
            for records in level.blocks(chrom, summary, ended=ended):
                blocks.write(records.tobytes(), chrom, int(records["start"][0]), int(records["end"][-1]), len(records))

    def write(self, handle: IO[bytes]) -> tuple[bytes, bytes]:
        """Append all levels to the file; the headers that say where they are, and the summary of the whole file."""
        headers = b""
        for level, blocks in zip(self._levels, self._blocks, strict=True):
            offset = handle.tell()
            handle.write(struct.pack("<I", blocks.n_items))
            blocks.move_to(handle)
            headers += _ZOOM_HEADER.pack(level.window, 0, offset, blocks.write_index(handle))
        return headers, _TOTAL.pack(int(self._total[0]), *self._total[1:])
