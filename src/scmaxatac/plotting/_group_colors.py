"""Colours of groups: those that the object has for them, or some that can be told apart."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scmaxatac.containers._cells import cells_of
from scmaxatac.plotting._base import PALETTE

_PAIRS = 20


def group_colors(data: Any, groupby: Any, groups: Sequence[str], mod: str) -> dict[str, str]:
    """Colour of each group: of ``uns["<column>_colors"]`` if it has all of them.

    Parameters
    ----------
    data
        Object with the annotation of the cells.
    groupby
        Column or columns of ``obs`` with the groups; None without.
    groups
        The groups.
    mod
        Modality of a MuData that holds the ATAC data.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    columns = [] if groupby is None else [groupby] if isinstance(groupby, str) else list(groupby)
    column = "|".join(columns)
    cells = cells_of(data, mod)
    colors = cells.uns.get(f"{column}_colors")
    if colors is not None and column in cells.obs and isinstance(cells.obs[column].dtype, pd.CategoricalDtype):
        known = dict(zip(map(str, cells.obs[column].cat.categories), map(str, colors), strict=False))
        if all(group in known for group in groups):
            return {group: known[group] for group in groups}
    if len(groups) <= len(PALETTE):
        return dict(zip(groups, PALETTE, strict=False))
    if len(groups) <= _PAIRS:
        pairs = [to_hex(color) for color in colormaps["tab20"](range(_PAIRS))]
        return dict(zip(groups, pairs[::2] + pairs[1::2], strict=False))
    many = colormaps["turbo"]
    return {group: to_hex(many(i / (len(groups) - 1))) for i, group in enumerate(groups)}
