"""Tn5 insertions of groups of cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scmaxatac.fragments._source import FragmentChunk, FragmentSource
from scmaxatac.genome._contigs import ContigMap
from scmaxatac.genome._genome import Genome

SourceWithGroups = tuple[FragmentSource, np.ndarray]
"""A source of fragments and the group of each of its cells, (n_cells,) int, -1 for cells that are left out."""


@dataclass(frozen=True)
class Insertions:
    """Sorted positions of Tn5 insertions for every group and chromosome, 0-based.

    Attributes
    ----------
    groups
        Names of the groups.
    n_fragments
        (groups,) int64, fragments of the group's cells on any contig of the genome.
    n_cells
        (groups,) int64, cells of the group.
    n_cells_found
        (groups,) int64, those of them that have a fragment.
    """

    groups: tuple[str, ...]
    n_fragments: np.ndarray
    n_cells: np.ndarray
    n_cells_found: np.ndarray
    _positions: dict[tuple[int, str], np.ndarray]

    @property
    def chroms(self) -> tuple[str, ...]:
        """Chromosomes on which some group has insertions."""
        return tuple(dict.fromkeys(chrom for _, chrom in self._positions))

    def positions(self, group: str, chrom: str) -> np.ndarray:
        """Positions of a group's insertions on a chromosome, (n,) int32, sorted; a position may occur repeatedly."""
        return self._positions.get((self._index(group), chrom), _NONE)

    def n_insertions(self, group: str, chroms: Iterable[str] | None = None) -> int:
        """Count a group's insertions on the given chromosomes, by default on all."""
        return sum(len(self.positions(group, chrom)) for chrom in (self.chroms if chroms is None else chroms))

    def _index(self, group: str) -> int:
        if group not in self.groups:
            raise KeyError(f"no insertions of group {group!r}; there are {', '.join(map(repr, self.groups))}")
        return self.groups.index(group)

    @classmethod
    def from_positions(
        cls,
        positions: dict[str, dict[str, np.ndarray]],
        *,
        n_fragments: Sequence[int] | None = None,
        n_cells: Sequence[int] | None = None,
    ) -> "Insertions":
        """Build from ``{group: {chromosome: positions}}`` with positions in any order."""
        groups = tuple(positions)
        table = {
            (i, chrom): np.sort(np.asarray(p, dtype=np.int32))
            for i, group in enumerate(groups)
            for chrom, p in positions[group].items()
        }
        halves = [sum(len(p) for p in positions[group].values()) // 2 for group in groups]
        counts = np.asarray(halves if n_fragments is None else n_fragments, dtype=np.int64)
        cells = np.zeros(len(groups), dtype=np.int64) if n_cells is None else np.asarray(n_cells, dtype=np.int64)
        return cls(groups, counts, cells, cells.copy(), table)


_NONE = np.zeros(0, dtype=np.int32)


def collect_insertions(
    sources: Sequence[SourceWithGroups],
    groups: Sequence[str],
    genome: Genome,
    *,
    chroms: Iterable[str] | None = None,
    max_fragments: int | None = None,
    rng: np.random.Generator | int | None = 0,
) -> Insertions:
    """Read all sources once and sort their insertions by group and chromosome.

    A fragment ``[start, end)`` counts once, whatever its duplicate count, and gives the insertions ``start`` and
    ``end - 1``; a single-end record gives one.

    Parameters
    ----------
    sources
        Pairs of a fragment source and the group of each of its cells (-1 leaves a cell out).
    groups
        Names of the groups.
    genome
        Says which contigs exist and how long they are.
    chroms
        Chromosomes whose insertions are kept; by default all of the genome.
    max_fragments
        Larger groups are thinned to this many fragments, drawn without replacement; the same seed with a smaller
        number gives a subset. The sources are then read twice.
    rng
        Seed or generator for the thinning.

    Raises
    ------
    ValueError
        If fragments and genome share no contig, or a fragment reaches past the end of its chromosome.
    """
    thinning = None
    if max_fragments is not None:
        thinning = _Thinning(_count(sources, len(groups), genome), max_fragments, np.random.default_rng(rng))
    collector = _Collector(len(groups), genome, set(genome.chroms if chroms is None else chroms), thinning)
    n_cells, n_cells_found = np.zeros((2, len(groups)), dtype=np.int64)
    for source, group_of_cell in sources:
        found = collector.add(source, group_of_cell)
        n_cells += np.bincount(group_of_cell[group_of_cell >= 0], minlength=len(groups))
        n_cells_found += np.bincount(group_of_cell[found & (group_of_cell >= 0)], minlength=len(groups))
    n_fragments = collector.n_fragments if thinning is None else thinning.kept
    return Insertions(tuple(groups), n_fragments, n_cells, n_cells_found, collector.finish())


class _Collector:
    """Sorts chunks by group and chromosome as they come; what it holds is four bytes an insertion."""

    def __init__(
        self,
        n_groups: int,
        genome: Genome,
        chroms: set[str],
        thinning: "_Thinning | None",
    ) -> None:
        self.n_fragments = np.zeros(n_groups, dtype=np.int64)
        self._genome = genome
        self._wanted = np.array([chrom in chroms for chrom in genome.chroms])
        self._thinning = thinning
        self._parts: dict[tuple[int, int], list[np.ndarray]] = {}

    def add(self, source: FragmentSource, group_of_cell: np.ndarray) -> np.ndarray:
        """Read a source; (n_cells,) bool, whether a cell has a fragment."""
        contigs = ContigMap(source, self._genome)
        found = np.zeros(len(group_of_cell), dtype=bool)
        for chunk in source.chunks():
            found[chunk.cell] = True
            group = group_of_cell[chunk.cell]
            grouped = group >= 0
            if not grouped.all():
                chunk, group = _take(chunk, grouped), group[grouped]
            chrom = contigs(chunk)
            inside = chrom >= 0
            if not inside.all():
                chunk, group, chrom = _take(chunk, inside), group[inside], chrom[inside]
            n_before = self.n_fragments.copy()
            self.n_fragments += np.bincount(group, minlength=len(n_before))
            if self._thinning is not None:
                kept = self._thinning(group, n_before)
                chunk, group, chrom = _take(chunk, kept), group[kept], chrom[kept]
            wanted = self._wanted[chrom]
            if not wanted.all():
                chunk, group, chrom = _take(chunk, wanted), group[wanted], chrom[wanted]
            self._sort(chunk, group, chrom)
        contigs.report()
        return found

    def _sort(self, chunk: FragmentChunk, group: np.ndarray, chrom: np.ndarray) -> None:
        if not len(group):
            return
        key = group.astype(np.int64) * len(self._wanted) + chrom
        # numpy sorts 16-bit keys by radix
        order = np.argsort(key.astype(np.uint16) if key.max() < 2**16 else key, kind="stable")
        key = key[order]
        starts, lasts = chunk.start[order], chunk.end[order] - 1
        bounds = np.flatnonzero(np.diff(key, prepend=-1))
        for lo, hi in zip(bounds, np.append(bounds[1:], len(key)), strict=True):
            ends = (starts[lo:hi], lasts[lo:hi]) if chunk.both_ends else (starts[lo:hi],)
            where = divmod(int(key[lo]), len(self._wanted))
            self._parts.setdefault(where, []).append(np.concatenate(ends).astype(np.int32, copy=False))

    def finish(self) -> dict[tuple[int, str], np.ndarray]:
        table = {}
        for where in sorted(self._parts):
            parts = self._parts.pop(where)
            merged = np.concatenate(parts)
            merged.sort()
            table[where[0], self._genome.chroms[where[1]]] = merged
        return table


def _take(chunk: FragmentChunk, mask: np.ndarray) -> FragmentChunk:
    return FragmentChunk(chunk.cell[mask], chunk.chrom[mask], chunk.start[mask], chunk.end[mask], chunk.both_ends)


def _count(sources: Sequence[SourceWithGroups], n_groups: int, genome: Genome) -> np.ndarray:
    totals = np.zeros(n_groups, dtype=np.int64)
    for source, group_of_cell in sources:
        contigs = ContigMap(source, genome)
        for chunk in source.chunks():
            group = group_of_cell[chunk.cell]
            totals += np.bincount(group[(group >= 0) & (contigs(chunk) >= 0)], minlength=n_groups)
    return totals


class _Thinning:
    """Which fragments are kept: a fragment's number within its group decides, so chunking has no influence."""

    def __init__(self, totals: np.ndarray, most: int, rng: np.random.Generator) -> None:
        self.kept = np.minimum(totals, most)
        self._masks = []
        # a generator a group, so that what one group draws does not depend on the others
        for total, kept, generator in zip(totals, self.kept, rng.spawn(len(totals)), strict=True):
            mask = np.ones(total, dtype=bool)
            if kept < total:
                order = np.arange(total, dtype=np.int32 if total < 2**31 else np.int64)
                generator.shuffle(order)
                mask[order[kept:]] = False
            self._masks.append(mask)

    def __call__(self, group: np.ndarray, n_before: np.ndarray) -> np.ndarray:
        out = np.empty(len(group), dtype=bool)
        for g in np.unique(group):
            rows = np.flatnonzero(group == g)
            out[rows] = self._masks[g][n_before[g] : n_before[g] + len(rows)]
        return out
