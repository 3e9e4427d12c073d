"""Scores and known sites of all kinds, bin by bin."""

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from typing import TypeAlias

import numpy as np
import pandas as pd

from scmaxatac.io._bed import read_bed
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig
from scmaxatac.tracks._benchmark import (
    ScoredBins,
    agreement,
    bootstrap_average_precision,
    largest_per_bin,
    score_bins,
)
from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._intervals import Intervals

Table: TypeAlias = str | PathLike[str] | pd.DataFrame
"""A file or a table of intervals."""


def as_table(given: Table, what: str) -> pd.DataFrame:
    """Read a BED file, or check that a table has chrom, start and end; `what` it is goes into the message."""
    frame = given if isinstance(given, pd.DataFrame) else read_bed(given)
    missing = [name for name in ("chrom", "start", "end") if name not in frame]
    if missing:
        raise ValueError(f"{what} lack the columns {missing}; they have {list(frame.columns)}")
    return frame


def as_intervals(given: Table, what: str) -> Intervals:
    """Read a BED file or a table as merged intervals."""
    return Intervals.from_frame(as_table(given, what)[["chrom", "start", "end"]].astype({"chrom": str}))


def is_bigwig(given: object) -> bool:
    """Whether a path names a bigWig."""
    return not isinstance(given, pd.DataFrame) and str(given).lower().endswith((".bw", ".bigwig"))


def labelled_bins(
    scores: Table,
    peaks: Table,
    *,
    genome: Genome,
    chroms: Iterable[str] | None,
    regions: Table | None,
    bin_size: int,
) -> dict[str, ScoredBins]:
    """Find the bins of each chromosome that count, with their largest scores and labels.

    Raises
    ------
    ValueError
        If scores and genome share no chromosome, or a table lacks a column.
    """
    known = as_intervals(peaks, "peaks")
    inside = None if regions is None else as_intervals(regions, "regions")
    chosen, largest = _read_scores(scores, genome, chroms, bin_size)
    return {
        chrom: score_bins(values, known, genome, chrom, regions=inside, bin_size=bin_size)
        for chrom, values in zip(chosen, largest, strict=True)
    }


def agreement_row(
    parts: Sequence[ScoredBins], *, n_bootstrap: int, block_size: int, rng: np.random.Generator
) -> dict[str, float]:
    """Measure how well scores rank the positive bins of some chromosomes together.

    What :func:`~scmaxatac.tracks._benchmark.agreement` gives and, with draws, ap_low and ap_high: the 95% interval of
    the average precision over stretches of `block_size` bp that are drawn with replacement.
    """
    scores, truth = np.concatenate([p.scores for p in parts]), np.concatenate([p.truth for p in parts])
    row = agreement(scores, truth)
    if n_bootstrap:
        row |= {"ap_low": np.nan, "ap_high": np.nan}
        if truth.any():
            draws = bootstrap_average_precision(scores, truth, _blocks(parts, block_size), n=n_bootstrap, rng=rng)
            row["ap_low"], row["ap_high"] = np.nanpercentile(draws, [2.5, 97.5])
    return row


def _blocks(parts: Sequence[ScoredBins], block_size: int) -> np.ndarray:
    """Give each bin the number of its stretch, counted over all chromosomes; stretches without bins get none."""
    numbers = []
    n_before = 0
    for part in parts:
        own, number = np.unique(part.starts // block_size, return_inverse=True)
        numbers.append(n_before + number)
        n_before += len(own)
    return np.concatenate(numbers)


def _read_scores(
    scores: Table, genome: Genome, chroms: Iterable[str] | None, bin_size: int
) -> tuple[list[str], Iterator[np.ndarray]]:
    """Chromosomes to compare on, and the largest score in each of their bins."""
    frame = None
    if is_bigwig(scores):
        present = list(bigwig_sizes(scores))
    else:
        frame = as_table(scores, "scores").astype({"chrom": str})
        frame = frame.assign(score=1.0) if "score" not in frame else frame
        present = frame["chrom"].unique().tolist()
    chosen = [chrom for chrom in genome.chroms if chrom in present] if chroms is None else genome.select_chroms(chroms)
    if not chosen:
        raise ValueError(f"scores are on {', '.join(present[:5])}, none of which {genome.source} has")

    def largest() -> Iterator[np.ndarray]:
        for chrom in chosen:
            n_bins = genome.sizes[chrom] // bin_size
            if frame is not None:
                rows = frame[frame["chrom"] == chrom]
                start, end, score = (rows[name].to_numpy() for name in ("start", "end", "score"))
                yield largest_per_bin(start, end, score, n_bins, bin_size)
            elif chrom in present:
                yield largest_per_bin(*read_bigwig(scores, chrom), n_bins, bin_size)
            else:
                yield np.zeros(n_bins, dtype=np.float32)

    return chosen, largest()
