"""The containers that users bring - AnnData, MuData, SnapATAC2's backed AnnData, several of them - seen alike."""

import re
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate, similar_names
from scmaxatac._types import Int32s, Objects
from scmaxatac.containers._modality import modality_of

JOIN = "|"  # between the names of several columns, and between those of their groups


class GroupLabels(NamedTuple):
    """Group of each cell.

    Attributes
    ----------
    codes
        (n_obs,) int32, index into `names`, -1 for cells without a group.
    names
        Names of the groups that have cells, in the order of the column's categories.
    """

    codes: np.ndarray
    names: list[str]


def unwrap(data: Any, mod: str = "atac") -> Any:
    """The object that holds the ATAC data: a MuData's modality, any other single object itself.

    Raises
    ------
    KeyError
        If the MuData has no modality `mod`, nor another that the default can stand for.
    TypeError
        If `data` is not an AnnData, a MuData or a SnapATAC2 object (a list of objects, for instance).
    ValueError
        If a SnapATAC2 object is closed.
    """
    if is_mudata(data):
        return data.mod[modality_of(data.mod, mod)]
    if is_snapatac2(data) and data.is_closed():
        raise ValueError("the SnapATAC2 object is closed; open its file again with snapatac2.read(file, backed='r+')")
    if all(hasattr(data, name) for name in ("obs", "obsm", "uns", "obs_names", "n_obs")):
        return data
    hint = "; call it for each of the objects" if isinstance(data, Mapping | list | tuple) else ""
    raise TypeError(f"expected AnnData, MuData or SnapATAC2's AnnData, found {type(data).__name__}{hint}")


def split_objects(data: Any) -> list[tuple[str | None, Any]]:
    """Take a list or a ``{sample: object}`` apart; a single object comes back as one without a sample name.

    Returns
    -------
    Pairs of sample and object, as given (a MuData stays one). The members of a list have no sample name.

    Raises
    ------
    ValueError
        If there are no objects.
    """
    if isinstance(data, Mapping) and not hasattr(data, "obs"):
        objects: list[tuple[str | None, Any]] = [(str(sample), member) for sample, member in data.items()]
    else:
        objects = [(None, member) for member in data] if isinstance(data, Sequence) else [(None, data)]
    if not objects:
        raise ValueError("no objects were given")
    return objects


def is_snapatac2(adata: Any) -> bool:
    """Whether an object is one of SnapATAC2's own classes, which are not ``anndata.AnnData``."""
    return type(adata).__name__ in ("AnnData", "AnnDataSet") and type(adata).__module__.split(".")[0] != "anndata"


def is_mudata(data: Any) -> bool:
    """Whether an object is a MuData; mudata is not imported for it."""
    module = sys.modules.get("mudata")
    return module is not None and isinstance(data, module.MuData)


def obs_columns(adata: Any) -> list[str]:
    """Names of the columns of ``obs``."""
    return [str(name) for name in (adata.obs[:].columns if is_snapatac2(adata) else adata.obs.columns)]


def obs_column(adata: Any, name: str) -> pd.Series:
    """A column of ``obs`` as a pandas Series with the index 0, 1, ..., from pandas or polars.

    Raises
    ------
    KeyError
        If there is no such column; the message names similar ones.
    """
    if name not in (columns := obs_columns(adata)):
        raise KeyError(f"obs has no column {name!r}{_hint(name, columns)}")
    column = adata.obs[name]
    if isinstance(column, pd.DataFrame):
        raise ValueError(f"obs has several columns {name!r}")
    if isinstance(column, pd.Series):
        return column.reset_index(drop=True)
    # polars keeps no order of categories that is the column's own, so they come as text
    return pd.Series(column.to_list())


def group_labels(data: Any, groupby: str | Sequence[str], mod: str = "atac") -> GroupLabels:
    """Group of each cell.

    Parameters
    ----------
    data
        AnnData, MuData or SnapATAC2's AnnData.
    groupby
        Column of ``obs``, or several, whose values are joined by ``|``. In a MuData a column is looked for in
        ``mdata.obs``, there as ``"mod:column"``, and in the modality's ``obs``; ``"rna:column"`` names another
        modality's.
    mod
        Modality of a MuData that holds the ATAC data.

    Returns
    -------
    Codes and names. A cell that lacks a value in any of the columns has no group; numbers and booleans become text;
    categories without cells are left out. Columns that are not categorical are put in natural order (``2`` before
    ``10``).

    Raises
    ------
    KeyError
        If there is no such column.
    ValueError
        If the places of a MuData disagree, if different values would get the same name, or if no cell has a group.
    """
    columns = [groupby] if isinstance(groupby, str) else list(groupby)
    if not columns:
        raise ValueError("groupby names no column")
    adata = unwrap(data, mod)
    labels = [_in_order(*_column_labels(data, adata, column, mod)) for column in columns]
    joined = labels[0] if len(labels) == 1 else _join(labels, columns)
    if not joined.names:
        raise ValueError(f"no cell has a value in obs column {' and '.join(map(repr, columns))}")
    return joined


def pooled_group_labels(
    objects: Sequence[Any], groupby: str | Sequence[str], mod: str = "atac"
) -> tuple[list[np.ndarray], list[str]]:
    """Groups of the cells of several objects; groups of the same name are one.

    Returns
    -------
    Codes of each object's cells, and the names of all groups: those of the first object in their order, then what
    the others add.
    """
    labels = [group_labels(data, groupby, mod) for data in objects]
    names = list(dict.fromkeys(name for label in labels for name in label.names))
    place = {name: i for i, name in enumerate(names)}
    codes = [_recode(label.codes, [place[name] for name in label.names]) for label in labels]
    return codes, names


def obs_texts(data: Any, column: str, mod: str = "atac") -> np.ndarray:
    """A column of ``obs`` as text, (n_obs,) objects, "" where a value is missing.

    The column is found as :func:`group_labels` finds it, and the same is raised.
    """
    return _texts(_column_labels(data, unwrap(data, mod), column, mod)[0])


def _column_labels(data: Any, adata: Any, column: str, mod: str) -> tuple[GroupLabels, bool]:
    """Labels of a column, and whether their order has a meaning."""
    if not is_mudata(data):
        values = obs_column(adata, column)
        return _labels(values, f"obs[{column!r}]"), _is_categorical(values)
    mod, places = modality_of(data.mod, mod), {}
    for key in (column, f"{mod}:{column}"):
        if key in data.obs:
            places[f"mdata.obs[{key!r}]"] = _of_cells(data.obs, key, adata, "mdata")
    if column in adata.obs:
        places[f"mdata[{mod!r}].obs[{column!r}]"] = obs_column(adata, column)
    other, _, name = column.partition(":")
    if other in data.mod and name in data.mod[other].obs:
        places[f"mdata[{other!r}].obs[{name!r}]"] = _of_cells(data.mod[other].obs, name, adata, f"mdata[{other!r}]")
    if not places:
        known = [*data.obs.columns, *adata.obs.columns]
        known += [f"{other}:{name}" for other, member in data.mod.items() if other != mod for name in member.obs]
        raise KeyError(f"neither mdata.obs nor mdata[{mod!r}].obs has a column {column!r}{_hint(column, known)}")
    labels = {place: _labels(values, place) for place, values in places.items()}
    (first, chosen), *others = labels.items()
    for place, label in others:
        differing = np.flatnonzero(_texts(chosen) != _texts(label))
        if len(differing):
            i = differing[0]
            raise ValueError(
                f"{first} and {place} disagree for {len(differing)} of {adata.n_obs} cells, {adata.obs_names[i]} for "
                f"one ({_texts(chosen)[i] or 'none'!r} and {_texts(label)[i] or 'none'!r}); remove or rename one"
            )
    return chosen, _is_categorical(places[first])


def _of_cells(obs: pd.DataFrame, key: str, adata: Any, what: str) -> pd.Series:
    """Take a column of another ``obs``, for the cells of `adata`, missing where that has no such cell."""
    if obs.index.equals(adata.obs_names):
        return obs[key].reset_index(drop=True)
    if not obs.index.is_unique:
        raise ValueError(f"{what}.obs_names are not unique, so its obs can't be matched to cells")
    return obs[key].reindex(adata.obs_names).reset_index(drop=True)


def _is_categorical(values: pd.Series) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype)


def _labels(values: pd.Series, place: str) -> GroupLabels:
    if _is_categorical(values):
        codes, categories = values.cat.codes.to_numpy(), values.cat.categories
    else:
        try:
            codes, categories = pd.factorize(values, use_na_sentinel=True)
        except TypeError:  # a list or another container that can change
            first = next(value for value in values if isinstance(value, Collection) and not isinstance(value, str))
            raise ValueError(
                f"{place} holds a {type(first).__name__} as a value ({first!r:.60}); a group's name is text or a number"
            ) from None
        categories = pd.Index(categories)
    names = _names(categories)
    if len(set(names)) < len(names):
        raise ValueError(f"{place}: different values are all written {_repeated(names)!r}; make them text that differs")
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(names)))
    return _keep(GroupLabels(codes, names), used)


def _in_order(labels: GroupLabels, has_order: bool) -> GroupLabels:
    if has_order:
        return labels
    return _keep(labels, sorted(range(len(labels.names)), key=lambda i: _natural(labels.names[i])))


def _keep(labels: GroupLabels, order: Sequence[int] | np.ndarray) -> GroupLabels:
    """Keep the groups of these indices, in this order."""
    place_of = np.full(len(labels.names), -1, dtype=np.int32)
    place_of[order] = np.arange(len(order), dtype=np.int32)
    return GroupLabels(_recode(labels.codes, place_of), [labels.names[i] for i in order])


def _repeated(names: list[str]) -> str:
    return next(name for name, n in Counter(names).items() if n > 1)


def _names(categories: pd.Index) -> list[str]:
    """Text of values; whole numbers that pandas holds as floats, for lack of some, are written as whole numbers."""
    if pd.api.types.is_float_dtype(categories.dtype) and all(float(value).is_integer() for value in categories):
        return [str(int(value)) for value in categories]
    return [str(value) for value in categories]


def _join(labels: list[GroupLabels], columns: list[str]) -> GroupLabels:
    shape = [len(label.names) for label in labels]
    complete = np.all([label.codes >= 0 for label in labels], axis=0)
    flat = np.ravel_multi_index([label.codes[complete].astype(np.int64) for label in labels], shape)
    used, inverse = np.unique(flat, return_inverse=True)
    parts = [np.unravel_index(combination, shape) for combination in used]
    names = [JOIN.join(label.names[i] for label, i in zip(labels, part, strict=True)) for part in parts]
    if len(set(names)) < len(names):
        raise ValueError(
            f"joining {columns} gives {_repeated(names)!r} for different groups: a value holds {JOIN!r}; rename it"
        )
    codes = np.full(len(complete), -1, dtype=np.int32)
    codes[complete] = inverse
    return GroupLabels(codes, names)


def _recode(codes: Int32s, places: Sequence[int] | np.ndarray) -> Int32s:
    """Replace each code by its new place; -1 stays."""
    return np.append(np.asarray(places, dtype=np.int32), np.int32(-1))[codes]


def _texts(labels: GroupLabels) -> Objects:
    texts: Objects = np.array([*labels.names, ""], dtype=object)[labels.codes]
    return texts


def _natural(text: str) -> list[tuple[int, int, str]]:
    pieces = re.split(r"(\d+)", text)
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces if piece]


def _hint(name: str, known: Sequence[str]) -> str:
    texts = [str(column) for column in dict.fromkeys(known)]
    short = {text.rsplit(":", 1)[-1]: text for text in texts} | {text: text for text in texts if ":" not in text}
    own = [text for text in texts if short[text.rsplit(":", 1)[-1]] == text]
    if near := dict.fromkeys(short.get(text, text) for text in similar_names(str(name), [*short, *own])):
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; it has {abbreviate(map(repr, texts), 8)}" if texts else ""
