"""How well scores rank positive bins, with the interval of a block bootstrap."""

from collections.abc import Mapping, Sequence

import numpy as np

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.evaluate._benchmark import ScoredBins, bootstrap_average_precision, ranking_metrics

ENOUGH_BLOCKS = 10
"""Blocks with bins below which an interval is given with a warning; from a single one there is none.

The interval from the percentiles of a bootstrap is too narrow where few values are drawn. One called 95% holds the mean
of a normal distribution 90% of the time with 10 values, 85% with 5, 75% with 3 (Student's t at 1.96 sqrt((n - 1) / n)).
"""


def ranking_row(
    parts: Sequence[ScoredBins], *, n_bootstrap: int, block_size: int, rng: np.random.Generator
) -> dict[str, float]:
    """Measure how well scores rank the positive bins of some chromosomes together.

    What :func:`~scmaxatac.evaluate._benchmark.ranking_metrics` gives and, with draws, ap_low and ap_high: the 95%
    interval of the average precision over blocks of `block_size` bp that are drawn with replacement; NaN where a single
    one of them holds bins.
    """
    scores, truth = np.concatenate([p.scores for p in parts]), np.concatenate([p.truth for p in parts])
    row = ranking_metrics(scores, truth)
    if n_bootstrap:
        row |= {"ap_low": np.nan, "ap_high": np.nan}
        if truth.any() and count_blocks(parts, block_size) > 1:
            draws = bootstrap_average_precision(scores, truth, _blocks(parts, block_size), n=n_bootstrap, rng=rng)
            row["ap_low"], row["ap_high"] = np.nanpercentile(draws, [2.5, 97.5])
    return row


def check_blocks(bin_size: int, block_size: int) -> None:
    """Raise a ValueError unless bins fit into the blocks that are drawn."""
    if bin_size < 1 or block_size < bin_size:
        raise ValueError(
            f"bin_size is {bin_size} and block_size {block_size}; they have to be 1 <= bin_size <= block_size"
        )


def count_blocks(parts: Sequence[ScoredBins], block_size: int) -> int:
    """Count the blocks that hold bins."""
    return sum(len(np.unique(part.starts // block_size)) for part in parts)


def warn_of_few_blocks(n_blocks: Mapping[str, int], block_size: int) -> None:
    """Warn of intervals that rest on too few blocks, or on one and are NaN; `n_blocks` by name."""
    sparse = [f"{name}: {n}" for name, n in n_blocks.items() if n < ENOUGH_BLOCKS]
    if sparse:
        warn(
            f"ap_low and ap_high are too close together where fewer than {ENOUGH_BLOCKS} blocks of "
            f"{block_size:,} bp hold bins, and NaN where one does ({abbreviate(sparse)}); "
            "choose a smaller block_size"
        )


def _blocks(parts: Sequence[ScoredBins], block_size: int) -> np.ndarray:
    """Number of the block of each bin, counted over all chromosomes; blocks without bins get none."""
    numbers = []
    n_before = 0
    for part in parts:
        own, number = np.unique(part.starts // block_size, return_inverse=True)
        numbers.append(n_before + number)
        n_before += len(own)
    return np.concatenate(numbers)
