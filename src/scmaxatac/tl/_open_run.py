"""A run that is opened by its folder alone."""

from os import PathLike
from typing import TYPE_CHECKING

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.predict._opened_run import slots_of_run
from scmaxatac.predict._rules import Thresholds
from scmaxatac.predict._run import Run
from scmaxatac.results._group_object import group_object
from scmaxatac.results._note import read_note
from scmaxatac.results._slots import check_key, write_slots
from scmaxatac.results._whole_run import whole_run

if TYPE_CHECKING:
    from anndata import AnnData


@shared_docs
@checked_arguments
def open_run(
    folder: str | PathLike[str],
    *,
    threshold: Thresholds | None = None,
    include_flanks: bool | None = None,
    key_added: str = _keys.KEY_ADDED,
) -> "AnnData":
    """Open the folder of a run without the object that was predicted.

    What comes back is what :func:`predict_tfbs` gives for pseudobulks: an AnnData with a row a group and without
    variables, for ``get``, ``pl`` and what else needs no cells. Sites are called from the scores in the folder, which
    is only read: it may be somebody else's, or lie on a server that can't be written to.

    Parameters
    ----------
    folder
        Folder of the run, ``run-`` and a fingerprint; or the folder that it lies in, if there is one run.
    threshold
        Which bins are sites, as in :func:`predict_tfbs`; by default as in the last prediction that ended there.
    include_flanks
        Whether bins outside the regions can be sites; by default as in that prediction.
    key_added
        {key_added}

    Returns
    -------
    The object, with the depth of the groups as ``obs`` and the slots of :func:`predict_tfbs`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, no run in it, or a file of the run is missing.
    KeyError
        If `threshold` has a rule for a factor that was not predicted.
    ValueError
        If the folder holds several runs, one that was not finished, or one under another name; if a file of the run was
        changed; or if the threshold is no rule or can't be applied to what the run kept.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> run = sma.tl.open_run(sma.get.files(mdata)["path"][0])
    >>> run.obs_names.tolist()
    ['B', 'CD4/T', 'Mono']
    >>> sma.get.sites(run).equals(sma.get.sites(mdata))
    True
    """
    check_key([], key_added)
    path, spec = whole_run(folder)
    slots = slots_of_run(
        Run(path, spec),
        read_note(path, spec.fingerprint),
        threshold=threshold,
        include_flanks=include_flanks,
    )
    qc = slots[_keys.QC]
    results = [name for name in qc if name == "n_sites" or name.startswith(_keys.CALLED_TO_EXPECTED)]
    adata, codes = group_object(qc.drop(columns=results), spec.groups)
    write_slots([adata], [codes], list(qc.index), slots, key_added)
    return adata
