"""Predicted scores against measured binding sites."""

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.evaluate._ranking_metrics import check_blocks, count_blocks, ranking_row, warn_of_few_blocks
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table

POOLED = "pooled"
"""Name of the row that takes the bins of all chromosomes together."""


@shared_docs
@checked_arguments
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
        A bigWig file, or a table with chrom, start, end and score, such as :func:`scmaxatac.get.track` gives. Scores
        are at least 0. Without a score column, or where it holds nothing but ``.``, every interval scores 1; of a file
        that has such a column this is a warning. Bins that a run did not keep (below ``settings.min_stored_score``)
        count as 0, which lowers the average precision of factors whose scores are small; ``save_tracks=True`` keeps
        all.
    peaks
        A BED or narrowPeak file, or a table with chrom, start and end (0-based, half-open).
    genome
        {genome}
        It needs no sequence.
    chroms
        Chromosomes to compare on; by default those of the genome that hold scores.
    regions
        Count only bins that lie in these regions with all their bases: a BED file or a table.
    bin_size
        Width of a bin in bp; the paper's is 200.
    n_bootstrap
        Draws for the interval of the average precision; 0 leaves it out.
    block_size
        Length of the blocks that are drawn with replacement, in bp. At least 10 of them should hold bins: an
        interval from fewer is far too narrow (one called 95% covers about 90% with 10, 75% with 3).
    rng
        {rng}

    Returns
    -------
    A row a chromosome and one called ``"pooled"``: n_bins, n_positive, random_precision (share of positive bins), aupr
    (trapezoidal, as the original computes it), average_precision (as scikit-learn), precision_at_5pct_recall, log2fc
    (of aupr over random_precision), and ap_low and ap_high, the 95% block-bootstrap interval of the average precision.
    NaN where no bin is positive; ap_low and ap_high also where a single block holds bins.

    Warns
    -----
    UserWarning
        If an interval rests on fewer than 10 blocks.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    KeyError
        If a chromosome is not in the genome.
    ValueError
        If scores, peaks or regions are not on the genome's chromosomes or reach past their ends, a bigWig has another
        length for one of them, a table lacks a column, a score is missing, negative or no number, or the columns tf and
        group of scores, or tf of peaks, hold several values.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> bound = toy.sites.query("bound and tf == 'CTCF' and group == 'B'")
    >>> table = sma.tl.benchmark(bound.assign(score=1.0), bound, genome=toy.genome, block_size=20_000)
    >>> float(table.loc["pooled", "average_precision"])
    1.0
    """
    check_number("bin_size", bin_size, whole=True)
    check_number("n_bootstrap", n_bootstrap, low=0, whole=True)
    check_number("block_size", block_size)
    check_blocks(bin_size, block_size)
    parts = labelled_bins(scores, peaks, genome=genome, chroms=chroms, regions=regions, bin_size=bin_size)
    row = partial(ranking_row, n_bootstrap=n_bootstrap, block_size=block_size, rng=np.random.default_rng(rng))
    rows = {chrom: row([part]) for chrom, part in parts.items()}
    rows[POOLED] = row(list(parts.values()))
    if n_bootstrap:
        blocks = {chrom: count_blocks([part], block_size) for chrom, part in parts.items()}
        blocks[POOLED] = sum(blocks.values())
        warn_of_few_blocks({name: n for name, n in blocks.items() if rows[name]["n_positive"]}, block_size)
    return pd.DataFrame.from_dict(rows, orient="index").astype({"n_bins": int, "n_positive": int}).rename_axis("chrom")
