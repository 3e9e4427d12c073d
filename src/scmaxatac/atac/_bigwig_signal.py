"""Signals that lie in a bigWig."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Protocol

import numpy as np

from scmaxatac._constants import WINDOW
from scmaxatac._text import abbreviate
from scmaxatac._types import Float32s
from scmaxatac.genome._genome import Genome
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig


class SignalTrack(Protocol):
    """The ATAC signal of a cell type, wherever its values come from."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Lengths of the chromosomes whose signal can be asked for."""
        ...

    def values(self, chrom: str, start: int = 0, end: int | None = None) -> Float32s:
        """Signal of every base of ``[start, end)``; (end - start,) float32."""
        ...

    def windows(self, chrom: str, starts: np.ndarray, width: int = WINDOW) -> Float32s:
        """Signal of windows of `width` bp; `starts` sorted, (n,) to (n, width) float32."""
        ...

    def has_signal(self, chrom: str, starts: np.ndarray, width: int = WINDOW) -> np.ndarray:
        """Which windows of `width` bp may have signal; that of the others is 0. (n,) to (n,) bool."""
        ...


class BigWigSignal:
    """Signal of a bigWig, such as :func:`scmaxatac.pp.tn5_tracks` writes; 0 where the file has no value.

    Parameters
    ----------
    path
        The bigWig.
    genome
        Its chromosomes can be asked for, also those that the file does not have.
    chroms
        Chromosomes that will be read; by default all. What other contigs are in the file does not matter.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no bigWig, shares no chromosome with the genome, or one that is read has another length there.
    """

    def __init__(self, path: str | PathLike[str], genome: Genome, chroms: Iterable[str] | None = None) -> None:
        self.path = Path(path).expanduser()
        self.sizes: Mapping[str, int] = genome.sizes
        self._genome = genome
        there = bigwig_sizes(self.path)
        self._present = {chrom: size for chrom, size in there.items() if chrom in genome.sizes}
        if not self._present:
            raise ValueError(
                f"{self.path} and the genome share no chromosome: it has {abbreviate(there)}, "
                f"{genome.source} has {abbreviate(genome.chroms)}"
            )
        read = self._present if chroms is None else [chrom for chrom in chroms if chrom in self._present]
        check_lengths(self.path, self._present, genome, read)

    def values(self, chrom: str, start: int = 0, end: int | None = None) -> Float32s:
        """Signal of every base of ``[start, end)``, by default of the whole chromosome; (end - start,) float32."""
        end = self.sizes[chrom] if end is None else end
        if chrom not in self._present:
            return np.zeros(end - start, dtype=np.float32)
        check_lengths(self.path, self._present, self._genome, [chrom])
        starts, ends, values = read_bigwig(self.path, chrom, start, end)
        edges = np.append(np.stack([starts, ends], axis=1).ravel(), end).astype(np.int64)
        between = np.zeros(len(edges), dtype=np.float32)
        between[1::2] = np.nan_to_num(values, nan=0.0)
        return np.repeat(between, np.diff(edges, prepend=start))

    def windows(self, chrom: str, starts: np.ndarray, width: int = WINDOW) -> Float32s:
        """Signal of windows of `width` bp; `starts` sorted, (n,) to (n, width) float32."""
        if not len(starts):
            return np.zeros((0, width), dtype=np.float32)
        covered = self.values(chrom, int(starts[0]), int(starts[-1]) + width)
        windows: Float32s = np.lib.stride_tricks.sliding_window_view(covered, width)[np.asarray(starts) - starts[0]]
        return windows

    def has_signal(self, chrom: str, starts: np.ndarray, width: int = WINDOW) -> np.ndarray:
        """Which windows of `width` bp have a value other than 0; `starts` sorted, (n,) to (n,) bool."""
        if not len(starts):
            return np.zeros(0, dtype=bool)
        first = int(starts[0])
        covered = np.flatnonzero(self.values(chrom, first, int(starts[-1]) + width)) + first
        return np.searchsorted(covered, starts) < np.searchsorted(covered, np.asarray(starts) + width)


def check_lengths(path: str | PathLike[str], sizes: Mapping[str, int], genome: Genome, chroms: Iterable[str]) -> None:
    """Raise a ValueError if one of some chromosomes has another length in a bigWig than in the genome.

    Parameters
    ----------
    path
        The bigWig.
    sizes
        Lengths of its chromosomes in bp.
    genome
        The genome.
    chroms
        Chromosomes that both have.
    """
    for chrom in chroms:
        if sizes[chrom] != genome.sizes[chrom]:
            raise ValueError(
                f"{chrom} has {sizes[chrom]:,} bp in {path}, but {genome.sizes[chrom]:,} in {genome.source}: "
                "they are of different assemblies"
            )
