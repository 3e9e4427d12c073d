"""Chromosome sizes."""

import os
from collections.abc import Mapping
from numbers import Real

import numpy as np

from scmaxatac.io._text_file import read_lines


def read_chrom_sizes(path: str | os.PathLike[str]) -> dict[str, int]:
    """Read chromosome sizes: the first two columns of a ``.chrom.sizes`` or ``.fai`` file.

    Parameters
    ----------
    path
        Plain or gzip text; columns separated by tabs or blanks, lines that start with ``#`` are skipped.

    Returns
    -------
    Length in bp of each chromosome, in the file's order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line has no positive length, a chromosome occurs twice or there is none at all.
    """
    sizes: dict[str, int] = {}
    for number, line in enumerate(read_lines(path, "chromosome sizes file"), start=1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) < 2 or not fields[1].isdecimal() or int(fields[1]) == 0:
            raise ValueError(
                f"{path}, line {number}: expected a chromosome's name and its length in bp, found {line.strip()[:80]!r}"
            )
        if fields[0] in sizes:
            raise ValueError(f"{path}, line {number}: chromosome {fields[0]!r} occurs twice")
        sizes[fields[0]] = int(fields[1])
    if not sizes:
        raise ValueError(f"{path} holds no chromosome sizes")
    return sizes


def checked_sizes(sizes: Mapping[str, int], source: str) -> dict[str, int]:
    """Lengths of chromosomes that were given, as whole numbers.

    Parameters
    ----------
    sizes
        Length in bp of each chromosome.
    source
        What they are, for the message.

    Raises
    ------
    ValueError
        If a length is no whole number from 1.
    """
    for chrom, size in sizes.items():
        if isinstance(size, bool | np.bool_) or not isinstance(size, Real) or not size >= 1 or size % 1:
            raise ValueError(f"{source}: {chrom!r} has {size!r}; a length is a whole number of bp, at least 1")
    return {str(chrom): int(size) for chrom, size in sizes.items()}
