"""Tracks in their panels: areas or lines of values, thresholds, sites, what was not predicted, highlights."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from scmaxatac.plotting._base import GREY, LIGHT_GREY, SMALL
from scmaxatac.plotting._runs import draw_line, fill_runs
from scmaxatac.plotting._track_data import SIGNAL, TrackData
from scmaxatac.plotting._track_layout import TrackLayout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STRIP = 0.24  # depth of the strip of sites below a track, as a share of the track's range
_NARROWEST = 0.002  # narrowest mark of an interval, as a share of the region
_HIGHLIGHT = "#F0E442"


def draw_track(
    panel: "Axes", layout: TrackLayout, tracks: TrackData, name: str, groups: Sequence[str], colours: Sequence[str],
    *, label: str, sites: bool,
) -> None:  # fmt: skip
    """Draw the signal or a factor's scores of one group as an area, of several as lines over each other.

    Parameters
    ----------
    panel
        Where.
    layout
        Says whether there is room for names and ticks.
    tracks
        What is drawn.
    name
        ``"signal"`` or a transcription factor.
    groups, colours
        Groups, and a colour for each.
    label
        Name beside the track.
    sites
        Whether sites are marked, below the scores.
    """
    is_signal, limits = name == SIGNAL, (tracks.start, tracks.end)
    shows_sites = sites and not is_signal
    top = tracks.top(name)
    panel.set_xlim(*limits)
    panel.set_ylim(-(_STRIP if shows_sites else 0.04) * top, top)
    _style_axes(panel, layout, label, colours[0] if len(groups) == 1 else GREY, top)
    if not is_signal:
        mark_gaps(panel, tracks.gaps)
    draw = fill_runs if len(groups) == 1 else draw_line
    for i, (group, colour) in enumerate(zip(groups, colours, strict=True)):
        table = tracks.tables[group, name]
        draw(panel, table["start"], table["end"], table["value"], limits, colour, bin_size=tracks.bin)
        if not is_signal and len(groups) == 1:
            _mark_threshold(panel, tracks.thresholds[name][group])
        if shows_sites:
            here = tracks.sites[(tracks.sites["group"] == group) & (tracks.sites["tf"] == name)]
            _mark_sites(panel, here, tracks.end - tracks.start, colour, i, len(groups))


def draw_strip(panel: "Axes", intervals: pd.DataFrame, limits: tuple[int, int], name: str, width: float) -> None:
    """Draw intervals as bars, in a row with a name.

    Parameters
    ----------
    panel
        Where.
    intervals
        start and end.
    limits
        Start and end of what is shown.
    name
        What they are.
    width
        Width of the panel in inches.
    """
    name_row(panel, name, limits, width)
    panel.broken_barh(_bars(intervals, limits[1] - limits[0]), (0.2, 0.6), facecolors=GREY, linewidth=0)


def name_row(panel: "Axes", name: str, limits: tuple[int, int], width: float) -> None:
    """Make a row without a scale of a panel, with its name on the left; units as in :func:`draw_strip`."""
    panel.set_xlim(*limits)
    panel.set_ylim(0, 1)
    panel.set_yticks([])
    panel.spines[:].set_visible(False)
    panel.patch.set_visible(False)
    panel.tick_params(bottom=False, labelbottom=False)
    panel.text(-0.08 / width, 0.5, name, fontsize=SMALL, transform=panel.transAxes, ha="right", va="center")


def mark_gaps(panel: "Axes", gaps: Iterable[tuple[int, int]]) -> None:
    """Hatch what was not predicted."""
    for start, end in gaps:
        panel.axvspan(start, end, facecolor="none", edgecolor=LIGHT_GREY, hatch="////", linewidth=0, zorder=0)


def shade(panels: Iterable["Axes"], intervals: pd.DataFrame) -> None:
    """Shade intervals in all panels; an edge keeps those of a few bases in sight."""
    for panel in panels:
        for start, end in zip(intervals["start"], intervals["end"], strict=True):
            panel.axvspan(start, end, color=_HIGHLIGHT, alpha=0.3, linewidth=1.5, zorder=-1)


def _style_axes(panel: "Axes", layout: TrackLayout, label: str, colour: str, top: float) -> None:
    """Set the name of a track and its ticks."""
    panel.axhline(0, color=LIGHT_GREY, linewidth=0.6, zorder=0, clip_on=False)
    panel.patch.set_visible(False)
    panel.spines[:].set_visible(False)
    panel.tick_params(bottom=False, labelbottom=False)
    if layout.ticked:
        panel.yaxis.tick_right()
        panel.set_yticks([0, top], ["0", f"{top:g}"])
        panel.tick_params(axis="y", labelsize=SMALL - 1, length=2, pad=1, color=GREY, labelcolor=GREY)
        lowest, highest = panel.get_yticklabels()
        lowest.set_verticalalignment("bottom")
        highest.set_verticalalignment("top")
    else:
        panel.set_yticks([])
    if layout.named:
        panel.text(
            -0.08 / layout.width, 0.4, layout.track_labels[label], color=colour, fontsize=SMALL,
            transform=panel.transAxes, ha="right", va="center",
        )  # fmt: skip


def _mark_threshold(panel: "Axes", threshold: float) -> None:
    """Draw the threshold as a line; one that no score can reach is left out."""
    if threshold <= 1:
        panel.axhline(threshold, color=GREY, linewidth=0.5, dashes=(4, 3), zorder=3)


def _mark_sites(panel: "Axes", sites: pd.DataFrame, length: int, colour: str, row: int, n_rows: int) -> None:
    """Draw called sites as bars below the scores, those of each group in a row of its own."""
    depth = -panel.get_ylim()[0]
    height = depth * 0.67 / n_rows
    bottom = -depth * 0.25 - height * (row + 1)
    panel.broken_barh(_bars(sites, length), (bottom, height), facecolors=colour, linewidth=0)


def _bars(intervals: pd.DataFrame, length: int) -> list[tuple[float, float]]:
    """Left ends and widths of intervals, each wide enough to be seen."""
    widths = (intervals["end"] - intervals["start"]).clip(lower=_NARROWEST * length)
    lefts = (intervals["start"] + intervals["end"] - widths) / 2
    return list(zip(lefts, widths, strict=True))
