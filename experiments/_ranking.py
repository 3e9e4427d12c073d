"""How well scores of windows rank ChIP-seq peaks, with draws of stretches of the genome for intervals."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN, CALIBRATION_BIN
from scmaxatac.evaluate._benchmark import ScoredBins, bootstrap_average_precision
from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.evaluate._precision_recall import average_precision
from scmaxatac.genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.scores._bin_scores import BinScores

N_DRAWS = 1_000


def bins_with_peaks(
    scores: Iterable[BinScores], model: int, peaks: Table, genome: Genome, chrom: str, regions: Table | None = None
) -> ScoredBins:
    """Give the 200-bp bins of a chromosome, or those wholly in regions, their largest score and their label."""
    tiles = list(scores)
    start = np.concatenate([tile.bins for tile in tiles]) * BIN
    score = np.concatenate([tile.scores[model] for tile in tiles])
    table = pd.DataFrame({"chrom": chrom, "start": start, "end": start + BIN, "score": score})
    bins = labelled_bins(table, peaks, genome=genome, chroms=[chrom], regions=regions, bin_size=CALIBRATION_BIN)
    return bins[chrom]


def precision_and_draws(bins: ScoredBins, block_size: int) -> tuple[float, np.ndarray]:
    """Average precision, and (N_DRAWS,) that of stretches of `block_size` bp drawn with replacement.

    The same stretches are drawn for all scores of the same bins, so draws can be subtracted from one another.
    """
    blocks = np.unique(bins.starts // block_size, return_inverse=True)[1]
    draws = bootstrap_average_precision(bins.scores, bins.truth, blocks, n=N_DRAWS, rng=np.random.default_rng(0))
    return average_precision(bins.scores, bins.truth), draws


def interval(draws: np.ndarray) -> tuple[float, float]:
    """Give the 95% interval of draws; those without a positive bin (NaN) don't count."""
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)
