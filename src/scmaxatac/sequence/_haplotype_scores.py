"""Scores of many haplotypes, in the bins of the reference; what haplotypes share is scored once."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._windows import Grid
from scmaxatac.nn._pool import WindowPool
from scmaxatac.nn._predict import score_alike
from scmaxatac.nn.engines._options import Strand
from scmaxatac.nn.engines._protocol import Engine
from scmaxatac.sequence._haplotype import haplotype_signal, haplotype_window, reference_bins
from scmaxatac.sequence._phased import PhasedAlleles

_WINDOWS_PER_BLOCK = 2_048
"""Distinct windows that are scored together."""

_ROOM = 256
"""Bins for which there is room at first."""


class HaplotypeTile(NamedTuple):
    """Scores of neighbouring bins.

    Attributes
    ----------
    first_bin
        Number of the first bin of the reference.
    scores
        (models, haplotypes, bins) float32, mean over the windows that cover a bin, each base of it with equal weight;
        NaN where no window covers it or the haplotype lacks all of its bases.
    n_windows, n_distinct
        Windows of all haplotypes that were wanted for this tile, and how many distinct ones were scored.
    """

    first_bin: int
    scores: npt.NDArray[np.float32]
    n_windows: int
    n_distinct: int


class _Window(NamedTuple):
    """A distinct window of one start: its row in the pool, the haplotypes that have it and where its bases stand."""

    start: int
    row: int
    haplotypes: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64] | None


def score_haplotypes(
    engine: Engine,
    codes: npt.NDArray[np.uint8],
    signal: SignalTrack,
    chrom: str,
    starts: npt.NDArray[np.int64],
    phased: PhasedAlleles,
    *,
    strand: Strand = "forward",
    progress: Callable[[int], object] | None = None,
) -> Iterator[HaplotypeTile]:
    """Score haplotypes in windows that begin at the same bases of the reference.

    All alleles of a haplotype are put in together. Windows are written out once for every combination of alleles that
    occurs in them, so the time follows the diversity of the haplotypes, not their number.

    Parameters
    ----------
    engine
        Networks to score with.
    codes
        (length,) uint8, bases of the chromosome.
    signal
        ATAC signal; it is held as it is in the reference's coordinates, and carried along with the bases.
    chrom
        The chromosome.
    starts
        (n,) sorted starts of windows, multiples of the bin's width.
    phased
        Alleles and who carries them.
    strand
        ``"forward"``, or ``"mean"`` of both strands.
    progress
        Called with numbers of starts that are done.
    """
    n_haplotypes = phased.carried.shape[1]
    width = engine.grid.window
    place = _Combinations(phased, width)
    pool, block = WindowPool(width), list[_Window]()
    open_bins = _OpenBins(engine.n_outputs, n_haplotypes, engine.grid)
    done = 0
    for i, start in enumerate(starts.tolist()):
        for chosen, haplotypes in place.at(start):
            alleles = [phased.alleles[j] for j in chosen]
            window = haplotype_window(codes, alleles, start, width)
            reach = int(window.right.max()) + 1
            values = signal.values(chrom, start, min(reach, len(codes)))
            row = pool.add(window.codes[None], haplotype_signal(values, start, window)[None])[0]
            moved = any(len(allele.ref) != len(allele.alt) for allele in alleles)
            block.append(_Window(start, int(row), haplotypes, window.position if moved else None))
        last = i + 1 == len(starts)
        gap = not last and starts[i + 1] >= start + width
        if last or gap or len(pool) >= _WINDOWS_PER_BLOCK:
            scores = score_alike(engine, *pool.windows(), strand=strand)
            for each in block:
                open_bins.add(each, scores[:, each.row])
            n_windows = (i + 1 - done) * n_haplotypes
            yield from open_bins.close(None if last else int(starts[i + 1]), n_windows, len(pool))
            if progress is not None:
                progress(i + 1 - done)
            pool, block, done = WindowPool(width), [], i + 1


class _Combinations:
    """Which haplotypes have which alleles in a window."""

    def __init__(self, phased: PhasedAlleles, window: int) -> None:
        self._window = window
        self._carried = phased.carried
        self._starts = np.array([allele.start for allele in phased.alleles], dtype=np.int64)
        self._ends = np.array([allele.end for allele in phased.alleles], dtype=np.int64)
        self._latest_end = np.maximum.accumulate(self._ends) if len(self._ends) else self._ends
        removed = [max(len(allele.ref) - len(allele.alt), 0) for allele in phased.alleles]
        self._removed = np.concatenate([[0], np.cumsum(removed)]).astype(np.int64)

    def at(self, start: int) -> Iterator[tuple[list[int], npt.NDArray[np.int64]]]:
        """Alleles (their numbers) and the haplotypes that have just these in the window from `start` on."""
        low = int(np.searchsorted(self._latest_end, start, side="right"))
        high = int(np.searchsorted(self._starts, start + self._window))
        while True:  # what is deleted lets the window reach further
            reach = start + self._window + self._removed[max(high, low)] - self._removed[low]
            further = int(np.searchsorted(self._starts, reach))
            if further <= high:
                break
            high = further
        here = self._carried[low:high] & (self._ends[low:high] > start)[:, None]
        if not here.any():
            yield [], np.arange(here.shape[1])
            return
        packed = np.ascontiguousarray(np.packbits(here, axis=0).T)
        keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        for number, one in enumerate(first.tolist()):
            yield (low + np.flatnonzero(here[:, one])).tolist(), np.flatnonzero(inverse == number)


class _OpenBins:
    """Sums over the windows of bins that later windows may cover as well."""

    def __init__(self, n_models: int, n_haplotypes: int, grid: Grid) -> None:
        self._grid = grid
        self._first = self._n = 0
        self._sums = np.zeros((n_models, n_haplotypes, _ROOM))
        self._bases = np.zeros((n_haplotypes, _ROOM))

    def add(self, window: _Window, scores: npt.NDArray[np.float32]) -> None:
        """Add the scores (models, bins) of a window to the bins of its haplotypes."""
        grid = self._grid
        if window.position is None:
            sums, bases = scores.astype(np.float64) * grid.bin, np.full(grid.bins_per_window, grid.bin, dtype=np.int64)
        else:
            sums, bases = reference_bins(scores, window.position, window.start)
        bins = self._reserve(window.start // grid.bin)
        self._sums[:, window.haplotypes, bins] += sums[:, None]
        self._bases[window.haplotypes, bins] += bases

    def _reserve(self, first: int) -> slice:
        """Place of the bins of a window."""
        if not self._n:
            self._first = first
        self._n = max(self._n, first + self._grid.bins_per_window - self._first)
        while self._n > self._sums.shape[2]:
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)], axis=2)
            self._bases = np.concatenate([self._bases, np.zeros_like(self._bases)], axis=1)
        return slice(first - self._first, first - self._first + self._grid.bins_per_window)

    def close(self, next_start: int | None, n_windows: int, n_distinct: int) -> Iterator[HaplotypeTile]:
        """Yield the bins before the next window, all of them if there is none."""
        n = self._n if next_start is None else min(next_start // self._grid.bin - self._first, self._n)
        with np.errstate(invalid="ignore"):
            scores = (self._sums[:, :, :n] / self._bases[:, :n]).astype(np.float32)
        yield HaplotypeTile(self._first, scores, n_windows, n_distinct)
        for array in (self._sums, self._bases):
            rest = array[..., n : self._n].copy()
            array[..., : self._n] = 0
            array[..., : self._n - n] = rest
        self._first, self._n = self._first + n, self._n - n
