"""Gene models from GTF files."""

import os
import re

import numpy as np
import pandas as pd

from scmaxatac.io._files import decompression_errors, existing_file, open_binary

_ATTRIBUTE = re.compile(r'(gene_id|gene_name|gene) "([^"]*)"')


def read_gtf(path: str | os.PathLike[str], chrom: str, start: int, end: int) -> pd.DataFrame:
    """Read the exons of the genes that overlap a region.

    The file is read from front to back, which takes seconds for the genes of a whole genome.

    Parameters
    ----------
    path
        GTF file, ``.gz`` too.
    chrom
        The chromosome.
    start, end
        The region, 0-based, half-open.

    Returns
    -------
    A row an exon, also outside of the region, those that transcripts share once: gene_id, gene (its name, or the
    identifier where it has none), strand, start, end, gene_start, gene_end (0-based, half-open).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line of the chromosome does not have the nine columns of a GTF, or the file ends early.
    """
    path = existing_file(path, "GTF file")
    prefix = chrom.encode() + b"\t"
    rows = []
    with decompression_errors(path), open_binary(path) as handle:
        for number, line in enumerate(handle, 1):
            if line.startswith(prefix) and b"\texon\t" in line:
                rows.append(_exon(line.decode().rstrip("\r\n"), f"{path}, line {number}"))
    columns = ["gene_id", "gene", "strand", "start", "end"]
    exons = pd.DataFrame(rows, columns=columns).drop_duplicates(["gene_id", "start", "end"])
    exons = exons.astype({"start": np.int64, "end": np.int64})
    by_gene = exons.groupby("gene_id", sort=False)
    exons["gene_start"], exons["gene_end"] = by_gene["start"].transform("min"), by_gene["end"].transform("max")
    return exons[(exons["gene_end"] > start) & (exons["gene_start"] < end)].reset_index(drop=True)


def _exon(line: str, where: str) -> tuple[str, str, str, int, int]:
    fields = line.split("\t")
    if len(fields) != 9 or not (fields[3].isdecimal() and fields[4].isdecimal()):
        raise ValueError(f"{where} is no line of a GTF file: {line[:80]!r}")
    names = dict(_ATTRIBUTE.findall(fields[8]))
    if "gene_id" not in names:
        raise ValueError(f"{where} names no gene_id: {fields[8][:80]!r}")
    name = names.get("gene_name") or names.get("gene") or names["gene_id"]
    return names["gene_id"], name, fields[6], int(fields[3]) - 1, int(fields[4])
