"""Activity of each TF in each group."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._docs import shared_docs
from scmaxatac.results._reader import find_results


@shared_docs
def activity(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Activity of each TF in each group: its mean predicted score over the sites that it has in any group.

    In each site of the union over all groups, the largest of the group's bins counts, 0 where none was kept. So the
    activity depends on the threshold, on the group's depth and on which groups are in the run. It is no activity of a
    regulon: nothing is said about genes.

    Parameters
    ----------
    data
        {results}
    tfs
        {tfs}
    groups
        {groups}
    key
        {key}
    mod
        {mod}

    Returns
    -------
    Groups x TFs, between 0 and 1, in the order that they were asked for; NaN for a TF that has no sites in any group.

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> activity = sma.get.activity(mdata)
    >>> activity.index.tolist()
    ['B', 'CD4/T', 'Mono']
    """
    results = find_results(data, key, mod)
    return results.table(_keys.ACTIVITY).loc[results.pick_groups(groups), results.pick_tfs(tfs)]
