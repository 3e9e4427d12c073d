"""Genome sequence in any of the formats that are read."""

import os
from collections.abc import Iterator

from scmaxatac.io._fasta import read_fasta
from scmaxatac.io._files import existing_file
from scmaxatac.io._twobit import TWOBIT_MAGIC, read_twobit


def read_sequences(path: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    """Read a FASTA or 2bit file, whichever `path` is, one sequence at a time.

    See :func:`read_fasta` and :func:`read_twobit` for what is given and raised.
    """
    return read_twobit(path) if is_twobit(path) else read_fasta(path)


def is_twobit(path: str | os.PathLike[str]) -> bool:
    """Whether a file starts as 2bit files do."""
    with open(existing_file(path, "genome file"), "rb") as handle:
        return handle.read(4) in TWOBIT_MAGIC
