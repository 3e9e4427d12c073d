"""Scores of bins against known sites, on plain arrays."""

from dataclasses import dataclass

import numpy as np

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac.evaluate._precision_recall import area_under_precision_recall, average_precision, precision_recall
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals

RECALL = 0.05
"""Recall at which the paper reports precision (Cazares et al. 2023)."""


@dataclass(frozen=True)
class ScoredBins:
    """Bins of one chromosome that count: their starts, largest scores and labels."""

    starts: np.ndarray
    """(n,) int64, 0-based."""

    scores: np.ndarray
    """(n,) float32."""

    truth: np.ndarray
    """(n,) bool, whether a peak overlaps the bin by 1 bp."""


def max_per_bin(
    starts: np.ndarray, ends: np.ndarray, values: np.ndarray, n_bins: int, bin_size: int = CALIBRATION_BIN
) -> np.ndarray:
    """Largest value of the intervals that overlap each bin ``[i * bin_size, (i + 1) * bin_size)`` by 1 bp.

    Parameters
    ----------
    starts, ends
        (n,) intervals in bp, 0-based and half-open, in any order.
    values
        (n,) their values; NaN counts as no value.
    n_bins
        Number of bins; what lies beyond them is left out.
    bin_size
        Width of a bin in bp.

    Returns
    -------
    (n_bins,) float32; 0 where nothing overlaps, as the original's benchmark has it.

    Raises
    ------
    ValueError
        If an interval is empty or starts before 0.
    """
    starts, ends = np.asarray(starts), np.asarray(ends)
    if np.any((starts < 0) | (ends <= starts)):
        raise ValueError("an interval is empty or starts before 0 (0-based, half-open)")
    first = starts // bin_size
    spans = (ends - 1) // bin_size - first + 1
    which = np.repeat(np.arange(len(first)), spans)
    bins = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(spans) - spans, spans)
    inside = bins < n_bins
    out = np.full(n_bins, -np.inf, dtype=np.float32)
    np.fmax.at(out, bins[inside], np.asarray(values, dtype=np.float32)[which[inside]])
    return np.where(np.isneginf(out), np.float32(0), out)


def score_bins(
    largest: np.ndarray,
    peaks: Intervals,
    genome: Genome,
    chrom: str,
    *,
    regions: Intervals | None = None,
    bin_size: int = CALIBRATION_BIN,
) -> ScoredBins:
    """Choose the bins that count and label them.

    Bins are whole, hold no blacklisted base and, with regions, lie in them with all their bases.

    Parameters
    ----------
    largest
        (bins,) scores from :func:`max_per_bin`, of all whole bins of the chromosome.
    peaks
        Known sites.
    genome
        Sizes and blacklist.
    chrom
        The chromosome.
    regions
        Where to compare.
    bin_size
        Width of a bin in bp.
    """
    starts = np.arange(len(largest), dtype=np.int64) * bin_size
    counts = np.ones(len(starts), dtype=bool)
    if genome.blacklist is not None:
        counts &= ~genome.blacklist.overlaps(chrom, starts, starts + bin_size)
    if regions is not None:
        counts &= regions.overlap_length(chrom, starts, starts + bin_size) == bin_size
    starts = starts[counts]
    return ScoredBins(starts, largest[counts], peaks.overlaps(chrom, starts, starts + bin_size))


def ranking_metrics(scores: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Measure how well scores rank the positive bins.

    Parameters
    ----------
    scores
        (n,) scores; ties are called together.
    truth
        (n,) bool.

    Returns
    -------
    n_bins, n_positive; aupr (trapezoidal, without the extra point at recall 0, as the original computes it);
    average_precision (as scikit-learn); precision_at_5pct_recall, at the highest threshold that reaches it;
    random_precision, the share of positive bins; log2fc of aupr over it. NaN without a positive bin.
    """
    n, positive = len(truth), int(truth.sum())
    result = {"n_bins": n, "n_positive": positive, "random_precision": positive / n if n else float("nan")}
    if not positive:
        undefined = ("aupr", "average_precision", "precision_at_5pct_recall", "log2fc")
        return result | dict.fromkeys(undefined, float("nan"))
    precision, recall = precision_recall(scores, truth)
    aupr = area_under_precision_recall(scores, truth)
    return result | {
        "aupr": aupr,
        "average_precision": average_precision(scores, truth),
        "precision_at_5pct_recall": float(precision[np.argmax(recall >= RECALL)]),
        "log2fc": float(np.log2(aupr / (positive / n))) if aupr > 0 else float("-inf"),
    }


def bootstrap_average_precision(
    scores: np.ndarray, truth: np.ndarray, blocks: np.ndarray, *, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Average precision of bins whose blocks are drawn with replacement.

    Neighbouring bins depend on each other, so whole blocks of the genome are drawn.

    Parameters
    ----------
    scores, truth
        (m,) scores and labels of bins.
    blocks
        (m,) int, block of each bin, 0 to the number of blocks.
    n
        Number of draws.
    rng
        Source of randomness.

    Returns
    -------
    (n,) float64; NaN where a draw holds no positive bin.
    """
    order = np.argsort(-scores, kind="stable")
    truth, blocks = truth[order], blocks[order]
    last_of_tie = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    n_blocks = int(blocks.max()) + 1
    out = np.full(n, np.nan)
    for i in range(n):
        weights = np.bincount(rng.integers(n_blocks, size=n_blocks), minlength=n_blocks)[blocks]
        called, hits = np.cumsum(weights)[last_of_tie], np.cumsum(weights * truth)[last_of_tie]
        if hits[-1]:
            precision = np.divide(hits, called, out=np.zeros(len(hits)), where=called > 0)
            out[i] = np.sum(np.diff(hits, prepend=0) * precision) / hits[-1]
    return out
