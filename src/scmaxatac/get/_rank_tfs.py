"""Rankings of factors."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._docs import shared_docs
from scmaxatac._text import abbreviate
from scmaxatac.containers._objects import unwrap
from scmaxatac.results._rank_slots import KEY_RANKS, read_ranks


@shared_docs
def rank_tfs(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    tfs: str | Iterable[str] | None = None,
    n: int | None = None,
    key: str = KEY_RANKS,
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

    Raises
    ------
    KeyError
        If there is no ranking under `key`, or no such group or factor in it.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.tl.rank_tfs(mdata, source="activity")
    >>> sma.get.rank_tfs(mdata, n=1)["tf"].tolist()
    ['SPI1', 'GATA3', 'SPI1']
    """
    table = read_ranks(unwrap(data, mod), key)
    keep = np.ones(len(table), dtype=bool)
    for column, wanted in (("group", groups), ("tf", tfs)):
        if wanted is None:
            continue
        names = [wanted] if isinstance(wanted, str) else list(map(str, wanted))
        there = list(dict.fromkeys(table[column].astype(str)))
        if unknown := [name for name in names if name not in there]:
            raise KeyError(f"no {column} {unknown[0]!r} in the ranking; it has {abbreviate(map(repr, there), 8)}")
        keep &= table[column].isin(names).to_numpy()
    if n is not None:
        keep &= (table["rank"] <= n).to_numpy()
    return table[keep].reset_index(drop=True)
