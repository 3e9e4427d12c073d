"""The header of a BAM file, checked before pysam reads it: damage there is no error of pysam's own, or a traceback."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scmaxatac.io._files import decompression_errors

_GZIP, _WITH_EXTRA = b"\x1f\x8b", b"\x1f\x8b\x08\x04"
_MAGIC = b"BAM\1"


def check_header(path: Path) -> None:
    """Read the header of a BAM file, and the blocks of compressed data (section 4.1 of the SAM specification) it is in.

    Other files are left to pysam, which knows more formats and says what is wrong.

    Raises
    ------
    ValueError
        If a file that is compressed with gzip does not begin with such blocks, or one of them or the header is damaged.
    """
    with decompression_errors(path), open(path, "rb") as handle:
        if handle.read(2) != _GZIP:
            return
        handle.seek(0)
        header = _Header(handle, path)
        if header.take(len(_MAGIC)) != _MAGIC:
            return
        header.skip(header.number())
        for _ in range(header.number()):
            header.skip(header.number() + 4)  # a name and a length


class _Header:
    """Bytes of a file's blocks, one after the other."""

    def __init__(self, handle: BinaryIO, path: Path) -> None:
        self._path = path
        self._blocks = _blocks(handle, path)
        self._data = b""

    def number(self) -> int:
        """The next four bytes, as a number."""
        return int(struct.unpack("<I", self.take(4))[0])

    def take(self, n: int) -> bytes:
        """The next few bytes."""
        while len(self._data) < n:
            self._data += self._block()
        taken, self._data = self._data[:n], self._data[n:]
        return taken

    def skip(self, n: int) -> None:
        """Pass over bytes."""
        while n > len(self._data):
            n -= len(self._data)
            self._data = self._block()
        self._data = self._data[n:]

    def _block(self) -> bytes:
        block = next(self._blocks, None)
        if block is None:
            raise ValueError(f"{self._path} is truncated: its header ends too early")
        return block


def _blocks(handle: BinaryIO, path: Path) -> Iterator[bytes]:
    """Decompress blocks, each of which is compared with its checksum."""
    while head := handle.read(12):
        extra = handle.read(struct.unpack("<H", head[10:])[0]) if len(head) == 12 else b""
        size = _size_in(extra)
        if not head.startswith(_WITH_EXTRA) or size is None:
            raise ValueError(f"{path} is damaged, or was not compressed as BAM files are: there is no size of a block")
        block = zlib.decompressobj(wbits=31)  # gzip, with its checksum
        data = block.decompress(head + extra + handle.read(max(0, size - len(head) - len(extra))))
        if not block.eof or block.unused_data:
            raise ValueError(f"{path} is damaged: a block has another size than it says")
        yield data


def _size_in(extra: bytes) -> int | None:
    """Size in bytes of a block that the extra fields of its head hold; None where they do not."""
    while len(extra) >= 4:
        name, n = struct.unpack_from("<2sH", extra)
        if name == b"BC" and n == 2 and len(extra) >= 6:
            return int(struct.unpack_from("<H", extra, 4)[0]) + 1
        extra = extra[4 + n :]
    return None
