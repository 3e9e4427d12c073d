"""Tn5 insertions of libraries: groups of cells, or parts of groups that are pooled later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scmaxatac._text import abbreviate
from scmaxatac.fragments._source import FragmentChunk, FragmentSource
from scmaxatac.genome._contigs import ContigMap
from scmaxatac.genome._genome import Genome

SourceWithGroups = tuple[FragmentSource, np.ndarray]
"""A source of fragments and the library of each of its cells, (n_cells,) int, -1 for cells that are left out."""


@dataclass(frozen=True)
class Insertions:
    """Tn5 insertions of every library and chromosome, held as the fragments that they end.

    Attributes
    ----------
    libraries
        Names of the libraries: groups of cells, or what groups are pooled from.
    n_fragments
        (libraries,) int64, fragments of the library's cells on any contig of the genome.
    n_cells
        (libraries,) int64, cells of the library.
    n_cells_found
        (libraries,) int64, those of them that have a fragment.
    contigs
        Contigs of the genome.
    n_on_contigs
        (libraries, contigs) int64, fragments in use, also on contigs whose fragments are not held. Fewer than
        `n_fragments` where the library was thinned.
    fragments
        ``{(library's number, chromosome): fragments}`` of the chromosomes that are held: (n,) int64, sorted; what
        :func:`pack` makes.
    """

    libraries: tuple[str, ...]
    n_fragments: np.ndarray
    n_cells: np.ndarray
    n_cells_found: np.ndarray
    contigs: tuple[str, ...]
    n_on_contigs: np.ndarray
    fragments: Mapping[tuple[int, str], np.ndarray]

    @cached_property
    def n_fragments_used(self) -> np.ndarray:
        """(libraries,) int64, fragments in use on any contig of the genome."""
        return np.asarray(self.n_on_contigs.sum(axis=1), dtype=np.int64)

    def n_fragments_on(self, chroms: Iterable[str]) -> np.ndarray:
        """Count the fragments in use on some contigs of the genome, (libraries,) int64."""
        wanted = set(chroms)
        return np.asarray(self.n_on_contigs[:, [name in wanted for name in self.contigs]].sum(axis=1), dtype=np.int64)

    @property
    def chroms(self) -> tuple[str, ...]:
        """Chromosomes on which some library has insertions."""
        return tuple(dict.fromkeys(chrom for _, chrom in self.fragments))

    def positions(self, library: str, chrom: str) -> np.ndarray:
        """Positions of a library's insertions on a chromosome, (n,) int32, sorted; a position may occur repeatedly."""
        first, last = unpack(self.fragments.get((self.index(library), chrom), _NONE))
        positions = np.concatenate([first, last[last >= 0]])
        positions.sort()
        return positions

    def n_insertions(self, library: str, chroms: Iterable[str] | None = None) -> int:
        """Count a library's insertions on the given chromosomes, by default on all."""
        i = self.index(library)
        held = (self.fragments.get((i, chrom), _NONE) for chrom in (self.chroms if chroms is None else chroms))
        return sum(2 * len(packed) - int(np.count_nonzero((packed & _LOW) == _LOW)) for packed in held)

    def index(self, library: str) -> int:
        """Number of a library.

        Raises
        ------
        KeyError
            If there is no such library.
        """
        if library not in self._numbers:
            raise KeyError(f"no insertions of {library!r}; there are {abbreviate(map(repr, self.libraries), 20)}")
        return self._numbers[library]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {library: i for i, library in enumerate(self.libraries)}

    @classmethod
    def from_positions(
        cls, positions: dict[str, dict[str, np.ndarray]], *, n_cells: Sequence[int] | None = None
    ) -> "Insertions":
        """Build from ``{library: {chromosome: positions}}`` with positions in any order; neighbours make a fragment."""
        libraries = tuple(positions)
        contigs = tuple(dict.fromkeys(chrom for by_chrom in positions.values() for chrom in by_chrom))
        table, n_on = {}, np.zeros((len(libraries), len(contigs)), dtype=np.int64)
        for i, library in enumerate(libraries):
            for chrom, given in positions[library].items():
                ends = np.sort(np.asarray(given, dtype=np.int32))
                last = np.append(ends, np.int32(-1))[1::2] if len(ends) % 2 else ends[1::2]
                table[i, chrom] = pack(ends[::2], last)
                n_on[i, contigs.index(chrom)] = len(last)
        cells = np.zeros(len(libraries), dtype=np.int64) if n_cells is None else np.asarray(n_cells, dtype=np.int64)
        return cls(libraries, n_on.sum(axis=1), cells, cells.copy(), contigs, n_on, table)


_NONE = np.zeros(0, dtype=np.int64)
_LOW = 0xFFFFFFFF


def pack(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Fragments as numbers that sort as they do, (n,) int64.

    Parameters
    ----------
    first, last
        (n,) positions of the insertions at the start and at the end, 0-based; -1 for the end of single-end records,
        which have none.
    """
    return (first.astype(np.int64) << 32) | (last.astype(np.int64) & _LOW)


def unpack(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last insertions of fragments, (n,) int32 each; what :func:`pack` was given."""
    return (packed >> 32).astype(np.int32), (packed & _LOW).astype(np.uint32).view(np.int32)


def collect_insertions(
    sources: Sequence[SourceWithGroups],
    libraries: Sequence[str],
    genome: Genome,
    *,
    chroms: Iterable[str] | None = None,
) -> Insertions:
    """Read all sources once and sort their insertions by library and chromosome.

    A fragment ``[start, end)`` counts once, whatever its duplicate count, and gives the insertions ``start`` and
    ``end - 1``; a single-end record gives one.

    Parameters
    ----------
    sources
        Pairs of a fragment source and the library of each of its cells (-1 leaves a cell out).
    libraries
        Names of the libraries.
    genome
        Says which contigs exist and how long they are.
    chroms
        Chromosomes whose insertions are kept; by default all of the genome.

    Raises
    ------
    ValueError
        If fragments and genome share no contig, or a fragment reaches past the end of its chromosome.
    """
    collector = _Collector(len(libraries), genome, set(genome.chroms if chroms is None else chroms))
    n_cells, n_cells_found = np.zeros((2, len(libraries)), dtype=np.int64)
    for source, library_of_cell in sources:
        found = collector.add(source, library_of_cell)
        n_cells += np.bincount(library_of_cell[library_of_cell >= 0], minlength=len(libraries))
        n_cells_found += np.bincount(library_of_cell[found & (library_of_cell >= 0)], minlength=len(libraries))
    n_on, fragments = collector.finish()
    return Insertions(tuple(libraries), n_on.sum(axis=1), n_cells, n_cells_found, tuple(genome.chroms), n_on, fragments)


class _Collector:
    """Sorts chunks by library and chromosome as they come; what it holds is eight bytes a fragment."""

    def __init__(self, n_libraries: int, genome: Genome, chroms: set[str]) -> None:
        self._n_on = np.zeros((n_libraries, len(genome.chroms)), dtype=np.int64)
        self._genome = genome
        self._wanted = np.array([chrom in chroms for chrom in genome.chroms])
        self._parts: dict[tuple[int, int], list[np.ndarray]] = {}

    def add(self, source: FragmentSource, library_of_cell: np.ndarray) -> np.ndarray:
        """Read a source; (n_cells,) bool, whether a cell has a fragment."""
        contigs = ContigMap(source, self._genome)
        found = np.zeros(len(library_of_cell), dtype=bool)
        for chunk in source.chunks():
            found[chunk.cell] = True
            library = library_of_cell[chunk.cell]
            in_use = library >= 0
            if not in_use.all():
                chunk, library = _take(chunk, in_use), library[in_use]
            chrom = contigs(chunk)
            inside = chrom >= 0
            if not inside.all():
                chunk, library, chrom = _take(chunk, inside), library[inside], chrom[inside]
            self._sort(chunk, library.astype(np.int64) * len(self._wanted) + chrom)
        contigs.report()
        return found

    def _sort(self, chunk: FragmentChunk, key: np.ndarray) -> None:
        if not len(key):
            return
        # numpy sorts 16-bit keys by radix
        order = np.argsort(key.astype(np.uint16) if key.max() < 2**16 else key, kind="stable")
        key = key[order]
        last = chunk.end[order] - 1 if chunk.both_ends else np.full(len(key), -1, dtype=np.int32)
        packed = pack(chunk.start[order], last)
        bounds = np.flatnonzero(np.diff(key, prepend=-1))
        for lo, hi in zip(bounds, np.append(bounds[1:], len(key)), strict=True):
            library, chrom = divmod(int(key[lo]), len(self._wanted))
            self._n_on[library, chrom] += hi - lo
            if self._wanted[chrom]:
                self._parts.setdefault((library, chrom), []).append(packed[lo:hi].copy())

    def finish(self) -> tuple[np.ndarray, dict[tuple[int, str], np.ndarray]]:
        table = {}
        for where in sorted(self._parts):
            parts = self._parts.pop(where)
            merged = np.concatenate(parts)
            merged.sort()
            table[where[0], self._genome.chroms[where[1]]] = merged
        return self._n_on, table


def _take(chunk: FragmentChunk, mask: np.ndarray) -> FragmentChunk:
    return FragmentChunk(chunk.cell[mask], chunk.chrom[mask], chunk.start[mask], chunk.end[mask], chunk.both_ends)
