"""An object with a row a group, for results of pseudobulks, which come without the object of their cells."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from anndata import AnnData


def group_object(depth: pd.DataFrame, groups: list[str]) -> "tuple[AnnData, np.ndarray]":
    """AnnData whose rows are groups, without variables; and the number of each row's group among the rows of `depth`.

    Parameters
    ----------
    depth
        QC table of all groups; that of a row becomes its ``obs``.
    groups
        The groups, in the order of the rows.
    """
    from anndata import AnnData

    adata = AnnData(obs=depth.loc[groups].rename_axis(None))
    return adata, depth.index.get_indexer(groups).astype(np.int32)
