"""Activity of each TF in each group."""

from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._docs import shared_docs
from scmaxatac.get._results import find_results


@shared_docs
def activity(data: Any, *, key: str = _keys.KEY_ADDED, mod: str = "atac") -> pd.DataFrame:
    """Activity of each TF in each group: its mean predicted score over the sites that it has in any group.

    In each site of the union over all groups, the largest of the group's bins counts, 0 where none was kept. So the
    activity depends on the threshold, on the group's depth and on which groups are in the run. It is no activity of a
    regulon: nothing is said about genes.

    Parameters
    ----------
    data
        {results}
    key
        {key}
    mod
        {mod}

    Returns
    -------
    Groups x TFs, between 0 and 1; NaN for a TF that has no sites in any group.

    Raises
    ------
    KeyError
        If there are no results under `key`.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> activity = sma.get.activity(mdata)
    >>> activity.index.tolist()
    ['B', 'CD4/T', 'Mono']
    """
    return find_results(data, key, mod).table(_keys.ACTIVITY)
