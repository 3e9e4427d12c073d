"""The slot of a ranking of factors."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.containers._tables import plain_table

KEY_RANKS = "rank_tfs"
"""Default of ``key_added``: results lie in ``uns["rank_tfs"]``."""

_TABLE, _PARAMETERS = "table", "parameters"


def check_rank_key(adata: Any, key: str) -> None:
    """Raise a ValueError if a ranking cannot be stored under this name without harm."""
    if not isinstance(key, str) or not key.strip(" .") or "/" in key or "\\" in key:
        raise ValueError(f"key_added is {key!r}; it has to be a text without '/' and '\\'")
    if key in adata.uns and not _is_ours(adata.uns[key]):
        raise ValueError(f"uns[{key!r}] holds something else than a ranking of factors; choose another key_added")


def write_ranks(adata: Any, table: pd.DataFrame, params: Mapping[str, Any], key: str) -> None:
    """Write a ranking into an object."""
    adata.uns[key] = {
        _PARAMETERS: json.dumps(params, default=str, sort_keys=True),
        _TABLE: plain_table(table) if is_snapatac2(adata) else table,
    }


def read_ranks(adata: Any, key: str) -> pd.DataFrame:
    """Read what :func:`write_ranks` wrote; a KeyError where there is nothing."""
    if key not in adata.uns or not _is_ours(adata.uns[key]):
        others = [name for name in adata.uns.keys() if _is_ours(adata.uns[name])]
        hint = f"there are some under {abbreviate(map(repr, others))}" if others else "call scmaxatac.tl.rank_tfs first"
        raise KeyError(f"no ranking of factors under uns[{key!r}]: {hint}")
    stored = adata.uns[key][_TABLE]
    return stored.copy() if isinstance(stored, pd.DataFrame) else stored.to_pandas()


def _is_ours(entry: Any) -> bool:
    return isinstance(entry, Mapping) and {_PARAMETERS, _TABLE} <= set(entry)
