"""Rankings of factors."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._text import choose_names
from scmaxatac.containers._cells import first_object
from scmaxatac.containers._objects import unwrap
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import RANKS


@shared_docs
@checked_arguments
def rank_tfs(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    tfs: str | Iterable[str] | None = None,
    n: int | None = None,
    key: str = RANKS.name,
    mod: str = "atac",
) -> pd.DataFrame:
    """Factors of each group in the order of their rank, as :func:`scmaxatac.tl.rank_tfs` found them.

    Parameters
    ----------
    data
        {results}
    groups
        One group or several; by default all.
    tfs
        One TF or several; by default all.
    n
        Factors of each group, the first ones; by default all.
    key
        Name under which the ranking was stored.
    mod
        {mod}

    Returns
    -------
    A row a group and factor, with the columns that :func:`scmaxatac.tl.rank_tfs` describes.

    Warns
    -----
    UserWarning
        If the prediction, its sites or the scores of cells that it was made from have changed since; once.

    Raises
    ------
    KeyError
        If there is no ranking under `key`, or no such group or factor in it.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.tl.rank_tfs(mdata, source="activity", block_size=10_000)
    >>> sma.get.rank_tfs(mdata, n=1)["tf"].tolist()
    ['SPI1', 'GATA3', 'SPI1']
    """
    check_number("n", n, low=0, whole=True, optional=True)
    table = read_entry(unwrap(first_object(data), mod), RANKS, key)[0]["ranks"]
    keep = np.ones(len(table), dtype=bool)
    for column, what, wanted in (("group", "group", groups), ("tf", "TF", tfs)):
        there = list(dict.fromkeys(table[column].astype(str)))
        keep &= table[column].isin(choose_names(wanted, there, what, source="the ranking has")).to_numpy()
    if n is not None:
        keep &= (table["rank"] <= n).to_numpy()
    return table[keep].reset_index(drop=True)
