"""How predictions change with the number of fragments."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._text import choose_names
from scmaxatac.get import downsampling_curve as summary
from scmaxatac.plotting._base import GREY, MEDIUM, PALETTE, SMALL, plain_axes, short_number
from scmaxatac.plotting._finish import SavePath, check_save, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = {
    "average_precision": "Average precision against peaks",
    "aupr": "Area under precision-recall against peaks",
    "precision_at_5pct_recall": "Precision at 5% recall",
    "ap_vs_full_depth": "Average precision against the sites\nfrom all fragments",
    "spearman": "Rank correlation with all fragments",
    "n_sites": "Sites",
    "p99": "99th percentile of coverage\n(insertions over a base)",
}
_UNLIMITED = ("n_sites", "p99")


@shared_docs
@checked_arguments
def downsampling_curve(
    table: pd.DataFrame,
    *,
    value: str | None = None,
    tfs: str | Iterable[str] | None = None,
    figsize: tuple[float, float] = (5.2, 3.2),
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw what :func:`scmaxatac.tl.downsampling_curve` gives against the number of fragments, a line a factor.

    Of several repeats there are a point each, a line through their mean and a band from the smallest to the largest.
    Otherwise the average precision comes with its 95% interval. The average precision of the motif scan, where there is
    one, is dashed. The axis at the top says how many cells hold so many fragments.

    Parameters
    ----------
    table
        The table of :func:`scmaxatac.tl.downsampling_curve`.
    value
        Column to draw; by default ``"average_precision"`` where there were peaks, else ``"ap_vs_full_depth"``.
    tfs
        Transcription factors to draw; by default all.
    figsize
        {new_figsize}
    ax
        {ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    {axes}

    Raises
    ------
    KeyError
        If the table has no such column or factor.

    Examples
    --------
    >>> import pandas as pd
    >>> import scmaxatac as sma
    >>> table = pd.DataFrame(
    ...     {"tf": "CTCF", "n_fragments": [10_000, 100_000], "n_cells": [1, 10], "ap_vs_full_depth": [0.4, 1.0]}
    ... )
    >>> ax = sma.pl.downsampling_curve(table)
    >>> ax.get_xscale()
    'log'
    """
    import matplotlib.pyplot as plt

    check_save(save)
    if value is None:
        value = "average_precision" if "average_precision" in table else "ap_vs_full_depth"
    if value not in table:
        raise KeyError(f"the table has no column {value!r}; it has {', '.join(table.columns)}")
    chosen = choose_names(tfs, list(dict.fromkeys(table["tf"])), "TF", source="the table holds")
    if ax is None:
        ax = plt.subplots(figsize=figsize, layout="constrained")[1]
    repeated = table["repeat"].nunique() > 1 if "repeat" in table else False
    baseline = "motif_average_precision" if value == "average_precision" else ""
    for i, tf in enumerate(chosen):
        rows = table[table["tf"] == tf].sort_values("n_fragments")
        color = PALETTE[i % len(PALETTE)]
        marker = "osD^v"[i // len(PALETTE) % 5]
        line = summary(table, value=value, tfs=tf).sort_values("n_fragments")
        if repeated:
            ax.scatter(rows["n_fragments"], rows[value], s=5, color=color, alpha=0.6, linewidths=0)
        ax.plot(line["n_fragments"], line["mean"], color=color, marker=marker, markersize=4, linewidth=1.4, label=tf)
        low, high = (line["min"], line["max"]) if repeated else (rows.get("ap_low"), rows.get("ap_high"))
        if repeated or (value == "average_precision" and low is not None):
            ax.fill_between(line["n_fragments"], low, high, color=color, alpha=0.15, linewidth=0)
        if baseline in rows:
            scan = summary(table, value=baseline, tfs=tf).sort_values("n_fragments")
            ax.plot(scan["n_fragments"], scan["mean"], color=color, linestyle="--", linewidth=1)
    if baseline in table:
        ax.plot([], [], color=GREY, linestyle="--", linewidth=1, label="motif scan")
    ax.set_ylabel(_LABELS.get(value, value), fontsize=MEDIUM)
    ax.set_ylim(bottom=min(0, table[value].min()), top=None if value in _UNLIMITED else 1.02)
    plain_axes(ax)
    _fragment_axes(ax, table)
    ax.legend(fontsize=MEDIUM, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.6)
    return finish(ax, show=show, save=save)


def _fragment_axes(ax: "Axes", table: pd.DataFrame) -> None:
    """Show fragments below and cells above, in powers of ten with steps between where these are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = table["n_fragments"].min(), table["n_fragments"].max()
    ax.set_xscale("log")
    ax.set_xlim(low / 1.2, high * 1.2)
    per_cell = (table["n_fragments"] / table["n_cells"].where(table["n_cells"] > 0)).iloc[table["n_fragments"].argmax()]
    axes = [(ax.xaxis, "Fragments of the group")]
    if per_cell > 0:
        top = ax.secondary_xaxis("top", functions=(lambda x: x / per_cell, lambda x: x * per_cell))
        axes.append((top.xaxis, "Cells at the group's mean depth"))
    for axis, label in axes:
        steps = (1.0,) if high > 1000 * low else (1.0, 2.0, 5.0) if high < 30 * low else (1.0, 3.0)
        axis.set_major_locator(LogLocator(subs=steps, numticks=12))
        axis.set_major_formatter(FuncFormatter(lambda number, _: short_number(number)))
        axis.set_minor_formatter(NullFormatter())
        axis.set_label_text(label, fontsize=MEDIUM)
        axis.set_tick_params(labelsize=SMALL, length=2, pad=2)
    ax.tick_params(axis="y", labelsize=SMALL, length=2, pad=2)
