"""Sites that differ between two classes of haplotypes, factor by factor."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._text import abbreviate
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    LIGHT_GREY,
    MEDIUM,
    PALETTE,
    SMALL,
    PanelGrid,
    available_size,
    label_size,
    short_number,
    text_width,
)
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = ("group", "tf", "gained", "lost", "shared", "effect", "rank")
_LONGEST = 24
_COUNTS, _SHARED, _EFFECT, _RIGHT = 2.6, 0.6, 1.4, 0.15  # inches
_TOP, _BOTTOM = 0.62, 0.42
_COLOURS = {"gained": PALETTE[1], "lost": PALETTE[0]}


@shared_docs
@checked_arguments
def haplotype_differences(
    table: pd.DataFrame,
    *,
    n_tfs: int = 20,
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw the sites that are gained, lost and shared between two classes of haplotypes, and the ranking of factors.

    Factors are in the order of their rank, with the sites of the target alone to the right (gained), those of the
    reference alone to the left (lost), the number of shared ones, and the mean size of the difference in log odds over
    all of these sites. Each group has rows of its own.

    Parameters
    ----------
    table
        What :func:`scmaxatac.tl.compare_haplotypes` returned, with a row a group and factor.
    n_tfs
        Factors to draw in each group, the first of its ranking. Those without sites are left out.
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
    ValueError
        If the table lacks columns, no factor has sites, or `n_tfs` is no positive number.

    References
    ----------
    Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863, Fig 7D-F.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> haplotypes = sma.tl.predict_haplotypes(
    ...     mdata, toy.vcf, regions="chr5:100,000-200,000", genome=toy.genome, groups="B"
    ... )
    >>> table = sma.tl.compare_haplotypes(haplotypes, target="donor1", reference="donor2")
    >>> figure = sma.pl.haplotype_differences(table)
    >>> figure.savefig("differences.png")  # doctest: +SKIP
    """
    check_save(save)
    check_number("n_tfs", n_tfs, low=1, whole=True)
    if missing := [name for name in _COLUMNS if name not in table]:
        raise ValueError(
            f"the table lacks the column {abbreviate(map(repr, missing))}; give what tl.compare_haplotypes returns "
            "with level='factors'"
        )
    with_sites = table[table[["gained", "lost", "shared"]].sum(axis=1) > 0].sort_values("rank", kind="stable")
    if with_sites.empty:
        raise ValueError(f"none of the {len(table)} factors has sites, so there is nothing to draw")
    groups = [group for group in dict.fromkeys(table["group"]) if (with_sites["group"] == group).any()]
    shown = {group: with_sites[with_sites["group"] == group].head(n_tfs) for group in groups}
    n_rows = sum(map(len, shown.values()))
    labels = {group: distinct_labels(rows["tf"], _LONGEST, 1) for group, rows in shown.items()}
    left = max(text_width(names, MEDIUM) for names in labels.values()) + 0.2
    available = available_size(ax, figsize)
    pitch = float(np.clip(6.0 / n_rows, 0.11, 0.2))
    scale = 1.0
    if available is not None:
        pitch = max(available[1] - len(groups) * (_TOP + _BOTTOM), 0.3) / n_rows
        scale = max(available[0] - left - _SHARED - _RIGHT, 1.0) / (_COUNTS + _EFFECT)
    counts, effect = _COUNTS * scale, _EFFECT * scale
    height = len(groups) * (_TOP + _BOTTOM) + n_rows * pitch
    grid = PanelGrid(ax, left + counts + _SHARED + effect + _RIGHT, height)
    limit = max(int(with_sites[["gained", "lost"]].max(axis=None)), 1)
    top_effect = float(with_sites["effect"].max()) or 1.0
    top = 0.0
    for group, rows in shown.items():
        tall = len(rows) * pitch
        size = label_size(pitch)
        grid.text(left, top + 0.16, str(group), fontsize=LARGE, va="center", ha="left")
        n_all = int((table["group"] == group).sum())
        told = f"{len(rows)} of {n_all} factors" if len(rows) < n_all else f"{n_all} factors"
        grid.text(left, top + 0.34, told, color=GREY, va="center", ha="left")
        panel = grid.panel(left, top + _TOP, counts, tall)
        panel.set_label(f"{group}: sites")
        _draw_counts(panel, rows, labels[group], size, limit)
        for i, n in enumerate(rows["shared"].tolist()):
            middle = top + _TOP + (i + 0.5) * pitch
            grid.text(left + counts + _SHARED / 2, middle, short_number(n), fontsize=size, va="center", ha="center")
        grid.text(left + counts + _SHARED / 2, top + _TOP - 0.03, "shared", color=GREY, va="bottom", ha="center")
        panel = grid.panel(left + counts + _SHARED, top + _TOP, effect, tall)
        panel.set_label(f"{group}: effect")
        _draw_effects(panel, rows["effect"].to_numpy(), top_effect)
        top += _TOP + tall + _BOTTOM
    return finish(grid.figure, ax=ax, show=show, save=save)


def _draw_counts(panel: "Axes", rows: pd.DataFrame, labels: list[str], size: float, limit: int) -> None:
    """Bars of sites gained, to the right, and lost, to the left."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    place = np.arange(len(rows))
    for name, sign in (("gained", 1), ("lost", -1)):
        panel.barh(place, sign * rows[name].to_numpy(), height=0.8, color=_COLOURS[name], label=name)
        panel.annotate(
            name, (0.5 + 0.02 * sign, 1), xycoords="axes fraction", xytext=(0, 2), textcoords="offset points",
            color=_COLOURS[name], fontsize=SMALL, ha="left" if sign > 0 else "right", va="bottom",
        )  # fmt: skip
    panel.axvline(0, color=GREY, linewidth=0.6)
    panel.set_xlim(-1.05 * limit, 1.05 * limit)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(abs(value))))
    panel.set_xlabel("Sites", fontsize=SMALL, labelpad=2)
    _style(panel, len(rows))
    panel.set_yticks(place, labels, fontsize=size)


def _draw_effects(panel: "Axes", effects: np.ndarray, top: float) -> None:
    panel.barh(np.arange(len(effects)), effects, height=0.8, color="#9A9A9A")
    panel.set_xlim(0, 1.05 * top)
    panel.set_xlabel("Mean difference in log odds", fontsize=SMALL, labelpad=2)
    panel.locator_params(axis="x", nbins=3)
    _style(panel, len(effects))
    panel.set_yticks([])


def _style(panel: "Axes", n_rows: int) -> None:
    panel.set_ylim(n_rows - 0.5, -0.5)
    panel.tick_params(axis="x", labelsize=SMALL, length=2, pad=2)
    panel.tick_params(axis="y", length=0, pad=3)
    panel.spines[["top", "left", "right"]].set_visible(False)
    panel.grid(axis="x", color=LIGHT_GREY, linewidth=0.5)
    panel.set_axisbelow(True)
