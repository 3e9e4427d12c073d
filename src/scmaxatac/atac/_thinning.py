"""Fragments of one group of cells, thinned to several library sizes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scmaxatac.atac._insertions import Insertions, SourceWithGroups
from scmaxatac.genome._contigs import ContigMap
from scmaxatac.genome._genome import Genome


class FragmentPool(NamedTuple):
    """Fragments in the order in which they were read; 0-based.

    Attributes
    ----------
    chrom
        (n,) int32, index into the genome's chromosomes.
    first
        (n,) int32, position of the insertion at the start.
    last
        (n,) int32, that of the one at the end; -1 for single-end records, which have none.
    n_cells
        Number of cells.
    n_cells_found
        Number of those that have a fragment.
    """

    chrom: np.ndarray
    first: np.ndarray
    last: np.ndarray
    n_cells: int
    n_cells_found: int

    def __len__(self) -> int:
        return len(self.chrom)


def collect_pool(sources: Sequence[SourceWithGroups], genome: Genome) -> FragmentPool:
    """Read the fragments of some cells once.

    Parameters
    ----------
    sources
        Pairs of a fragment source and the code of each of its cells: those with -1 are left out.
    genome
        Says which contigs exist and how long they are. Fragments on others are left out.

    Raises
    ------
    ValueError
        If fragments and genome share no contig, or a fragment reaches past the end of its chromosome.
    """
    parts: list[list[np.ndarray]] = [[np.zeros(0, dtype=np.int32)] for _ in range(3)]
    n_cells, n_found = 0, 0
    for source, code_of_cell in sources:
        contigs = ContigMap(source, genome)
        found = np.zeros(len(code_of_cell), dtype=bool)
        for chunk in source.chunks():
            chrom = contigs(chunk)
            mine = code_of_cell[chunk.cell] >= 0
            found[chunk.cell[mine]] = True
            keep = mine & (chrom >= 0)
            last = chunk.end - 1 if chunk.both_ends else np.full(len(chunk.end), -1)
            for part, column in zip(parts, (chrom, chunk.start, last), strict=True):
                part.append(column[keep].astype(np.int32, copy=False))
        contigs.report()
        n_cells += int((code_of_cell >= 0).sum())
        n_found += int(found.sum())
    chrom, first, last = (np.concatenate(part) for part in parts)
    return FragmentPool(chrom, first, last, n_cells, n_found)


def nested_insertions(
    pool: FragmentPool, sizes: Sequence[int], genome: Genome, chroms: Sequence[str], rng: np.random.Generator
) -> Insertions:
    """Draw fragments without replacement for several library sizes; the smaller sets are subsets of the larger ones.

    Parameters
    ----------
    pool
        The fragments to draw from.
    sizes
        Numbers of fragments, none above those of the pool.
    genome
        The chromosomes of the pool.
    chroms
        Chromosomes whose insertions are kept.
    rng
        Source of randomness. The fragments are those that
        :func:`~scmaxatac.atac._insertions.collect_insertions` keeps of a group whose own generator this is.

    Returns
    -------
    Insertions of a group for each size, called after it.
    """
    order = np.arange(len(pool), dtype=np.int32 if len(pool) < 2**31 else np.int64)
    rng.shuffle(order)
    index = {chrom: i for i, chrom in enumerate(genome.chroms)}
    positions: dict[str, dict[str, np.ndarray]] = {}
    for size in sizes:
        drawn = order[:size]
        chrom_of = pool.chrom[drawn]
        of_size = positions.setdefault(str(size), {})
        for chrom in dict.fromkeys(chroms):
            rows = drawn[chrom_of == index[chrom]]
            last = pool.last[rows]
            of_size[chrom] = np.concatenate([pool.first[rows], last[last >= 0]])
    return Insertions.from_positions(positions, n_fragments=sizes, n_cells=[pool.n_cells] * len(sizes))
