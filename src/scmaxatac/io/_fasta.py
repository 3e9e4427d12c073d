"""FASTA files, read chromosome by chromosome."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from scmaxatac._logging import warn
from scmaxatac.io._files import decompression_errors, existing_file, open_binary, warn_without_end_marker
from scmaxatac.io._sizes import read_chrom_sizes

_BLOCK = 1 << 24
_WHITESPACE = b" \t\r\n"
_LETTERS = b"ACGTUNRYSWKMBDHVXacgtunryswkmbdhvx-.*"
"""Bases, IUPAC's codes of several, gaps."""

_LINE_ENDS = (b"\n", b"\r")
_LINE_END = re.compile(rb"[\r\n]")
_LONGEST_HEADER = 1 << 20


def read_fasta(path: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    """Read a FASTA file, one sequence at a time.

    Parameters
    ----------
    path
        Plain, gzip or bgzip; Unix, Windows or old Macintosh line ends; lines of any length. Where samtools' index
        (``.fai``) lies beside it, the sequences have to have the lengths that stand there.

    Yields
    ------
    Name (up to the first blank of the header) and letters of each sequence, as they stand in the file (lower case is
    kept), without line ends.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not FASTA, is truncated, a name occurs twice, a sequence has no bases, or the index beside it names
        other lengths.

    Warns
    -----
    UserWarning
        If a bgzip file lacks its end marker, or the index beside it can't be read.
    """
    path = existing_file(path, "FASTA file")
    warn_without_end_marker(path)
    expected = _indexed_sizes(path)
    found: dict[str, int] = {}
    with decompression_errors(path):
        for name, letters in _sequences(path):
            if not letters:
                raise ValueError(f"{path}: sequence {name!r} has no bases. Is the file truncated?")
            found[name] = len(letters)
            if expected is not None and len(letters) != expected.get(name):
                raise _misfit(path, name, found, expected)
            yield name, letters
    if expected is not None and (missing := [name for name in expected if name not in found]):
        raise _misfit(path, missing[0], found, expected)


def _indexed_sizes(path: Path) -> dict[str, int] | None:
    """Lengths that samtools' index beside a file names; None without one that can be read."""
    index = path.with_name(f"{path.name}.fai")
    if not index.is_file():
        return None
    try:
        return read_chrom_sizes(index)
    except ValueError as error:
        warn(f"{error}; the index beside {path} is not used")
        return None


def _misfit(path: Path, name: str, found: Mapping[str, int], expected: Mapping[str, int]) -> ValueError:
    has = f"{found[name]:,} bases" if name in found else "nothing"
    says = f"{expected[name]:,} bases" if name in expected else "nothing"
    return ValueError(
        f"{path} has {has} of {name!r}, and its index {path.name}.fai {says}: the file is truncated or damaged, or the "
        "index is of another one. Copy the file again, or make the index anew with samtools faidx"
    )


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
        before = b"\n"
        while block := handle.read(_BLOCK):
            position = 0
            while position < len(block):
                if header is None:
                    stop = block.find(b">", position)
                    stop = len(block) if stop < 0 else stop
                    if stop < len(block) and (block[stop - 1 : stop] if stop else before) not in _LINE_ENDS:
                        raise ValueError(f"{path}: a '>' stands within a line, {block[max(0, stop - 20) : stop + 1]!r}")
                    letters = block[position:stop].translate(None, _WHITESPACE)
                    if letters:
                        yield None, letters
                    if stop < len(block):
                        header = b""
                    position = stop + 1
                else:
                    line_end = _LINE_END.search(block, position)
                    header += block[position : line_end.start() if line_end else len(block)]
                    if len(header) > _LONGEST_HEADER:
                        raise ValueError(f"{path}: a header line is too long, it starts with {header[:40]!r}")
                    if line_end is None:
                        break
                    yield header, b""
                    header = None
                    position = line_end.end()
            before = block[-1:]
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
