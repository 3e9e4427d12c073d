"""Block gzip (BGZF), the compression of bgzip: plain gzip to every reader, seekable to tabix."""

import struct
import zlib
from pathlib import Path
from types import TracebackType

_BLOCK = 65_280  # bytes of text in a block, as bgzip has it
_LEVEL = 5
_HEADER = struct.Struct("<4BI2BH2BHH")
_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


class BgzfWriter:
    """A BGZF file that is written piece by piece (section 4.1 of the SAM specification).

    The same data give the same bytes, whatever the pieces. Its end marker is written when the ``with`` block ends
    without an exception.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._handle = open(path, "wb")
        self._waiting = bytearray()

    def __enter__(self) -> "BgzfWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._handle:
            if kind is None:
                self._write_blocks(1)
                self._handle.write(_END)

    def write(self, data: bytes) -> None:
        """Add data."""
        self._waiting += data
        if len(self._waiting) >= _BLOCK:  # else each of many short lines would copy all that waits
            self._write_blocks(_BLOCK)

    def _write_blocks(self, least: int) -> None:
        """Compress what waits, as long as there are so many bytes of it."""
        view, offset = bytes(self._waiting), 0
        while len(view) - offset >= least:
            self._handle.write(_compressed(view[offset : offset + _BLOCK]))
            offset += _BLOCK
        self._waiting = bytearray(view[offset:])


def write_bgzf(path: Path, data: bytes) -> None:
    """Compress `data` into a BGZF file."""
    with BgzfWriter(path) as writer:
        writer.write(data)


def _compressed(block: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    body = packer.compress(block) + packer.flush()
    head = _HEADER.pack(31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, _HEADER.size + len(body) + 7)
    return head + body + struct.pack("<2I", zlib.crc32(block), len(block))
