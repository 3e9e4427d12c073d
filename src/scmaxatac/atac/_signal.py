"""The ATAC signal that the network reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scmaxatac._constants import FLANK, LIBRARY_SIZE, PERCENTILE, WINDOW
from scmaxatac._types import Float32s
from scmaxatac.atac._coverage import coverage_histogram, coverage_runs, keep_off_blacklist, weighted_percentile
from scmaxatac.atac._insertions import Insertions
from scmaxatac.genome._genome import Genome


@dataclass(frozen=True)
class Library:
    """Insertions of one library that stayed off the blacklist, and the factor its coverage is multiplied with."""

    scale: float
    positions: dict[str, np.ndarray]


@dataclass(frozen=True)
class Signal:
    """Coverage by 41-bp insertions over its 99th percentile, as maxATAC computes it (Cazares et al. 2023).

    Insertions are widened by 20 bp on either side, dropped where they touch the blacklist, and counted over every
    base; the mean over the libraries, each scaled to 20 million insertions, is divided by its 99th percentile over
    the bases that are covered. Values are not clipped. Only insertions are held; values are made where they are asked
    for.

    Attributes
    ----------
    libraries
        Libraries (replicates) with equal weight.
    minimum
        Smallest scaled coverage over all bases that are not blacklisted: 0 unless every base is covered.
    maximum
        99th percentile of the scaled coverage over covered bases; NaN without any coverage.
    n_insertions
        Insertions on the chromosomes of the signal, before the blacklist.
    n_insertions_kept
        After the blacklist.
    sizes
        Lengths of the chromosomes that there are insertions for.
    """

    libraries: tuple[Library, ...]
    minimum: float
    maximum: float
    n_insertions: int
    n_insertions_kept: int
    sizes: dict[str, int]

    @classmethod
    def from_insertions(
        cls,
        insertions: Insertions,
        groups: str | Sequence[str],
        genome: Genome,
        chroms: Sequence[str],
        *,
        signal_chroms: Sequence[str] | None = None,
    ) -> "Signal":
        """Scale the insertions of a group, or average those of several replicates.

        Parameters
        ----------
        insertions
            Insertions of all groups.
        groups
            A group, or the replicates to average with equal weight.
        genome
            Sizes and blacklist.
        chroms
            Chromosomes whose signal will be asked for.
        signal_chroms
            Chromosomes over which scale factor and percentile are taken; `chroms` by default.
        """
        names = [groups] if isinstance(groups, str) else list(groups)
        scaling = list(chroms if signal_chroms is None else signal_chroms)
        every = list(dict.fromkeys([*chroms, *scaling]))
        libraries, n_all, n_kept = [], 0, 0
        for name in names:
            total = insertions.n_insertions(name, scaling)
            kept = {
                chrom: keep_off_blacklist(
                    insertions.positions(name, chrom), chrom, genome.sizes[chrom], genome.blacklist
                )
                for chrom in every
            }
            libraries.append(Library(LIBRARY_SIZE / total if total else 0.0, kept))
            n_all += total
            n_kept += sum(len(kept[chrom]) for chrom in scaling)
        values, counts = _histogram(libraries, scaling, genome)
        maximum = weighted_percentile(values, counts, PERCENTILE)
        allowed = sum(genome.allowed_bases(chrom) for chrom in scaling)
        minimum = float(values.min()) if len(values) and counts.sum() == allowed else 0.0
        sizes = {chrom: genome.sizes[chrom] for chrom in every}
        return cls(tuple(libraries), minimum, maximum, n_all, n_kept, sizes)

    @property
    def p99(self) -> float:
        """The 99th percentile in insertions over a base: what became a signal of 1.

        For averaged replicates in units of the mean scale factor.
        """
        scales = [library.scale for library in self.libraries if library.scale]
        return self.maximum / float(np.mean(scales)) if scales else float("nan")

    @property
    def is_empty(self) -> bool:
        """Whether no base is covered, or all are covered alike; the signal is then 0 everywhere."""
        return not self.maximum > self.minimum

    def values(self, chrom: str, start: int = 0, end: int | None = None) -> Float32s:
        """Signal of every base of ``[start, end)``, by default of the whole chromosome; (end - start,) float32."""
        end = self.sizes[chrom] if end is None else end
        values: Float32s = self.windows(chrom, np.array([start]), end - start)[0]
        return values

    def runs(self, chrom: str, start: int = 0, end: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the runs of equal signal other than 0 in ``[start, end)``: starts, ends (int32) and values (float32)."""
        breaks, levels = self.scaled_runs(chrom, start, end)
        values = np.zeros(len(levels)) if self.is_empty else (levels - self.minimum) / (self.maximum - self.minimum)
        keep = (values != 0) & (levels != 0)
        return breaks[:-1][keep], breaks[1:][keep], values[keep].astype(np.float32)

    def scaled_runs(self, chrom: str, start: int = 0, end: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Coverage scaled to 20 million insertions: breakpoints (m + 1,) int32 and values (m,) float64."""
        breaks, levels = _joint_runs(self.libraries, chrom, start, self.sizes[chrom] if end is None else end)
        scales = np.array([library.scale for library in self.libraries])
        return breaks, levels @ scales / len(scales)

    def count_runs(self, chrom: str) -> tuple[np.ndarray, np.ndarray]:
        """Count the widened insertions of all libraries: breakpoints (m + 1,) int32 and counts (m,) int64."""
        breaks, levels = _joint_runs(self.libraries, chrom, 0, self.sizes[chrom])
        return breaks, levels.sum(axis=1)

    def has_signal(self, chrom: str, starts: np.ndarray, width: int = WINDOW) -> np.ndarray:
        """Which windows of `width` bp have an insertion in them or within 20 bp of them; the others' signal is 0.

        (n,) to (n,) bool.
        """
        found = np.zeros(len(starts), dtype=bool)
        for library in self.libraries if not self.is_empty else ():
            positions = library.positions[chrom]
            first, stop = (_find(positions, edge) for edge in (starts - FLANK, starts + (width + FLANK)))
            found |= first < stop
        return found

    def windows(self, chrom: str, starts: np.ndarray, width: int = WINDOW) -> Float32s:
        """Signal of windows of `width` bp; `starts` sorted, (n,) to (n, width) float32."""
        from scmaxatac.atac._kernels import add_window_signal

        out = np.zeros((len(starts), width), dtype=np.float32)
        starts = np.ascontiguousarray(starts, dtype=np.int64)
        for library, weight in zip(self.libraries, self._weights(), strict=True):
            positions = library.positions[chrom]
            if len(starts):
                lo, hi = _find(positions, np.array([starts[0] - FLANK, starts[-1] + width + FLANK]))
                add_window_signal(positions[lo:hi], starts, width, FLANK, weight, out)
        return self._above_minimum(out)

    def _weights(self) -> list[float]:
        if self.is_empty:
            return [0.0] * len(self.libraries)
        span = self.maximum - self.minimum
        return [library.scale / len(self.libraries) / span for library in self.libraries]

    def _above_minimum(self, values: Float32s) -> Float32s:
        """Subtract the minimum where there is coverage: with a minimum above 0, only blacklisted bases have none."""
        if self.minimum and not self.is_empty:
            values[values > 0] -= np.float32(self.minimum / (self.maximum - self.minimum))
        return values


def _find(positions: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Number of sorted positions below each edge; of one type, as numpy would copy all positions otherwise."""
    return np.searchsorted(positions, edges.astype(positions.dtype))


def _joint_runs(libraries: Sequence[Library], chrom: str, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the runs over which every library's coverage is constant: breakpoints (m + 1,) and counts (m, libraries)."""
    each = []
    for library in libraries:
        positions = library.positions[chrom]
        near = positions[np.searchsorted(positions, start - FLANK) : np.searchsorted(positions, end + FLANK)]
        each.append(coverage_runs(near - np.int32(start), end - start))
    if len(each) == 1:
        return each[0][0] + np.int32(start), each[0][1][:, None]
    breaks = np.unique(np.concatenate([b for b, _ in each]))
    levels = [counts[np.searchsorted(b, breaks[:-1], side="right") - 1] for b, counts in each]
    return breaks + np.int32(start), np.stack(levels, axis=1)


def _histogram(libraries: Sequence[Library], chroms: Sequence[str], genome: Genome) -> tuple[np.ndarray, np.ndarray]:
    """Distinct combinations of counts of the libraries over covered bases: their scaled mean and how many bases.

    Widened insertions that touch the blacklist are gone already, so no covered base is blacklisted.
    """
    scales = np.array([library.scale for library in libraries])
    combinations: list[np.ndarray] = []
    bases: list[np.ndarray] = []
    for chrom in chroms if libraries else ():
        if len(libraries) == 1:
            counts = coverage_histogram(libraries[0].positions[chrom], genome.sizes[chrom])
            present = np.flatnonzero(counts[1:]) + 1
            combinations.append(present[:, None])
            bases.append(counts[present])
            continue
        breaks, levels = _joint_runs(libraries, chrom, 0, genome.sizes[chrom])
        covered = levels.any(axis=1)
        levels, lengths = levels[covered], np.diff(breaks)[covered]
        combination = _number_rows(levels)
        first = np.unique(combination, return_index=True)[1]
        combinations.append(levels[first])
        bases.append(np.bincount(combination, weights=lengths, minlength=len(first)).astype(np.int64))
    if not combinations:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    return np.concatenate(combinations) @ scales / len(scales), np.concatenate(bases)


def _number_rows(levels: np.ndarray) -> np.ndarray:
    """Number equal rows equally, 0 to the number of distinct rows; (m, libraries) to (m,).

    Column by column, so that the numbers stay small however many libraries there are.
    """
    number = np.zeros(len(levels), dtype=np.int64)
    for column in levels.T:
        mixed = number * (int(column.max(initial=0)) + 1) + column
        present = np.bincount(mixed) > 0 if mixed.max(initial=0) < 2**24 else None
        if present is not None:
            number = (np.cumsum(present) - 1)[mixed]
        else:
            number = np.unique(mixed, return_inverse=True)[1]
    return number
