"""Scores of groups in the union of a factor's sites, behind activities."""

from typing import NamedTuple

import numpy as np
import pandas as pd

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
    union = union_of_sites(sites, tf)
    starts = [union.starts(chrom) for chrom in store.chroms]
    numbers = np.repeat(np.arange(len(starts)), [len(found) for found in starts])
    scores = [largest_in_union(store, union, tf, group) for group in groups]
    return SiteScores(numbers, np.concatenate(starts), np.stack(scores))


def union_of_sites(sites: pd.DataFrame, tf: str) -> Intervals:
    """Union of a factor's sites in all groups."""
    return Intervals.from_frame(sites[(sites["tf"] == tf).to_numpy()].astype({"chrom": str}))


def largest_in_union(store: ScoreStore, union: Intervals, tf: str, group: str) -> np.ndarray:
    """Largest score of a group in each interval of the store's chromosomes, 0 where none was kept; (n,) float32."""
    found = []
    for chrom in store.chroms:
        starts, scores = store.read(group, tf, chrom)
        best = max_per_interval(
            starts // store.bin_size, scores, union.starts(chrom), union.ends(chrom), store.bin_size
        )
        found.append(np.nan_to_num(best))
    return np.concatenate(found)
