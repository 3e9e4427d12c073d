"""Scores of chosen factors as columns of obs."""

from collections.abc import Iterable
from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import is_snapatac2, split_objects, unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.results._cell_scores import read_cell_scores


@shared_docs
@checked_arguments
def scores_to_obs(
    data: Any,
    tfs: str | Iterable[str],
    *,
    z: bool = False,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Write the cells' scores of chosen factors into ``obs``, as ``SPI1_tfbs`` and the like.

    Then every plot that colours cells by a column of ``obs`` shows them: ``sc.pl.umap(adata, color="SPI1_tfbs")``.

    Parameters
    ----------
    data
        {data}
    tfs
        One TF or several.
    z
        Write z-scores, as ``SPI1_z_tfbs``.
    key
        Name under which the scores were stored (``key_added`` of :func:`scmaxatac.tl.score_cells`).
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. Each factor has a column ``<TF>_<key>``, ``SPI1_tfbs`` for instance; of a MuData in its
    own ``obs``, NaN for cells without ATAC data, and in the ATAC modality's.

    Raises
    ------
    KeyError
        If there are no scores under `key`, or no such TF among them; nothing is written then.
    ValueError
        If an object can't be written to.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.tl.score_cells(mdata, genome=sma.datasets.toy().genome)
    >>> sma.tl.scores_to_obs(mdata, "SPI1")
    >>> "SPI1_tfbs" in mdata.obs
    True
    """
    if copy:
        data = copied(data)
    check_storable(data, key, mod=mod)
    members = [member for _, member in split_objects(data)]
    tables = [read_cell_scores(unwrap(member, mod), tfs, z=z, key=key) for member in members]
    for member, table in zip(members, tables, strict=True):
        adata = unwrap(member, mod)
        for name in table.columns:
            column = f"{name}_z_{key}" if z else f"{name}_{key}"
            adata.obs[column] = table[name].to_numpy()
            if member is not adata and not is_snapatac2(adata):
                member.obs[column] = table[name].reindex(member.obs_names).to_numpy()
    return data if copy else None
