"""Genes and exons from GTF files."""

import os
import re
from array import array
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.io._files import existing_file
from scmaxatac.io._line_blocks import read_numbered_lines

_KINDS = {
    b"gene": 0, b"pseudogene": 0, b"ncRNA_gene": 0,
    b"transcript": 1, b"mRNA": 1,
    b"exon": 2,
}  # fmt: skip
"""Features that are read; a gene's place is that of the lowest of these numbers that it has."""

_EXON = 2
_ATTRIBUTE = re.compile(rb'(?:^|;)\s*(gene_id|gene_name|gene|gene_type|gene_biotype) "([^"]*)"')
_KEY = re.compile(rb'(?:^|;)\s*gene_id "([^"]+)"')


class GtfGenes(NamedTuple):
    """What a GTF file says about genes; positions are 0-based and half-open."""

    genes: pd.DataFrame
    """A row a gene, in the file's order: gene (name), id, chrom, start, end, strand, biotype ("" where unknown)."""

    exons: tuple[np.ndarray, np.ndarray]
    """Starts and ends (int64) of the exons, gene after gene, sorted; those that transcripts share stand once."""

    offsets: np.ndarray
    """(genes + 1,) int64, the exons of gene i are those from ``offsets[i]`` to ``offsets[i + 1]``."""

    n_unnamed: int
    """Genes without gene_name and gene, which are called by their gene_id."""

    n_repeated: int
    """Genes whose gene_id others have as well."""


def read_gtf(path: str | os.PathLike[str]) -> GtfGenes:
    """Read the genes of a GTF file in the style of GENCODE, Ensembl, RefSeq or UCSC.

    The file is read from front to back, which takes seconds for a whole genome; what is kept of it are positions.
    Genes stand where the file's genes are, or without these its transcripts, or without these its exons. One gene_id on
    several chromosomes, strands or places that do not overlap gives as many genes.

    Parameters
    ----------
    path
        GTF file, plain or compressed; UTF-8 or Latin-1.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line does not have the nine columns of a GTF, a gene has no identifier, the file ends early or holds no
        gene, transcript or exon.
    """
    return _read(path).genes()


def first_chromosome(path: str | os.PathLike[str]) -> str:
    """Chromosome of the first gene, transcript or exon of a GTF file; what :func:`read_gtf` raises up to there."""
    return _text(next(iter(_read(path, first=True).places))[0])


def _read(path: str | os.PathLike[str], *, first: bool = False) -> "_Reader":
    """Rows of a file, or of its beginning up to the first gene, transcript or exon."""
    path = existing_file(path, "GTF file")
    reader = _Reader()
    for number, line in read_numbered_lines(path):
        try:
            reader.read(line)
        except _NoGtfError as error:
            raise ValueError(f"{path}, line {number} {error}; found {_text(line[:80])!r}") from None
        if first and reader.kinds:
            break
    if not reader.kinds:
        raise ValueError(f"{path} holds no gene, transcript or exon; give a GTF file, such as GENCODE's")
    return reader


class _NoGtfError(Exception):
    """What is wrong with a line."""


class _Reader:
    """Rows of a file as arrays of numbers, and the names of genes."""

    def __init__(self) -> None:
        self.places: dict[tuple[bytes, bytes, bytes], int] = {}  # (chromosome, strand, gene_id) to number
        self.names: list[bytes] = []
        self.biotypes: list[bytes] = []
        self.kinds, self.of, self.starts, self.ends = array("b"), array("i"), array("q"), array("q")

    def read(self, line: bytes) -> None:
        """Take in a line."""
        fields = line.split(b"\t")
        if len(fields) != 9:
            if line.startswith(b"#") or not line.strip():
                return
            raise _NoGtfError("is no line of a GTF file, which has nine columns separated by tabs")
        kind = _KINDS.get(fields[2])
        if kind is None or line.startswith(b"#"):
            return
        if not (fields[3].isdigit() and fields[4].isdigit() and 0 < int(fields[3]) <= int(fields[4])):
            raise _NoGtfError("has no start and end, whole numbers from 1 with start <= end")
        found = _KEY.search(fields[8])
        key = (fields[0], fields[6], found[1] if found else _identifier(fields[8]))
        number = self.places.setdefault(key, len(self.places))
        if number == len(self.names) or kind == 0:
            values: dict[bytes, bytes] = {}
            for name, value in _ATTRIBUTE.findall(fields[8]):
                values.setdefault(name, value)
            name = values.get(b"gene_name") or values.get(b"gene") or b""
            biotype = values.get(b"gene_type") or values.get(b"gene_biotype") or b""
            if number == len(self.names):
                self.names.append(name)
                self.biotypes.append(biotype)
            else:  # the gene itself, after its exons
                self.names[number], self.biotypes[number] = name or self.names[number], biotype or self.biotypes[number]
        self.kinds.append(kind)
        self.of.append(number)
        self.starts.append(int(fields[3]) - 1)
        self.ends.append(int(fields[4]))

    def genes(self) -> GtfGenes:
        """Genes and their exons."""
        kinds, of, starts, ends = (np.asarray(column) for column in (self.kinds, self.of, self.starts, self.ends))
        key, start, end = _loci(kinds, of, starts, ends, len(self.names))
        chroms, strands, ids = ([_text(place[i]) for place in self.places] for i in range(3))
        frame = pd.DataFrame(
            {
                "gene": [_text(name) or identifier for name, identifier in zip(self.names, ids, strict=True)],
                "id": ids,
                "chrom": chroms,
                "strand": strands,
                "biotype": [_text(biotype) for biotype in self.biotypes],
            }
        ).iloc[key]
        frame = frame.assign(start=start, end=end)[["gene", "id", "chrom", "start", "end", "strand", "biotype"]]
        exons, offsets = _exons(kinds, of, starts, ends, key, start)
        return GtfGenes(
            frame.reset_index(drop=True),
            exons,
            offsets,
            n_unnamed=int(np.array([not name for name in self.names])[key].sum()),
            n_repeated=int(frame["id"].duplicated(keep=False).sum()),
        )


def _identifier(attributes: bytes) -> bytes:
    """Name of a gene without gene_id, as its identifier."""
    values: dict[bytes, bytes] = dict(_ATTRIBUTE.findall(attributes))
    if found := values.get(b"gene_name") or values.get(b"gene"):
        return found
    if re.match(rb"\s*\w+=", attributes):
        raise _NoGtfError("is a line of a GFF3 file; convert it to GTF, for example with gffread -T")
    raise _NoGtfError("names no gene_id, gene_name or gene in its ninth column")


def _loci(
    kinds: np.ndarray, of: np.ndarray, starts: np.ndarray, ends: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of genes: number of the name, start and end, in the file's order and sorted within a name.

    Rows that overlap are one place; exons alone are one as well, as those of a transcript don't overlap.
    """
    best = np.full(n, _EXON, dtype=np.int8)
    np.minimum.at(best, of, kinds)
    rows = np.flatnonzero(kinds == best[of])
    rows = rows[np.lexsort((starts[rows], of[rows]))]
    key, start, end = of[rows].astype(np.int64), starts[rows], ends[rows]
    reach = np.maximum.accumulate(end + (key << 40)) - (key << 40)
    new_key = np.diff(key, prepend=-1) != 0
    apart = np.append(False, start[1:] >= reach[:-1]) & (best[key] < _EXON)
    first = np.flatnonzero(new_key | apart)
    return key[first], start[first], np.maximum.reduceat(end, first)


def _exons(
    kinds: np.ndarray, of: np.ndarray, starts: np.ndarray, ends: np.ndarray, key: np.ndarray, start: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Distinct exons of each place, and where each place's begin."""
    rows = kinds == _EXON
    places = (key << 40) + start
    gene = np.searchsorted(places, (of[rows].astype(np.int64) << 40) + starts[rows], side="right") - 1
    gene += (gene < 0) | (key[gene] != of[rows])  # an exon that begins before its gene does
    columns = np.stack([gene, starts[rows], ends[rows]])
    columns = columns[:, np.lexsort(columns[::-1])]
    columns = columns[:, np.diff(columns, axis=1, prepend=-1).any(axis=0)]
    return (columns[1], columns[2]), np.searchsorted(columns[0], np.arange(len(key) + 1))


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
