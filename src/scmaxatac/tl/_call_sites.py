"""Sites at another threshold, without predicting again."""

from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.predict._prediction import write_sites
from scmaxatac.predict._rules import Rules, Thresholds
from scmaxatac.predict._run import Run
from scmaxatac.predict._track_files import renewed_files
from scmaxatac.results._reader import find_results, row_labels
from scmaxatac.results._run_folder import run_folder
from scmaxatac.results._slots import check_key, merge_slots, write_cell_activity


@shared_docs
@checked_arguments
def call_sites(
    data: Any,
    threshold: Thresholds = "f1",
    *,
    include_flanks: bool | None = None,
    key: str = _keys.KEY_ADDED,
    key_added: str | None = None,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Call binding sites at another threshold from the scores that :func:`~scmaxatac.tl.predict_tfbs` kept.

    Parameters
    ----------
    data
        Object that was predicted.
    threshold
        As in :func:`~scmaxatac.tl.predict_tfbs`: a rule, or ``{tf: rule}``.
    include_flanks
        Use the bins outside the regions as well; by default as in the prediction.
    key
        {key}
    key_added
        Name under which these sites are stored, beside those of `key`, which stay as they are: a second entry with the
        same regions and scores, which every ``key=`` finds. Without it the sites of `key` are replaced.
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. Sites, activities, the number of sites in the QC table and the parameters are replaced,
    or stored under `key_added`; a run that saved tracks gets BED files of these sites beside the earlier ones.

    Warns
    -----
    UserWarning
        If there is no site at all, or the groups of the object are not of the cells that were predicted.

    Raises
    ------
    KeyError
        If nothing was predicted under `key`, the entry lacks a slot, or `threshold` has a rule for a factor that was
        not predicted.
    FileNotFoundError
        If the folder of the scores is gone.
    ValueError
        If the object can't be written to, or holds something else under `key_added`; if the threshold is no rule, needs
        a calibration table that the model lacks, or lies below the score down to which bins were kept; or if a rule by
        rank needs a sample of the genome beside the regions that the run did not predict. A prediction with such a rule
        does, and so does any in so many regions that the sample is less than a tenth of them.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.predict_tfbs(
    ...     toy.mdata, "cell_type", tfs="CTCF", genome=toy.genome, models="demo", chroms="chr5", min_fragments=1000
    ... )
    >>> sma.tl.call_sites(toy.mdata, 0.9)
    >>> float(sma.get.sites(toy.mdata)["score"].min()) >= 0.9
    True
    >>> sma.tl.call_sites(toy.mdata, {"CTCF": 0.3}, key_added="sensitive")
    >>> len(sma.get.sites(toy.mdata, key="sensitive")) > len(sma.get.sites(toy.mdata))
    True
    """
    rules = Rules.parse(threshold)
    if copy:
        data = copied(data)
    adata = unwrap(data, mod)
    target = key if key_added is None else key_added
    check_key([] if key_added is None else [adata], target)
    check_storable(data, target, mod=mod, obsm=_keys.activity_obsm(target))
    results = find_results(data, key, mod)
    params = results.params
    rules.check(params["tfs"])
    labels = row_labels(data, params, mod)
    run = Run.open(run_folder(params))
    if not run.is_complete:
        raise FileNotFoundError(
            f"{run.folder} does not hold all scores of uns[{key!r}] any more; call scmaxatac.tl.predict_tfbs again"
        )
    include_flanks = params["include_flanks"] if include_flanks is None else include_flanks
    called = run.call(rules, include_flanks=include_flanks)
    if called.sites.empty:
        warn(f"there is no site at threshold {threshold!r}, of any factor in any group; activities are NaN")
    files = results.table(_keys.FILES)
    if (files["kind"] == "bed").any():
        files = renewed_files(run.store, files, write_sites(run, called.sites))
    params |= {"threshold": threshold, "thresholds": called.thresholds.to_dict(), "include_flanks": include_flanks}
    qc = results.table(_keys.QC)
    changed = {
        _keys.PARAMS: params,
        _keys.SITES: called.sites,
        _keys.ACTIVITY: called.activity,
        _keys.QC: qc.assign(n_sites=called.n_sites.reindex(qc.index, fill_value=0)),
        _keys.FILES: files,
    }
    if target != key:
        adata.uns[target] = dict(results.slots)  # regions and scores are shared, not copied
    merge_slots(adata, changed, target)
    write_cell_activity(adata, labels.codes, labels.names, called.activity, target)
    return data if copy else None
