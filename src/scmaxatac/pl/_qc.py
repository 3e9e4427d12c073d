"""Quality control of a run."""

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    LIGHT_GREY,
    MEDIUM,
    PALETTE,
    POINTS_PER_INCH,
    SMALL,
    WARNING,
    PanelGrid,
    available_size,
    short_number,
    text_width,
)
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANELS = {
    "n_fragments": "Fragments",
    "match_rate": "Cells that have\nfragments (%)",
    "p99": "99th percentile of coverage\n(insertions over a base)",
}
_PANEL, _GAP, _HEAD, _FOOT, _LINE = 2.1, 0.35, 0.4, 0.65, 0.15


@shared_docs
@checked_arguments
def qc(
    data: Any,
    *,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw each group's depth, match rate and 99th percentile of coverage.

    Groups with a warning, or that were skipped, are orange, and the warnings stand below.

    Parameters
    ----------
    data
        {results}
    key
        {key}
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
        If there are no results under `key`.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> figure = sma.pl.qc(mdata)
    >>> figure.savefig("qc.png")  # doctest: +SKIP
    """
    check_save(save)
    table = get.qc(data, key=key, mod=mod)
    panels = {name: label for name, label in _PANELS.items() if name in table}
    labels = distinct_labels(table.index, 26, 2)
    warned = (table["warnings"] != "").to_numpy()
    pitch = 0.3 if any("\n" in label for label in labels) else 0.24
    body = pitch * len(table)
    left = 0.1 + text_width(labels, MEDIUM) + 0.22
    available = available_size(ax, figsize)
    width = available[0] if available else left + len(panels) * (_PANEL + _GAP)
    notes = _notes(table, width - 0.2)
    below = _FOOT + _LINE * len(notes) + 0.05
    if available:
        body = max(available[1] - _HEAD - below, 0.1 * available[1])
    across = max((width - left) / len(panels) - _GAP, 0.3)
    grid = PanelGrid(ax, width, _HEAD + body + below)
    for p, (name, label) in enumerate(panels.items()):
        panel = grid.panel(left + p * (across + _GAP), _HEAD, across, body)
        panel.set_label(name)
        _draw_bars(panel, table[name].to_numpy(dtype=float), warned, percent=name == "match_rate")
        panel.set_yticks(range(len(table)), labels if p == 0 else [], fontsize=MEDIUM)
        panel.set_xlabel(label, fontsize=MEDIUM)
        if name == "n_fragments":
            _log_axis(panel, table[name].to_numpy(dtype=float))
        if p == 0:
            for tick in np.flatnonzero(warned):
                panel.get_yticklabels()[tick].set_color(WARNING)
    grid.text(left, 0.2, "Quality control of each group", fontsize=LARGE, va="center")
    for n, note in enumerate(notes):
        grid.text(0.1, _HEAD + body + _FOOT + _LINE * n, note, color=WARNING, va="top")
    return finish(grid.figure, ax=ax, show=show, save=save)


def _draw_bars(ax: "Axes", values: np.ndarray, warned: np.ndarray, *, percent: bool) -> None:
    """Draw a bar a group, from top to bottom, with its number; a dash stands where there is none."""
    shown = values * 100 if percent else values
    ax.barh(range(len(shown)), shown, color=np.where(warned, WARNING, PALETTE[0]), height=0.7)
    for row, value in enumerate(shown):
        text = "\N{EN DASH}" if np.isnan(value) else f"{value:.0f}%" if percent else short_number(value)
        ax.annotate(
            text, (0 if np.isnan(value) else value, row), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=SMALL, color=GREY,
        )  # fmt: skip
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_xlim(0, 118 if percent else 1.2 * np.nanmax([*shown, 1e-9]))
    if percent:
        ax.set_xticks(range(0, 101, 25))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=SMALL, length=2, pad=2)
    ax.grid(axis="x", color=LIGHT_GREY, linewidth=0.5)
    ax.set_axisbelow(True)


def _log_axis(ax: "Axes", counts: np.ndarray) -> None:
    """Count in powers of ten, with room for the numbers beside the bars."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    present = counts[counts > 0] if np.any(counts > 0) else np.ones(1)
    low = 10.0 ** np.floor(np.log10(present.min()) - 0.3)
    high = max(present.max(), 10 * low)
    ax.set_xscale("log")
    ax.set_xlim(low, high * (high / low) ** 0.22)
    ax.xaxis.set_major_locator(LogLocator(numticks=6))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))


def _notes(table: pd.DataFrame, width: float) -> list[str]:
    """Lines of text: each warning once, after the groups that it holds for."""
    groups: dict[str, list[str]] = {}
    for group, warnings in table["warnings"].items():
        for warning in filter(None, warnings.split("; ")):
            groups.setdefault(warning, []).append(str(group))
    characters = int(width / (0.55 * SMALL / POINTS_PER_INCH))
    return [
        line
        for warning, names in groups.items()
        for line in wrap(f"{', '.join(names)}: {warning}", characters, subsequent_indent="    ")
    ]
