"""Region scores as an AnnData of groups x regions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.io._regions import format_regions
from scmaxatac.results._reader import Results, read_results

if TYPE_CHECKING:
    from anndata import AnnData


@shared_docs
@checked_arguments
def scores(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> "AnnData":
    """Region scores of each group, as an AnnData of groups x regions with one layer a TF.

    A region's score is the largest of its bins' scores, NaN where nothing was predicted. ``X`` is the mean over the
    TFs, 0 where nothing was predicted, so that ``sc.pp.pca`` and the like can be called on it.

    Parameters
    ----------
    data
        {results}
    tfs
        {tfs}
        Scores of a large run lie on disk, and only these are read.
    groups
        {groups}
    key
        {key}
    mod
        {mod}

    Returns
    -------
    AnnData, groups x regions: ``layers[tf]`` (float32), their mean in ``X`` (float32), ``obs`` with the QC table,
    ``var`` with chrom, start and end (0-based, half-open).

    Raises
    ------
    KeyError
        If there are no results under `key`, a slot of theirs is missing, there is no such TF or group among them, or
        no region scores because the whole genome was predicted without regions.
    ValueError
        If a slot holds something else than what was written.
    FileNotFoundError
        If the scores lie on disk and are not there any more.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> scores = sma.get.scores(mdata, tfs=["CTCF", "SPI1"])
    >>> scores.obs_names.tolist()
    ['B', 'CD4/T', 'Mono']
    >>> list(filter(None, scores.layers))
    ['CTCF', 'SPI1']
    """
    from anndata import AnnData

    results = read_results(data, key, mod)
    if _keys.REGIONS not in results.slots:
        raise KeyError(
            f"uns[{key!r}] has no region scores: the genome was predicted without regions. Call "
            "scmaxatac.tl.predict_tfbs with regions, or read the bins with scmaxatac.get.track"
        )
    tf_names, group_names = results.pick_tfs(tfs), results.pick_groups(groups)
    rows = [results.groups.index(name) for name in group_names]
    stored = _stored(results)
    var = results.table(_keys.REGIONS)
    var.index = format_regions(var)
    obs = results.table(_keys.QC).loc[group_names]
    obs.index = obs.index.astype(str)
    layers = {name: np.asarray(stored[:, :, results.tfs.index(name)], np.float32)[rows] for name in tf_names}
    mean = np.zeros((len(obs), len(var)), np.float32)
    for layer in layers.values():
        mean += np.nan_to_num(layer) / np.float32(len(layers))
    return AnnData(X=mean, obs=obs, var=var, layers=layers)


def _stored(results: Results) -> Any:
    """Array of (groups, regions, TFs), in memory or on disk."""
    if _keys.SCORES in results.slots:
        return results.array(_keys.SCORES)
    path = results.file("scores")
    if path is None or not results.store.has_folder(path.name):
        raise FileNotFoundError(
            f"the region scores of this run were written to {results.out_dir}, and are not there any more as they were "
            "written; call scmaxatac.tl.predict_tfbs again, which makes what is missing"
        )
    import zarr

    return zarr.open_array(str(path), mode="r")
