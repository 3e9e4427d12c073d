"""Motifs that were found in contributions."""

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac._text import choose_names
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import MOTIFS
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def motifs(
    data: Any,
    level: Literal["motifs", "matrices", "seqlets", "matches", "searches"] = "motifs",
    *,
    tfs: str | Iterable[str] | None = None,
    key: str = KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Motifs that :func:`scmaxatac.tl.find_motifs` found, with their matches among known ones.

    Parameters
    ----------
    data
        {results}
    level
        ``"motifs"``, their ``"matrices"``, the ``"seqlets"`` that they are made of, their ``"matches"``, or the
        ``"searches"``: how many sites and seqlets each factor had, and what to remark.
    tfs
        TFs, one or several; by default all that were searched for.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    The table, whose columns :func:`scmaxatac.tl.find_motifs` describes.

    Warns
    -----
    UserWarning
        If something else was predicted under `key` since, its sites were called anew, or its contributions were
        computed anew; once.

    Raises
    ------
    KeyError
        If there are no results under `key`, no motifs were searched for, or not of such a factor.
    ValueError
        If `level` is something else.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> best = sma.get.sites(mdata, tfs="CTCF", groups="B").nlargest(30, "score")
    >>> sma.tl.contributions(mdata, "CTCF", "B", genome=toy.genome, regions=best, width=64)
    >>> sma.tl.find_motifs(mdata, min_seqlets=10)
    >>> sma.get.motifs(mdata, "searches")["n_motifs"].tolist()
    [1]
    """
    MOTIFS.check_level(level)
    results = read_results(data, key, mod)
    tables, params = read_entry(results.adata, MOTIFS, MOTIFS.beside(key))
    chosen = choose_names(tfs, params["tfs"], "TF", source="motifs were searched for of")
    table, of_motif = tables[level], tables["motifs"].set_index("motif")["tf"]
    tf = table["tf"] if "tf" in table else table["motif"].map(of_motif)
    return table[tf.isin(chosen)].reset_index(drop=True)
