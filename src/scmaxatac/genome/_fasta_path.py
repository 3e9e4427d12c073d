"""Path of a reference sequence, also of one that another package has opened."""

import os
from typing import Any

_HAVE_FILENAME = ("pyfaidx", "pysam")
"""Packages whose open FASTA files know their path."""


def fasta_path(given: Any) -> str | os.PathLike[str]:
    """Path of a FASTA file: as it was given, or of the file that an object of pyfaidx or pysam reads.

    Raises
    ------
    ValueError
        If it is something else; the message says what a genome of SnapATAC2 has instead.
    """
    if isinstance(given, str | os.PathLike):
        return given
    package = type(given).__module__.split(".")[0]
    filename = getattr(given, "filename", None) if package in _HAVE_FILENAME else None
    if isinstance(filename, str | bytes | os.PathLike):
        return os.fsdecode(filename)
    hint = "; a genome of SnapATAC2 has one in its attribute fasta" if package == "snapatac2" else ""
    raise ValueError(f"fasta is a {type(given).__name__}; give the path of a FASTA or 2bit file{hint}")
