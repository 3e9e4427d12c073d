"""Reading of bigWigs that believes nothing: every offset and length is checked, so that damage is an exception.

The format is described in Kent et al. 2010, https://doi.org/10.1093/bioinformatics/btq351, supplementary tables.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO, Self

import numpy as np

from scmaxatac._types import Records

_MAGIC, _CHROM_TREE, _BLOCK_TREE = b"\x26\xfc\x8f\x88", 0x78CA8C91, 0x2468ACE0
_MOST = 1 << 21
"""More than a block can have in bytes: 65,535 values of 12 bytes, compressed or not."""

_BED_GRAPH, _VARIABLE_STEP, _FIXED_STEP = 1, 2, 3


class DamagedError(ValueError):
    """What a file holds is not what the format asks for."""


class BigWigReader:
    """Chromosomes and values of an open bigWig.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DamagedError
        Here and in all methods, if the file is none or is damaged; the message says what is wrong with it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._handle: BinaryIO = open(path, "rb")  # closed by __exit__
        try:
            self._size = os.fstat(self._handle.fileno()).st_size
            magic = self._handle.read(4)
            if magic not in (_MAGIC, _MAGIC[::-1]):
                raise DamagedError("its first bytes are not those of a bigWig")
            self._order = "<" if magic == _MAGIC else ">"
            tree, self._data, self._index, *_, compressed = self._unpack("QQQHHQQI", 8)
            self._compressed = compressed > 0
            self._chroms = self._read_chroms(tree)
        except BaseException:
            self._handle.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._handle.close()

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths of the chromosomes in bp."""
        return {name: size for name, (_, size) in self._chroms.items()}

    def values(self, chrom: str, start: int, end: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Read starts and ends (int64), cut to the interval, and values (float32), block of data by block of data."""
        number, _ = self._chroms[chrom]
        for offset, size in self._blocks(number, start, end):
            starts, ends, values = self._section(offset, size, number)
            here = (starts < end) & (ends > start) & (ends > starts)
            if here.any():
                yield np.maximum(starts[here], start), np.minimum(ends[here], end), values[here]

    def _read_chroms(self, offset: int) -> dict[str, tuple[int, int]]:
        magic, _, width, value_width, n = self._unpack("IIIIQ", offset)
        if magic != _CHROM_TREE or value_width != 8 or not 0 < width <= self._size:
            raise DamagedError("its table of chromosomes can't be read")
        entry = np.dtype([("name", f"S{width}"), ("id", self._order + "u4"), ("size", self._order + "u4")])
        node = np.dtype([("name", f"S{width}"), ("offset", self._order + "u8")])
        rows = [row for leaf in self._leaves(offset + 32, entry, node) for row in leaf.tolist()]
        if len(rows) != n:
            raise DamagedError(f"its table has {len(rows)} chromosomes, not {n}")
        try:
            return {name.decode(): (number, size) for name, number, size in sorted(rows, key=lambda row: row[1])}
        except UnicodeDecodeError:
            raise DamagedError("its chromosomes' names are no text") from None

    def _blocks(self, chrom: int, start: int, end: int) -> list[tuple[int, int]]:
        """Offset and size of every block of data that may hold values of an interval."""
        rows = self._index_rows
        begins_before = (rows["chrom"] < chrom) | ((rows["chrom"] == chrom) & (rows["start"] < end))
        ends_behind = (rows["last"] > chrom) | ((rows["last"] == chrom) & (rows["end"] > start))
        chosen: list[tuple[int, int]] = rows[begins_before & ends_behind][["offset", "size"]].tolist()
        return chosen

    @cached_property
    def _index_rows(self) -> Records:
        """Bounds, offset and size of every block of data.

        All of the index is read and checked, whatever is looked for: a search in it passes by what a damaged number
        hides, and values would be missing in silence. Where the numbers of blocks that the index and the data have
        differ, they say nothing, as another writer may have left one of them out.
        """
        magic, _, n_blocks = self._unpack("IIQ", self._index)
        if magic != _BLOCK_TREE:
            raise DamagedError("its index can't be read")
        bounds = [(name, self._order + "u4") for name in ("chrom", "start", "last", "end")]
        node = np.dtype([*bounds, ("offset", self._order + "u8")])
        entry = np.dtype([*node.descr, ("size", self._order + "u8")])
        rows = np.concatenate([np.empty(0, entry), *self._leaves(self._index + 48, entry, node)])
        if len(rows) != n_blocks and (not len(rows) or self._unpack("Q", self._data)[0] == n_blocks):
            raise DamagedError(f"its index says that there are {n_blocks} blocks of data, and names {len(rows)}")
        chrom, start, last, end = (rows[name].astype(np.int64) for name in ("chrom", "start", "last", "end"))
        is_empty = (last < chrom) | ((last == chrom) & (end <= start))
        is_before = (chrom[1:] < chrom[:-1]) | ((chrom[1:] == chrom[:-1]) & (start[1:] < start[:-1]))
        ids = [number for number, _ in self._chroms.values()]
        if is_empty.any() or is_before.any() or not np.isin(chrom, ids).all():
            raise DamagedError("its index names blocks of data that are out of order, empty or of no chromosome")
        return rows

    def _leaves(self, root: int, entry: np.dtype, node: np.dtype) -> Iterator[np.ndarray]:
        """Entries of every leaf of a tree, from left to right."""
        waiting, seen = [root], {root}
        while waiting:
            offset = waiting.pop()
            is_leaf, _, n = self._unpack("BBH", offset)
            kind = entry if is_leaf else node
            rows = np.frombuffer(self._bytes(offset + 4, n * kind.itemsize), dtype=kind)
            if is_leaf:
                yield rows
                continue
            below = rows["offset"].tolist()
            if len(seen | set(below)) < len(seen) + len(below):
                raise DamagedError("its index runs in circles")
            seen.update(below)
            waiting += below[::-1]

    def _section(self, offset: int, size: int, chrom: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if size > _MOST:
            raise DamagedError(f"a block of data has {size} bytes")
        data = self._bytes(offset, size)
        if self._compressed:
            try:
                data = zlib.decompressobj().decompress(data, _MOST)
            except zlib.error as error:
                raise DamagedError(f"a block of data can't be decompressed ({error})") from None
        if len(data) < 24:
            raise DamagedError("a block of data is too short")
        number, first, _, step, span, kind, _, n = struct.unpack_from(self._order + "IIIIIBBH", data)
        columns = {_BED_GRAPH: 3, _VARIABLE_STEP: 2, _FIXED_STEP: 1}.get(kind, 0)
        if number != chrom or not columns or len(data) < 24 + 4 * n * columns:
            raise DamagedError("a block of data is not what the index says")
        items = np.frombuffer(data, dtype=self._order + "u4", count=n * columns, offset=24).reshape(n, columns)
        values = items[:, -1].copy().view(self._order + "f4").astype(np.float32)
        starts = first + step * np.arange(n) if kind == _FIXED_STEP else items[:, 0].astype(np.int64)
        return starts, items[:, 1].astype(np.int64) if kind == _BED_GRAPH else starts + span, values

    def _unpack(self, form: str, offset: int) -> tuple[int, ...]:
        form = self._order + form
        return struct.unpack(form, self._bytes(offset, struct.calcsize(form)))

    def _bytes(self, offset: int, n: int) -> bytes:
        if offset + n > self._size:
            raise DamagedError(f"it ends at byte {self._size}, before what should be there")
        self._handle.seek(offset)
        data = self._handle.read(n)
        if len(data) < n:
            raise DamagedError(f"it ends at byte {offset + len(data)}, before what should be there")
        return data
