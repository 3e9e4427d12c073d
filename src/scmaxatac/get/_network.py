"""Target genes of transcription factors."""

from typing import Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import NETWORK
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def network(data: Any, *, key: str = KEY_ADDED, mod: str = "atac") -> pd.DataFrame:
    """Target genes of each factor, as :func:`scmaxatac.tl.to_network` stored them with ``store=True``.

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
    A row a pair of factor and gene: source, target, weight; for networks of groups first the group. All weights are
    positive, as it is not known whether a factor activates or represses.

    Warns
    -----
    UserWarning
        If something else was predicted under `key` since, or its sites were called anew; once.

    Raises
    ------
    KeyError
        If there are no results under `key`, or no network was stored.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> network = sma.tl.to_network(mdata, store=True)
    >>> sma.get.network(mdata).equals(network)
    True
    """
    results = read_results(data, key, mod)
    return read_entry(results.adata, NETWORK, NETWORK.beside(key))[0]["edges"]
