"""Sites of a run that was found."""

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac.results._reader import Results
from scmaxatac.results._schema import SITES


def read_sites(results: Results, tfs: object, groups: object, min_score: float | None = None) -> pd.DataFrame:
    """Sites of some or all TFs and groups, whose categories are the names that were asked for.

    Parameters
    ----------
    results
        The run.
    tfs, groups
        One name or several; None for all.
    min_score
        Smallest score of a site.
    """
    frame = results.table(_keys.SITES)
    frame["chrom"] = frame["chrom"].astype("category")
    keep = np.ones(len(frame), dtype=bool)
    for column, names in (("group", results.pick_groups(groups)), ("tf", results.pick_tfs(tfs))):
        frame[column] = frame[column].astype("category").cat.set_categories(names)
        keep &= frame[column].notna().to_numpy()
    if min_score is not None:
        keep &= frame["score"].to_numpy() >= min_score
    return frame.loc[keep, [column.name for column in SITES.columns]].reset_index(drop=True)
