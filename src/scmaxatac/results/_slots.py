"""The slots of a prediction, and how they are put into the objects."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import logger
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.containers._tables import plain_table

_SLOTS = {_keys.PARAMS, _keys.QC, _keys.SITES, _keys.REGIONS, _keys.SCORES, _keys.ACTIVITY, _keys.FILES}


def check_key(objects: Sequence[Any], key: str) -> None:
    """Raise a ValueError if a run's results cannot be stored under this name without harm."""
    # HDF5 nests names at "/", zarr at "\\" as well, and what consists of dots is a place to both
    if not isinstance(key, str) or not key.strip(" .") or "/" in key or "\\" in key:
        raise ValueError(
            f"key_added is {key!r}; it has to be a text without '/' and '\\', and more than dots and spaces, because "
            "h5ad and zarr files do not keep such names"
        )
    for adata in objects:
        if key in adata.uns and not _is_ours(adata, adata.uns[key]):
            raise ValueError(f"uns[{key!r}] holds something else than a prediction; choose another key_added")


def _is_ours(adata: Any, entry: Any) -> bool:
    """Whether an entry of ``uns`` holds a prediction; a kill while it was stored left some of the slots, or none."""
    if not isinstance(entry, Mapping):
        return False
    return not entry or _keys.PARAMS in entry or (is_snapatac2(adata) and set(entry) <= _SLOTS)


def write_slots(
    objects: Sequence[Any],
    codes: Sequence[np.ndarray],
    names: Sequence[str],
    slots: dict[str, Any],
    key: str,
) -> None:
    """Write a run's slots into every object, and each cell's activity into its own.

    `codes` and `names` give the group of each object's cells.
    """
    for adata, code in zip(objects, codes, strict=True):
        if key in adata.uns:
            logger.info("uns[%r] and obsm[%r] are replaced", key, _keys.activity_obsm(key))
        adata.uns[key] = {}
        merge_slots(adata, slots, key)
        write_cell_activity(adata, code, names, slots[_keys.ACTIVITY], key)


def merge_slots(adata: Any, slots: dict[str, Any], key: str) -> None:
    """Write slots into an object's entry, beside those that are there already."""
    if is_snapatac2(adata):
        adata.uns[key] = {**adata.uns[key], **{name: _plain(value) for name, value in slots.items()}}
    else:
        copies = {name: value.copy() if hasattr(value, "copy") else value for name, value in slots.items()}
        adata.uns[key] = {**adata.uns[key], **copies}


def write_cell_activity(adata: Any, codes: np.ndarray, names: Sequence[str], activity: pd.DataFrame, key: str) -> None:
    """Write each cell's activity, that of its group, NaN to cells without a group or of a group that was skipped."""
    table = activity.reindex(list(names)).to_numpy(dtype=np.float32)
    cells = np.vstack([table, np.full((1, table.shape[1]), np.nan, dtype=np.float32)])[codes]
    slot = _keys.activity_obsm(key)
    if is_snapatac2(adata):
        adata.obsm[slot] = cells
    else:
        adata.obsm[slot] = pd.DataFrame(cells, index=adata.obs_names, columns=list(activity.columns))


def _plain(value: Any) -> Any:
    """Turn a slot into what SnapATAC2's backed objects can hold; groups in the index become a column."""
    if not isinstance(value, pd.DataFrame):
        return value
    return plain_table(value if value.index.name is None else value.reset_index())


def encode_params(params: dict[str, Any]) -> str:
    """Write parameters as one JSON string, the only form that every container and file format keeps."""
    return json.dumps(params, default=str, sort_keys=True)


def decode_params(slots: Any) -> dict[str, Any]:
    """Read what :func:`encode_params` wrote."""
    params: dict[str, Any] = json.loads(str(slots[_keys.PARAMS]))
    return params
