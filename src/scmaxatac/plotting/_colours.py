"""Colours of groups: those that the object has for them, or some that can be told apart."""

from collections.abc import Sequence
from typing import Any

from scmaxatac.containers._cells import cells_of, colors_of, column_of, first_object
from scmaxatac.plotting._base import PALETTE

_PAIRS = 20


def group_colours(data: Any, groupby: str | Sequence[str] | None, groups: Sequence[str], mod: str) -> dict[str, str]:
    """Colour of each group: of ``uns["<column>_colors"]`` if it has all of them, else some that differ.

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
    return colors_of(cells_of(first_object(data), mod), column_of(groupby), groups) or distinct_colours(groups)


def distinct_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name: colour-blind-safe ones as far as they go, up to 20 of pairs, else of one map."""
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    if len(names) <= len(PALETTE):
        return dict(zip(names, PALETTE, strict=False))
    if len(names) <= _PAIRS:
        pairs = [to_hex(colour) for colour in mpl.colormaps["tab20"](range(_PAIRS))]
        return dict(zip(names, pairs[::2] + pairs[1::2], strict=False))
    many = mpl.colormaps["turbo"]  # its ends are too dark to be told apart
    return {name: to_hex(many(0.05 + 0.9 * i / (len(names) - 1))) for i, name in enumerate(names)}
