"""Footprints that were taken."""

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._text import choose_names
from scmaxatac.containers._cells import first_object
from scmaxatac.containers._objects import unwrap
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import FOOTPRINT


@shared_docs
@checked_arguments
def footprint(
    data: Any,
    level: Literal["profiles", "depths", "bias"] = "profiles",
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    key: str = FOOTPRINT.name,
    mod: str = "atac",
) -> pd.DataFrame:
    """Footprints that :func:`scmaxatac.tl.footprint` took.

    Parameters
    ----------
    data
        {results}
    level
        ``"profiles"``, a row a position; ``"depths"``, a row a factor and group; or ``"bias"``, a row a hexamer.
    tfs
        One TF or several, in this order; by default all.
    groups
        One group or several, in this order; by default all.
    key
        Name under which the footprints were stored (``key_added`` of :func:`scmaxatac.tl.footprint`).
    mod
        {mod}

    Returns
    -------
    The table, whose columns :func:`scmaxatac.tl.footprint` describes; tf and group are categories in the order that was
    asked for.

    Warns
    -----
    UserWarning
        If something else was predicted since, or its sites were called anew; once.

    Raises
    ------
    KeyError
        If there are no footprints under `key`, or no such factor or group among them.
    ValueError
        If `level` is something else.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> motifs = toy.sites.query("chrom == 'chr5' and bound")
    >>> sma.tl.footprint(mdata, motifs, genome=toy.genome, tfs="CTCF", groups="B")
    >>> sma.get.footprint(mdata)["position"].tolist() == list(range(-250, 250))
    True
    """
    FOOTPRINT.check_level(level)
    tables, params = read_entry(unwrap(first_object(data), mod), FOOTPRINT, key)
    table = tables[level]
    if level == "bias":
        return table
    for column, what, wanted in (("tf", "TF", tfs), ("group", "group", groups)):
        chosen = choose_names(wanted, params[f"{column}s"], what, source="there are")
        table = table[table[column].astype(str).isin(chosen)]
        table = table.assign(**{column: pd.Categorical(table[column].astype(str), categories=chosen)})
    return table.sort_values(["tf", "group"], kind="stable").reset_index(drop=True)
