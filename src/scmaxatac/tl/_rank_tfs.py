"""Factors that mark a group of cells."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.containers._copies import copied
from scmaxatac.containers._expression import RNA
from scmaxatac.containers._objects import group_labels, obs_texts, unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.predict._markers import (
    contrasts_of_activity,
    contrasts_of_scores,
    expression_of,
    marker_table,
    warn_of_depth,
)
from scmaxatac.results._cell_scores import read_cell_scores, scores_fit
from scmaxatac.results._entries import check_entry, write_entry
from scmaxatac.results._entry import RANKS
from scmaxatac.results._provenance import made_from, scores_used
from scmaxatac.results._reader import find_results


@shared_docs
@checked_arguments
def rank_tfs(
    data: Any,
    groupby: str | Sequence[str] | None = None,
    *,
    source: Literal["scores", "activity"] = "scores",
    tfs: str | Iterable[str] | None = None,
    replicate_key: str | None = None,
    n_bootstrap: int = 1_000,
    block_size: int = 100_000,
    rng: np.random.Generator | int | None = 0,
    key: str = _keys.KEY_ADDED,
    key_added: str = RANKS.name,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Rank the factors of each group by how far it stands out from the other groups, which weigh the same.

    From the scores of cells (:func:`score_cells`), or from activities of groups that were predicted at equal depth
    (``max_fragments="match"``). Cells of one donor are no replicates: without `replicate_key` there is an interval and
    no p-value.

    Parameters
    ----------
    data
        AnnData, MuData or SnapATAC2's backed AnnData with results.
    groupby
        Column or columns of ``obs`` with the groups; by default those that were predicted. Activities are those of the
        groups that were predicted, whatever it is.
    source
        ``"scores"`` of cells, or the ``"activity"`` of groups.
    tfs
        Transcription factors; by default all.
    replicate_key
        Column of ``obs`` with the donor. With two donors or more the scores of a group are compared with those of the
        other groups within each donor, by a moderated t.
    n_bootstrap
        Draws of blocks of the genome for the intervals of activities.
    block_size
        Length of these blocks in bp.
    rng
        {rng}
    key
        Name under which scores and prediction were stored.
    key_added
        Name under which the result is stored: ``uns[key_added]``.
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. The object gets ``uns[key_added]``, which :func:`scmaxatac.get.rank_tfs` reads: for each
    group the factors in the order of their rank, with

    group, rank, tf
        The group, its factors from 1 on.
    score
        What they are ranked by: the effect over its standard error; with donors moderated t.
    effect, low, high
        The group's mean score less the mean of the other groups', with 95% interval: of what other cells would give, or
        with `replicate_key` other donors; the same of activities, of what other sites would give.
    mean
        Mean score, or activity, of the group.
    p, q
        With `replicate_key`: p-value, and q-value over the factors of the group.
    n_sites
        Sites of the factor that were called in the group; NaN for groups that were not predicted, and where the scores
        are of other sites than those of the prediction.
    n_blocks
        With activities: blocks of the genome that hold sites of the factor, on which the intervals rest.
    expression, correlation
        With an RNA modality: mean expression of the factor's gene (log of counts per 10,000) and, over the groups, its
        correlation with the mean.

    Warns
    -----
    UserWarning
        If groups whose activities are compared differ more than two-fold in depth, intervals of activities rest on
        fewer than 10 blocks with sites, donors are missing in groups, or the scores are of other sites than the
        prediction now has.

    Raises
    ------
    KeyError
        If there are no scores or results, or no such column or factor.
    FileNotFoundError
        For activities, if the bins of the run are not there any more.
    ValueError
        If there are fewer than two groups, donors are asked for and activities compared, or scores of cells are asked
        of an object of groups, as pseudobulks give.

    References
    ----------
    Smyth 2004, Stat Appl Genet Mol Biol 3(1):3 (moderated t).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.tl.score_cells(mdata, genome=sma.datasets.toy().genome)
    >>> sma.tl.rank_tfs(mdata)
    >>> sma.get.rank_tfs(mdata, groups="CD4/T")["tf"].iloc[0]
    'GATA3'
    """
    check_number("n_bootstrap", n_bootstrap, low=0, whole=True)
    check_number("block_size", block_size, low=1)
    if source not in ("scores", "activity"):
        raise ValueError(f"source is {source!r}; it can be 'scores' or 'activity'")
    if source == "activity" and replicate_key is not None:
        raise ValueError(
            "activities are of groups, not of donors: leave replicate_key out, or compare donors with "
            "tl.differential_tfbs"
        )
    if copy:
        data = copied(data)
    adata = unwrap(data, mod)
    check_entry([adata], RANKS, key_added)
    check_storable(data, key_added, mod=mod)
    results = find_results(data, key, mod) if source == "activity" or key in adata.uns else None
    if groupby is None or source == "activity":
        if results is None:
            raise ValueError("groupby is missing: name the column of obs with the groups")
        groupby = results.params["groupby"]
    if source == "scores" and results is not None and results.params["rows"] == "groups":
        raise ValueError(
            "rows are groups that were predicted from pseudobulks, so there are no scores of cells: rank with "
            "source='activity'"
        )
    origin = {} if results is None else made_from(results)
    n_blocks = None
    if source == "scores" or results is None:
        labels = group_labels(data, groupby, mod)
        scores = read_cell_scores(adata, tfs, z=False, key=key)
        names, chosen = labels.names, list(map(str, scores.columns))
        donors = None if replicate_key is None else obs_texts(data, replicate_key, mod)
        contrasts, mean = contrasts_of_scores(scores.to_numpy(np.float64), labels, donors)
        origin |= {"scores": scores_used(adata, key)}
        results = results if scores_fit(adata, key) else None
    else:
        warn_of_depth(results)
        names, chosen = results.groups, results.pick_tfs(tfs)
        contrasts, mean, n_blocks = contrasts_of_activity(results, chosen, n_bootstrap, block_size, rng)
    if len(names) < 2:
        raise ValueError(f"there is one group, {names[0]!r}; a comparison needs two")
    has_rna = any(name in getattr(data, "mod", {}) for name in RNA)
    expression = expression_of(data, groupby, names, chosen) if has_rna else None
    table = marker_table(contrasts, mean, names, chosen, results, expression, n_blocks)
    params = {"groupby": groupby, "source": source, "key": key, "replicate_key": replicate_key, "tfs": chosen}
    params["made_from"] = origin
    write_entry([adata], RANKS, key_added, {"ranks": table}, params)
    return data if copy else None
