"""The slots of a differential analysis: written into objects, found again."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.containers._tables import plain_table

KEY_ADDED = "differential"
"""Default of ``key_added``: results lie in ``uns["differential"]``."""

FACTORS, UNITS, SAMPLES = "factors", "units", "samples"
PARAMETERS = "parameters"
"""Name of the parameters' JSON; not that of predictions, for which an entry with it would be taken."""

_TABLES = (FACTORS, UNITS, SAMPLES)


def check_differential_key(objects: Sequence[Any], key: str) -> None:
    """Raise a ValueError if results cannot be stored under this name without harm."""
    if not isinstance(key, str) or not key.strip(" .") or "/" in key or "\\" in key:
        raise ValueError(
            f"key_added is {key!r}; it has to be a text without '/' and '\\', and more than dots and spaces, because "
            "h5ad and zarr files do not keep such names"
        )
    for adata in objects:
        if key in adata.uns and not _is_ours(adata.uns[key]):
            raise ValueError(f"uns[{key!r}] holds something else than a comparison; choose another key_added")


def write_differential(
    objects: Sequence[Any], tables: Mapping[str, pd.DataFrame], params: Mapping[str, Any], key: str
) -> None:
    """Write the tables and parameters into every object."""
    for adata in objects:
        adata.uns[key] = {
            PARAMETERS: json.dumps(params, default=str, sort_keys=True),
            **{name: plain_table(table) if is_snapatac2(adata) else table.copy() for name, table in tables.items()},
        }


def read_differential(adata: Any, key: str) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Read what :func:`write_differential` wrote: tables that may be changed, and parameters.

    Raises
    ------
    KeyError
        If there is nothing under `key`.
    """
    if key not in adata.uns:
        others = [name for name in adata.uns.keys() if _is_ours(adata.uns[name])]
        hint = f"there are some under {abbreviate(map(repr, others))}" if others else "call tl.differential_tfbs first"
        raise KeyError(f"no comparison under uns[{key!r}]: {hint}")
    slots = adata.uns[key]
    if not _is_ours(slots):
        raise KeyError(f"uns[{key!r}] was not written by tl.differential_tfbs")
    tables = {
        name: slots[name].copy() if isinstance(slots[name], pd.DataFrame) else slots[name].to_pandas()
        for name in _TABLES
    }
    return tables, json.loads(str(slots[PARAMETERS]))


def _is_ours(entry: Any) -> bool:
    return isinstance(entry, Mapping) and {PARAMETERS, *_TABLES} <= set(entry)
