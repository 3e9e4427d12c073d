"""Called binding sites."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._docs import shared_docs
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import find_results
from scmaxatac.results._schema import SITES
from scmaxatac.results._schema_docs import columns_text


@shared_docs(columns=columns_text(SITES))
def sites(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    min_score: float | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Binding sites that were called, of some or all TFs and groups.

    Parameters
    ----------
    data
        {results}
    tfs
        {tfs}
    groups
        {groups}
    min_score
        Smallest score of a site. Sites below the threshold that they were called with are not stored;
        :func:`scmaxatac.tl.call_sites` calls them with another.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a site; the categories of group and tf are the ones that were asked for, also where they have no sites:

    {columns}

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sites = sma.get.sites(mdata, tfs="CTCF", groups="B")
    >>> sites.columns.tolist()
    ['chrom', 'start', 'end', 'group', 'tf', 'score']
    """
    return read_sites(find_results(data, key, mod), tfs, groups, min_score)
