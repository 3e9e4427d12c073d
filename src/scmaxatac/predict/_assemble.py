"""From a run's store to sites, region scores and activities."""

import numpy as np
import pandas as pd

from scmaxatac.genome._intervals import Intervals
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.results._site_scores import largest_in_union, union_of_sites
from scmaxatac.scores._sites import bins_in_regions, merge_sites


def assemble_sites(store: ScoreStore, thresholds: pd.DataFrame, regions: Intervals | None) -> pd.DataFrame:
    """Merge adjacent bins at or above the thresholds, of bins that overlap a region by 1 bp.

    Returns
    -------
    chrom, start, end, group, tf, score; sorted by group, tf and position.
    """
    parts = []
    for g, group in enumerate(store.groups):
        for t, tf in enumerate(store.tfs):
            for c, chrom in enumerate(store.chroms):
                starts, scores = store.read(group, tf, chrom)
                inside = bins_in_regions(starts, chrom, regions, store.bin_size)
                lows, highs, best = merge_sites(
                    starts[inside], scores[inside], thresholds.loc[group, tf], store.bin_size
                )
                parts.append((c, g, t, lows, np.minimum(highs, store.sizes[chrom]), best))
    lengths = [len(part[3]) for part in parts]
    codes = [np.repeat([part[i] for part in parts], lengths) for i in range(3)]
    return pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(codes[0], categories=store.chroms),
            "start": np.concatenate([part[3] for part in parts]),
            "end": np.concatenate([part[4] for part in parts]),
            "group": pd.Categorical.from_codes(codes[1], categories=store.groups),
            "tf": pd.Categorical.from_codes(codes[2], categories=store.tfs),
            "score": np.concatenate([part[5] for part in parts]),
        }
    )


def assemble_activity(store: ScoreStore, sites: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each group over the union of a transcription factor's sites in all groups.

    A group's score at a site is the largest of its bins there; bins below the scores that the store kept count as 0.
    """
    activity = pd.DataFrame(np.nan, index=pd.Index(store.groups, name="group"), columns=store.tfs, dtype=float)
    for tf in store.tfs:
        union = union_of_sites(sites, tf)
        if union.chroms:
            for group in store.groups:
                activity.loc[group, tf] = largest_in_union(store, union, tf, group).mean(dtype=np.float64)
    return activity


def assemble_scores(store: ScoreStore, group: str) -> np.ndarray:
    """Region scores of a group, (regions, TFs) float32, in the order of the regions."""
    return np.concatenate([store.region_scores(group, chrom) for chrom in store.chroms])
