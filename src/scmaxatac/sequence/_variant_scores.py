"""Scores of variants: each allele alone, against the reference, in the windows around it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scmaxatac._constants import BIN, BINS_PER_WINDOW, STEP, WINDOW
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._windows import window_starts
from scmaxatac.nn._predict import predict_windows
from scmaxatac.nn.engines._engine import Engine, Strand
from scmaxatac.sequence._alleles import Allele, to_codes
from scmaxatac.sequence._haplotype import haplotype_signal, haplotype_window, reference_bins

WITHIN = 250
"""Bins that overlap an allele, widened by this many bp on either side, are looked at."""

CLIP = 1e-4
"""Scores are kept this far from 0 and 1 before their logit is taken, so that what is never bound does not change."""

_WINDOWS_PER_BLOCK = 4_096


class VariantScores(NamedTuple):
    """Scores of alleles by several models.

    Attributes
    ----------
    reference, alternative
        (alleles, models) float32, largest score of the bins of the reference within 250 bp, each the mean over the
        windows that cover it, without and with the allele; NaN where no window covers them.
    effect
        (alleles, models) float32, change in logit of the largest bin within 250 bp, mean over the windows that hold
        the allele.
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


class _Windows(NamedTuple):
    """Windows to score: (n, 1024) codes and signal, and where their bases stand in the reference if they moved."""

    codes: npt.NDArray[np.uint8]
    signal: npt.NDArray[np.float32]
    positions: list[npt.NDArray[np.int64]] | None


def score_alleles(
    engine: Engine,
    genome: Genome,
    signal: SignalTrack,
    chrom: str,
    alleles: Sequence[Allele],
    *,
    step: int = STEP,
    strand: Strand = "forward",
    progress: Callable[[int], object] | None = None,
) -> VariantScores:
    """Score each allele alone in place of the reference, with the signal held as it is.

    Windows are those of a prediction of whole chromosomes, so that `reference` is what
    :func:`~scmaxatac.tl.predict_tfbs` gives. A window that holds the allele is written out with it (see
    :func:`~scmaxatac.sequence._haplotype.haplotype_window`) and scored again.

    Parameters
    ----------
    engine
        Networks to score with.
    genome
        Sequence, sizes and blacklist.
    signal
        ATAC signal of a group.
    chrom
        The chromosome.
    alleles
        Trimmed alleles.
    step
        Distance between windows in bp.
    strand
        ``"forward"``, or ``"mean"`` of both strands.
    progress
        Called with numbers of alleles that were scored.
    """
    starts = window_starts(genome, chrom, step=step)
    order = np.array(sorted(range(len(alleles)), key=lambda i: alleles[i].start), dtype=np.int64)
    reference, alternative, effect = np.full((3, len(alleles), engine.n_models), np.nan, dtype=np.float32)
    out = VariantScores(reference, alternative, effect, np.zeros(len(alleles), dtype=np.int64))
    codes = genome.codes(chrom)
    for block in _blocks(order, [_around(alleles[i], starts, len(codes)) for i in order]):
        _score_block(engine, codes, signal, chrom, starts, alleles, block, strand, out)
        if progress is not None:
            progress(len(block))
    return out


def _around(allele: Allele, starts: npt.NDArray[np.int64], length: int) -> _Around:
    first = max(allele.start - WITHIN, 0) // BIN
    last = min(-(-(max(allele.end, allele.start + 1) + WITHIN) // BIN), length // BIN)
    low = np.searchsorted(starts, first * BIN - WINDOW, side="right")
    high = np.searchsorted(starts, last * BIN, side="left")
    windows = np.arange(low, high)
    begin = starts[windows]
    return _Around(windows, (begin < allele.end) & (allele.start < begin + WINDOW), first, last - first)


def _blocks(order: npt.NDArray[np.int64], around: Sequence[_Around]) -> Iterator[list[tuple[int, _Around]]]:
    """Alleles in order, as many at a time as make a block of windows."""
    block: list[tuple[int, _Around]] = []
    n = 0
    for i, each in zip(order.tolist(), around, strict=True):
        if block and n + 2 * len(each.windows) > _WINDOWS_PER_BLOCK:
            yield block
            block, n = [], 0
        block.append((i, each))
        n += 2 * len(each.windows)
    if block:
        yield block


def _score_block(
    engine: Engine,
    codes: npt.NDArray[np.uint8],
    signal: SignalTrack,
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
    reference = _Windows(
        np.lib.stride_tricks.sliding_window_view(codes, WINDOW)[starts[used]], signal.windows(chrom, starts[used]), None
    )
    changed = []
    for i, around in block:
        held = around.windows[around.holds]
        rows = np.searchsorted(used, held)
        if len(alleles[i].ref) == len(alleles[i].alt):
            changed.append(_substituted(reference, rows, starts[held], alleles[i]))
        else:
            changed.append(_shifted(codes, signal, chrom, starts[held], alleles[i]))
    every = [reference, *changed]
    scores = predict_windows(
        engine, np.concatenate([one.codes for one in every]), np.concatenate([one.signal for one in every]), strand
    )
    n = len(used)
    for (i, around), windows in zip(block, changed, strict=True):
        holds, begins = around.holds, starts[around.windows]
        mine = scores[:, n : n + len(windows.codes)]
        n += len(windows.codes)
        plain = scores[:, np.searchsorted(used, around.windows)]
        with_allele = plain.copy()
        with_allele[:, holds] = mine
        positions: list[npt.NDArray[np.int64] | None] = [None] * len(begins)
        for at, w in enumerate(np.flatnonzero(holds)):
            positions[w] = None if windows.positions is None else windows.positions[at]
        out.reference[i] = _largest(plain, [None] * len(begins), begins, around, codes)
        out.alternative[i] = _largest(with_allele, positions, begins, around, codes)
        out.n_windows[i] = len(windows.codes)
        if len(windows.codes):
            out.effect[i] = _effect(plain[:, holds], mine, begins[holds], alleles[i])


def _substituted(
    reference: _Windows, rows: npt.NDArray[np.int64], begins: npt.NDArray[np.int64], allele: Allele
) -> _Windows:
    """Windows in which as many bases take the place of others, so that none moves."""
    bases = to_codes(allele.alt)
    codes = reference.codes[rows]
    for window, begin in zip(codes, begins.tolist(), strict=True):
        first = max(allele.start - begin, 0)
        cut = max(begin - allele.start, 0)
        window[first : first + len(bases) - cut] = bases[cut : cut + WINDOW - first]
    return _Windows(codes, reference.signal[rows], None)


def _shifted(
    codes: npt.NDArray[np.uint8], signal: SignalTrack, chrom: str, begins: npt.NDArray[np.int64], allele: Allele
) -> _Windows:
    """Windows written out with an allele that moves what follows."""
    if not len(begins):
        nothing = np.zeros((0, WINDOW))
        return _Windows(nothing.astype(np.uint8), nothing.astype(np.float32), None)
    first, last = int(begins[0]), min(int(begins[-1]) + WINDOW + len(allele.ref) + 1, len(codes))
    values = signal.values(chrom, first, last)
    windows = [haplotype_window(codes, [allele], int(begin), WINDOW) for begin in begins]
    return _Windows(
        np.stack([window.codes for window in windows]),
        np.stack([haplotype_signal(values, first, window) for window in windows]),
        [window.position for window in windows],
    )


def _largest(
    scores: npt.NDArray[np.float32],
    positions: Sequence[npt.NDArray[np.int64] | None],
    begins: npt.NDArray[np.int64],
    around: _Around,
    codes: npt.NDArray[np.uint8],
) -> npt.NDArray[np.float32]:
    """Largest mean over the windows of the known bins around an allele; (models,)."""
    sums = np.zeros((scores.shape[0], around.n_bins))
    bases = np.zeros(around.n_bins)
    for w, (begin, position) in enumerate(zip(begins.tolist(), positions, strict=True)):
        if position is None:
            own, counts = scores[:, w] * np.float64(BIN), np.full(BINS_PER_WINDOW, BIN)
        else:
            own, counts = reference_bins(scores[:, w], position, begin)
        shift = begin // BIN - around.first_bin
        low, high = max(shift, 0), min(shift + BINS_PER_WINDOW, around.n_bins)
        sums[:, low:high] += own[:, low - shift : high - shift]
        bases[low:high] += counts[low - shift : high - shift]
    here = codes[around.first_bin * BIN : (around.first_bin + around.n_bins) * BIN]
    kept = (bases > 0) & (here.reshape(-1, BIN) < 4).any(axis=1)
    if not kept.any():
        return np.full(scores.shape[0], np.nan, dtype=np.float32)
    means: npt.NDArray[np.float64] = sums[:, kept] / bases[kept]
    return np.asarray(means.max(axis=1), dtype=np.float32)


def _effect(
    reference: npt.NDArray[np.float32],
    alternative: npt.NDArray[np.float32],
    begins: npt.NDArray[np.int64],
    allele: Allele,
) -> npt.NDArray[np.float32]:
    """Mean over windows of the change in logit of each allele's own largest bin; (models,)."""
    change = np.zeros(reference.shape[0])
    for w, begin in enumerate(begins.tolist()):
        at = max(allele.start - begin, 0)
        replaced = allele.end - max(begin, allele.start)
        added = max(len(allele.alt) - max(begin - allele.start, 0), 0)
        change += _logit(alternative[:, w, _bins(at, added)].max(axis=1))
        change -= _logit(reference[:, w, _bins(at, replaced)].max(axis=1))
    return np.asarray(change / len(begins), dtype=np.float32)


def _bins(at: int, length: int) -> slice:
    """Bins of a window within 250 bp of `length` bases from `at` on."""
    return slice(max(at - WITHIN, 0) // BIN, min(-(-(at + max(length, 1) + WITHIN) // BIN), BINS_PER_WINDOW))


def _logit(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    clipped = np.clip(scores.astype(np.float64), CLIP, 1 - CLIP)
    logits: npt.NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return logits
