"""Chromosome sizes."""

import os

from scmaxatac.io._files import read_lines


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
