"""Scores of groups in the union of a factor's sites, behind activities."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN
from scmaxatac.genome._intervals import Intervals
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._sites import max_per_interval


class SiteScores(NamedTuple):
    """Scores of one transcription factor.

    Attributes
    ----------
    chrom
        (sites,) int, number of the site's chromosome.
    start
        (sites,) int64, 0-based.
    scores
        (groups, sites) float32, largest score of each group in each site; 0 where none was kept.
    """

    chrom: np.ndarray
    start: np.ndarray
    scores: np.ndarray

    def blocks(self, size: int) -> np.ndarray:
        """Number of the block of so many bp that each site starts in, (sites,) int64."""
        return np.asarray(self.chrom * (1 << 40) + self.start // size)


def scores_in_union(store: ScoreStore, sites: pd.DataFrame, tf: str, groups: list[str]) -> SiteScores:
    """Read the scores of groups in the union of a factor's sites in all groups.

    Parameters
    ----------
    store
        Scores of bins.
    sites
        Sites of all groups: chrom, start, end, tf.
    tf
        The transcription factor.
    groups
        Groups whose scores are read.
    """
    union = Intervals.from_frame(sites[(sites["tf"] == tf).to_numpy()].astype({"chrom": str}))
    chroms, starts, scores = [], [], [np.zeros((len(groups), 0), dtype=np.float32)]
    for c, chrom in enumerate(store.chroms):
        lows, highs = union.starts(chrom), union.ends(chrom)
        if not len(lows):
            continue
        chroms.append(np.full(len(lows), c, dtype=np.int64))
        starts.append(lows)
        found = []
        for group in groups:
            bins, kept = store.read(group, tf, chrom)
            found.append(np.nan_to_num(max_per_interval(bins // BIN, kept, lows, highs)))
        scores.append(np.stack(found))
    nothing = np.zeros(0, dtype=np.int64)
    return SiteScores(
        np.concatenate([*chroms, nothing]), np.concatenate([*starts, nothing]), np.concatenate(scores, axis=1)
    )
