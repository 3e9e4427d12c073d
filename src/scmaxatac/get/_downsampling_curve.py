"""Mean and spread of curves of depth."""

from collections.abc import Iterable

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._text import choose_names


@checked_arguments
def downsampling_curve(
    table: pd.DataFrame, *, value: str | None = None, tfs: str | Iterable[str] | None = None
) -> pd.DataFrame:
    """Mean and spread over the repeats of :func:`scmaxatac.tl.downsampling_curve`.

    The spread is that of drawing other fragments of the same cells. Other donors, and other chromosomes, are not in
    it.

    Parameters
    ----------
    table
        The table of :func:`scmaxatac.tl.downsampling_curve`.
    value
        Column of it; by default ``"average_precision"`` where there were peaks, else ``"ap_vs_full_depth"``.
    tfs
        One TF or several; by default all.

    Returns
    -------
    A row a factor and library size, in the order of the table: tf, n_fragments, n_cells; n_repeats, those that have a
    value; mean, sd (NaN of a single repeat), min and max of the value.

    Raises
    ------
    KeyError
        If the table has no such column or factor.
    ValueError
        If the column holds no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> import scmaxatac as sma
    >>> table = pd.DataFrame({"tf": "CTCF", "n_fragments": [10_000, 10_000, 100_000], "n_cells": [1, 1, 10]})
    >>> sma.get.downsampling_curve(table.assign(repeat=[1, 2, 1], spearman=[0.3, 0.5, 1.0]), value="spearman")
         tf  n_fragments  n_cells  n_repeats  mean        sd  min  max
    0  CTCF        10000        1          2   0.4  0.141421  0.3  0.5
    1  CTCF       100000       10          1   1.0       NaN  1.0  1.0
    """
    if value is None:
        value = "average_precision" if "average_precision" in table else "ap_vs_full_depth"
    needed = ("tf", "n_fragments", "n_cells", value)
    if missing := [name for name in needed if name not in table]:
        raise KeyError(f"the table has no column {missing[0]!r}; it has {', '.join(map(str, table.columns))}")
    if not pd.api.types.is_numeric_dtype(table[value]):
        raise ValueError(f"column {value!r} holds no numbers, so there is no mean")
    chosen = choose_names(tfs, list(dict.fromkeys(table["tf"])), "TF", source="the table holds")
    rows = table[table["tf"].isin(chosen)]
    cases = rows.groupby(["tf", "n_fragments", "n_cells"], sort=False, observed=True)[value]
    found = cases.agg(["count", "mean", "std", "min", "max"]).reset_index()
    return found.rename(columns={"count": "n_repeats", "std": "sd"})
