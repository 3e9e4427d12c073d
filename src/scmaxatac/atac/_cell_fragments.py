"""Fragments with the cell, or the group of cells, that each belongs to."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from scmaxatac.atac._insertions import SourceWithGroups
from scmaxatac.genome._contigs import ContigMap
from scmaxatac.genome._genome import Genome


class CellFragments(NamedTuple):
    """Fragments of cells or of groups of cells, sorted by cell, chromosome and start; 0-based, half-open.

    Attributes
    ----------
    cell
        (n,) int32, the code that the fragment's cell was given.
    chrom
        (n,) int32, index into the genome's chromosomes.
    start, end
        (n,) int32.
    """

    cell: np.ndarray
    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray


def collect_fragments(
    sources: Sequence[SourceWithGroups], genome: Genome, *, chroms: Iterable[str] | None = None
) -> CellFragments:
    """Read the fragments of all sources once.

    Parameters
    ----------
    sources
        Pairs of a fragment source and the code of each of its cells (-1 leaves a cell out).
    genome
        Says which contigs exist and how long they are.
    chroms
        Chromosomes whose fragments are kept; by default all of the genome.

    Raises
    ------
    ValueError
        If fragments and genome share no contig, or a fragment reaches past the end of its chromosome.
    """
    chosen = set(genome.chroms if chroms is None else chroms)
    wanted = np.array([chrom in chosen for chrom in genome.chroms] + [False])
    parts: list[list[np.ndarray]] = [[np.zeros(0, dtype=np.int32)] for _ in range(4)]
    for source, code_of_cell in sources:
        contigs = ContigMap(source, genome)
        for chunk in source.chunks():
            cell, chrom = code_of_cell[chunk.cell], contigs(chunk)
            keep = (cell >= 0) & wanted[chrom]
            for part, column in zip(parts, (cell, chrom, chunk.start, chunk.end), strict=True):
                part.append(column[keep].astype(np.int32, copy=False))
        contigs.report()
    cell, chrom, start, end = (np.concatenate(part) for part in parts)
    order = np.lexsort((start, chrom, cell))
    return CellFragments(cell[order], chrom[order], start[order], end[order])
