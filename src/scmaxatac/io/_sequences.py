"""Genome sequence in any of the formats that are read."""

import os
from collections.abc import Collection, Iterator

from scmaxatac.io._fasta import fasta_sizes, read_fasta
from scmaxatac.io._files import existing_file
from scmaxatac.io._twobit import read_twobit, twobit_sizes

_TWOBIT_MAGIC = (b"\x1a\x41\x27\x43", b"\x43\x27\x41\x1a")


def read_sequences(path: str | os.PathLike[str], chroms: Collection[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Read a FASTA or 2bit file, whichever `path` is, one sequence at a time.

    See :func:`read_fasta` and :func:`read_twobit` for what is given and raised.
    """
    return read_twobit(path, chroms) if is_twobit(path) else read_fasta(path, chroms)


def sequence_sizes(path: str | os.PathLike[str]) -> dict[str, int]:
    """Lengths in bp of the sequences of a FASTA or 2bit file."""
    return twobit_sizes(path) if is_twobit(path) else fasta_sizes(path)


def is_twobit(path: str | os.PathLike[str]) -> bool:
    """Whether a file starts as 2bit files do."""
    with open(existing_file(path, "genome file"), "rb") as handle:
        return handle.read(4) in _TWOBIT_MAGIC
