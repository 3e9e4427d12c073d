"""Quality control of a run."""

from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.results._reader import read_results
from scmaxatac.results._schema import QC
from scmaxatac.results._schema_docs import columns_text


@shared_docs(columns=columns_text(QC))
@checked_arguments
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
    A row a group, those that were skipped among them:

    {columns}

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.get.qc(mdata)["n_cells"].to_dict()
    {'B': 186, 'CD4/T': 246, 'Mono': 159}
    """
    return read_results(data, key, mod).table(_keys.QC)
