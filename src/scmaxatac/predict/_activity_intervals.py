"""Activities with the number of sites that they rest on, and intervals over blocks of the genome."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.evaluate._ranking_metrics import ENOUGH_BLOCKS
from scmaxatac.results._reader import Results
from scmaxatac.results._site_scores import scores_in_union
from scmaxatac.stats._bootstrap import bootstrap_mean


def activity_intervals(
    results: Results,
    groups: Sequence[str],
    tfs: Sequence[str],
    *,
    n: int,
    block_size: int,
    rng: np.random.Generator | int | None,
) -> pd.DataFrame:
    """Activity of each factor in each group, with interval and numbers of sites.

    Parameters
    ----------
    results
        The run.
    groups, tfs
        Groups and factors, in the order of the rows.
    n
        Draws; 0 leaves the interval out.
    block_size
        Length of the blocks in bp.
    rng
        Seed or generator. Blocks are drawn anew for each factor, and are the same for all groups.

    Returns
    -------
    group, tf, activity, low, high, n_sites, n_called, n_blocks; all factors of a group follow each other.

    Warns
    -----
    UserWarning
        If intervals rest on few blocks; see :func:`warn_of_few_blocks`.

    Raises
    ------
    FileNotFoundError
        If the bins of the run are not there any more.
    ValueError
        If `n` is negative or `block_size` below 1.
    """
    if n < 0 or block_size < 1:
        raise ValueError(f"n_bootstrap is {n} and block_size {block_size}; they have to be at least 0 and 1")
    sites, generator = results.table(_keys.SITES), np.random.default_rng(rng)
    called = sites.groupby([sites["group"].astype(str), sites["tf"].astype(str)]).size()
    parts, n_blocks = [], {}
    for tf in tfs:
        found = scores_in_union(results.store, sites, tf, list(groups))
        blocks = found.blocks(block_size)
        n_blocks[tf] = len(np.unique(blocks))
        mean, low, high = bootstrap_mean(found.scores, blocks, n=n, rng=generator)
        parts.append(
            pd.DataFrame(
                {
                    "group": groups,
                    "tf": tf,
                    "activity": mean,
                    "low": low,
                    "high": high,
                    "n_sites": len(found.start),
                    "n_called": [int(called.get((group, tf), 0)) for group in groups],
                    "n_blocks": n_blocks[tf],
                }
            )
        )
    if n:
        warn_of_few_blocks(n_blocks, block_size)
    table = pd.concat(parts, ignore_index=True)
    table["group"] = pd.Categorical(table["group"], categories=list(groups))
    table["tf"] = pd.Categorical(table["tf"], categories=list(tfs))
    return table.sort_values(["group", "tf"], kind="stable", ignore_index=True)


def warn_of_few_blocks(n_blocks: Mapping[str, int], block_size: float) -> None:
    """Warn of activities whose interval rests on too few blocks with sites, or on one and is NaN; `n_blocks` by TF."""
    if few := [f"{tf}: {n}" for tf, n in n_blocks.items() if 0 < n < ENOUGH_BLOCKS]:
        warn(
            f"intervals of activities are too narrow where fewer than {ENOUGH_BLOCKS} blocks of {block_size:,} bp hold "
            f"sites, and NaN where one does ({abbreviate(few)}); choose a smaller block_size"
        )
