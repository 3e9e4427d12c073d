"""Quality control of a run."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    MEDIUM,
    PALETTE,
    POINTS_PER_INCH,
    SMALL,
    WARNING,
    PanelGrid,
    available_size,
    text_width,
)
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels
from scmaxatac.plotting._qc_panels import (
    PALE,
    draw_bars,
    draw_fragments,
    draw_limit,
    draw_ratios,
    log_axis,
    unused_fragments,
)
from scmaxatac.predict._quality import MOST_OFF
from scmaxatac.results._reader import read_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CALLED = "called_to_expected"
_PANELS = {
    "n_cells": "Cells",
    "n_fragments": "Fragments used",
    "match_rate": "Cells that have\nfragments (%)",
    "p99": "99th percentile of coverage\n(insertions over a base)",
    _CALLED: "Bins called / expected at the\npublished threshold, a dot a TF",
}
_LIMITS = {"n_cells": "min_cells", "n_fragments": "min_fragments"}
_SKIPPED = "#8C8C8C"
_PANEL, _GAP, _HEAD, _FOOT, _LINE = 1.65, 0.3, 0.72, 0.65, 0.15
_TITLE, _KEY = 0.16, 0.38  # inches from above
_SQUARE, _SIDE = "\N{BLACK SQUARE}", 0.12


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
    """Draw each group's cells, depth, match rate, 99th percentile of coverage, and bins called against expected.

    Groups with a warning are orange, those that were skipped grey, and the reasons stand below. A dotted line is the
    limit below which groups are skipped. Fragments are those in use on the chromosomes of the signal; behind them,
    pale, are all of the group's, which the limit is about. Of each TF a dot says how many bins reach the published
    threshold, over those that its calibration expects to, with the median as a line: the band is half to double, and
    far below it scores have shrunk with depth, or the factor is absent.

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
    results = read_results(data, key, mod)
    table = results.table(_keys.QC)
    limits = {panel: results.params[name] for panel, name in _LIMITS.items()}
    ratios = table[[name for name in table if name.startswith(_keys.CALLED_TO_EXPECTED)]]
    panels = [name for name in _PANELS if _has(name, table, ratios)]
    labels = distinct_labels(table.index, 26, 2)
    colours = _colours(table, results.groups)
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
    for p, name in enumerate(panels):
        panel = grid.panel(left + p * (across + _GAP), _HEAD, across, body)
        panel.set_label(name)
        if name == _CALLED:
            draw_ratios(panel, ratios.to_numpy(float), colours, MOST_OFF)
        elif name == "n_fragments":
            draw_fragments(panel, table, colours)
        else:
            draw_bars(panel, table[name].to_numpy(dtype=float), colours, percent=name == "match_rate")
        if name in limits:
            log_axis(panel, table[name].to_numpy(dtype=float), limits[name])
            draw_limit(panel, _LIMITS[name], limits[name])
        panel.set_yticks(range(len(table)), labels if p == 0 else [], fontsize=MEDIUM)
        panel.set_xlabel(_PANELS[name], fontsize=MEDIUM)
        if p == 0:
            for tick, colour in zip(panel.get_yticklabels(), colours, strict=True):
                tick.set_color("black" if colour == PALETTE[0] else colour)
    grid.text(left, _TITLE, "Quality control of each group", fontsize=LARGE, va="center")
    _draw_key(grid, left, colours, thinned=bool(unused_fragments(table).any()))
    for n, (note, colour) in enumerate(notes):
        grid.text(0.1, _HEAD + body + _FOOT + _LINE * n, note, color=colour, va="top")
    return finish(grid.figure, ax=ax, show=show, save=save)


def _has(name: str, table: pd.DataFrame, ratios: pd.DataFrame) -> bool:
    """Whether there is something to draw in a panel."""
    if name == _CALLED:
        return bool(ratios.notna().any(axis=None))
    return name in table and (name != "n_cells" or bool((table[name] > 0).any()))


def _colours(table: pd.DataFrame, predicted: Sequence[str]) -> list[str]:
    warned = table["warnings"] != ""
    return [
        _SKIPPED if str(group) not in set(predicted) else WARNING if warned[group] else PALETTE[0]
        for group in table.index
    ]


def _draw_key(grid: PanelGrid, left: float, colours: list[str], *, thinned: bool) -> None:
    """Write what the colours mean that are there."""
    meanings = {PALETTE[0]: "predicted", WARNING: "with a warning", _SKIPPED: "skipped"}
    entries = [(colour, meaning) for colour, meaning in meanings.items() if colour in colours]
    for colour, meaning in [*entries, *([(PALE, "fragments not in use")] if thinned else [])]:
        grid.text(left, _KEY, _SQUARE, color=colour, va="center")
        grid.text(left + _SIDE, _KEY, meaning, color=GREY if colour == PALE else colour, va="center")
        left += _SIDE + text_width([meaning], SMALL) + 0.2


def _notes(table: pd.DataFrame, width: float) -> list[tuple[str, str]]:
    """Lines of text and their colours: each warning once, after the groups that it holds for."""
    groups: dict[str, list[str]] = {}
    for group, warnings in table["warnings"].items():
        for warning in filter(None, warnings.split("; ")):
            groups.setdefault(warning, []).append(str(group))
    characters = int(width / (0.55 * SMALL / POINTS_PER_INCH))
    return [
        (line, _SKIPPED if warning.startswith("skipped") else WARNING)
        for warning, names in groups.items()
        for line in wrap(f"{', '.join(names)}: {warning}", characters, subsequent_indent="    ")
    ]
