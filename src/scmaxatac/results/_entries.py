"""Results that were made of a prediction, each in an entry of its own beside it: ``uns["tfbs_network"]``."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from scmaxatac._logging import logger
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.containers._tables import plain_table, to_pandas

_PARAMS, _TABLE = "params", "table"


def entry_name(key: str, what: str) -> str:
    """Name in ``uns`` of what was made of the prediction under a key."""
    return f"{key}_{what}"


def write_entry(adata: Any, key: str, what: str, table: pd.DataFrame, params: Mapping[str, Any]) -> None:
    """Write a table and the parameters that it was made with.

    Raises
    ------
    ValueError
        If the entry holds something else.
    """
    name = entry_name(key, what)
    if name in adata.uns:
        if not _is_ours(adata.uns[name]):
            raise ValueError(f"uns[{name!r}] holds something else; rename or remove it, or predict under another key")
        logger.info("uns[%r] is replaced", name)
    stored = plain_table(table) if is_snapatac2(adata) else table.copy()
    adata.uns[name] = {_PARAMS: json.dumps(params, default=str, sort_keys=True), _TABLE: stored}


def read_entry(adata: Any, key: str, what: str, maker: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Table and parameters that :func:`write_entry` wrote.

    Parameters
    ----------
    adata
        The object.
    key, what
        Key of the prediction and what was made of it.
    maker
        Call that makes it, for the message.

    Raises
    ------
    KeyError
        If nothing is there.
    """
    name = entry_name(key, what)
    if name not in adata.uns or not _is_ours(adata.uns[name]):
        raise KeyError(f"no {what} under uns[{name!r}]; call {maker} first")
    entry = adata.uns[name]
    return to_pandas(entry[_TABLE]), json.loads(str(entry[_PARAMS]))


def _is_ours(entry: Any) -> bool:
    return isinstance(entry, Mapping) and _PARAMS in entry and _TABLE in entry
