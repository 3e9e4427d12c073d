"""Rows of letters that are as high as bases contribute: which sites, and where they stand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._text import choose_names
from scmaxatac.genome._bases import one_hot
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.plotting._base import GREY, LIGHT_GREY, MEDIUM, SMALL, PanelGrid, available_size, text_width
from scmaxatac.plotting._labels import shortened
from scmaxatac.plotting._logo import draw_logo
from scmaxatac.results._read_contributions import read_contribution_params, read_contributions
from scmaxatac.results._reader import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 10.0
_LEFT, _RIGHT, _FOOT = 0.7, 0.35, 0.36
_TITLE, _TICKS = 0.19, 0.19
_TALLEST, _SMALLEST = 0.85, 0.45
_BODY = 12.0
"""Height that all rows together should not exceed, unless letters would become too small."""

_LOW = 0.25
"""Height below which the y axis has one label."""

_SITES = 10


class Row(NamedTuple):
    """A site in a group: where its bases begin, their heights (4, width), the bin that is explained, and titles.

    Titles say the same in fewer and fewer words.
    """

    tf: str
    chrom: str
    start: int
    heights: np.ndarray
    bin: tuple[int, int]
    titles: tuple[str, ...]

    @property
    def title(self) -> str:
        """The whole title."""
        return self.titles[0]


def collect_rows(
    results: Results,
    regions: Table | None,
    *,
    tfs: object,
    groups: object,
    n_sites: int | None,
    width: int | None,
) -> list[Row]:
    """Rows to draw, factor by factor, site by site from the largest score on, and group by group.

    Parameters
    ----------
    results
        Results of a prediction whose sites were explained.
    regions
        Where sites are drawn; None for those with the largest scores.
    tfs, groups
        One or several; None stands for all.
    n_sites
        Most sites of a factor; None for 10, or all in the regions.
    width
        Bases of each site; None for all.

    Raises
    ------
    KeyError
        If there are no contributions, or not of this factor or in this group.
    ValueError
        If there is nothing to draw, or the regions can't be read.
    """
    params, size = read_contribution_params(results), int(results.params["bin"])
    chosen_tfs = choose_names(tfs, params["tfs"], "TF", source="contributions were computed for")
    chosen_groups = choose_names(groups, params["groups"], "group", source="contributions were computed for")
    most = n_sites if n_sites is not None or regions is not None else _SITES
    wanted = None if regions is None else read_intervals(regions, "regions", columns=())
    rows: list[Row] = []
    for tf in chosen_tfs:
        found = [read_contributions(results, tf, group) for group in chosen_groups]
        every = pd.concat([one.sites.assign(of=i, row=np.arange(len(one.sites))) for i, one in enumerate(found)])
        every["chrom"] = every["chrom"].astype(str)
        if wanted is not None:
            every = every[_overlaps(every, wanted)]
        best = every.groupby(["chrom", "start", "bin"])["score"].max().fillna(-1)
        best = best.sort_values(ascending=False, kind="stable").iloc[:most]
        for chrom, start, of_bin in best.index:
            mine = (every["chrom"] == chrom) & (every["start"] == start) & (every["bin"] == of_bin)
            here = every[mine].drop_duplicates("of")
            heights = [
                one_hot(found[i].codes[r]) * found[i].hypothetical[r]
                for i, r in zip(here["of"], here["row"], strict=True)
            ]
            first = _best_columns(heights, width)
            for site, of_site in zip(here.itertuples(), heights, strict=True):
                part, start = of_site[:, first : None if width is None else first + width], int(site.start) + first
                titles = _titles(site, tf, chosen_groups[site.of], start, part.shape[1])
                rows.append(Row(tf, str(site.chrom), start, part, (int(site.bin), int(site.bin) + size), titles))
    if not rows:
        where = "" if regions is None else " in these regions; regions= takes those that were explained"
        raise ValueError(f"there are no contributions to draw{where}")
    return rows


def draw_rows(
    rows: Sequence[Row], *, share_y: bool, figsize: tuple[float, float] | None, ax: "Axes | None"
) -> "Figure":
    """Draw rows below each other; those of one interval share the positions below the last of them."""
    available = available_size(ax, figsize)
    ends = [i + 1 == len(rows) or _span(rows[i + 1]) != _span(row) for i, row in enumerate(rows)]
    fixed = len(rows) * _TITLE + sum(ends) * _TICKS + _FOOT
    total = available[1] if available else _BODY
    height = (total - fixed) / len(rows)
    height = max(height, 0.05) if available else min(max(height, _SMALLEST), _TALLEST)
    grid = PanelGrid(ax, available[0] if available else _WIDTH, fixed + height * len(rows))
    limits = {tf: _range([row.heights for row in rows if row.tf == tf]) for tf in {row.tf for row in rows}}
    room, across = grid.width - _LEFT, max(grid.width - _LEFT - _RIGHT, 0.2)
    top = 0.0
    for row, is_last in zip(rows, ends, strict=True):
        grid.text(_LEFT, top + _TITLE / 2, _that_fits(row.titles, room), va="center", ha="left")
        panel = grid.panel(_LEFT, top + _TITLE, across, height)
        panel.set_label(row.title)
        _draw_row(
            panel, row, limits[row.tf] if share_y else _range([row.heights]), ticks=is_last, height=height, width=across
        )
        top += _TITLE + height + (_TICKS if is_last else 0)
    grid.text(grid.width / 2, grid.height - 0.12, "Position (bp)", fontsize=MEDIUM, va="center", ha="center")
    grid.text(
        0.19, (grid.height - _FOOT) / 2, "Contribution\nto the logit", fontsize=MEDIUM, va="center", ha="center",
        rotation=90,
    )  # fmt: skip
    return grid.figure


def _titles(site: Any, tf: str, group: str, start: int, width: int) -> tuple[str, ...]:
    """Factor, group, place and score; the same with a shorter group, then without place and score."""
    score = "" if np.isnan(site.score) else f", score {site.score:.2f}"
    place = f"   {site.chrom}:{start:,}\N{EN DASH}{start + width:,}"
    long, short = (f"{tf} in {shortened(group, length)}" for length in (40, 16))
    return long + place + score, short + place + score, short + place, short, shortened(short, 14)


def _that_fits(titles: tuple[str, ...], room: float) -> str:
    return next((title for title in titles if text_width([title], SMALL) <= room), titles[-1])


def _overlaps(sites: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """Which sites have bases in one of the regions."""
    found = np.zeros(len(sites), dtype=bool)
    chrom, start, end = (sites[name].to_numpy() for name in ("chrom", "start", "end"))
    for region in regions.itertuples():
        found |= (chrom == region.chrom) & (start < region.end) & (end > region.start)
    return found


def _best_columns(heights: list[np.ndarray], width: int | None) -> int:
    """First of the `width` columns that contribute most together, over all groups."""
    total = np.sum([one.sum(axis=0) for one in heights], axis=0)
    if width is None or width >= len(total):
        return 0
    return int(np.convolve(total, np.ones(width), mode="valid").argmax())


def _span(row: Row) -> tuple[str, int, int]:
    return row.chrom, row.start, row.heights.shape[1]


def _range(heights: list[np.ndarray]) -> tuple[float, float]:
    """Lower and upper limit of the y axis; 0 is between them."""
    low = min(0.0, *(float(one.min()) for one in heights))
    high = max(0.0, *(float(one.max()) for one in heights))
    span = (high - low) or 1.0
    return low - 0.03 * span, high + 0.03 * span


def _draw_row(
    panel: "Axes", row: Row, limits: tuple[float, float], *, ticks: bool, height: float, width: float
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    end = row.start + row.heights.shape[1]
    n_labels = int(width / (text_width([f"{end:,}"], SMALL) + 0.15))
    panel.set(xlim=(row.start, end), ylim=limits)
    panel.axvspan(*row.bin, color=LIGHT_GREY, alpha=0.5, linewidth=0)
    draw_logo(panel, row.heights, row.start)
    panel.axhline(0, color=GREY, linewidth=0.5)
    panel.spines[["top", "right", "bottom"]].set_visible(False)
    panel.xaxis.set_major_locator(
        MaxNLocator(nbins=min(max(n_labels - 1, 1), 8), steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    )
    panel.xaxis.set_major_formatter(FuncFormatter(lambda position, _: f"{position:,.0f}"))
    panel.tick_params(axis="x", bottom=ticks, labelbottom=ticks, labelsize=SMALL, length=2, pad=1)
    panel.yaxis.set_major_locator(MaxNLocator(nbins=1 if height < _LOW else 2 if height < 0.5 else 3, min_n_ticks=1))
    panel.tick_params(axis="y", labelsize=SMALL, length=2, pad=2)
