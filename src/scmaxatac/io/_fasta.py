"""FASTA files, read chromosome by chromosome."""

import os
from collections.abc import Iterator
from pathlib import Path
from string import ascii_letters

from scmaxatac.io._files import decompression_errors, existing_file, open_binary

_BLOCK = 1 << 24
_WHITESPACE = b" \t\r\n"
_LETTERS = ascii_letters.encode() + b"-*"


def read_fasta(path: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    """Read a FASTA file, one sequence at a time.

    Parameters
    ----------
    path
        Plain, gzip or bgzip; Unix or Windows line ends; lines of any length.

    Yields
    ------
    Name (up to the first blank of the header) and letters of each sequence, as they stand in the file (lower case is
    kept), without line ends.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not FASTA, is truncated, or a name occurs twice.
    """
    path = existing_file(path, "FASTA file")
    with decompression_errors(path):
        yield from _sequences(path)


def _sequences(path: Path) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    name: str | None = None
    parts: list[bytes] = []
    for header, piece in _pieces(path):
        if header is not None:
            if name is not None:
                yield name, b"".join(parts)
            parts = []
            name = _name(header, path)
            if name in seen:
                raise ValueError(f"{path}: sequence {name!r} occurs twice")
            seen.add(name)
        elif name is None:
            raise ValueError(f"{path} is not a FASTA file: it starts with {piece[:20]!r}, not with '>'")
        else:
            _check_letters(piece, name, path)
            parts.append(piece)
    if name is None:
        raise ValueError(f"{path} holds no sequence")
    yield name, b"".join(parts)


def _pieces(path: Path) -> Iterator[tuple[bytes | None, bytes]]:
    """Header lines as ``(header, b"")`` and parts of the sequence as ``(None, letters)``, in the file's order."""
    with open_binary(path) as handle:
        header: bytes | None = None
        while block := handle.read(_BLOCK):
            position = 0
            while position < len(block):
                if header is None:
                    stop = block.find(b">", position)
                    stop = len(block) if stop < 0 else stop
                    letters = block[position:stop].translate(None, _WHITESPACE)
                    if letters:
                        yield None, letters
                    if stop < len(block):
                        header = b""
                    position = stop + 1
                else:
                    stop = block.find(b"\n", position)
                    header += block[position : len(block) if stop < 0 else stop]
                    if stop < 0:
                        break
                    yield header, b""
                    header = None
                    position = stop + 1
        if header is not None:
            yield header, b""


def _name(header: bytes, path: Path) -> str:
    words = header.split(maxsplit=1)
    if not words or header[:1].isspace():
        raise ValueError(f"{path}: a header line without a name: '>{header[:40].decode(errors='replace')}'")
    return words[0].decode(errors="replace")


def _check_letters(piece: bytes, name: str, path: Path) -> None:
    strange = piece.translate(None, _LETTERS)
    if strange:
        raise ValueError(f"{path}: sequence {name!r} holds {strange[:1].decode(errors='replace')!r}, which is no base")
