"""Scores of variants: each allele alone, against the reference, in the windows around it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._windows import Grid
from scmaxatac.nn._pool import WindowPool
from scmaxatac.nn._predict import score_alike
from scmaxatac.nn.engines._options import Strand
from scmaxatac.nn.engines._protocol import Engine
from scmaxatac.scores._log_odds import logit
from scmaxatac.sequence._alleles import Allele, to_codes
from scmaxatac.sequence._haplotype import HaplotypeWindow, haplotype_signal, haplotype_window, reference_bins

WITHIN = 250
"""Bins that overlap an allele, widened by this many bp on either side, are looked at."""

_WINDOWS_PER_BLOCK = 4_096


class VariantScores(NamedTuple):
    """Scores of alleles in several groups by several models.

    Attributes
    ----------
    reference, alternative
        (alleles, groups, models) float32, largest score of the bins of the reference within 250 bp, each the mean over
        the windows that cover it, without and with the allele; NaN where no window covers them.
    effect
        (alleles, groups, models) float32, change in logit of the largest bin within 250 bp, mean over the windows that
        hold the allele.
    n_windows
        (alleles,) windows that hold the allele.
    """

    reference: npt.NDArray[np.float32]
    alternative: npt.NDArray[np.float32]
    effect: npt.NDArray[np.float32]
    n_windows: npt.NDArray[np.int64]


class _Around(NamedTuple):
    """Windows and bins around an allele: indices among the chromosome's windows, and bins of the reference."""

    windows: npt.NDArray[np.int64]
    holds: npt.NDArray[np.bool_]
    first_bin: int
    n_bins: int


class _Written(NamedTuple):
    """Windows that hold an allele, written out with it.

    Attributes
    ----------
    codes
        (n, window) uint8.
    rows
        (n,) the windows of the reference in whose place they are.
    moved
        Each window, if the allele moves what follows; empty if all bases stand where they stood.
    """

    codes: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
    moved: tuple[HaplotypeWindow, ...]


def score_alleles(
    engine: Engine,
    codes: npt.NDArray[np.uint8],
    signals: Sequence[SignalTrack],
    chrom: str,
    starts: npt.NDArray[np.int64],
    alleles: Sequence[Allele],
    *,
    strand: Strand = "forward",
    progress: Callable[[int], object] | None = None,
) -> VariantScores:
    """Score each allele alone in place of the reference, with the signal held as it is.

    With the windows of a prediction `reference` is what :func:`~scmaxatac.tl.predict_tfbs` gives. A window that holds
    the allele is written out with it (see :func:`~scmaxatac.sequence._haplotype.haplotype_window`) and scored again.
    Windows that are the same, such as those of two groups without signal, are scored once.

    Parameters
    ----------
    engine
        Networks to score with.
    codes
        (length,) uint8, bases of the chromosome.
    signals
        ATAC signal of each group.
    chrom
        The chromosome.
    starts
        (n,) sorted starts of windows, multiples of the bin's width.
    alleles
        Trimmed alleles.
    strand
        ``"forward"``, or ``"mean"`` of both strands.
    progress
        Called with numbers of alleles that were scored.
    """
    grid = engine.grid
    order = np.array(sorted(range(len(alleles)), key=lambda i: alleles[i].start), dtype=np.int64)
    shape = (3, len(alleles), len(signals), engine.n_outputs)
    reference, alternative, effect = np.full(shape, np.nan, dtype=np.float32)
    out = VariantScores(reference, alternative, effect, np.zeros(len(alleles), dtype=np.int64))
    most = max(_WINDOWS_PER_BLOCK // max(len(signals), 1), 1)
    for block in _blocks(order, [_around(alleles[i], starts, len(codes), grid) for i in order], most):
        _score_block(engine, codes, signals, chrom, starts, alleles, block, strand, out)
        if progress is not None:
            progress(len(block))
    return out


def _around(allele: Allele, starts: npt.NDArray[np.int64], length: int, grid: Grid) -> _Around:
    first = max(allele.start - WITHIN, 0) // grid.bin
    last = min(-(-(max(allele.end, allele.start + 1) + WITHIN) // grid.bin), length // grid.bin)
    low = np.searchsorted(starts, first * grid.bin - grid.window, side="right")
    high = np.searchsorted(starts, last * grid.bin, side="left")
    windows = np.arange(low, high)
    begin = starts[windows]
    return _Around(windows, (begin < allele.end) & (allele.start < begin + grid.window), first, last - first)


def _blocks(order: npt.NDArray[np.int64], around: Sequence[_Around], most: int) -> Iterator[list[tuple[int, _Around]]]:
    """Alleles in order, as many at a time as make a block of windows."""
    block: list[tuple[int, _Around]] = []
    n = 0
    for i, each in zip(order.tolist(), around, strict=True):
        if block and n + 2 * len(each.windows) > most:
            yield block
            block, n = [], 0
        block.append((i, each))
        n += 2 * len(each.windows)
    if block:
        yield block


def _score_block(
    engine: Engine,
    codes: npt.NDArray[np.uint8],
    signals: Sequence[SignalTrack],
    chrom: str,
    starts: npt.NDArray[np.int64],
    alleles: Sequence[Allele],
    block: Sequence[tuple[int, _Around]],
    strand: Strand,
    out: VariantScores,
) -> None:
    used = np.unique(np.concatenate([around.windows for _, around in block]))
    if not len(used):
        return
    grid = engine.grid
    plain_codes = np.lib.stride_tricks.sliding_window_view(codes, grid.window)[starts[used]]
    written = [_write_out(codes, plain_codes, starts, used, alleles[i], around) for i, around in block]
    pool = WindowPool(grid.window)
    rows = []
    for signal in signals:
        plain_signal = signal.windows(chrom, starts[used], grid.window)
        of_group = [pool.add(plain_codes, plain_signal)]
        for one in written:
            of_group.append(pool.add(one.codes, _signal_of(one, signal, chrom, plain_signal, len(codes))))
        rows.append(of_group)
    scores = score_alike(engine, *pool.windows(), strand=strand)
    for g in range(len(signals)):
        of_reference = scores[:, rows[g][0]]
        for (i, around), one, mine in zip(block, written, rows[g][1:], strict=True):
            begins = starts[around.windows]
            plain, alternative = of_reference[:, np.searchsorted(used, around.windows)], scores[:, mine]
            with_allele = plain.copy()
            with_allele[:, around.holds] = alternative
            where: list[npt.NDArray[np.int64] | None] = [None] * len(begins)
            for w, window in zip(np.flatnonzero(around.holds).tolist(), one.moved, strict=False):
                where[w] = window.position
            out.reference[i, g] = _largest(plain, [None] * len(begins), begins, around, codes, grid)
            out.alternative[i, g] = _largest(with_allele, where, begins, around, codes, grid)
            out.n_windows[i] = len(mine)
            if len(mine):
                change = _effect(plain[:, around.holds], alternative, begins[around.holds], alleles[i], grid)
                out.effect[i, g] = change


def _write_out(
    codes: npt.NDArray[np.uint8],
    plain: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    used: npt.NDArray[np.int64],
    allele: Allele,
    around: _Around,
) -> _Written:
    """Windows with an allele in place of the reference; the same for every signal."""
    held = around.windows[around.holds]
    rows, begins = np.searchsorted(used, held), starts[held].tolist()
    if len(allele.ref) == len(allele.alt):
        return _Written(_substituted(plain[rows], begins, allele), rows, ())
    moved = tuple(haplotype_window(codes, [allele], begin, plain.shape[1]) for begin in begins)
    written = [window.codes for window in moved]
    return _Written(np.stack(written) if written else plain[:0], rows, moved)


def _substituted(codes: npt.NDArray[np.uint8], begins: Sequence[int], allele: Allele) -> npt.NDArray[np.uint8]:
    """Put as many bases in the place of others into windows, so that none moves."""
    bases = to_codes(allele.alt)
    for window, begin in zip(codes, begins, strict=True):
        first = max(allele.start - begin, 0)
        cut = max(begin - allele.start, 0)
        window[first : first + len(bases) - cut] = bases[cut : cut + codes.shape[1] - first]
    return codes


def _signal_of(
    written: _Written, signal: SignalTrack, chrom: str, plain: npt.NDArray[np.float32], length: int
) -> npt.NDArray[np.float32]:
    """Signal of windows that were written out; (n, window) float32."""
    if not written.moved:
        return plain[written.rows]
    first = int(written.moved[0].left[0])
    last = min(max(int(window.right.max()) for window in written.moved) + 1, length)
    values = signal.values(chrom, first, last)
    return np.stack([haplotype_signal(values, first, window) for window in written.moved])


def _largest(
    scores: npt.NDArray[np.float32],
    positions: Sequence[npt.NDArray[np.int64] | None],
    begins: npt.NDArray[np.int64],
    around: _Around,
    codes: npt.NDArray[np.uint8],
    grid: Grid,
) -> npt.NDArray[np.float32]:
    """Largest mean over the windows of the known bins around an allele; (models,)."""
    sums = np.zeros((scores.shape[0], around.n_bins))
    bases = np.zeros(around.n_bins)
    for w, (begin, position) in enumerate(zip(begins.tolist(), positions, strict=True)):
        if position is None:
            own, counts = scores[:, w] * np.float64(grid.bin), np.full(grid.bins_per_window, grid.bin)
        else:
            own, counts = reference_bins(scores[:, w], position, begin)
        shift = begin // grid.bin - around.first_bin
        low, high = max(shift, 0), min(shift + grid.bins_per_window, around.n_bins)
        sums[:, low:high] += own[:, low - shift : high - shift]
        bases[low:high] += counts[low - shift : high - shift]
    here = codes[around.first_bin * grid.bin : (around.first_bin + around.n_bins) * grid.bin]
    kept = (bases > 0) & (here.reshape(-1, grid.bin) < 4).any(axis=1)
    if not kept.any():
        return np.full(scores.shape[0], np.nan, dtype=np.float32)
    means: npt.NDArray[np.float64] = sums[:, kept] / bases[kept]
    return np.asarray(means.max(axis=1), dtype=np.float32)


def _effect(
    reference: npt.NDArray[np.float32],
    alternative: npt.NDArray[np.float32],
    begins: npt.NDArray[np.int64],
    allele: Allele,
    grid: Grid,
) -> npt.NDArray[np.float32]:
    """Mean over windows of the change in logit of each allele's own largest bin; (models,)."""
    change = np.zeros(reference.shape[0])
    for w, begin in enumerate(begins.tolist()):
        at = max(allele.start - begin, 0)
        replaced = allele.end - max(begin, allele.start)
        added = max(len(allele.alt) - max(begin - allele.start, 0), 0)
        change += logit(alternative[:, w, _bins(at, added, grid)].max(axis=1))
        change -= logit(reference[:, w, _bins(at, replaced, grid)].max(axis=1))
    return np.asarray(change / len(begins), dtype=np.float32)


def _bins(at: int, length: int, grid: Grid) -> slice:
    """Bins of a window within 250 bp of `length` bases from `at` on."""
    return slice(
        max(at - WITHIN, 0) // grid.bin, min(-(-(at + max(length, 1) + WITHIN) // grid.bin), grid.bins_per_window)
    )
