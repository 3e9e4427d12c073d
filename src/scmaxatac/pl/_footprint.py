"""Footprints of factors, with what Tn5's preference makes one expect."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac import get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.containers._cells import first_object
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
from scmaxatac.plotting._colours import group_colours
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import FOOTPRINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL, _UPPER, _LOWER = 2.3, 1.75, 0.6
_LEFT, _LABEL_AT, _HEAD, _FOOT, _GAP, _BETWEEN = 0.82, 0.2, 0.48, 0.5, 0.48, 0.1
_NARROW, _NARROWEST, _LOW = 1.5, 0.7, 0.4
_MOST_COLUMNS = 4
_MANY, _SMOOTH, _SMOOTH_MANY = 6, 5, 11
_ROW = 0.155
_LONGEST, _SHORTEST = 26, 6
_LINE = "\N{HORIZONTAL BAR}"
_ROOM = 1.5
"""How many times the height of the curves intervals may take."""

_LABELS = {
    "uncorrected": "Observed",
    "subtract": "Observed\n\N{MINUS SIGN} expected",
    "divide": "Observed\n/ expected",
}


@shared_docs
@checked_arguments
def footprint(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    curve: Literal["corrected", "uncorrected"] = "corrected",
    intervals: bool | None = None,
    smooth: int | None = None,
    key: str = FOOTPRINT.name,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
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
        Positions whose mean is drawn, of curves and of the ends of intervals; odd, 1 for none. By default 5, of more
        than 6 groups 11.
    key
        Name under which the footprints were stored (``key_added`` of :func:`scmaxatac.tl.footprint`).
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
        If there are no footprints under `key`, or no such factor or group among them.
    ValueError
        If `curve` is something else, or `smooth` is even, below 1 or more than the positions of the footprints.

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
    check_save(save)
    check_number("smooth", smooth, low=1, whole=True, optional=True)
    if smooth is not None and smooth % 2 == 0:
        raise ValueError(f"smooth is {smooth}; it has to be odd, so that the curve stays where it is")
    if curve not in ("corrected", "uncorrected"):
        raise ValueError(f"curve is {curve!r}; it can be 'corrected' or 'uncorrected'")
    profiles, depths = (
        get.footprint(data, level, tfs=tfs, groups=groups, key=key, mod=mod) for level in ("profiles", "depths")
    )
    params = read_entry(unwrap(first_object(data), mod), FOOTPRINT, key)[1]
    if smooth is not None and smooth > 2 * params["flank"]:
        raise ValueError(f"smooth is {smooth}; footprints have only {2 * params['flank']} positions")
    names, factors = (list(depths[column].cat.categories) for column in ("group", "tf"))
    colors = group_colours(data, params["groupby"], names, mod)
    many = len(names) > _MANY
    style = _Style(colors, smooth or (_SMOOTH_MANY if many else _SMOOTH), not many if intervals is None else intervals)
    n_columns = min(len(factors), _MOST_COLUMNS)
    n_rows = -(-len(factors) // n_columns)
    cell = _HEAD + _UPPER + _BETWEEN + _LOWER + _FOOT
    available = available_size(ax, figsize)
    height = available[1] if available else n_rows * cell
    room = np.inf if available is None else available[0] - _LEFT - n_columns * (_NARROWEST + _GAP)
    legend = _Legend.fit(names, _without_curve(depths, profiles), height - _HEAD, room)
    width = available[0] if available else _LEFT + n_columns * (_PANEL + _GAP) + legend.width
    across = max((width - _LEFT - legend.width) / n_columns - _GAP, 0.3)
    scale = max(height / n_rows - (cell - _UPPER - _LOWER), 0.4) / (_UPPER + _LOWER)
    grid = PanelGrid(ax, width, height)
    for i, tf in enumerate(factors):
        row, column = divmod(i, n_columns)
        left, top = _LEFT + column * (across + _GAP), row * height / n_rows + _HEAD
        upper = grid.panel(left, top, across, _UPPER * scale)
        lower = grid.panel(left, top + _UPPER * scale + _BETWEEN, across, _LOWER * scale)
        for panel, shown in ((upper, curve), (lower, "expected")):
            panel.set_label(tf if panel is upper else f"{tf} expected")
            _draw(panel, profiles[profiles["tf"] == tf], shown, style)
            panel.axvspan(-params["core"] / 2, params["core"] / 2, color=LIGHT_GREY, alpha=0.35, linewidth=0, zorder=0)
            panel.set_xlim(-params["flank"], params["flank"])
            half = params["flank"] * 0.8
            ticks = [-half, 0, half] if across < _NARROW else [-half, -half / 2, 0, half / 2, half]
            panel.set_xticks([0] if across < _NARROWEST else ticks)
            if _LOWER * scale < _LOW and panel is lower:
                panel.locator_params(axis="y", nbins=1, min_n_ticks=1)
            panel.xaxis.set_major_formatter("{x:g}")
        upper.tick_params(labelbottom=False)
        grid.text(left, top - 0.24, tf, fontsize=LARGE, va="baseline")
        grid.text(left, top - 0.09, _counted(depths[depths["tf"] == tf]), color=GREY, va="baseline")
        if column == 0:
            label = _LABELS["uncorrected" if curve == "uncorrected" else params["correction"]]
            upright: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "center", "fontsize": MEDIUM}
            grid.text(_LABEL_AT, top + _UPPER * scale / 2, label, **upright)
            grid.text(
                _LABEL_AT,
                top + (_UPPER + _LOWER / 2) * scale + _BETWEEN,
                "Expected" if _LOWER * scale > _LOW else "Exp.",
                **upright,
            )
            in_row = min(len(factors) - i, n_columns)
            middle = _LEFT + (in_row * (across + _GAP) - _GAP) / 2
            below = top + (_UPPER + _LOWER) * scale + _BETWEEN + 0.32
            grid.text(middle, below, "Distance from site (bp)", ha="center", va="center", fontsize=MEDIUM)
    legend.write(grid, width - legend.width, colors)
    return finish(grid.figure, ax=ax, show=show, save=save)


class _Style(NamedTuple):
    """How curves are drawn: colour of each group, width of the mean, and whether intervals are shaded."""

    colors: dict[str, str]
    smooth: int
    bands: bool


class _Legend(NamedTuple):
    """Names of groups in columns of equal height."""

    labels: dict[str, str]
    lineless: dict[str, str]
    n_rows: int
    column: float

    @property
    def width(self) -> float:
        """Width in inches."""
        return self.column * -(-len(self.labels) // self.n_rows)

    @classmethod
    def fit(cls, names: list[str], lineless: dict[str, str], height: float, room: float) -> "_Legend":
        """Choose columns such that the names fit into a height in inches, and shorten them to fit into a width.

        Groups without a line are `lineless`, each with what there is none of.
        """
        n_columns = -(-len(names) // max(int(height / _ROW), 1))
        for longest in range(_LONGEST, _SHORTEST - 1, -1):
            labels = distinct_labels(names, longest, 1)
            told = dict(zip(names, labels, strict=True))
            told |= {name: f"{told[name]} ({missing})" for name, missing in lineless.items()}
            legend = cls(told, lineless, -(-len(names) // n_columns), text_width(told.values(), MEDIUM) + 0.4)
            if legend.width <= room:
                break
        return legend

    def write(self, grid: PanelGrid, left: float, colors: dict[str, str]) -> None:
        """Write the names from a place in inches on, each beside a line in its colour."""
        for i, (name, label) in enumerate(self.labels.items()):
            column, row = divmod(i, self.n_rows)
            x, y = left + column * self.column, _HEAD + 0.1 + row * _ROW
            if name not in self.lineless:
                grid.text(x, y, _LINE, color=colors[name], fontsize=LARGE, fontweight="bold", va="center")
            grid.text(x + 0.2, y, label, fontsize=MEDIUM, va="center", color=GREY if name in self.lineless else "black")


def _without_curve(depths: pd.DataFrame, profiles: pd.DataFrame) -> dict[str, str]:
    """Groups that no factor has a curve of, each with what is missing."""
    n_sites = depths.groupby("group", observed=True)["n_sites"].max()
    curves = profiles.loc[profiles["uncorrected"].notna(), "group"].unique()
    return {str(group): "no curve" if n else "no sites" for group, n in n_sites.items() if group not in curves}


def _draw(ax: "Axes", curves: pd.DataFrame, column: str, style: _Style) -> None:
    """Draw a line a group, and limit the axis to what the lines need."""
    lines, edges = [], []
    for group, color in style.colors.items():
        mine = curves[curves["group"] == group]
        if not len(mine) or mine[column].isna().any():
            continue
        line, low, high = (_smoothed(mine[column + end].to_numpy(), style.smooth) for end in ("", "_low", "_high"))
        at = mine["position"].to_numpy() + 0.5
        if style.bands and not np.isnan(low).any():
            ax.fill_between(at, low, high, color=color, alpha=0.18, linewidth=0)
            edges += [low, high]
        ax.plot(at, line, color=color, linewidth=0.9, label=group)
        lines.append(line)
    plain_axes(ax)
    ax.locator_params(axis="y", nbins=3 if column == "expected" else 5)
    if not lines:
        ax.set_yticks([])
        ax.text(0.5, 0.5, "none", transform=ax.transAxes, ha="center", va="center", color=GREY, fontsize=SMALL)
        return
    bottom, top = float(np.min(lines)), float(np.max(lines))
    if edges:
        spare = np.inf if column == "expected" else (_ROOM - 1) / 2 * max(top - bottom, 0.1)
        bottom = min(bottom, max(float(np.min(edges)), bottom - spare))
        top = max(top, min(float(np.max(edges)), top + spare))
    margin = 0.05 * max(top - bottom, 0.1)
    ax.set_ylim(bottom - margin, top + margin)


def _smoothed(values: np.ndarray, width: int) -> np.ndarray:
    """Mean of `width` positions around each; of fewer at the ends."""
    kernel, ones = np.ones(width), np.ones(len(values))
    mean: np.ndarray = np.convolve(values, kernel, mode="same") / np.convolve(ones, kernel, mode="same")
    return mean


def _counted(depths: pd.DataFrame) -> str:
    """Number of sites, from the fewest of a group to the most."""
    few, many = int(depths["n_sites"].min()), int(depths["n_sites"].max())
    return f"{few:,} sites" if few == many else f"{few:,}\N{EN DASH}{many:,} sites"
