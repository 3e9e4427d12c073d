"""Tn5 insertions of single cells in regions, read in bulk."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac.atac._insertions import SourceWithGroups
from scmaxatac.fragments._source import FragmentChunk
from scmaxatac.genome._contigs import ContigMap
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._overlaps import SortedIntervals

_MOST = 100_000_000
"""Insertions in regions that are held at once, about 2 GB with the matrix that is made of them."""


class RegionCounts:
    """Insertions of each cell in each region; a fragment has two, its first and its last base.

    The sources are read once, when sums or blocks are first asked for. If they hold more insertions in regions than may
    be held, only sums are kept, and :meth:`blocks` reads the sources again for as many cells at a time as fit.

    Parameters
    ----------
    sources
        Pairs of a fragment source and the index of each of its cells, -1 for cells that are left out.
    n_cells
        Number of cells.
    regions
        Table with chrom, start and end (0-based, half-open); an insertion counts in each region that it lies in.
    genome
        Says which contigs exist and how long they are.
    most
        Insertions that may be held.
    """

    def __init__(
        self,
        sources: Sequence[SourceWithGroups],
        n_cells: int,
        regions: pd.DataFrame,
        genome: Genome,
        *,
        most: int = _MOST,
    ) -> None:
        self.shape = n_cells, len(regions)
        self._sources, self._genome, self._most = sources, genome, most
        self._rows, self._intervals = _by_chrom(regions, genome)
        self._totals: tuple[np.ndarray, np.ndarray] | None = None
        self._all: sparse.csr_matrix | None = None

    def totals(self) -> tuple[np.ndarray, np.ndarray]:
        """Counts of each region, (regions,), and of each cell, (cells,), int64.

        Raises
        ------
        ValueError
            If fragments and genome share no contig, or a fragment reaches past the end of its chromosome.
        """
        if self._totals is None:
            self._totals = self._read_first()
        return self._totals

    def blocks(self, size: int) -> Iterator[sparse.csr_matrix]:
        """Counts of at most `size` cells after the other, (cells, regions) CSR."""
        for first, stop in self._ranges(self.totals()[1]):
            counts = self._all if self._all is not None else self._read(first, stop)
            for low in range(0, stop - first, size):
                yield counts[low : low + size]

    def _read_first(self) -> tuple[np.ndarray, np.ndarray]:
        """Read everything once; it is kept if it isn't too much."""
        of_cell, of_region = (np.zeros(n, dtype=np.int64) for n in self.shape)
        parts: list[tuple[np.ndarray, np.ndarray]] = []
        n = 0
        for cell, region in self._pairs(report=True):
            of_cell += np.bincount(cell, minlength=self.shape[0])
            of_region += np.bincount(region, minlength=self.shape[1])
            n += len(cell)
            if n <= self._most:
                parts.append((cell, region))
            else:
                parts.clear()
        if n <= self._most:
            self._all = _matrix(parts, self.shape)
        return of_region, of_cell

    def _read(self, first: int, stop: int) -> sparse.csr_matrix:
        parts = []
        for cell, region in self._pairs(report=False):
            mine = (cell >= first) & (cell < stop)
            parts.append((cell[mine] - np.int32(first), region[mine]))
        return _matrix(parts, (stop - first, self.shape[1]))

    def _ranges(self, of_cell: np.ndarray) -> Iterator[tuple[int, int]]:
        """Cells whose insertions may be held together."""
        sums = np.concatenate([[0], np.cumsum(of_cell)])
        first = 0
        while first < self.shape[0]:
            stop = int(np.searchsorted(sums, sums[first] + self._most, side="right")) - 1
            yield first, max(stop, first + 1)
            first = max(stop, first + 1)

    def _pairs(self, *, report: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Cell and region, int32, of each insertion in a region."""
        for source, index_of_cell in self._sources:
            contigs = ContigMap(source, self._genome)
            for chunk in source.chunks():
                yield from self._in_regions(chunk, index_of_cell[chunk.cell], contigs(chunk))
            if report:
                contigs.report()

    def _in_regions(
        self, chunk: FragmentChunk, cell: np.ndarray, chrom: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for c in np.unique(chrom[(cell >= 0) & (chrom >= 0)]):
            if c not in self._intervals:
                continue
            here = np.flatnonzero((chrom == c) & (cell >= 0))
            for position in (chunk.start[here], chunk.end[here] - 1) if chunk.both_ends else (chunk.start[here],):
                pairs = self._intervals[c].overlaps(position, position + 1)
                yield cell[here[pairs.query]].astype(np.int32), self._rows[c][pairs.interval].astype(np.int32)


def _by_chrom(regions: pd.DataFrame, genome: Genome) -> tuple[dict[int, np.ndarray], dict[int, SortedIntervals]]:
    index = {chrom: i for i, chrom in enumerate(genome.chroms)}
    rows, intervals = {}, {}
    for chrom, of_chrom in regions.groupby("chrom", observed=True, sort=False).indices.items():
        if str(chrom) in index:
            rows[index[str(chrom)]] = of_chrom
            bounds = regions[["start", "end"]].to_numpy()[of_chrom]
            intervals[index[str(chrom)]] = SortedIntervals(*bounds.T)
    return rows, intervals


def _matrix(parts: list[tuple[np.ndarray, np.ndarray]], shape: tuple[int, int]) -> sparse.csr_matrix:
    none = np.zeros(0, dtype=np.int32)
    cell, region = (np.concatenate(part) for part in zip((none, none), *parts, strict=True))
    parts.clear()
    return sparse.coo_matrix((np.ones(len(cell), dtype=np.int32), (cell, region)), shape=shape).tocsr()
