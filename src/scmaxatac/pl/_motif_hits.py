"""Where motifs stand within sites."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import LARGE, MEDIUM, PanelGrid, available_size, plain_axes, text_width
from scmaxatac.plotting._colours import group_colours
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_PANEL, _HEIGHT = 1.9, 1.15
_LEFT, _GAP, _TITLE, _FOOT, _HEAD = 0.62, 0.5, 0.36, 0.42, 0.32
_KEY = 0.36
"""Width of a line in the legend, with the space around it."""

_STEP = 10
"""Width of a step of the histograms in bp."""

_DRAWN = 0.99
"""Share of the hits that the x axis reaches to."""


@shared_docs
@checked_arguments
def motif_hits(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    motifs: str | Iterable[str] | None = None,
    n_motifs: int | None = 6,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw how far from the middle of a site motifs stand, a panel a factor and motif, a line a group.

    The lines are the matches that :func:`scmaxatac.tl.motif_hits` found in 10 bp, for 100 sites, on one scale for all
    motifs of a factor. A motif that the network goes by peaks in the middle; the share of the sites that have one
    stands above.

    Parameters
    ----------
    data
        {results}
    tfs
        TFs whose sites count, one or several; by default all that were scanned.
    groups
        Groups whose sites count, one or several; by default all that were scanned.
    motifs
        Identifiers of motifs, one or several; by default all that were sought.
    n_motifs
        Most motifs to draw of a factor, those that the largest share of its sites has; None for all.
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
        If something else was predicted under `key` since, its sites were called anew, or the motifs that were found and
        sought were searched for anew; once.

    Raises
    ------
    KeyError
        If there are no results under `key`, no hits were sought, or not of such a factor, group or motif.
    ValueError
        If there is no hit.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.motif_hits(mdata, toy.motifs, genome=toy.genome, tfs="CTCF")
    >>> figure = sma.pl.motif_hits(mdata)
    >>> len(figure.axes)
    3
    """
    check_number("n_motifs", n_motifs, low=1, whole=True, optional=True)
    check_save(save)
    chosen: dict[str, Any] = {"tfs": tfs, "groups": groups, "motifs": motifs, "key": key, "mod": mod}
    hits, summary = get.motif_hits(data, "hits", **chosen), get.motif_hits(data, "summary", **chosen)
    if hits.empty:
        raise ValueError("there is no hit to draw; scan with a larger p_value, or for other motifs")
    panels = _panels(summary, n_motifs)
    names = list(dict.fromkeys(summary["group"]))
    colours = group_colours(data, get.params(data, key=key, mod=mod)["groupby"], names, mod)
    n_columns = min(_COLUMNS, len(panels))
    n_rows = -(-len(panels) // n_columns)
    available = available_size(ax, figsize)
    width = available[0] if available else _LEFT + n_columns * (_PANEL + _GAP)
    labels = [shortened(name, 18) for name in names]
    legend_columns = max(1, int((width - _LEFT) / (text_width(labels, MEDIUM) + _KEY)))
    head = _HEAD + 0.17 * -(-len(names) // legend_columns)
    fixed = head + n_rows * (_TITLE + _FOOT)
    height = max((available[1] - fixed) / n_rows, 0.1) if available else _HEIGHT
    across = max((width - _LEFT) / n_columns - _GAP, 0.2)
    grid = PanelGrid(ax, width, fixed + n_rows * height)
    grid.text(_LEFT, 0.16, "Motifs within sites", fontsize=LARGE, va="center")
    limit = _STEP * max(2, int(np.ceil(hits["distance"].abs().quantile(_DRAWN) / _STEP)))
    drawn: dict[str, list[Axes]] = {}
    for number, (tf, motif) in enumerate(panels):
        line, column = divmod(number, n_columns)
        top = head + line * (_TITLE + height + _FOOT)
        panel = grid.panel(_LEFT + column * (across + _GAP), top + _TITLE, across, height)
        of_panel = [table[(table["tf"] == tf) & (table["motif"] == motif)] for table in (hits, summary)]
        _draw(panel, *of_panel, limit=limit, colours=colours)
        panel.set_label(f"{tf} {motif}")
        drawn.setdefault(tf, []).append(panel)
        if line == n_rows - 1 or number + n_columns >= len(panels):
            panel.set_xlabel("Distance (bp)", fontsize=MEDIUM, labelpad=2)
        if column == 0:
            panel.set_ylabel("Hits in 10 bp\nof 100 sites", fontsize=MEDIUM, labelpad=2)
        if number == 0:
            panel.legend(
                panel.lines, labels, fontsize=MEDIUM, frameon=False, loc="lower left",
                ncols=legend_columns, bbox_to_anchor=(0, 1 + (_TITLE - 0.02) / height), borderaxespad=0, borderpad=0,
                handlelength=1.4, columnspacing=1.2, labelspacing=0.3,
            )  # fmt: skip
    for of_factor in drawn.values():
        top = max(panel.get_ylim()[1] for panel in of_factor)
        for panel in of_factor:
            panel.set_ylim(0, top)
    return finish(grid.figure, ax=ax, show=show, save=save)


def _panels(summary: pd.DataFrame, n_motifs: int | None) -> list[tuple[str, str]]:
    """Factors in their order, each with the motifs that the largest share of its sites has."""
    totals = summary.groupby(["tf", "motif"], sort=False)[["n_with_hit", "n_sites"]].sum()
    share = (totals["n_with_hit"] / totals["n_sites"])[lambda values: values > 0].reset_index(name="share")
    order = {tf: i for i, tf in enumerate(dict.fromkeys(summary["tf"]))}
    share = share.assign(order=share["tf"].map(order)).sort_values(["order", "share"], ascending=[True, False])
    best = share if n_motifs is None else share.groupby("tf", sort=False).head(n_motifs)
    return list(zip(best["tf"], best["motif"], strict=True))


def _draw(
    panel: "Axes",
    hits: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    limit: int,
    colours: dict[str, str],
) -> None:
    edges = np.arange(-limit - _STEP / 2, limit + _STEP, _STEP)
    for row in summary.itertuples():
        counts, _ = np.histogram(hits.loc[hits["group"] == row.group, "distance"], edges)
        shown = 100 * counts / (row.n_sites or np.nan)  # a line of nothing keeps the group in the legend
        panel.plot((edges[:-1] + edges[1:]) / 2, shown, color=colours[str(row.group)], linewidth=1, label=row.group)
    tf, motif = summary["tf"].iloc[0], summary["motif"].iloc[0]
    share = summary["n_with_hit"].sum() / summary["n_sites"].sum()
    panel.set_title(
        f"{shortened(motif, 22)}\nin {100 * share:.0f}% of sites of {shortened(tf, 14)}", fontsize=MEDIUM, loc="left",
        pad=3,
    )  # fmt: skip
    panel.set_xlim(-limit, limit)
    panel.set_ylim(0)
    plain_axes(panel)
