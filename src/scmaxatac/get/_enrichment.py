"""Enrichment of transcription factors in regions of interest."""

from typing import Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import ENRICHMENT
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def enrichment(data: Any, *, key: str = KEY_ADDED, mod: str = "atac") -> pd.DataFrame:
    """Enrichment of each factor's sites, as :func:`scmaxatac.tl.enrichment` stored it with ``store=True``.

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
    The table, with the columns that are described there.

    Warns
    -----
    UserWarning
        If something else was predicted under `key` since, or its sites were called anew; once.

    Raises
    ------
    KeyError
        If there are no results under `key`, or no enrichment was stored.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> peaks = toy.peaks.query("chrom == 'chr5' and Mono and not B")
    >>> table = sma.tl.enrichment(mdata, peaks, genome=toy.genome, store=True)
    >>> sma.get.enrichment(mdata).equals(table)
    True
    """
    results = read_results(data, key, mod)
    return read_entry(results.adata, ENRICHMENT, ENRICHMENT.beside(key))[0]["factors_tested"]
