"""Called binding sites."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._docs import shared_docs
from scmaxatac.get._results import Results, find_results


@shared_docs
def sites(
    data: Any,
    *,
    tf: str | Iterable[str] | None = None,
    group: str | Iterable[str] | None = None,
    min_score: float | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Binding sites that were called, of some or all TFs and groups.

    Parameters
    ----------
    data
        {results}
    tf
        One TF or several; by default all.
    group
        One group or several; by default all.
    min_score
        Smallest score of a site. Sites below the threshold that they were called with are not stored;
        :func:`scmaxatac.tl.call_sites` calls them with another.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a site: chrom (categorical), start, end (0-based, half-open), group, tf (categorical; the categories are the
    ones that were asked for, also where they have no sites), score.

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such TF or group among them.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sites = sma.get.sites(mdata, tf="CTCF", group="B")
    >>> sites.columns.tolist()
    ['chrom', 'start', 'end', 'group', 'tf', 'score']
    """
    return read_sites(find_results(data, key, mod), tf, group, min_score)


def read_sites(
    results: Results, tf: str | Iterable[str] | None, group: str | Iterable[str] | None, min_score: float | None = None
) -> pd.DataFrame:
    """Read what :func:`sites` gives, of a run that was found."""
    frame = results.table(_keys.SITES)
    frame["chrom"] = frame["chrom"].astype("category")
    keep = np.ones(len(frame), dtype=bool)
    for column, names in (("group", results.pick_groups(group)), ("tf", results.pick_tfs(tf))):
        frame[column] = frame[column].astype("category").cat.set_categories(names)
        keep &= frame[column].notna().to_numpy()
    if min_score is not None:
        keep &= frame["score"].to_numpy() >= min_score
    return frame.loc[keep, ["chrom", "start", "end", "group", "tf", "score"]].reset_index(drop=True)
