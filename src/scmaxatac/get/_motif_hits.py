"""Where motifs stand within sites."""

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac._text import choose_names
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import MOTIF_HITS
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def motif_hits(
    data: Any,
    level: Literal["hits", "summary"] = "hits",
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    motifs: str | Iterable[str] | None = None,
    key: str = KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Matches of motifs within sites that :func:`scmaxatac.tl.motif_hits` found.

    Parameters
    ----------
    data
        {results}
    level
        The ``"hits"``, or the ``"summary"``: how many sites have one.
    tfs
        TFs whose sites count, one or several; by default all that were scanned.
    groups
        Groups whose sites count, one or several; by default all that were scanned.
    motifs
        Identifiers of motifs, one or several; by default all that were sought.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    The table, whose columns :func:`scmaxatac.tl.motif_hits` describes. Positions are 0-based and half-open.

    Warns
    -----
    UserWarning
        If something else was predicted under `key` since, its sites were called anew, or the motifs that were found and
        sought were searched for anew; once.

    Raises
    ------
    KeyError
        If there are no results under `key`, no hits were sought, or not of such a factor, group or motif.
    ValueError
        If `level` is something else.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.motif_hits(mdata, toy.motifs, genome=toy.genome, tfs="SPI1", groups="Mono")
    >>> summary = sma.get.motif_hits(mdata, "summary").set_index("motif")
    >>> summary["share"].idxmax()
    'SPI1'
    """
    MOTIF_HITS.check_level(level)
    results = read_results(data, key, mod)
    tables, params = read_entry(results.adata, MOTIF_HITS, MOTIF_HITS.beside(key))
    table = tables[level]
    for column, wanted in (("tf", tfs), ("group", groups), ("motif", motifs)):
        what = "TF" if column == "tf" else column
        names = choose_names(wanted, params[f"{column}s"], what, source="hits were sought for")
        table = table[table[column].isin(names)]
    return table.reset_index(drop=True)
