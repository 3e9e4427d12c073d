"""Results of a comparison of groups."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._text import choose_names
from scmaxatac.containers._cells import first_object
from scmaxatac.containers._objects import unwrap
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import DIFFERENTIAL, FACTORS, SAMPLES


@shared_docs
@checked_arguments
def differential(
    data: Any,
    level: Literal["factors", "units", "samples"] = "factors",
    *,
    comparisons: str | Iterable[str] | None = None,
    tfs: str | Iterable[str] | None = None,
    max_q: float | None = None,
    key: str = DIFFERENTIAL.name,
    mod: str = "atac",
) -> pd.DataFrame:
    """Differences that :func:`scmaxatac.tl.differential_tfbs` found, a row a factor or a row a bin.

    Parameters
    ----------
    data
        {results}
    level
        ``"factors"``, the units in which each was compared (``"units"``: 200-bp bins or sites), or the samples that
        were compared.
    comparisons
        One comparison or several, such as ``"Mono vs B"``; by default all.
    tfs
        One TF or several; by default all.
    max_q
        Largest q-value. Where a comparison has no replicates there is none, which is an error.
    key
        Name under which the results were stored (``key_added`` of :func:`scmaxatac.tl.differential_tfbs`).
    mod
        {mod}

    Returns
    -------
    The table, whose columns :func:`scmaxatac.tl.differential_tfbs` describes. Factors come in the order of their rank.
    gained, lost, shared, significant, null_gained and null_lost are numbers of units; null_significant is no number but
    the share, from 0 to 1, of units with a p-value below 0.05 between two halves of the same samples.

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such comparison or factor among them.
    ValueError
        If `level` is something else, or q-values are asked for where there are none; the message says what is missing.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy(n_donors=3)
    >>> sma.tl.differential_tfbs(
    ...     toy.adata, "cell_type", group="Mono", reference="CD4/T", replicate_key="donor", genome=toy.genome,
    ...     models="demo", tfs="SPI1", regions=toy.peaks[toy.peaks["chrom"] == "chr5"].head(60), chroms="chr5",
    ...     null=False,
    ... )
    >>> bins = sma.get.differential(toy.adata, "units", tfs="SPI1", max_q=0.05)
    >>> bool((bins["effect"] > 0).mean() > 0.9)
    True
    """
    check_number("max_q", max_q, optional=True)
    DIFFERENTIAL.check_level(level)
    tables, params = read_entry(unwrap(first_object(data), mod), DIFFERENTIAL, key)
    table = tables[level]
    if level == SAMPLES:
        return table
    keep = np.ones(len(table), dtype=bool)
    for column, what, wanted in (("comparison", "comparison", comparisons), ("tf", "TF", tfs)):
        there = list(dict.fromkeys(tables[FACTORS][column].astype(str)))
        keep &= table[column].isin(choose_names(wanted, there, what, source="there are")).to_numpy()
    if max_q is not None:
        for name in dict.fromkeys(table.loc[keep, "comparison"].astype(str)):
            if missing := params["comparisons"][name]["missing"]:
                raise ValueError(f"{name} has no q-values: {missing}. Effects and technical intervals are there")
        keep &= (table["q"] <= max_q).to_numpy()
    return table[keep].reset_index(drop=True)
