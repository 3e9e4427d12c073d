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
from scmaxatac.sequence._alleles import Allele
from scmaxatac.sequence._haplotype import HaplotypeWindow, haplotype_signal, haplotype_window, reference_bins

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
    reference_codes = np.lib.stride_tricks.sliding_window_view(codes, WINDOW)[starts[used]]
    reference_signal = signal.windows(chrom, starts[used])
    written: list[HaplotypeWindow] = []
    new_codes, new_signal = [reference_codes], [reference_signal]
    for i, around in block:
        held = around.windows[around.holds]
        changed = _write_out(codes, signal, chrom, starts[held], alleles[i])
        written += [window for window, _ in changed]
        if changed:
            new_codes.append(np.stack([window.codes for window, _ in changed]))
            new_signal.append(np.stack([values for _, values in changed]))
    scores = predict_windows(engine, np.concatenate(new_codes), np.concatenate(new_signal), strand)
    n = len(used)
    for i, around in block:
        rows = np.searchsorted(used, around.windows)
        n_held = int(around.holds.sum())
        mine, windows = scores[:, n : n + n_held], written[n - len(used) : n - len(used) + n_held]
        n += n_held
        begins = starts[around.windows]
        plain = scores[:, rows]
        out.reference[i] = _largest(plain, [None] * len(begins), begins, around, codes)
        with_allele = plain.copy()
        with_allele[:, around.holds] = mine
        every: list[HaplotypeWindow | None] = [None] * len(begins)
        for at, window in zip(np.flatnonzero(around.holds), windows, strict=True):
            every[at] = window
        out.alternative[i] = _largest(with_allele, every, begins, around, codes)
        out.n_windows[i] = n_held
        if n_held:
            out.effect[i] = _effect(plain[:, around.holds], mine, begins[around.holds], alleles[i])


def _write_out(
    codes: npt.NDArray[np.uint8], signal: SignalTrack, chrom: str, begins: npt.NDArray[np.int64], allele: Allele
) -> list[tuple[HaplotypeWindow, npt.NDArray[np.float32]]]:
    if not len(begins):
        return []
    first, last = int(begins[0]), min(int(begins[-1]) + WINDOW + len(allele.ref) + 1, len(codes))
    values = signal.values(chrom, first, last)
    windows = [haplotype_window(codes, [allele], int(begin), WINDOW) for begin in begins]
    return [(window, haplotype_signal(values, first, window)) for window in windows]


def _largest(
    scores: npt.NDArray[np.float32],
    written: Sequence[HaplotypeWindow | None],
    begins: npt.NDArray[np.int64],
    around: _Around,
    codes: npt.NDArray[np.uint8],
) -> npt.NDArray[np.float32]:
    """Largest mean over the windows of the known bins around an allele; (models,)."""
    sums = np.zeros((scores.shape[0], around.n_bins))
    bases = np.zeros(around.n_bins)
    for w, (begin, window) in enumerate(zip(begins.tolist(), written, strict=True)):
        if window is None:
            own, counts = scores[:, w] * np.float64(BIN), np.full(BINS_PER_WINDOW, BIN)
        else:
            own, counts = reference_bins(scores[:, w], window.position, begin)
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
