"""What is known of groups beside their results, as fields of colour: a condition, a tissue, a number of cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._text import choose_names
from scmaxatac.containers._cells import cells_of, colors_of
from scmaxatac.containers._objects import split_objects
from scmaxatac.plotting._base import LIGHT_GREY, short_number
from scmaxatac.plotting._colours import distinct_colours
from scmaxatac.results._reader import Results, row_labels

_MISSING = "none"
_NUMBERS = "Greys"
_PALEST = 0.15  # of the map of numbers, so that the smallest is no missing one


@dataclass(frozen=True)
class Annotation:
    """A property of groups.

    Attributes
    ----------
    name
        Its name.
    colours
        Colour of each group.
    legend
        What the colours mean.
    """

    name: str
    colours: dict[str, str]
    legend: dict[str, str]


def read_annotations(
    wanted: str | Iterable[str] | pd.DataFrame | None, results: Results, data: Any, mod: str, groups: Sequence[str]
) -> list[Annotation]:
    """Read properties of groups: columns of ``obs``, columns of the QC table, or those of a table.

    Parameters
    ----------
    wanted
        Names of columns, or a table with a row a group.
    results
        The prediction.
    data, mod
        The object, or those that were predicted together, and the modality with ATAC data.
    groups
        Groups that are to be annotated.

    Raises
    ------
    KeyError
        If there is no such column, or the table has no row for a group.
    ValueError
        If a column has several values in a group.
    """
    if wanted is None:
        return []
    if isinstance(wanted, pd.DataFrame):
        table = wanted.set_axis(wanted.index.astype(str))
        if missing := [group for group in groups if group not in table.index]:
            raise KeyError(f"annotate has no row for the group {missing[0]!r}; its index has to be the groups")
        if not table.index.is_unique:
            raise ValueError(f"annotate has several rows for {table.index[table.index.duplicated()][0]!r}")
        return [_annotation(str(name), table.loc[list(groups), name], {}) for name in table]
    members = [member for _, member in split_objects(data)]
    cells, qc = [cells_of(member, mod) for member in members], results.table(_keys.QC)
    qc.index = qc.index.astype(str)
    known = list(dict.fromkeys([*(str(name) for one in cells for name in one.obs), *qc.columns]))
    found = []
    for name in choose_names(wanted, known, "column", source="obs and get.qc have"):
        columns = [
            _by_group(one.obs[name], member, results, mod)
            for one, member in zip(cells, members, strict=True)
            if name in one.obs
        ]
        if not columns:
            found.append(_annotation(name, qc.loc[list(groups), name], {}))
            continue
        values = _of_groups(name, columns, groups)
        texts = list(dict.fromkeys(values.dropna().astype(str)))
        found.append(_annotation(name, values, colors_of(cells[0], name, texts)))
    return found


def _by_group(column: pd.Series, member: Any, results: Results, mod: str) -> dict[str, list[object]]:
    """The values that a column of one object has in each of its groups."""
    labels = row_labels(member, results.params, mod)
    names = pd.Series(np.array([*labels.names, None], dtype=object)[labels.codes], index=column.index)
    return {group: list(column[names == group].dropna().unique()) for group in labels.names}


def _of_groups(name: str, columns: Sequence[dict[str, list[object]]], groups: Sequence[str]) -> pd.Series:
    """The one value that a column has in each group, over all objects."""
    values = {}
    for group in groups:
        there = list(dict.fromkeys(value for column in columns for value in column.get(group, [])))
        if len(there) > 1:
            raise ValueError(
                f"{name!r} has {len(there)} values in the group {group!r}, such as {there[0]} and {there[1]}; "
                f"annotate with a table that has one a group, or predict by groupby=[..., {name!r}]"
            )
        values[group] = there[0] if there else None
    return pd.Series(values, dtype=object).infer_objects()


def _annotation(name: str, values: pd.Series, known: dict[str, str]) -> Annotation:
    """Colours for the values: those that are known, else some that differ; shades of grey for numbers."""
    named = {str(group): value for group, value in values.items()}
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _numbers(name, {group: float(value) for group, value in named.items()})
    texts = {group: _MISSING if pd.isna(value) else str(value) for group, value in named.items()}
    order = sorted(set(texts.values()) - {_MISSING}) if not known else list(known)
    colour_of = known or distinct_colours(order)
    if _MISSING in texts.values():
        colour_of = {**colour_of, _MISSING: LIGHT_GREY}
    return Annotation(name, {group: colour_of[text] for group, text in texts.items()}, colour_of)


def _numbers(name: str, values: dict[str, float]) -> Annotation:
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    shades = mpl.colormaps[_NUMBERS]
    known = [value for value in values.values() if np.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)

    def shade(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return str(to_hex(shades(_PALEST + (1 - _PALEST) * share))) if np.isfinite(value) else "#FFFFFF"

    ends = dict.fromkeys([low, high] if known else [])
    legend = {short_number(end): shade(end) for end in ends}
    return Annotation(name, {group: shade(value) for group, value in values.items()}, legend)
