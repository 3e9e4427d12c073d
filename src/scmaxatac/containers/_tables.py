"""Tables in ``uns``, in a form that the object's class can hold."""

from typing import Any

import numpy as np
import pandas as pd

from scmaxatac.containers._objects import is_snapatac2


def put_table(adata: Any, key: str, frame: pd.DataFrame) -> None:
    """Write a table with a meaningless index into ``uns``.

    SnapATAC2's backed objects hold polars tables without categories, all others pandas'.

    Parameters
    ----------
    adata
        AnnData or SnapATAC2's backed AnnData.
    key
        Name of the entry.
    frame
        The table.
    """
    adata.uns[key] = plain_table(frame) if is_snapatac2(adata) else frame.copy()


def to_pandas(stored: Any) -> pd.DataFrame:
    """Table of an object, pandas' or polars', as a table of pandas that may be changed.

    Raises
    ------
    TypeError
        If it is no table.
    """
    if isinstance(stored, pd.DataFrame):
        return stored.copy()
    if hasattr(stored, "to_pandas"):  # polars, in SnapATAC2's backed objects
        return pd.DataFrame(stored.to_pandas())
    if isinstance(stored, np.ndarray) and stored.dtype.names:
        return pd.DataFrame(stored)
    raise TypeError(f"a {type(stored).__name__} is no table")


def plain_table(frame: pd.DataFrame) -> Any:
    """Turn a table into the polars table without index and categories that SnapATAC2's backed objects can hold."""
    import polars as pl

    return pl.DataFrame(
        {
            str(name): column.to_numpy()
            if pd.api.types.is_numeric_dtype(column.dtype)
            else column.astype(str).to_list()
            for name, column in frame.items()
        }
    )
