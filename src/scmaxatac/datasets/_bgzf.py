"""Block gzip (BGZF), the compression of bgzip: plain gzip to every reader, seekable to tabix."""

import struct
import zlib
from pathlib import Path

_BLOCK = 65_280  # bytes of text in a block, as bgzip has it
_LEVEL = 5
_HEADER = struct.Struct("<4BI2BH2BHH")
_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def write_bgzf(path: Path, data: bytes) -> None:
    """Compress `data` into a BGZF file (section 4.1 of the SAM specification); the same data give the same bytes."""
    view = memoryview(data)
    with open(path, "wb") as handle:
        for offset in range(0, len(view), _BLOCK):
            block = view[offset : offset + _BLOCK]
            packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
            body = packer.compress(block) + packer.flush()
            size = _HEADER.size + len(body) + 8
            handle.write(_HEADER.pack(31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size - 1))
            handle.write(body)
            handle.write(struct.pack("<2I", zlib.crc32(block), len(block)))
        handle.write(_END)
