"""Quality control of a run."""

from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._docs import shared_docs
from scmaxatac.get._results import find_results


@shared_docs
def qc(data: Any, *, key: str = _keys.KEY_ADDED, mod: str = "atac") -> pd.DataFrame:
    """Depth, scale and number of sites of each group.

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
    A row a group, those that were skipped among them: n_cells, n_fragments, n_fragments_used (after thinning by
    ``max_fragments``), n_insertions (of those used), n_insertions_kept (those that the signal was made of), p99 (the
    coverage that became a signal of 1), match_rate (share of the cells that have fragments), n_sites, warnings (joined
    by ``"; "``), and for each factor ``called_to_expected_<TF>``: the 200-bp bins that reach the published threshold
    over those that the calibration expects to. Far below 1 the scores have shrunk with the depth, or the factor is
    absent; NaN where fewer bins were predicted than are expected to be called.

    Raises
    ------
    KeyError
        If there are no results under `key`.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.get.qc(mdata)["n_cells"].to_dict()
    {'B': 186, 'CD4/T': 246, 'Mono': 159}
    """
    return find_results(data, key, mod).table(_keys.QC)
