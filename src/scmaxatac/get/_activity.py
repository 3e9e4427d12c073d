"""Activity of each TF in each group."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.containers._cells import cells_of, colors_of, column_of, first_object
from scmaxatac.predict._activity_intervals import activity_intervals
from scmaxatac.results._reader import Results, read_results

if TYPE_CHECKING:
    from anndata import AnnData


@shared_docs
@checked_arguments
def activity(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    as_anndata: bool = False,
    interval: bool = False,
    n_bootstrap: int = 1_000,
    block_size: int = 100_000,
    rng: np.random.Generator | int | None = 0,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> "pd.DataFrame | AnnData":
    """Activity of each TF in each group: its mean predicted score over the sites that it has in any group.

    In each site of the union over all groups, the largest of the group's bins counts, 0 where none was kept: scores
    below the floor (``settings.min_stored_score``) count as 0. So the activity depends on the threshold, on the group's
    depth and on which groups are in the run. It is no activity of a regulon: nothing is said about genes.

    Parameters
    ----------
    data
        {results}
    tfs
        {tfs}
    groups
        {groups}
    as_anndata
        Give an AnnData for scanpy in place of a table.
    interval
        Give a row a group and factor, with the number of sites that the activity rests on and a bootstrap interval. It
        is read from the bins of the run, which have to be there still.
    n_bootstrap
        Draws for the interval.
    block_size
        Length in bp of the blocks of the genome that are drawn with replacement: sites near each other are no
        independent ones.
    rng
        {rng}
    key
        {key}
    mod
        {mod}

    Returns
    -------
    Groups x TFs, between 0 and 1, in the order that they were asked for; NaN for a TF that has no sites in any group.
    As an AnnData with the QC table in ``obs`` and beside it the groups, in a column of the name that they were
    predicted by (``"|"`` joins several) with their colours:
    ``sc.pl.matrixplot(activity, activity.var_names, groupby="leiden")``.
    With `interval` a table with group, tf, activity, low, high (95%; NaN for fewer than two blocks with sites), n_sites
    (of the union, over which the mean is taken), n_called (the group's own sites) and n_blocks.

    With `interval` there is a warning for factors whose sites lie in fewer than 10 blocks: their intervals are too
    narrow.

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> activity = sma.get.activity(mdata)
    >>> activity.index.tolist()
    ['B', 'CD4/T', 'Mono']

    An activity may rest on few sites:

    >>> table = sma.get.activity(mdata, tfs="GATA3", interval=True, block_size=10_000)
    >>> table.loc[table["group"] == "CD4/T", ["n_sites", "n_called"]].iloc[0].tolist()
    [40, 36]
    """
    check_number("n_bootstrap", n_bootstrap, low=0, whole=True)
    check_number("block_size", block_size, low=1)
    if as_anndata and interval:
        raise ValueError("an AnnData holds one number a group and factor; leave out as_anndata or interval")
    results = read_results(data, key, mod)
    if interval:
        return activity_intervals(
            results, results.pick_groups(groups), results.pick_tfs(tfs), n=n_bootstrap, block_size=block_size, rng=rng
        )
    table = results.table(_keys.ACTIVITY).loc[results.pick_groups(groups), results.pick_tfs(tfs)]
    return _as_anndata(data, results, table, mod) if as_anndata else table


def _as_anndata(data: Any, results: Results, table: pd.DataFrame, mod: str) -> "AnnData":
    from anndata import AnnData

    column = column_of(results.params["groupby"])
    groups = [str(group) for group in table.index]
    obs = results.table(_keys.QC).loc[groups]
    obs.index = pd.Index(groups)
    obs[column] = pd.Categorical(groups, categories=groups)
    var = pd.DataFrame(index=[str(tf) for tf in table.columns])
    activity = AnnData(table.to_numpy(dtype=np.float32), obs=obs, var=var)
    if colors := colors_of(cells_of(first_object(data), mod), column, groups):
        activity.uns[f"{column}_colors"] = np.array(list(colors.values()), dtype=object)
    return activity
