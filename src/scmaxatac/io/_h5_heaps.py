"""Heaps of HDF5 files in which the library would run in circles: another process tries a file that has such a one."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from scmaxatac.io._h5_probe import check_readable

_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01\x00\x00\x00"  # signature, version 1 and three bytes of zero
_BLOCK = 16 << 20
_HEADER = 8  # bytes of an object before its size: index, count of references, four that are reserved
_SMALLEST = 4096  # of a heap, for HDF5; what claims less is none
_LARGEST = 1 << 30  # of a heap; larger ones are not looked into
_PATIENCE = 20.0  # seconds for a file that looks damaged, beside those for its size


def check_heaps(path: str | os.PathLike[str], *, patience: float = _PATIENCE) -> None:
    """Raise a ValueError if reading an HDF5 file could go on for ever.

    Texts of varying length, attributes among them, lie in collections ("global heaps"), objects one behind the other.
    Free space is an object of index 0, whose size takes HDF5 to the next; where damage makes that size 0, the library
    stays at the same place, without an end and without letting an interruption through. The file is read once, in
    blocks; whoever reads it afterwards finds it in memory. Where a heap looks so, another process reads the texts and
    decides: plain data may hold the same bytes. Damage that makes HDF5 raise an error is left to it, and so is a file
    of another format.

    Parameters
    ----------
    path
        The file.
    patience
        Seconds that the other process has, as in :func:`~scmaxatac.io._h5_probe.check_readable`.
    """
    with open(path, "rb") as handle:
        head = handle.read(16)
        if len(head) < 16 or not head.startswith(_HDF5):
            return
        width = head[14 if head[8] < 2 else 10]  # bytes of a size, as the superblock says
        if width not in (2, 4, 8) or not any(_is_endless(handle, start, width) for start in _find(handle)):
            return
    check_readable(path, patience=patience)


def _find(handle: BinaryIO) -> Iterator[int]:
    """Where collections begin."""
    at, rest = 0, b""
    while True:
        handle.seek(at)
        block = handle.read(_BLOCK)
        if not block:
            return
        text, first = rest + block, at - len(rest)
        found = text.find(_HEAP)
        while found >= 0:
            yield first + found
            found = text.find(_HEAP, found + 1)
        at, rest = at + len(block), text[1 - len(_HEAP) :]


def _is_endless(handle: BinaryIO, start: int, width: int) -> bool:
    """Whether going from object to object, as HDF5 does, comes to one that leads to itself or back."""
    handle.seek(start + len(_HEAP))
    size = int.from_bytes(handle.read(width), "little")
    if not _SMALLEST <= size <= _LARGEST:
        return False
    handle.seek(start)
    heap = handle.read(size)
    if len(heap) < size:  # cut: HDF5 says so
        return False
    at = _padded(len(_HEAP) + width)
    header = _padded(_HEADER + width)
    while at + header <= size:
        index = int.from_bytes(heap[at : at + 2], "little")
        length = int.from_bytes(heap[at + _HEADER : at + _HEADER + width], "little")
        step = header + _padded(length) if index else length
        if step == 0 or step >= 1 << 63:  # a step of 64 bits that wraps around leads back
            return True
        at += step
    return False


def _padded(length: int) -> int:
    return -(-length // 8) * 8
