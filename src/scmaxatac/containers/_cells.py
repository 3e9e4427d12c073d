"""What an object knows of its cells beside the data: annotation, embeddings, colours."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.containers._objects import JOIN, is_mudata, is_snapatac2, obs_column, obs_columns, split_objects, unwrap


class Cells(NamedTuple):
    """Annotation of the cells that have ATAC data.

    Attributes
    ----------
    obs
        Table of annotation, by the names of the cells.
    obsm
        Embeddings, arrays of (cells, dimensions), NaN where a cell has no place.
    uns
        Colours of categories, ``"<column>_colors"``.
    """

    obs: pd.DataFrame
    obsm: dict[str, np.ndarray]
    uns: dict[str, Any]


def cells_of(data: Any, mod: str = "atac") -> Cells:
    """Annotation, embeddings and colours of an object's cells.

    Of a MuData they come from the MuData itself, then from its ATAC modality, then, embeddings alone, from the others;
    where a name is in several of these, the first counts.
    """
    adata = unwrap(data, mod)
    names = pd.Index([str(name) for name in adata.obs_names])
    obs = _obs(adata, names)
    places = [adata]
    if is_mudata(data):
        own = data.obs.set_axis(pd.Index([str(name) for name in data.obs_names])).reindex(names)
        obs = own.join(obs[[column for column in obs if column not in own]])
        places = [data, adata, *(member for name, member in data.mod.items() if name != mod)]
    obsm: dict[str, np.ndarray] = {}
    for place in places:
        obsm = _embeddings(place, names) | obsm
    uns = {}
    for place in reversed(places[:2]):
        for column in obs:
            if (name := f"{column}_colors") in place.uns:
                uns[name] = place.uns[name]
    return Cells(obs, obsm, uns)


def first_object(data: Any) -> Any:
    """The object itself, or the first of a list or a ``{sample: object}`` that were predicted together.

    All of them hold the same results; what is annotated once for all, such as colours, is looked for there.
    """
    return split_objects(data)[0][1]


def column_of(groupby: str | Sequence[str] | None) -> str:
    """Name of the column that holds groups, or would hold those of several columns together; "" without."""
    return groupby if isinstance(groupby, str) else JOIN.join(groupby or ())


def colors_of(cells: Cells, column: str, groups: Sequence[str]) -> dict[str, str]:
    """Colours that a column's categories have, as scanpy keeps them; nothing unless each of the groups has one.

    Parameters
    ----------
    cells
        Annotation of the cells.
    column
        Name of the column.
    groups
        Categories whose colours are wanted.
    """
    colors = cells.uns.get(f"{column}_colors")
    if colors is None or column not in cells.obs or not isinstance(cells.obs[column].dtype, pd.CategoricalDtype):
        return {}
    color_of = dict(zip(map(str, cells.obs[column].cat.categories), map(str, colors), strict=False))
    return {group: color_of[group] for group in groups} if set(groups) <= set(color_of) else {}


def _obs(adata: Any, names: pd.Index) -> pd.DataFrame:
    if not is_snapatac2(adata):
        return adata.obs.set_axis(names)
    columns = {name: obs_column(adata, name).to_numpy() for name in obs_columns(adata)}
    return pd.DataFrame(columns, index=names)


def _embeddings(place: Any, names: pd.Index) -> dict[str, np.ndarray]:
    """Embeddings of an object, in the order of the named cells."""
    own = pd.Index([str(name) for name in place.obs_names])
    members = place.mod if is_mudata(place) else ()
    found = {}
    for name in place.obsm.keys():
        values = None if name in members or not str(name).startswith("X_") else place.obsm[name]
        if not isinstance(values, np.ndarray) or values.ndim != 2 or not np.issubdtype(values.dtype, np.number):
            continue
        if own.equals(names):
            found[str(name)] = values.copy()
        elif own.is_unique:
            row = own.get_indexer(names)
            moved = np.full((len(names), values.shape[1]), np.nan, dtype=np.result_type(values.dtype, np.float32))
            moved[row >= 0] = values[row[row >= 0]]
            found[str(name)] = moved
    return found
