"""Accessibility of regions, from the insertions that a run kept."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scmaxatac.results._score_store import ScoreStore


def insertions_in(regions: pd.DataFrame, store: ScoreStore, groups: Sequence[str]) -> np.ndarray:
    """Insertions of all groups together in each region, (regions,) int64.

    Parameters
    ----------
    regions
        chrom, start and end (0-based, half-open), in any order.
    store
        Scores and insertions of the run.
    groups
        Groups to add up.

    Raises
    ------
    FileNotFoundError
        If the run's files are not there any more.
    """
    counts = np.zeros(len(regions), dtype=np.int64)
    starts, ends = (regions[name].to_numpy(np.int64) for name in ("start", "end"))
    for chrom, rows in regions.groupby("chrom", sort=False, observed=True).indices.items():
        for group in groups:
            for positions in store.read_insertions(group, str(chrom))[0]:
                positions = np.sort(positions)
                counts[rows] += np.searchsorted(positions, ends[rows]) - np.searchsorted(positions, starts[rows])
    return counts
