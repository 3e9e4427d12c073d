"""Predicted scores against measured binding sites."""

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
from scmaxatac.tl._bins import Table, agreement_row, labelled_bins
from scmaxatac.tracks._genome import Genome

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
        a score column every interval scores 1. Bins that a run did not keep (below ``settings.score_floor``) count as
        0, which lowers the average precision of factors whose scores are small; ``save_tracks=True`` keeps all.
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
    parts = labelled_bins(scores, peaks, genome=genome, chroms=chroms, regions=regions, bin_size=bin_size)
    row = partial(agreement_row, n_bootstrap=n_bootstrap, block_size=block_size, rng=np.random.default_rng(rng))
    rows = {chrom: row([part]) for chrom, part in parts.items()}
    rows[POOLED] = row(list(parts.values()))
    return pd.DataFrame.from_dict(rows, orient="index").astype({"n_bins": int, "n_positive": int}).rename_axis("chrom")
