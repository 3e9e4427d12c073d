"""The slots of a prediction, written into any object in the form that it can hold; nothing that is not declared."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import logger
from scmaxatac._text import counted
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.containers._prediction_entry import is_prediction
from scmaxatac.containers._tables import plain_table
from scmaxatac.results._composition import compositions
from scmaxatac.results._entries import check_name
from scmaxatac.results._schema import CELL_ACTIVITY, IN_UNS
from scmaxatac.results._slot import Column, Slot


def check_key(objects: Sequence[Any], key: str) -> None:
    """Raise a ValueError if a run's results cannot be stored under this name without harm."""
    check_name(key)
    for adata in objects:
        if key in adata.uns and not _is_ours(adata, adata.uns[key]):
            raise ValueError(f"uns[{key!r}] holds something else than a prediction; choose another key_added")


def _is_ours(adata: Any, entry: Any) -> bool:
    """Whether an entry of ``uns`` holds a prediction; a kill while it was stored left some of the slots, or none."""
    if not isinstance(entry, Mapping):
        return False
    return not entry or is_prediction(entry) or (is_snapatac2(adata) and set(entry) <= set(IN_UNS))


def write_slots(
    objects: Sequence[Any],
    codes: Sequence[np.ndarray],
    names: Sequence[str],
    slots: Mapping[str, Any],
    key: str,
) -> None:
    """Write a run's slots into every object, and each cell's activity into its own.

    `codes` and `names` give the group of each object's cells; which cells these are goes into the parameters.
    """
    params = slots[_keys.PARAMS] | {"cells": compositions(objects, codes, names)}
    for adata, code in zip(objects, codes, strict=True):
        if key in adata.uns:
            logger.info("uns[%r] and obsm[%r] are replaced", key, _keys.activity_obsm(key))
        adata.uns[key] = {}
        merge_slots(adata, {**slots, _keys.PARAMS: params}, key)
        write_cell_activity(adata, code, names, slots[_keys.ACTIVITY], key)


def log_results(slots: Mapping[str, Any], key: str, seconds: float) -> None:
    """Log what a prediction has added, where, and how long it took."""
    qc, activity, regions = slots[_keys.QC], slots[_keys.ACTIVITY], slots.get(_keys.REGIONS)
    skipped = len(qc) - len(activity)
    logger.info(
        "added to uns[%r] and obsm[%r]: %s of %s in %s%s%s; %.1f s",
        key, _keys.activity_obsm(key), counted(len(slots[_keys.SITES]), "site"),
        counted(activity.shape[1], "TF"), counted(len(activity), "group"),
        f" ({skipped} skipped)" if skipped else "",
        "" if regions is None else f", scores of {counted(len(regions), 'region')}", seconds,
    )  # fmt: skip


def merge_slots(adata: Any, slots: Mapping[str, Any], key: str) -> None:
    """Write slots into an object's entry, beside those that are there already; a slot that is None is removed.

    Parameters
    ----------
    adata
        The object; it has the entry.
    slots
        Tables, arrays and dictionaries by name, as :data:`~scmaxatac.results._schema.IN_UNS` declares them.
    key
        Name of the entry in ``uns``.
    """
    form = _plain if is_snapatac2(adata) else _copy
    new = {name: form(_declared(name, value)) for name, value in slots.items() if value is not None}
    kept = {name: value for name, value in {**adata.uns[key]}.items() if name not in slots}
    adata.uns[key] = {**kept, **new}


def write_cell_activity(adata: Any, codes: np.ndarray, names: Sequence[str], activity: pd.DataFrame, key: str) -> None:
    """Write each cell's activity, that of its group, NaN to cells without a group or of a group that was skipped."""
    table = activity.reindex(list(names)).to_numpy(dtype=np.float32)
    cells = np.vstack([table, np.full((1, table.shape[1]), np.nan, dtype=np.float32)])[codes]
    write_cells(adata, CELL_ACTIVITY, cells, list(activity.columns), key)


def write_cells(adata: Any, slot: Slot, values: np.ndarray, columns: Sequence[str], key: str) -> None:
    """Write a table of cells into ``obsm``; SnapATAC2's backed objects get it as an array.

    Parameters
    ----------
    adata
        The object.
    slot
        Declaration of the table.
    values
        (n_obs, n_columns) values.
    columns
        Names of the columns.
    key
        Name of the results.
    """
    table = pd.DataFrame(values, index=list(adata.obs_names), columns=list(columns))
    _check_table(slot, table)
    name = slot.name_with(key)
    adata.obsm[name] = values if is_snapatac2(adata) else table.set_axis(adata.obs_names)


def _declared(name: str, value: Any) -> Any:
    """Compare a slot with its declaration, and encode what is kept as JSON."""
    if name not in IN_UNS:
        raise ValueError(f"slot {name!r} is not declared in results/_schema.py")
    slot = IN_UNS[name]
    if slot.kind == "json":
        _check_names(slot, value)
        # one string is the only form that every container and file format keeps
        return json.dumps(value, default=str, sort_keys=True)
    if slot.kind == "array":
        if value.ndim != len(slot.shape) or value.dtype != slot.dtype:
            raise ValueError(f"slot {name!r} is {value.dtype} {value.shape}, declared is {slot.dtype} {slot.shape}")
        return value
    _check_table(slot, value)
    return value


def _check_table(slot: Slot, table: pd.DataFrame) -> None:
    _check_names(slot, table.columns)
    if slot.index and table.index.name != slot.index:
        raise ValueError(f"the index of {slot.name!r} is {table.index.name!r}, declared is {slot.index!r}")
    for name, column in table.items():
        if not _has_type(column, slot.column(str(name))):
            raise ValueError(f"column {name!r} of {slot.name!r} is {column.dtype}, not {slot.column(str(name)).dtype}")


def _check_names(slot: Slot, names: Any) -> None:
    if wrong := [*slot.missing(names), *slot.undeclared(names)]:
        raise ValueError(f"{slot.name!r} does not have what results/_schema.py declares: {', '.join(wrong)}")


def _has_type(column: pd.Series, declared: Column) -> bool:
    if declared.dtype == "category":
        return isinstance(column.dtype, pd.CategoricalDtype)
    if declared.dtype == "text":
        return not pd.api.types.is_numeric_dtype(column.dtype)
    return str(column.dtype) == declared.dtype


def _copy(value: Any) -> Any:
    return value.copy() if hasattr(value, "copy") else value


def _plain(value: Any) -> Any:
    """Turn a slot into what SnapATAC2's backed objects can hold; groups in the index become a column."""
    if not isinstance(value, pd.DataFrame):
        return value
    return plain_table(value if value.index.name is None else value.reset_index())
