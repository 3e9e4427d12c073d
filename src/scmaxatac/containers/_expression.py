"""Mean expression of genes in groups of cells."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac.containers._objects import group_labels

RNA = ("rna", "RNA", "gex", "GEX")
"""Names under which a MuData holds its RNA modality."""

_PER_CELL = 1e4
"""Counts that a group's profile is scaled to before the logarithm (scanpy's usual target)."""


def group_expression(data: Any, groupby: str | Sequence[str], groups: Sequence[str], rna: str | None) -> pd.DataFrame:
    """Mean expression of each gene in each group.

    Whole numbers are taken as counts: a group's are added up and become ``log(1 + 10,000 * share)``. Other values are
    taken as normalised logarithms, and averaged.

    Parameters
    ----------
    data
        A MuData.
    groupby
        Column, or columns, of ``obs`` with the groups.
    groups
        Names of the groups.
    rna
        Modality with the expression; None for the one that has a usual name.

    Returns
    -------
    Groups x genes, float64; NaN for a group without cells in the modality.

    Raises
    ------
    KeyError
        If there is no such modality, or the column is not there for its cells.
    ValueError
        If there is no RNA, or values are negative.
    """
    name = _modality(data, rna)
    adata = data.mod[name]
    codes, names = group_labels(data, groupby, name)
    place = np.array([*(groups.index(group) if group in groups else -1 for group in names), -1])
    of_cell = place[codes]
    cells = np.flatnonzero(of_cell >= 0)
    belongs = sparse.csr_matrix((np.ones(len(cells)), (of_cell[cells], cells)), shape=(len(groups), adata.n_obs))
    matrix = adata.X[:] if getattr(adata, "isbacked", False) else adata.X
    values = matrix.data if sparse.issparse(matrix) else np.asarray(matrix)
    if values.size and values.min() < 0:
        raise ValueError(
            f"modality {name!r} holds negative values, such as those of scaled genes; give counts or log-normalised "
            f"values in mdata[{name!r}].X"
        )
    sums = belongs @ matrix
    sums = np.asarray(sums.toarray() if sparse.issparse(sums) else sums, dtype=np.float64)
    n_cells = np.bincount(of_cell[cells], minlength=len(groups))[:, None].astype(float)
    n_cells[n_cells == 0] = np.nan
    if np.array_equal(values, np.rint(values)):
        total = sums.sum(axis=1, keepdims=True)
        means = np.log1p(_PER_CELL * sums / np.where(total > 0, total, np.nan))
    else:
        means = sums / n_cells
    return pd.DataFrame(means, index=list(groups), columns=adata.var_names.astype(str))


def _modality(data: Any, wanted: str | None) -> str:
    modalities = list(getattr(data, "mod", {}))
    if wanted is not None:
        if wanted not in modalities:
            raise KeyError(f"there is no modality {wanted!r} with expression; there is {modalities or 'no MuData'}")
        return wanted
    found = [name for name in RNA if name in modalities]
    if not found:
        have = f"a MuData with {modalities}" if modalities else "no MuData"
        raise ValueError(f"expression is needed, found {have}; name the RNA modality with rna=")
    return found[0]
