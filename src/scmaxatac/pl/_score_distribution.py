"""How scores are distributed, and where thresholds lie in them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import (
    GREY,
    MEDIUM,
    SMALL,
    PanelGrid,
    available_size,
    plain_axes,
    short_number,
    text_width,
)
from scmaxatac.plotting._colours import group_colours
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import read_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_PANEL, _HEIGHT, _LEFT, _GAP, _TITLE, _FOOT, _KEY = 2.9, 2.5, 0.6, 0.35, 0.15, 0.5, 0.5  # inches
_ENTRIES = 12
"""Groups in a column of the legend."""


@shared_docs
@checked_arguments
def score_distribution(
    data: Any,
    tfs: str | Iterable[str] | None = None,
    *,
    groups: str | Iterable[str] | None = None,
    n_tfs: int = 6,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw how many regions reach each score of a TF, a line a group, with the threshold as a dashed line.

    Each TF has a panel. A threshold that several groups share is grey, that of one group alone has its colour.

    Scores shrink with depth: where lines are of like shape and only shifted, groups differ in depth rather than in
    biology.

    Parameters
    ----------
    data
        {results}
    tfs
        One TF or several, in this order.
    groups
        {groups}
    n_tfs
        TFs to draw, unless `tfs` names them: those with most sites in these groups.
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
        If there are no results under `key`, no such TF or group among them, or no scores of regions because the whole
        genome was predicted.
    ValueError
        If `n_tfs` is no positive number.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> figure = sma.pl.score_distribution(mdata, "CTCF")
    >>> [line.get_label() for line in figure.axes[0].get_lines()[:3]]
    ['B', 'CD4/T', 'Mono']
    """
    check_save(save)
    check_number("n_tfs", n_tfs, low=1, whole=True)
    results = read_results(data, key, mod)
    chosen = results.pick_tfs(tfs)
    if tfs is None and len(chosen) > n_tfs:
        counts = read_sites(results, chosen, groups)["tf"].value_counts().reindex(chosen, fill_value=0)
        most = set(counts.sort_values(ascending=False, kind="stable").index[:n_tfs])
        chosen = [tf for tf in chosen if tf in most]
    scores = get.scores(data, tfs=chosen, groups=groups, key=key, mod=mod)
    names = [str(name) for name in scores.obs_names]
    colours = group_colours(data, results.params["groupby"], names, mod)
    labels = distinct_labels(names, 24, 1)
    legend_columns = -(-len(names) // _ENTRIES)
    beside = legend_columns * (text_width(labels, SMALL) + _KEY)
    n_columns = min(_COLUMNS, len(chosen))
    n_rows = -(-len(chosen) // n_columns)
    size = available_size(ax, figsize)
    width = size[0] if size else _LEFT + n_columns * (_PANEL + _GAP) + beside
    height = size[1] if size else n_rows * (_TITLE + _HEIGHT + _FOOT)
    across = max((width - _LEFT - beside) / n_columns - _GAP, 0.3)
    down = max(height / n_rows - _TITLE - _FOOT, 0.2)
    grid = PanelGrid(ax, width, height)
    panels = []
    for i, tf in enumerate(chosen):
        row, column = divmod(i, n_columns)
        top = row * (_TITLE + down + _FOOT) + _TITLE
        panel = grid.panel(_LEFT + column * (across + _GAP), top, across, down)
        panel.set_label(tf)
        _draw(
            panel, dict(zip(names, scores.layers[tf], strict=True)), labels, results.params["thresholds"][tf], colours
        )
        panel.set_xlabel(f"Score of {tf}", fontsize=MEDIUM, labelpad=2)
        if column == 0:
            panel.set_ylabel("Regions with at least this score", fontsize=MEDIUM, labelpad=2)
        panels.append(panel)
    panels[n_columns - 1].legend(
        panels[0].get_lines()[: len(names)], labels, title="dashed: threshold", title_fontsize=SMALL, fontsize=SMALL,
        frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.4, ncols=legend_columns,
    )  # fmt: skip
    return finish(grid.figure, ax=ax, show=show, save=save)


def _draw(
    panel: "Axes", scores: dict[str, np.ndarray], labels: list[str], thresholds: dict[str, float],
    colours: dict[str, str],
) -> None:  # fmt: skip
    """Draw the lines of all groups, then the thresholds; one that no score can reach is left out."""
    lines: dict[float, list[str]] = {}
    for (name, values), label in zip(scores.items(), labels, strict=True):
        ordered = np.sort(values[np.isfinite(values)])[::-1]
        panel.step(
            ordered, np.arange(1, len(ordered) + 1), where="post", color=colours[name], linewidth=1.2, label=label
        )
        if thresholds[name] <= 1:
            lines.setdefault(thresholds[name], []).append(name)
    for threshold, sharing in lines.items():
        colour = colours[sharing[0]] if len(sharing) == 1 and len(scores) > 1 else GREY
        panel.axvline(threshold, color=colour, linewidth=0.8, dashes=(4, 3), label="threshold", zorder=1)
    panel.set(xlim=(0, 1), yscale="log")
    panel.set_ylim(bottom=0.8)
    panel.yaxis.set_major_formatter(lambda value, _: short_number(value))
    plain_axes(panel)
