"""2bit files, read sequence by sequence; every offset and length is checked, so that damage is an exception.

The format is described at https://genome.ucsc.edu/FAQ/FAQformat.html#format7.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from scmaxatac.io._files import existing_file

TWOBIT_MAGIC = (b"\x43\x27\x41\x1a", b"\x1a\x41\x27\x43")
"""First bytes of a file: little-endian, big-endian."""

_PIECE = 1 << 22
"""Bytes that are decoded at once."""

_FOUR_BASES = np.array([[b"TCAG"[byte >> shift & 3] for shift in (6, 4, 2, 0)] for byte in range(256)], dtype=np.uint8)
"""Letters of the four bases in a byte, (256, 4)."""

_LOWER = 32
"""What a small letter has more than its capital."""


class _DamagedError(Exception):
    """What a file holds is not what the format asks for."""


class _Record(NamedTuple):
    """Where a sequence lies: its name, its length, its blocks of N and of small letters, and its packed bases."""

    name: str
    length: int
    unknown: np.ndarray
    masked: np.ndarray
    bases: int


def read_twobit(path: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    """Read a 2bit file, one sequence at a time.

    The whole structure is checked before the first sequence is given: the records have to fill the file from the end
    of its index to its own, without gaps, as all writers of the format lay them.

    Parameters
    ----------
    path
        The 2bit file, of version 0 or 1 (offsets of 64 bits).

    Yields
    ------
    Name and letters of each sequence; lower case (soft-masked) letters are kept.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a 2bit file, or is truncated or damaged.
    """
    path = existing_file(path, "2bit file")
    with open(path, "rb") as handle:
        magic = handle.read(4)
        if magic not in TWOBIT_MAGIC:
            raise ValueError(f"{path} is not a 2bit file: its first bytes are {magic!r}")
        try:
            records = _Layout(handle, path, magic).records()
            for record in records:
                yield record.name, _letters(handle, record)
        except _DamagedError as error:
            raise ValueError(f"{path} is truncated or damaged: {error}. Copy or download it again") from None


class _Layout:
    """The index of an open file, and where its records lie."""

    def __init__(self, handle: BinaryIO, path: Path, magic: bytes) -> None:
        self._handle = handle
        self._size = path.stat().st_size
        self._order = "<" if magic == TWOBIT_MAGIC[0] else ">"

    def records(self) -> list[_Record]:
        """All records, in the order of the index."""
        version, n, reserved = self._numbers(4, 3).tolist()
        if version not in (0, 1) or reserved:
            raise _DamagedError(f"its header names version {version}, and 0 and 1 are known")
        offset_type = self._order + ("u8" if version else "u4")
        names: dict[str, int] = {}
        at = 16
        for _ in range(n):
            width = self._bytes(at, 1)[0]
            raw = self._bytes(at + 1, width)
            name = raw.decode("ascii", "replace")
            if not raw.isascii() or not name.isprintable() or not name.strip() or name in names:
                raise _DamagedError(f"its index names a sequence {name!r}")
            field = self._bytes(at + 1 + width, np.dtype(offset_type).itemsize)
            names[name] = int(np.frombuffer(field, dtype=offset_type)[0])
            at += 1 + width + len(field)
        if not names:
            raise _DamagedError("it holds no sequence")
        found = {name: self._record(name, offset) for name, offset in names.items()}
        for name in sorted(names, key=names.__getitem__):
            if names[name] != at:
                raise _DamagedError(f"{name} begins at byte {names[name]}, and what is before it ends at {at}")
            at = found[name].bases + -(-found[name].length // 4)
        if at != self._size:
            raise _DamagedError(f"it has {self._size} bytes, and its sequences end at byte {at}")
        return list(found.values())

    def _record(self, name: str, offset: int) -> _Record:
        length = int(self._numbers(offset, 1)[0])
        unknown, at = self._blocks(offset + 4, length, name)
        masked, at = self._blocks(at, length, name)
        if self._numbers(at, 1)[0]:
            raise _DamagedError(f"the record of {name} can't be read")
        return _Record(name, length, unknown, masked, at + 4)

    def _blocks(self, at: int, length: int, name: str) -> tuple[np.ndarray, int]:
        """Starts and ends of blocks, (2, n) int64, and where they end in the file."""
        n = int(self._numbers(at, 1)[0])
        starts, sizes = self._numbers(at + 4, 2 * n).astype(np.int64).reshape(2, n)
        ends = starts + sizes
        if n and (sizes.min() < 1 or ends[-1] > length or (starts[1:] < ends[:-1]).any()):
            raise _DamagedError(f"blocks of {name} overlap or reach past its {length:,} bases")
        return np.stack([starts, ends]), at + 4 + 8 * n

    def _numbers(self, offset: int, n: int) -> np.ndarray:
        return np.frombuffer(self._bytes(offset, 4 * n), dtype=self._order + "u4")

    def _bytes(self, offset: int, n: int) -> bytes:
        if offset + n > self._size:
            raise _DamagedError(f"it ends at byte {self._size}, before what should be there")
        self._handle.seek(offset)
        return self._handle.read(n)


def _letters(handle: BinaryIO, record: _Record) -> bytes:
    letters = np.empty(-(-record.length // 4) * 4, dtype=np.uint8)
    handle.seek(record.bases)
    for start in range(0, len(letters), 4 * _PIECE):
        piece = letters[start : start + 4 * _PIECE]
        packed = np.frombuffer(handle.read(len(piece) // 4), dtype=np.uint8)
        if 4 * len(packed) != len(piece):
            raise _DamagedError(f"it ends within {record.name}")
        piece[:] = _FOUR_BASES[packed].reshape(-1)
    letters = letters[: record.length]
    for start, end in record.unknown.T.tolist():
        letters[start:end] = ord("N")
    for start, end in record.masked.T.tolist():
        letters[start:end] += _LOWER
    return letters.tobytes()
