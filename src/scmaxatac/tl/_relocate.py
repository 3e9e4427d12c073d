"""Where the files of a run are now."""

from os import PathLike
from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger
from scmaxatac.containers._objects import split_objects, unwrap
from scmaxatac.containers._prediction_entry import is_prediction
from scmaxatac.containers._storable import check_storable
from scmaxatac.results._reader import Results, find_results
from scmaxatac.results._slots import merge_slots
from scmaxatac.results._whole_run import whole_run


@shared_docs
@checked_arguments
def relocate(data: Any, folder: str | PathLike[str], *, key: str = _keys.KEY_ADDED, mod: str = "atac") -> None:
    """Say where the folder of a run is now, after it was moved, copied or shared.

    Nothing is read or computed again: the folder has to hold the very run that the results are of, complete. Files are
    compared with their checksums when they are read.

    Parameters
    ----------
    data
        {data}
    folder
        Folder of the run, ``run-`` and a fingerprint, which keeps its name; or the folder that it lies in.
    key
        {key}
        All entries of the same run, such as those of :func:`call_sites`, are changed along.
    mod
        {mod}

    Raises
    ------
    FileNotFoundError
        If there is no such folder, no run in it, or a file of the run was not copied along.
    KeyError
        If there are no results under `key`.
    ValueError
        If the folder holds another run than that of the results, one that was not finished, or one under another name;
        or the object can't be written to.

    Examples
    --------
    >>> import scmaxatac as sma, pathlib, shutil, tempfile
    >>> store = pathlib.Path(sma.get.files(mdata)["path"][0])
    >>> folder = tempfile.TemporaryDirectory()
    >>> copied = shutil.copytree(store, pathlib.Path(folder.name) / store.name)
    >>> sma.tl.relocate(mdata, folder.name)
    >>> pathlib.Path(sma.get.files(mdata)["path"][0]) == copied.absolute()
    True
    >>> sma.tl.relocate(mdata, store)
    >>> folder.cleanup()
    """
    check_storable(data, key, mod=mod, obsm=_keys.activity_obsm(key))
    members = [member for _, member in split_objects(data)]
    runs = {find_results(member, key, mod).params["run"] for member in members}
    if len(runs) > 1:
        raise ValueError(f"the objects hold results of {len(runs)} runs under uns[{key!r}]; relocate each by itself")
    (fingerprint,) = runs
    path, _ = whole_run(folder, fingerprint)
    for adata in (unwrap(member, mod) for member in members):
        for name in list(adata.uns.keys()):
            if is_prediction(adata.uns[name]):
                params = Results(adata, name, adata.uns[name]).params
                if params["run"] == fingerprint:
                    merge_slots(adata, {_keys.PARAMS: params | {"out_dir": str(path.parent)}}, name)
                    logger.info("uns[%r]: files of the run are in %s", name, path)
