"""Scores of single cells."""

from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._docs import shared_docs
from scmaxatac.get._results import find_results


@shared_docs
def cell_scores(data: Any, *, key: str = _keys.KEY_ADDED, mod: str = "atac") -> pd.DataFrame:
    """Scores that each cell has of its own, as :func:`scmaxatac.tl.score_cells` stored them.

    Parameters
    ----------
    data
        AnnData, MuData or SnapATAC2's backed AnnData with results.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    Cells x TFs.

    Raises
    ------
    KeyError
        If there are no results under `key`, or cells were not scored.
    """
    results = find_results(data, key, mod)
    name = _keys.cell_score_obsm(key)
    if name not in results.adata.obsm:
        raise KeyError(f"no scores of cells under obsm[{name!r}]: call scmaxatac.tl.score_cells first")
    stored = results.adata.obsm[name]
    if isinstance(stored, pd.DataFrame):
        return stored.copy()
    # SnapATAC2's backed objects hold an array; its columns are the TFs of the run
    return pd.DataFrame(np.asarray(stored), index=pd.Index(results.adata.obs_names), columns=results.tfs)
