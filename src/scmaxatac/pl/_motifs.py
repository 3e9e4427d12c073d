"""Motifs as sequence logos."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.genome._bases import BASES
from scmaxatac.plotting._base import GREY, MEDIUM, SMALL, WARNING, PanelGrid, available_size
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import shortened
from scmaxatac.plotting._logo import draw_logo, frequency_heights

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 7.2
_LEFT, _GAP, _RIGHT = 0.62, 0.55, 0.1
_HEAD, _TITLE, _FOOT = 0.25, 0.22, 0.12
_LOGO = 0.62
_FEWEST_POSITIONS = 12
"""Positions that an Axes has at least, so that the letters of short motifs don't get wide."""

_SURE = 0.05
_SMALLEST_Q = 1e-300


@shared_docs
@checked_arguments
def motifs(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    n_motifs: int | None = 10,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw the motifs that :func:`scmaxatac.tl.find_motifs` found, a row a motif.

    On the left letters are as high as the mean contribution of each base to the logit: above 0 it raises the score,
    below 0, upside down, it lowers it. On the right they are as high as their share of the position's information, in
    bits. Above stand the motif's name and seqlets, and the known motif that is most like it with its q-value.

    Parameters
    ----------
    data
        {results}
    tfs
        TFs, one or several; by default all that were searched for.
    n_motifs
        Most motifs to draw of a factor, those of most seqlets; None for all.
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

    Warns
    -----
    UserWarning
        If something else was predicted under `key` since, its sites were called anew, or its contributions were
        computed anew; once.

    Raises
    ------
    KeyError
        If there are no results under `key`, no motifs were searched for, or not of such a factor.
    ValueError
        If no motif was found.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> best = sma.get.sites(mdata, tfs="CTCF", groups="B").nlargest(30, "score")
    >>> sma.tl.contributions(mdata, "CTCF", "B", genome=toy.genome, regions=best, width=64)
    >>> sma.tl.find_motifs(mdata, min_seqlets=10)
    >>> figure = sma.pl.motifs(mdata)
    >>> len(figure.axes)
    2
    """
    check_number("n_motifs", n_motifs, low=1, whole=True, optional=True)
    check_save(save)
    table = get.motifs(data, tfs=tfs, key=key, mod=mod)
    if table.empty:
        remarks = get.motifs(data, "searches", tfs=tfs, key=key, mod=mod)
        text = "; ".join(f"{tf}: {remark}" for tf, remark in zip(remarks["tf"], remarks["remark"], strict=True))
        raise ValueError(f"there is no motif to draw: {text}")
    if n_motifs is not None:
        table = table.groupby("tf", sort=False).head(n_motifs)
    matrices = dict(list(get.motifs(data, "matrices", key=key, mod=mod).groupby("motif")))
    available = available_size(ax, figsize)
    width = available[0] if available else _WIDTH
    fixed = _HEAD + len(table) * _TITLE + _FOOT
    height = max((available[1] - fixed) / len(table), 0.05) if available else _LOGO
    grid = PanelGrid(ax, width, fixed + height * len(table))
    across = max((width - _LEFT - _GAP - _RIGHT) / 2, 0.2)
    lefts = (_LEFT, _LEFT + across + _GAP)
    for left, text in zip(lefts, ("Contribution to the logit", "Information (bits)"), strict=True):
        grid.text(left, _HEAD / 2, text, fontsize=MEDIUM, va="center")
    top = _HEAD
    for row in table.itertuples():
        _write_title(grid, row, top, lefts)
        rows = matrices[row.motif]
        contributions = rows[[f"contribution_{base}" for base in BASES]].to_numpy().T
        bits = frequency_heights(rows[list(BASES)].to_numpy().T)
        for left, heights, limits in zip(lefts, (contributions, bits), (None, (0.0, 2.0)), strict=True):
            panel = grid.panel(left, top + _TITLE, across, height)
            panel.set_label(str(row.motif))
            _draw(panel, heights, limits)
        top += _TITLE + height
    return finish(grid.figure, ax=ax, show=show, save=save)


def _write_title(grid: PanelGrid, row: Any, top: float, lefts: tuple[float, float]) -> None:
    place = {"va": "center", "fontsize": SMALL}
    sign = " (lowers the score)" if row.sign == "negative" else ""
    grid.text(lefts[0], top + 0.6 * _TITLE, f"{shortened(row.motif, 24)}: {row.n_seqlets:,} seqlets{sign}", **place)
    if match := _match_text(row.match, row.match_tf, row.q):
        colour = "black" if row.q < _SURE else WARNING
        grid.text(lefts[1], top + 0.6 * _TITLE, match, color=colour, **place)


def _match_text(match: str, tf: str, q: float) -> str:
    """Name of a match and its q-value; "" without one."""
    if pd.isna(q):
        return ""
    name = shortened(tf if match == tf else f"{tf} ({match})", 34)
    value = f"q < {_SMALLEST_Q:.0e}" if q < _SMALLEST_Q else f"q = {q:.2g}" if q >= 0.001 else f"q = {q:.0e}"
    return f"{name}, {value}"


def _draw(panel: "Axes", heights: np.ndarray, limits: tuple[float, float] | None) -> None:
    from matplotlib.ticker import MaxNLocator

    if limits is None:
        up, down = np.maximum(heights, 0).sum(axis=0).max(), np.minimum(heights, 0).sum(axis=0).min()
        room = 0.04 * ((up - down) or 1)
        limits = float(down) - (room if down < 0 else 0), float(up) + room
    panel.set(xlim=(0, max(heights.shape[1], _FEWEST_POSITIONS)), ylim=limits)
    draw_logo(panel, heights)
    panel.axhline(0, color=GREY, linewidth=0.5)
    panel.spines[["top", "right", "bottom"]].set_visible(False)
    panel.set_xticks([])
    panel.yaxis.set_major_locator(MaxNLocator(nbins=2, prune=None))
    panel.tick_params(axis="y", labelsize=SMALL, length=2, pad=2)
