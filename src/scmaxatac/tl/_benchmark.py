"""Predicted scores against measured binding sites."""

from collections.abc import Iterable, Iterator
from os import PathLike
from typing import TypeAlias

import numpy as np
import pandas as pd

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
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

POOLED = "pooled"
"""Name of the row that takes the bins of all chromosomes together."""


@shared_docs
def benchmark(
    scores: Table,
    peaks: Table,
    *,
    genome: Genome,
    chroms: Iterable[str] | None = None,
    regions: Table | None = None,
    bin_size: int = CALIBRATION_BIN,
    n_bootstrap: int = 200,
    block_size: int = 1_000_000,
    rng: np.random.Generator | int | None = 0,
) -> pd.DataFrame:
    """Compare scores with measured binding sites, such as ChIP-seq peaks, bin by bin.

    A bin's score is the largest that overlaps it, 0 where there is none; it is positive if a peak overlaps it by 1 bp.
    Bins that hold a blacklisted base are left out of everything, also of the share of positive bins. This is the
    comparison of Cazares et al. 2023, with bins that do not drift.

    Parameters
    ----------
    scores
        A bigWig file, or a table with chrom, start, end and score, such as :func:`scmaxatac.get.track` gives. Without
        a score column every interval scores 1.
    peaks
        A BED or narrowPeak file, or a table with chrom, start and end (0-based, half-open).
    genome
        {genome}
        It needs no sequence.
    chroms
        Chromosomes to compare on; by default those that the scores are on.
    regions
        Count only bins that lie in these regions with all their bases: a BED file or a table.
    bin_size
        Width of a bin in bp; the paper's is 200.
    n_bootstrap
        Draws for the interval of the average precision; 0 leaves it out.
    block_size
        Length of the stretches that are drawn with replacement, in bp.
    rng
        {rng}

    Returns
    -------
    A row a chromosome and one called ``"pooled"``: n_bins, n_positive, random_precision (share of positive bins), aupr
    (trapezoidal, as the original computes it), average_precision (as scikit-learn), precision_at_5pct_recall, log2fc
    (of aupr over random_precision), and ap_low and ap_high, the 95% block-bootstrap interval of the average precision.
    NaN where no bin is positive.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    KeyError
        If a chromosome is not in the genome.
    ValueError
        If scores and genome share no chromosome, or a table lacks a column.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> bound = toy.sites[toy.sites["bound"] & (toy.sites["tf"] == "CTCF")]
    >>> table = sma.tl.benchmark(bound.assign(score=1.0), bound, genome=toy.genome, chroms="chr5")
    >>> float(table.loc["pooled", "average_precision"])
    1.0
    """
    if bin_size < 1 or block_size < bin_size:
        raise ValueError(
            f"bin_size is {bin_size} and block_size {block_size}; they have to be 1 <= bin_size <= block_size"
        )
    known = Intervals.from_frame(_table(peaks, "peaks")[["chrom", "start", "end"]].astype({"chrom": str}))
    inside = None if regions is None else Intervals.from_frame(_table(regions, "regions").astype({"chrom": str}))
    chosen, largest = _read_scores(scores, genome, chroms, bin_size)
    parts = {
        chrom: score_bins(values, known, genome, chrom, regions=inside, bin_size=bin_size)
        for chrom, values in zip(chosen, largest, strict=True)
    }
    generator = np.random.default_rng(rng)
    rows = {chrom: _row([part], block_size, n_bootstrap, generator) for chrom, part in parts.items()}
    rows[POOLED] = _row(list(parts.values()), block_size, n_bootstrap, generator)
    return pd.DataFrame.from_dict(rows, orient="index").astype({"n_bins": int, "n_positive": int}).rename_axis("chrom")


def _row(parts: list[ScoredBins], block_size: int, n_bootstrap: int, rng: np.random.Generator) -> dict[str, float]:
    scores, truth = np.concatenate([p.scores for p in parts]), np.concatenate([p.truth for p in parts])
    row = agreement(scores, truth)
    if n_bootstrap:
        row |= {"ap_low": np.nan, "ap_high": np.nan}
        if truth.any():
            labels = [(i, block) for i, p in enumerate(parts) for block in (p.starts // block_size).tolist()]
            blocks = pd.factorize(pd.MultiIndex.from_tuples(labels))[0]
            draws = bootstrap_average_precision(scores, truth, blocks, n=n_bootstrap, rng=rng)
            row["ap_low"], row["ap_high"] = np.nanpercentile(draws, [2.5, 97.5])
    return row


def _read_scores(
    scores: Table, genome: Genome, chroms: Iterable[str] | None, bin_size: int
) -> tuple[list[str], Iterator[np.ndarray]]:
    """Chromosomes to compare on, and the largest score in each of their bins."""
    frame = None
    if isinstance(scores, pd.DataFrame) or not str(scores).lower().endswith((".bw", ".bigwig")):
        frame = _table(scores, "scores").astype({"chrom": str})
        frame = frame.assign(score=1.0) if "score" not in frame else frame
        present = frame["chrom"].unique().tolist()
    else:
        present = list(bigwig_sizes(scores))
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


def _table(given: Table, what: str) -> pd.DataFrame:
    frame = given if isinstance(given, pd.DataFrame) else read_bed(given)
    missing = [name for name in ("chrom", "start", "end") if name not in frame]
    if missing:
        raise ValueError(f"{what} lack the columns {missing}; they have {list(frame.columns)}")
    return frame
