"""The bytes of a bigWig, written front to back in numpy and zlib, so that every failure to write is an exception.

The format is described in Kent et al. 2010, https://doi.org/10.1093/bioinformatics/btq351, supplementary tables.
"""

import struct
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

import numpy as np

from scmaxatac.io._bigwig_index import chrom_tree
from scmaxatac.io._bigwig_parts import HEADER, VERSION, Blocks, Zooms
from scmaxatac.io._bigwig_zoom import Summary

MAGIC = 0x888FFC26
_SECTION = struct.Struct("<IIIIIBBH")
_BED_GRAPH, _VARIABLE_STEP, _FIXED_STEP = 1, 2, 3

_PIECE = 1 << 16  # values that are looked at together
_LONG = 256  # values in a row from which they are worth a section without positions
_MOST = {_FIXED_STEP: 8192, _VARIABLE_STEP: 4096, _BED_GRAPH: 2048}  # values of a section: about 32 kB each


class BigWigFile:
    """Low-level writer: values are taken to be sorted and inside their chromosomes.

    Parameters
    ----------
    path
        The file. Where memory does not hold the zoom levels, unnamed files in its folder do.
    sizes
        Lengths of the chromosomes in bp.
    """

    def __init__(self, path: Path, sizes: Mapping[str, int]) -> None:
        self._stack = ExitStack()
        self._chrom = -1
        self._pending: list[tuple[np.ndarray, ...]] = []
        self._n_pending = 0
        self._handle: IO[bytes] = open(path, "wb")  # closed by close()
        try:
            self._zooms = Zooms(sizes, path.parent, self._stack)
            self._tree_offset = HEADER.size + sum(self._zooms.sizes)
            self._handle.write(bytes(self._tree_offset))  # filled in when all is known
            self._handle.write(chrom_tree(sizes, self._tree_offset))
            self._data_offset = self._handle.tell()
            self._handle.write(bytes(8))
        except BaseException:
            self.close()
            raise
        self._sections = Blocks(self._handle)

    def add(self, chrom: int, starts: np.ndarray, ends: np.ndarray, values: np.ndarray) -> None:
        """Add values, at least one; `chrom` is the chromosome's place in `sizes`."""
        if chrom != self._chrom:
            self._end_chrom()
            self._chrom = chrom
        for low in range(0, len(starts), _PIECE):
            part = slice(low, low + _PIECE)
            self._pending.append((starts[part].astype(np.int64), ends[part].astype(np.int64), values[part].copy()))
            self._n_pending += len(self._pending[-1][0])
            if self._n_pending >= _PIECE:
                self._write_pending(_PIECE)

    def finish(self) -> None:
        """Write what is left, the indices, the zoom levels and, last, the header."""
        self._end_chrom()
        index_offset = self._sections.write_index(self._handle)
        zoom_headers, total = self._zooms.write(self._handle)
        self._handle.write(struct.pack("<I", MAGIC))
        self._handle.seek(self._data_offset)
        self._handle.write(struct.pack("<Q", len(self._sections.blocks)))
        largest = max(self._sections.largest, self._zooms.largest)
        offsets = (self._tree_offset, self._data_offset, index_offset, 0, 0, 0, HEADER.size + len(zoom_headers))
        header = HEADER.pack(MAGIC, VERSION, self._zooms.n_levels, *offsets, largest, 0)
        self._handle.seek(0)
        self._handle.write(header + zoom_headers + total)
        self._handle.flush()

    def close(self) -> None:
        """Close the file, complete or not."""
        with suppress(OSError):  # what could not be written was an error before
            self._handle.close()
        self._stack.close()

    def _end_chrom(self) -> None:
        if self._n_pending:
            self._write_pending(self._n_pending)
        if self._chrom >= 0:
            self._zooms.add(self._chrom, None)

    def _write_pending(self, n: int) -> None:
        columns = [np.concatenate(parts) for parts in zip(*self._pending, strict=True)]
        self._pending = [tuple(column[n:] for column in columns)]
        self._n_pending -= n
        starts, ends, values = (column[:n] for column in columns)
        for kind, first, stop, step in _sections(starts, ends):
            part = slice(first, stop)
            section = _section(kind, self._chrom, starts[part], ends[part], values[part], step)
            self._sections.write(section, self._chrom, int(starts[first]), int(ends[stop - 1]), stop - first)
        self._zooms.add(self._chrom, Summary.of_values(starts, ends, values))


def _sections(starts: np.ndarray, ends: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Kind, first value, stop and step of each section of sorted values.

    Values at even distances need no positions; those between such rows are put together.
    """
    spans, steps = ends - starts, np.diff(starts)
    step = int(np.median(steps)) if len(steps) else int(spans[0])
    even = (steps == step) & (spans[1:] == spans[:-1])
    first = np.concatenate(([0], np.flatnonzero(~even) + 1))
    long = np.diff(np.append(first, len(starts))) >= _LONG
    begins = np.concatenate(([True], long[1:] | long[:-1]))
    first, long = first[begins], long[begins]
    for low, high, is_long in zip(first, np.append(first[1:], len(starts)), long, strict=True):
        same = is_long or bool((spans[low:high] == spans[low]).all())
        kind = _FIXED_STEP if is_long else _VARIABLE_STEP if same else _BED_GRAPH
        for i in range(int(low), int(high), _MOST[kind]):
            yield kind, i, min(i + _MOST[kind], int(high)), step if is_long else 0


def _section(kind: int, chrom: int, starts: np.ndarray, ends: np.ndarray, values: np.ndarray, step: int) -> bytes:
    span = 0 if kind == _BED_GRAPH else int(ends[0] - starts[0])
    header = _SECTION.pack(chrom, int(starts[0]), int(ends[-1]), step, span, kind, 0, len(values))
    columns = {_FIXED_STEP: (), _VARIABLE_STEP: (starts,), _BED_GRAPH: (starts, ends)}[kind]
    items = np.empty((len(values), len(columns) + 1), dtype="<u4")
    for i, column in enumerate(columns):
        items[:, i] = column
    items[:, -1] = values.astype("<f4").view("<u4")
    return header + items.tobytes()
