"""Genes of an annotation: where they are, which is nearest, which are near."""

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._logging import logger, warn
from scmaxatac._text import abbreviate
from scmaxatac.genome._chrom_styles import check_styles, other_style
from scmaxatac.io._files import existing_file
from scmaxatac.io._gtf import GtfGenes, first_chromosome, read_gtf
from scmaxatac.io._regions import format_regions

_NAMED = 3
"""Places of a gene that a message lists."""


class Nearest(NamedTuple):
    """Nearest transcription start site of each position."""

    gene: np.ndarray
    """(n,) int64, row of the gene in the table; -1 on a chromosome without genes."""

    distance: np.ndarray
    """(n,) int64, bp from the start site to the position, positive downstream; 0 where there is no gene."""


class Genes:
    """Genes of an annotation, read once from a GTF file; positions are 0-based and half-open.

    GENCODE's, Ensembl's, RefSeq's and UCSC's files are understood. A gene's name is its ``gene_name``, without one its
    ``gene``, without either its ``gene_id``; its biotype is ``gene_type`` or ``gene_biotype``. A ``gene_id`` on several
    chromosomes, strands or places that do not overlap is as many genes. The file is read line by line, and again only
    when it has changed.

    Parameters
    ----------
    path
        GTF file, plain or compressed.

    Attributes
    ----------
    table
        A row a gene, in the file's order: gene, id, chrom, start, end, strand, tss (position of the transcription start
        site: the first base, on the minus strand the last one), biotype ("" where unknown).
    source
        The file.

    Warns
    -----
    UserWarning
        If no gene has a name, or if genes share a ``gene_id``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no GTF file, ends early or holds no gene.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> genes = sma.Genes(sma.datasets.toy().annotation)
    >>> genes
    Genes(...genes.gtf: 60 genes on 5 chromosomes)
    >>> genes.region("CD19", flank=1000)
    'chr5:166937-174004'
    """

    table: pd.DataFrame
    source: str

    def __init__(self, path: str | os.PathLike[str]) -> None:
        path = existing_file(path, "GTF file")
        stat = path.stat()
        found = _read(path.absolute(), stat.st_size, stat.st_mtime_ns, stat.st_ino)
        minus = (found.genes["strand"] == "-").to_numpy()
        tss = np.where(minus, found.genes["end"] - 1, found.genes["start"])
        table = found.genes.assign(tss=tss)[["gene", "id", "chrom", "start", "end", "strand", "tss", "biotype"]]
        self._set(table, found.exons, found.offsets, str(path))
        if found.n_unnamed == len(table):
            warn(
                f"{path}: no gene has a gene_name, so genes are called by their gene_id ({table['gene'].iloc[0]}); "
                "what is compared with them, such as an expression matrix, has to use these as well"
            )
        if found.n_repeated:
            repeated = table["id"][table["id"].duplicated()].unique()
            warn(
                f"{path}: {len(repeated):,} gene_ids stand at several places ({abbreviate(repeated, _NAMED)}); each "
                "place is a gene of its own"
            )

    def _set(self, table: pd.DataFrame, exons: tuple[np.ndarray, np.ndarray], offsets: np.ndarray, source: str) -> None:
        self.table, self._exons, self._offsets, self.source = table, exons, offsets, source
        self._sorted: dict[str, np.ndarray] = {}
        for chrom, rows in table.reset_index(drop=True).groupby("chrom", sort=False, observed=True):
            order = np.argsort(rows["tss"].to_numpy(), kind="stable")
            self._sorted[str(chrom)] = rows.index.to_numpy()[order]

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return f"Genes({self.source}: {len(self):,} genes on {len(self._sorted)} chromosomes)"

    @property
    def chroms(self) -> tuple[str, ...]:
        """Chromosomes that have genes, in the file's order."""
        return tuple(self._sorted)

    def region(self, name: str, *, flank: int = 0) -> str:
        """Region of a gene, such as ``"chr16:28931964-28939347"`` (0-based, half-open).

        Parameters
        ----------
        name
            Name of the gene, in any case where that leaves one, or its identifier, with or without a version.
        flank
            Bases to add on either side; the region does not begin before 0.

        Raises
        ------
        KeyError
            If there is no such gene; the message names similar ones.
        ValueError
            If several genes have this name, or `flank` is negative.
        """
        if flank < 0:
            raise ValueError(f"flank is {flank}; it has to be a number of bp from 0")
        rows = self._find(name)
        if len(rows) > 1:
            places = zip(rows["id"], format_regions(rows), strict=True)
            listed = abbreviate((f"{identifier} at {place}" for identifier, place in places), _NAMED)
            raise ValueError(f"{len(rows)} genes of {self.source} are called {name!r}: {listed}; give the region")
        row = rows.iloc[0]
        return f"{row['chrom']}:{max(row['start'] - flank, 0)}-{row['end'] + flank}"

    def of_biotype(self, biotypes: str | Iterable[str]) -> "Genes":
        """Keep the genes of some biotypes, such as ``"protein_coding"``.

        Parameters
        ----------
        biotypes
            One biotype or several.

        Raises
        ------
        ValueError
            If there is no gene of one of them.
        """
        wanted = [biotypes] if isinstance(biotypes, str) else list(biotypes)
        known = [name for name in self.table["biotype"].unique() if name]
        for name in wanted:
            if name not in known:
                raise ValueError(f"no gene of {self.source} has the biotype {name!r}; it has {abbreviate(known, 12)}")
        return self._keep(self.table["biotype"].isin(wanted).to_numpy())

    def on(self, sizes: Mapping[str, int], source: str) -> "Genes":
        """Keep the genes on chromosomes of a genome.

        Parameters
        ----------
        sizes
            Length in bp of each chromosome.
        source
            What has these chromosomes, for messages.

        Raises
        ------
        ValueError
            If the genome has none of the chromosomes, or a gene reaches past its chromosome's end.
        """
        check_styles(self.chroms, sizes, self.source, source)
        known = self.table["chrom"].isin(list(sizes)).to_numpy()
        kept = self if known.all() else self._keep(known)
        if len(kept) < len(self):
            lost = [chrom for chrom in self.chroms if chrom not in sizes]
            logger.info(
                "%d of %d genes lie on chromosomes that %s does not have (%s)",
                len(self) - len(kept), len(self), source, abbreviate(lost),
            )  # fmt: skip
        size = kept.table["chrom"].map(dict(sizes)).to_numpy(dtype=np.int64)
        past = np.flatnonzero(kept.table["end"].to_numpy() > size)
        if len(past):
            name, chrom, end = kept.table.iloc[past[0]][["gene", "chrom", "end"]]
            raise ValueError(
                f"{self.source}: {name} ends at {chrom}:{end:,}, past the end of {chrom} in {source}, "
                f"{size[past[0]]:,} bp ({len(past)} such genes). Annotation and genome look like different assemblies"
            )
        return kept

    def nearest(self, chrom: np.ndarray, position: np.ndarray) -> Nearest:
        """Nearest transcription start site of each position; of two as near, that of the first gene in the table.

        Parameters
        ----------
        chrom
            (n,) names of chromosomes.
        position
            (n,) positions in bp.
        """
        gene, distance = np.full(len(position), -1, dtype=np.int64), np.zeros(len(position), dtype=np.int64)
        tss, minus = self.table["tss"].to_numpy(np.int64), (self.table["strand"] == "-").to_numpy()
        codes, names = pd.factorize(np.asarray(chrom, dtype=object))
        for code, name in enumerate(names):
            if name not in self._sorted:
                continue
            here, order = np.flatnonzero(codes == code), self._sorted[name]
            places, first = np.unique(tss[order], return_index=True)
            at = np.asarray(position, dtype=np.int64)[here]
            after = np.minimum(np.searchsorted(places, at), len(places) - 1)
            before = np.maximum(after - 1, 0)
            # `order` is stable, so the first of several genes with one start site is the first in the table
            left, right = order[first[before]], order[first[after]]
            to_left, to_right = np.abs(at - places[before]), np.abs(places[after] - at)
            chosen = np.where((to_left < to_right) | ((to_left == to_right) & (left < right)), left, right)
            gene[here], distance[here] = chosen, at - tss[chosen]
        return Nearest(gene, np.where(minus[gene] & (gene >= 0), -distance, distance))

    def overlapping(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Rows of the table of the genes that overlap ``[start, end)``, by start and end.

        Parameters
        ----------
        chrom
            Name of the chromosome.
        start, end
            The interval, 0-based and half-open.
        """
        table = self.table
        here = (table["chrom"] == chrom) & (table["end"] > start) & (table["start"] < end)
        rows = np.flatnonzero(here.to_numpy())
        return rows[np.lexsort((table["end"].to_numpy()[rows], table["start"].to_numpy()[rows]))]

    def exons(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends of the exons of a gene, sorted; those that transcripts share stand once.

        Parameters
        ----------
        row
            Row of the gene in the table.
        """
        here = slice(self._offsets[row], self._offsets[row + 1])
        return self._exons[0][here], self._exons[1][here]

    def _keep(self, kept: np.ndarray) -> "Genes":
        genes = Genes.__new__(Genes)
        counts = np.diff(self._offsets)
        of_kept = np.repeat(kept, counts)
        exons = (self._exons[0][of_kept], self._exons[1][of_kept])
        offsets = np.concatenate([[0], np.cumsum(counts[kept])])
        genes._set(self.table[kept].reset_index(drop=True), exons, offsets, self.source)
        return genes

    def _find(self, name: str) -> pd.DataFrame:
        for column in ("gene", "id"):
            rows = self.table[self.table[column] == name]
            if len(rows):
                return rows
        rows = self.table[self.table["id"].str.partition(".")[0] == name]
        if len(rows):
            return rows
        rows = self.table[self.table["gene"].str.lower() == str(name).lower()]
        if rows["gene"].nunique() == 1:
            return rows
        by_lower = {str(other).lower(): other for other in self.table["gene"]}
        near = [by_lower[match] for match in get_close_matches(str(name).lower(), list(by_lower), n=3)]
        hint = f"did you mean {', '.join(map(repr, near))}?" if near else "names are those of the GTF file"
        raise KeyError(f"{self.source} has no gene {name!r}; {hint}")


def check_annotation(path: str | os.PathLike[str], sizes: Mapping[str, int], source: str) -> Path:
    """Path of a GTF file, of which the first gene was read and its chromosome's name found to be of the right style.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no GTF file, or names chromosomes in another style than the genome.
    """
    path = existing_file(path, "GTF file")
    first = first_chromosome(path)
    if first not in sizes and other_style(first) in sizes:
        check_styles([first], sizes, str(path), source)
    return path


@lru_cache(maxsize=2)
def _read(path: Path, size: int, modified: int, inode: int) -> GtfGenes:
    return read_gtf(path)
