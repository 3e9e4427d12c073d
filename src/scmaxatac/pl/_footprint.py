"""Footprints of factors, with what Tn5's preference makes one expect."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scmaxatac import get
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.containers._objects import unwrap
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    LIGHT_GREY,
    MEDIUM,
    SMALL,
    PanelGrid,
    available_size,
    plain_axes,
    text_width,
)
from scmaxatac.plotting._group_colors import group_colors
from scmaxatac.plotting._labels import distinct_labels
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import FOOTPRINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL, _UPPER, _LOWER = 2.3, 1.75, 0.6
_LEFT, _HEAD, _FOOT, _GAP_X, _GAP_Y, _BETWEEN = 0.62, 0.45, 0.42, 0.42, 0.3, 0.1
_MOST_COLUMNS = 4
_MOST_BANDS = 6
_ROW = 0.155
_ROOM = 1.5
"""How many times the height of the curves intervals may take."""

_LABELS = {
    "uncorrected": "Insertions\n(flanks = 1)",
    "subtract": "Insertions less expected\n(flanks = 0)",
    "divide": "Insertions over expected\n(flanks = 1)",
}


@shared_docs
def footprint(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    curve: Literal["corrected", "uncorrected"] = "corrected",
    intervals: bool | None = None,
    smooth: int = 5,
    key: str = FOOTPRINT.name,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the footprints of factors, a panel a factor and a line a group, above what Tn5's preference makes expected.

    The middle in which DNA is protected is shaded. Groups have the colours of ``uns["<groupby>_colors"]``, as scanpy
    keeps them, where these are there.

    Parameters
    ----------
    data
        {results}
    tfs
        One TF or several, in this order; by default all that footprints were taken of.
    groups
        One group or several, in this order; by default all.
    curve
        ``"corrected"`` for the preference, or ``"uncorrected"``.
    intervals
        Whether 95% intervals are shaded; by default those of up to 6 groups. What they reach beyond 1.5 times the
        height of the curves is cut.
    smooth
        Positions whose mean is drawn, of curves and of the ends of intervals; odd, 1 for none.
    key
        Name under which the footprints were stored (``key_added`` of :func:`scmaxatac.tl.footprint`).
    mod
        {mod}
    figsize
        {figsize}
    ax
        {panels_ax}

    Returns
    -------
    The figure.

    Raises
    ------
    KeyError
        If there are no footprints under `key`, or no such factor or group among them.
    ValueError
        If `curve` is something else, or `smooth` is even or below 1.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> motifs = toy.sites.query("chrom == 'chr5' and bound")
    >>> sma.tl.footprint(mdata, motifs, genome=toy.genome, tfs="CTCF")
    >>> figure = sma.pl.footprint(mdata)
    >>> [ax.get_label() for ax in figure.axes]
    ['CTCF', 'CTCF expected']
    """
    check_number("smooth", smooth, low=1, whole=True)
    if smooth % 2 == 0:
        raise ValueError(f"smooth is {smooth}; it has to be odd, so that the curve stays where it is")
    if curve not in ("corrected", "uncorrected"):
        raise ValueError(f"curve is {curve!r}; it can be 'corrected' or 'uncorrected'")
    profiles, depths = (
        get.footprint(data, level, tfs=tfs, groups=groups, key=key, mod=mod) for level in ("profiles", "depths")
    )
    params = read_entry(unwrap(data, mod), FOOTPRINT, key)[1]
    names, factors = (list(depths[column].cat.categories) for column in ("group", "tf"))
    colors = group_colors(data, params["groupby"], names, mod)
    bands = len(names) <= _MOST_BANDS if intervals is None else intervals
    labels = distinct_labels(names, 26, 1)
    n_columns = min(len(factors), _MOST_COLUMNS)
    n_rows = -(-len(factors) // n_columns)
    cell = _HEAD + _UPPER + _BETWEEN + _LOWER + _FOOT
    legend_rows = max(int((n_rows * cell - _HEAD) / _ROW), 1)
    legend_columns = -(-len(names) // legend_rows)
    one = text_width(labels, MEDIUM) + 0.42
    available = available_size(ax, figsize)
    legend = one * legend_columns
    width = available[0] if available else _LEFT + n_columns * (_PANEL + _GAP_X) + legend
    height = available[1] if available else n_rows * cell + (n_rows - 1) * _GAP_Y
    across = max((width - _LEFT - legend) / n_columns - _GAP_X, 0.4)
    scale = max((height - (n_rows - 1) * _GAP_Y) / n_rows - (cell - _UPPER - _LOWER), 0.4) / (_UPPER + _LOWER)
    grid = PanelGrid(ax, width, height)
    ylabel = _LABELS["uncorrected" if curve == "uncorrected" else params["correction"]]
    for i, tf in enumerate(factors):
        row, column = divmod(i, n_columns)
        left = _LEFT + column * (across + _GAP_X)
        top = row * (height + _GAP_Y) / n_rows + _HEAD
        upper = grid.panel(left, top, across, _UPPER * scale)
        lower = grid.panel(left, top + _UPPER * scale + _BETWEEN, across, _LOWER * scale)
        upper.set_label(tf)
        lower.set_label(f"{tf} expected")
        curves = profiles[profiles["tf"] == tf]
        _draw(upper, curves, curve, colors, smooth, bands)
        _draw(lower, curves, "expected", colors, smooth, bands)
        for panel in (upper, lower):
            panel.axvspan(-params["core"] / 2, params["core"] / 2, color=LIGHT_GREY, alpha=0.35, linewidth=0, zorder=0)
            panel.set_xlim(-params["flank"], params["flank"])
        upper.tick_params(labelbottom=False)
        grid.text(left, top - 0.24, tf, fontsize=LARGE, va="baseline")
        grid.text(left, top - 0.09, _counted(depths[depths["tf"] == tf]), color=GREY, va="baseline")
        if column == 0:
            upper.set_ylabel(ylabel, fontsize=MEDIUM)
            lower.set_ylabel("Expected", fontsize=MEDIUM)
        lower.set_xlabel("Distance from site (bp)", fontsize=MEDIUM)
    _write_legend(grid, width - legend, _HEAD, names, labels, colors, legend_rows, one)
    return grid.figure


def _draw(ax: "Axes", curves: pd.DataFrame, column: str, colors: dict[str, str], smooth: int, bands: bool) -> None:
    """Draw a line a group, and limit the axis to what the lines need."""
    low, high = [], []
    for group, color in colors.items():
        mine = curves[curves["group"] == group]
        if not len(mine) or mine[column].isna().any():
            continue
        line, *ends = (_smoothed(mine[column + end].to_numpy(), smooth) for end in ("", "_low", "_high"))
        at = mine["position"].to_numpy() + 0.5
        if bands and not np.isnan(ends[0]).any():
            ax.fill_between(at, *ends, color=color, alpha=0.18, linewidth=0)
        ax.plot(at, line, color=color, linewidth=0.9, label=group)
        low.append([line.min(), min(ends[0].min(), line.min())])
        high.append([line.max(), max(ends[1].max(), line.max())])
    plain_axes(ax)
    ax.locator_params(axis="y", nbins=5 if column != "expected" else 3)
    ax.locator_params(axis="x", nbins=5)
    if not low:
        ax.text(
            0.5,
            0.5,
            "none" if column == "expected" else "no footprint",
            transform=ax.transAxes,
            ha="center",
            va="center",
            color=GREY,
            fontsize=SMALL,
        )
        return
    bottom, top = np.nanmin(np.array(low), axis=0), np.nanmax(np.array(high), axis=0)
    spare = (_ROOM - 1) / 2 * max(top[0] - bottom[0], 0.1)
    if bands:
        bottom[0], top[0] = max(bottom[1], bottom[0] - spare), min(top[1], top[0] + spare)
    margin = 0.05 * max(top[0] - bottom[0], 0.1)
    ax.set_ylim(bottom[0] - margin, top[0] + margin)


def _smoothed(values: np.ndarray, width: int) -> np.ndarray:
    """Mean of `width` positions around each; of fewer at the ends."""
    kernel = np.ones(width)
    total: np.ndarray = np.convolve(values, kernel, mode="same") / np.convolve(
        np.ones(len(values)), kernel, mode="same"
    )
    return total


def _counted(depths: pd.DataFrame) -> str:
    """Number of sites, from the fewest of a group to the most."""
    few, many = int(depths["n_sites"].min()), int(depths["n_sites"].max())
    return f"{few:,} sites" if few == many else f"{few:,}\N{EN DASH}{many:,} sites"


def _write_legend(
    grid: PanelGrid,
    left: float,
    top: float,
    names: list[str],
    labels: list[str],
    colors: dict[str, str],
    n_rows: int,
    width: float,
) -> None:
    for i, (name, label) in enumerate(zip(names, labels, strict=True)):
        column, row = divmod(i, n_rows)
        x, y = left + column * width, top + 0.1 + row * _ROW
        grid.text(x, y, "\N{HORIZONTAL BAR}", color=colors[name], fontsize=LARGE, fontweight="bold", va="center")
        grid.text(x + 0.2, y, label, fontsize=MEDIUM, va="center")
