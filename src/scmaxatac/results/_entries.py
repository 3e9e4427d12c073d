"""Results beside predictions, each in an entry of its own in ``uns``: tables, and the parameters as JSON."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from scmaxatac._logging import logger
from scmaxatac._text import abbreviate
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.containers._tables import plain_table, to_pandas
from scmaxatac.results._entry import PARAMETERS, Entry
from scmaxatac.results._parameters import decode_parameters
from scmaxatac.results._provenance import fits_origin


def check_name(name: str) -> None:
    """Raise a ValueError if files do not keep an entry of this name."""
    # HDF5 nests names at "/", zarr at "\\" as well, and what consists of dots is a place to both
    if not isinstance(name, str) or not name.strip(" .") or "/" in name or "\\" in name:
        raise ValueError(
            f"key_added is {name!r}; it has to be a text without '/' and '\\', and more than dots and spaces, because "
            "h5ad and zarr files do not keep such names"
        )


def check_entry(objects: Iterable[Any], entry: Entry, name: str) -> None:
    """Raise a ValueError if an entry cannot be stored under this name without harm."""
    check_name(name)
    for adata in objects:
        if name in adata.uns and not entry.is_in(adata.uns[name]):
            raise ValueError(
                f"uns[{name!r}] holds something else than a {entry.what}; choose another name, or remove it"
            )


def write_entry(
    objects: Iterable[Any], entry: Entry, name: str, tables: Mapping[str, pd.DataFrame], params: Mapping[str, Any]
) -> None:
    """Write tables and the parameters that they were made with into every object.

    What was made from a prediction has :func:`~scmaxatac.results._provenance.made_from` as its parameter "made_from".

    Raises
    ------
    ValueError
        If the tables are not those of the declaration.
    """
    if set(tables) != set(entry.tables):
        raise ValueError(f"the tables of {entry.name!r} are {', '.join(entry.tables)}, not {', '.join(tables)}")
    for adata in objects:
        if name in adata.uns:
            logger.info("uns[%r] is replaced", name)
        adata.uns[name] = {
            PARAMETERS: json.dumps(params, default=str, sort_keys=True),
            **{part: plain_table(table) if is_snapatac2(adata) else table.copy() for part, table in tables.items()},
        }


def read_entry(adata: Any, entry: Entry, name: str) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Read what :func:`write_entry` wrote: tables that may be changed, and parameters.

    Warns once if the prediction that it was made from is no longer the one that the object holds.

    Raises
    ------
    KeyError
        If there is nothing of the kind under this name.
    ValueError
        If the parameters in it are damaged.
    """
    if name not in adata.uns or not entry.is_in(adata.uns[name]):
        # SnapATAC2's `uns` has keys, but can't be iterated
        others = [other for other in adata.uns.keys() if entry.is_in(adata.uns[other])]
        hint = f"there are some under {abbreviate(map(repr, others))}" if others else f"call {entry.made_by} first"
        raise KeyError(f"no {entry.what} under uns[{name!r}]: {hint}")
    found = adata.uns[name]
    params = decode_parameters(found[PARAMETERS], f"uns[{name!r}][{PARAMETERS!r}]", entry.made_by)
    fits_origin(adata, params.get("made_from"), f"uns[{name!r}]", entry.made_by)
    return {part: to_pandas(found[part]) for part in entry.tables}, params
