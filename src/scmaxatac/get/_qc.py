"""Quality control of a run."""

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.results._reader import read_results
from scmaxatac.results._schema import QC, TF_QC
from scmaxatac.results._schema_docs import columns_text


@shared_docs(columns=columns_text(QC), tf_columns=columns_text(TF_QC))
@checked_arguments
def qc(
    data: Any,
    by: Literal["group", "tf"] = "group",
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Depth, scale and number of sites of each group, or bins called and expected of each group and factor.

    Parameters
    ----------
    data
        {results}
    by
        What a row is: a ``"group"``, or with ``"tf"`` a group and factor.
    tfs, groups
        With ``by="tf"`` one name or several, in this order; by default all that were predicted.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a group, those that were skipped among them:

    {columns}

    With ``by="tf"`` a row a group and factor:

    {tf_columns}

    n_sites
        Called sites of the factor in the group, at the threshold of the run.
    threshold
        That threshold: the smallest score of a site.

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.get.qc(mdata)["n_cells"].to_dict()
    {'B': 186, 'CD4/T': 246, 'Mono': 159}
    >>> table = sma.get.qc(mdata, "tf", tfs="CTCF")
    >>> table.columns[:5].tolist()
    ['group', 'tf', 'n_called', 'n_expected', 'called_to_expected']
    """
    if by not in ("group", "tf"):
        raise ValueError(f"by is {by!r}; it can be 'group' or 'tf'")
    results = read_results(data, key, mod)
    if by == "group":
        if tfs is not None or groups is not None:
            raise ValueError('tfs and groups choose rows of the table by="tf"; leave them out')
        return results.table(_keys.QC)
    names = pd.MultiIndex.from_product([results.pick_groups(groups), results.pick_tfs(tfs)], names=["group", "tf"])
    table = results.table(_keys.TF_QC).astype({"group": str, "tf": str}).set_index(["group", "tf"]).reindex(names)
    sites = results.table(_keys.SITES)
    n_sites = sites.groupby([sites["group"].astype(str), sites["tf"].astype(str)]).size()
    thresholds = results.params["thresholds"]
    return table.assign(
        n_sites=n_sites.reindex(names, fill_value=0), threshold=[thresholds[tf][group] for group, tf in names]
    ).reset_index()
