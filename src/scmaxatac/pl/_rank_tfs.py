"""Factors by which groups stand out."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import GREY, LIGHT_GREY, MEDIUM, PALETTE, SMALL, PanelGrid, available_size, text_width
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels
from scmaxatac.results._entry import RANKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FDR = 0.05
_COLUMNS = 4
_WIDEST = 11.0  # inches
_PANEL, _ROW, _TITLE, _FOOT, _GAP, _HEAD = 1.9, 0.17, 0.3, 0.28, 0.22, 0.06
_LABEL = 0.2  # inches below the panels, for what the axes are


@shared_docs
@checked_arguments
def rank_tfs(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    tfs: str | Iterable[str] | None = None,
    n: int = 10,
    key: str = RANKS.name,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw the first factors of each group, as :func:`scmaxatac.tl.rank_tfs` ranked them: effects with 95% intervals.

    Where donors were compared, filled dots have q-values up to 0.05; without donors there are none.

    Parameters
    ----------
    data
        {results}
    groups
        One group or several; by default all.
    tfs
        One TF or several; by default all.
    n
        Factors of each group.
    key
        Name under which the ranking was stored.
    mod
        {mod}
    figsize
        {figsize}
    ax
        {panels_ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    {figure}

    Raises
    ------
    KeyError
        If there is no ranking under `key`, or no such group or factor in it.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.tl.rank_tfs(mdata, source="activity", block_size=10_000)
    >>> figure = sma.pl.rank_tfs(mdata)
    >>> [ax.get_label() for ax in figure.axes]
    ['B', 'CD4/T', 'Mono']
    """
    check_save(save)
    check_number("n", n, low=1, whole=True)
    table = get.rank_tfs(data, groups=groups, tfs=tfs, key=key, mod=mod)
    table = table.groupby("group", sort=False, observed=True).head(n)
    names = list(dict.fromkeys(table["group"].astype(str)))
    rows = int(table["group"].value_counts().max()) if len(table) else 1
    tested = "q" in table
    note = f"; filled: q \N{LESS-THAN OR EQUAL TO} {_FDR}" if tested else ""
    what = f"Score less that of the others, 95% interval{note}"
    label = 0.12 + text_width(table["tf"].astype(str), SMALL)
    size = available_size(ax, figsize)
    most = int((size[0] if size else _WIDEST) / (label + _PANEL + _GAP))
    columns = max(min(_COLUMNS, len(names), most), 1)
    n_rows = -(-len(names) // columns)
    width = size[0] if size else max(columns * (label + _PANEL + _GAP), text_width([what], MEDIUM) + 0.3)
    height = size[1] if size else _HEAD + n_rows * (_TITLE + rows * _ROW + _FOOT) + _LABEL
    across = max(width / columns - label - _GAP, 0.4)
    down = max((height - _HEAD - _LABEL) / max(n_rows, 1) - _TITLE - _FOOT, 0.2)
    grid = PanelGrid(ax, width, height)
    left = min(label, max(width - text_width([what], MEDIUM) - 0.2, 0.1))
    grid.text(left, height - _LABEL, what, fontsize=MEDIUM, va="center")
    limits = _limits(table)
    titles = distinct_labels(names, int(across * 10) + 4, 1)
    for i, (name, title) in enumerate(zip(names, titles, strict=True)):
        row, column = divmod(i, columns)
        left = column * (width / columns) + label
        panel = grid.panel(left, _HEAD + row * (_TITLE + down + _FOOT) + _TITLE, across, down)
        panel.set_label(name)
        _draw(panel, table[table["group"].astype(str) == name], rows, tested=tested)
        panel.set_title(title, fontsize=MEDIUM, pad=3, loc="left")
        panel.set_xlim(*limits)
    return finish(grid.figure, ax=ax, show=show, save=save)


def _draw(panel: "Axes", table: pd.DataFrame, rows: int, *, tested: bool) -> None:
    at = np.arange(len(table))
    panel.axvline(0, color=GREY, linewidth=0.7, zorder=0)
    panel.hlines(at, table["low"], table["high"], color=PALETTE[0], linewidth=1.2)
    filled = (table["q"] <= _FDR).to_numpy() if tested else np.ones(len(table), dtype=bool)
    for mask, face in ((filled, PALETTE[0]), (~filled, "white")):
        panel.plot(
            table["effect"].to_numpy()[mask], at[mask], "o", color=PALETTE[0], markerfacecolor=face, markersize=4
        )
    panel.set_yticks(at, table["tf"].astype(str), fontsize=SMALL)
    panel.set_ylim(rows - 0.5, -0.5)
    panel.tick_params(labelsize=SMALL, length=2, pad=2)
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis="y", color=LIGHT_GREY, linewidth=0.4)
    panel.set_axisbelow(True)
    panel.locator_params(axis="x", nbins=4)


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """One range for all groups, with 0 in it."""
    values = table[["effect", "low", "high"]].to_numpy(dtype=float)
    values = np.append(values[np.isfinite(values)], 0.0)
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low or 1.0)
    return low - margin, high + margin
