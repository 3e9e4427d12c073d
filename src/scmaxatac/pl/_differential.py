"""What differs between groups."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._text import choose_names
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    LIGHT_GREY,
    MEDIUM,
    PALETTE,
    SMALL,
    PanelGrid,
    available_size,
    plain_axes,
    text_width,
)
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.results._entry import DIFFERENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FDR = 0.05
_NAMED = 12
_GAINED, _LOST = PALETTE[1], PALETTE[0]
_SELECTED = "black"
_PALE = 0.3  # opacity of what is not selected
_LEFT, _VOLCANO, _BARS, _GAP, _RIGHT, _TOP, _BOTTOM, _ROW = 0.6, 3.0, 2.6, 0.35, 0.15, 0.65, 0.5, 0.19
_NOTES, _LINE = 0.36, 0.15


@shared_docs
@checked_arguments
def differential(
    data: Any,
    comparison: str | None = None,
    *,
    tfs: str | Iterable[str] | None = None,
    n: int = 15,
    key: str = DIFFERENTIAL.name,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw a comparison of groups: effect and p-value of each factor, and the sites that the first ones gain and lose.

    Factors with q-values up to 0.05 are black, the others grey with pale bars; twelve are named, those that are black
    first. A comparison without replicates has no p-values: the bars are drawn alone. Where two halves of the same
    samples were compared as well (the null), the grey band is the largest effect that any factor has between them, and
    the black lines across the bars are the sites that one half gains or loses against the other.

    Parameters
    ----------
    data
        {results}
    comparison
        Name of the comparison, such as ``"Mono vs B"``; needed where there are several.
    tfs
        One TF or several; by default all.
    n
        Factors whose sites are drawn, the first of the ranking.
    key
        Name under which the results were stored (``key_added`` of :func:`scmaxatac.tl.differential_tfbs`).
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
        If there are no results under `key`, or no such comparison or factor among them.
    ValueError
        If there are several comparisons and none is named.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy(n_donors=3)
    >>> sma.tl.differential_tfbs(
    ...     toy.adata, "cell_type", group="Mono", reference="CD4/T", replicate_key="donor", genome=toy.genome,
    ...     models="demo", tfs="SPI1", regions=toy.peaks[toy.peaks["chrom"] == "chr5"].head(60), chroms="chr5",
    ...     null=False,
    ... )
    >>> figure = sma.pl.differential(toy.adata)
    >>> [ax.get_label() for ax in figure.axes]
    ['factors', 'sites']
    """
    check_save(save)
    check_number("n", n, low=1, whole=True)
    table = get.differential(data, comparisons=comparison, tfs=tfs, key=key, mod=mod)
    there = list(dict.fromkeys(table["comparison"].astype(str)))
    if len(there) > 1:
        raise ValueError(f"there are {len(there)} comparisons; choose one: {', '.join(map(repr, there))}")
    (name,) = choose_names(comparison, there, "comparison", source="there are")
    first = table.head(n)
    tested = "p" in table and bool(table["p"].notna().any())
    names_width = 0.12 + text_width(first["tf"].astype(str), SMALL)
    size = available_size(ax, figsize)
    wanted = (_LEFT + _VOLCANO if tested else 0) + _GAP + names_width + _BARS + _RIGHT
    width = size[0] if size else wanted
    height = size[1] if size else max(_TOP + _ROW * len(first) + _BOTTOM, 3.0 if tested else 1.6)
    down = max(height - _TOP - _BOTTOM, 0.3)
    rest = max(width - (_LEFT if tested else 0) - _GAP - names_width - _RIGHT, 0.8)
    across = rest * _VOLCANO / (_VOLCANO + _BARS) if tested else 0.0
    grid = PanelGrid(ax, width, height)
    grid.text(0.1, 0.16, name, fontsize=LARGE, va="center")
    has_null = "null_effect" in table and bool(table["null_effect"].notna().any())
    notes = [f"black: q \N{LESS-THAN OR EQUAL TO} {_FDR}; grey and pale: above"] if tested else []
    if has_null:
        marks = "grey band, black lines" if tested else "black lines"
        notes.append(f"{marks}: two halves of the same samples, which differ by chance")
    for i, note in enumerate(notes):
        grid.text(0.1, _NOTES + _LINE * i, note, color=GREY, va="center")
    if tested:
        panel = grid.panel(_LEFT, _TOP, across, down)
        panel.set_label("factors")
        _draw_volcano(panel, table)
        if has_null:
            reach = float(table["null_effect"].max())
            panel.axvspan(-reach, reach, color=LIGHT_GREY, alpha=0.5, linewidth=0, zorder=-1, label="null")
    left = (_LEFT + across if tested else 0) + _GAP + names_width
    panel = grid.panel(left, _TOP, rest - across, down)
    panel.set_label("sites")
    _draw_sites(panel, first, has_null=has_null, tested=tested)
    return finish(grid.figure, ax=ax, show=show, save=save)


def _draw_volcano(ax: "Axes", table: pd.DataFrame) -> None:
    effects, p = table["effect"].to_numpy(float), table["p"].to_numpy(float)
    heights = -np.log10(np.maximum(p, np.nextafter(0, 1)))
    selected = table["q"].to_numpy(float) <= _FDR
    ax.axvline(0, color=GREY, linewidth=0.7, zorder=0)
    for mask, colour in ((~selected, GREY), (selected, _SELECTED)):
        ax.plot(effects[mask], heights[mask], "o", color=colour, markersize=4, alpha=0.8, markeredgewidth=0)
    _name_points(ax, table, effects, heights, selected)
    ax.margins(0.12)
    ax.set_ylim(0, 1.12 * (float(np.nanmax(heights)) or 1.0))
    ax.set_xlabel("Mean difference of log odds", fontsize=MEDIUM)
    ax.set_ylabel("\N{MINUS SIGN}log10 p", fontsize=MEDIUM)
    plain_axes(ax)


def _name_points(
    ax: "Axes", table: pd.DataFrame, effects: np.ndarray, heights: np.ndarray, selected: np.ndarray
) -> None:
    """Name the highest points, the selected ones first, beside them where no other name stands already."""
    ax.margins(0.12)
    ax.autoscale_view()
    boxes: list[tuple[float, float, float, float]] = []
    known = np.flatnonzero(np.isfinite(heights) & np.isfinite(effects))
    for i in known[np.lexsort((-heights[known], ~selected[known]))][:_NAMED]:
        text = str(table["tf"].iloc[i])
        side = -1 if effects[i] > 0 else 1  # towards the middle, where there is room
        x, y = ax.transData.transform((effects[i], heights[i]))
        room = text_width([text], SMALL) * ax.figure.dpi
        size = SMALL / 72 * ax.figure.dpi
        box = (min(x, x + side * room), y - size / 2, max(x, x + side * room), y + size / 2)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in boxes):
            continue
        boxes.append(box)
        ax.annotate(
            text, (effects[i], heights[i]), xytext=(4 * side, 0), textcoords="offset points", fontsize=SMALL,
            ha="left" if side > 0 else "right", va="center", color=_SELECTED if selected[i] else GREY,
        )  # fmt: skip


def _draw_sites(ax: "Axes", table: pd.DataFrame, *, has_null: bool, tested: bool) -> None:
    from matplotlib.colors import to_rgba

    at = np.arange(len(table))
    gained, lost = table["gained"].to_numpy(float), table["lost"].to_numpy(float)
    faded = (
        (table["q"] > _FDR).to_numpy() | table["q"].isna().to_numpy() if tested else np.zeros(len(table), dtype=bool)
    )
    for counts, colour in ((gained, _GAINED), (-lost, _LOST)):
        ax.barh(at, counts, color=[to_rgba(colour, _PALE if pale else 1) for pale in faded], height=0.75)
    ends = [*gained, *lost]
    if has_null:
        by_chance = table["null_gained"].to_numpy(float), -table["null_lost"].to_numpy(float)
        for name, counts in zip(("null_gained", "null_lost"), by_chance, strict=True):
            ax.vlines(counts, at - 0.45, at + 0.45, color="black", linewidth=1.3, zorder=3, label=name)
            ends += [*np.abs(counts)]
    ax.axvline(0, color=GREY, linewidth=0.7)
    ax.set_yticks(at, table["tf"].astype(str), fontsize=SMALL)
    for tick, pale in zip(ax.get_yticklabels(), faded, strict=True):
        tick.set_color(GREY if pale else _SELECTED)
    ax.set_ylim(len(table) - 0.4, -0.6)
    limit = max(float(np.nanmax([*ends, 1])), 1) * 1.05
    ax.set_xlim(-limit, limit)
    ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    ax.locator_params(axis="x", nbins=5, integer=True)
    ax.set_xlabel("Sites lost (left) and gained (right)", fontsize=MEDIUM)
    ax.tick_params(labelsize=SMALL, length=2, pad=2)
    ax.spines[["top", "right", "left"]].set_visible(False)
