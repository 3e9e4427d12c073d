"""Scores of cells as an AnnData of cells x TFs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.containers._cells import cells_of
from scmaxatac.containers._objects import split_objects, unwrap
from scmaxatac.results._cell_scores import read_cell_scores

if TYPE_CHECKING:
    from anndata import AnnData


@shared_docs
@checked_arguments
def cell_scores(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    z: bool = False,
    fill_na: float | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> "AnnData":
    """Scores of the cells for each factor, as an AnnData of cells x TFs that scanpy takes as it is.

    ``sc.pl.umap(sma.get.cell_scores(data), color="SPI1")``, ``sc.pl.matrixplot`` and ``sc.tl.rank_genes_groups`` find
    the factors as they find genes, and the cells' annotation, embeddings and colours beside them. Scores may be
    negative and are no logarithms of counts: of ``sc.tl.rank_genes_groups`` use ``scores``, and ignore
    ``logfoldchanges``, which are meaningless here and often NaN. :func:`scmaxatac.tl.rank_tfs` gives effects with
    intervals.

    Parameters
    ----------
    data
        {data}
        Of several objects the cells follow each other; names that occur twice get the sample, or a number, behind them.
    tfs
        One TF or several, in this order; by default all.
    z
        Give z-scores in place of scores. They grow with the cells' depth: compare cells by scores.
    fill_na
        Number in place of NaN, for tools that need one, as ``sc.tl.rank_genes_groups`` and ``sc.pp.pca``; 0 is the
        score that is expected by chance.
    key
        Name under which the scores were stored (``key_added`` of :func:`scmaxatac.tl.score_cells`).
    mod
        {mod}

    Returns
    -------
    AnnData, cells x TFs: ``X`` (float32), ``obs``, the embeddings of ``obsm`` (``X_umap`` and the like; of a MuData its
    own, then those of its modalities, NaN where a cell has none) and the colours of ``uns``.

    Warns
    -----
    UserWarning
        If the sites that were scored are no longer those of the prediction; once.

    Raises
    ------
    KeyError
        If there are no scores under `key`, or no such TF among them.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.tl.score_cells(mdata, genome=sma.datasets.toy().genome)
    >>> scores = sma.get.cell_scores(mdata, tfs=["SPI1", "GATA3"])
    >>> scores.var_names.tolist(), "cell_type" in scores.obs
    (['SPI1', 'GATA3'], True)
    """
    check_number("fill_na", fill_na, optional=True)
    members = split_objects(data)
    parts = [_one(member, tfs, z, fill_na, key, mod) for _, member in members]
    if len(parts) == 1:
        return parts[0]
    from anndata import concat

    names = pd.Index(np.concatenate([part.obs_names for part in parts]))
    samples = [str(i) if sample is None else sample for i, (sample, _) in enumerate(members)]
    unique = None if names.is_unique else "-"
    return concat(dict(zip(samples, parts, strict=True)), join="outer", uns_merge="same", index_unique=unique)


def _one(member: Any, tfs: str | Iterable[str] | None, z: bool, fill_na: float | None, key: str, mod: str) -> "AnnData":
    from anndata import AnnData

    scores = read_cell_scores(unwrap(member, mod), tfs, z=z, key=key)
    values = scores.to_numpy(dtype=np.float32)
    if fill_na is not None:
        values = np.where(np.isnan(values), np.float32(fill_na), values)
    cells = cells_of(member, mod)
    var = pd.DataFrame(index=scores.columns.astype(str))
    return AnnData(X=values, obs=cells.obs, var=var, obsm=cells.obsm, uns=cells.uns)
