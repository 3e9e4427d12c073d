"""Tracks arranged in a figure: by group, by factor, or with all groups over each other."""

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import pandas as pd

from scmaxatac.genome import Genes
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    MEDIUM,
    POINTS_PER_INCH,
    PanelGrid,
    available_size,
    position_axis,
    text_width,
)
from scmaxatac.plotting._colours import distinct_colours
from scmaxatac.plotting._genes import draw_genes, gene_rows, genes_height
from scmaxatac.plotting._labels import distinct_labels
from scmaxatac.plotting._track_data import TrackData
from scmaxatac.plotting._track_layout import LEGEND, STRIP, TrackLayout
from scmaxatac.plotting._track_panels import draw_strip, draw_track, shade
from scmaxatac.plotting._variant_marks import VARIANTS, draw_marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Arrangement = Literal["groups", "tfs", "overlay"]

_LONGEST = 40  # characters of a name in the legend
_SQUARE = "\N{BLACK SQUARE}"


class _Track(NamedTuple):
    name: str
    """The signal, or a transcription factor."""

    groups: list[str]
    label: str


class _Entry(NamedTuple):
    """An entry of the legend: how far from the left, in inches, and in which row."""

    text: str
    left: float
    row: int


def check_arrangement(layout: str) -> None:
    """Raise a ValueError if there is no such arrangement."""
    if layout not in get_args(Arrangement):
        raise ValueError(f"layout is {layout!r}; it can be {', '.join(map(repr, get_args(Arrangement)))}")


def draw_tracks(
    tracks: TrackData,
    arrangement: Arrangement,
    *,
    genes: Genes | None,
    strips: dict[str, pd.DataFrame],
    variants: pd.DataFrame | None,
    highlight: pd.DataFrame | None,
    sites: bool,
    figsize: tuple[float, float] | None,
    ax: "Axes | None",
) -> "Figure":
    """Draw tracks, rows of intervals and genes below each other.

    Parameters
    ----------
    tracks
        Signals, scores and sites.
    arrangement
        What stands together.
    genes
        Genes to draw below, if any.
    strips
        Rows of intervals, by name.
    variants
        Variants to mark in a row below these.
    highlight
        Intervals to shade.
    sites
        Whether sites are marked.
    figsize, ax
        Size of a new figure, or the Axes in whose place all is drawn.
    """
    blocks = _blocks(tracks, arrangement)
    names = [[track.label for track in block] for block in blocks.values()]
    rows_below = [*strips, *([] if variants is None else [VARIANTS])]
    size = available_size(ax, figsize)

    def arrange(height: float) -> TrackLayout:
        def with_legend(rows: int) -> TrackLayout:
            return TrackLayout(list(blocks), names, strips=rows_below, genes_height=height, legend=rows, available=size)

        if arrangement != "overlay":
            return with_legend(0)
        found = with_legend(1)
        return with_legend(_legend(tracks.groups, found.width, wrap=True)[-1].row + 1)

    layout = arrange(0)
    limits, gene_table = (tracks.start, tracks.end), None
    if genes is not None:
        gene_table = gene_rows(genes, tracks.chrom, *limits, layout.width)
        layout = arrange(genes_height(gene_table))
    grid = PanelGrid(ax, layout.grid_width, layout.height)
    colours = _colours(tracks, arrangement)
    _header(grid, layout, tracks, colours, arrangement)
    panels = []
    for b, block in enumerate(blocks.values()):
        top = layout.block_top(b)
        middle = top + layout.block_height(b) / 2
        grid.text(0.1, middle, layout.labels[b], fontsize=layout.label_size, va="center", ha="left")
        for t, track in enumerate(block):
            panel = grid.panel(layout.left, top + t * layout.pitch, layout.width, layout.track)
            panel.set_label(f"{', '.join(track.groups)}: {track.name}")
            draw_track(
                panel, layout, tracks, track.name, track.groups, [colours[g, track.name] for g in track.groups],
                label=track.label, sites=sites,
            )  # fmt: skip
            panels.append(panel)
    for s, (name, intervals) in enumerate(strips.items()):
        panel = grid.panel(layout.left, layout.strips_top + s * STRIP, layout.width, STRIP)
        panel.set_label(name)
        draw_strip(panel, intervals, limits, name, layout.width)
        panels.append(panel)
    if variants is not None:
        panel = grid.panel(layout.left, layout.strips_top + len(strips) * STRIP, layout.width, STRIP)
        panel.set_label(VARIANTS)
        draw_marks(panel, variants, limits, layout.width)
        panels.append(panel)
    if gene_table is not None:
        panel = grid.panel(layout.left, layout.genes_top, layout.width, layout.genes_height)
        panel.set_label("genes")
        panel.set_xlim(*limits)
        draw_genes(panel, gene_table)
        panels.append(panel)
    if highlight is not None:
        shade(panels, highlight)
    position_axis(panels[-1], tracks.chrom, *limits)
    return grid.figure


def _blocks(tracks: TrackData, arrangement: Arrangement) -> dict[str, list[_Track]]:
    """Tracks in their blocks, by the label of the block."""
    if not tracks.names:
        raise ValueError("nothing to draw: there is neither signal nor a transcription factor")
    if arrangement == "groups":
        return {group: [_Track(name, [group], name) for name in tracks.names] for group in tracks.groups}
    if arrangement == "tfs":
        return {name: [_Track(name, [group], group) for group in tracks.groups] for name in tracks.names}
    return {"": [_Track(name, tracks.groups, name) for name in tracks.names]}


def _colours(tracks: TrackData, arrangement: Arrangement) -> dict[tuple[str, str], str]:
    """Colour of each group's signal and scores."""
    of_group = tracks.colors or (distinct_colours(tracks.groups) if arrangement == "overlay" else {})
    if arrangement == "overlay":
        return {(group, name): of_group[group] for group in tracks.groups for name in tracks.names}
    return {
        (g, name): tracks.tf_colors.get(name) or of_group.get(g, GREY) for g in tracks.groups for name in tracks.names
    }


def _header(
    grid: PanelGrid, layout: TrackLayout, tracks: TrackData, colours: dict[tuple[str, str], str], arrangement: str
) -> None:
    """Write the region, the ranges and, where tracks carry no names, what the colours mean."""
    grid.text(layout.left, 0.12, tracks.title, fontsize=LARGE, va="center")
    dash, ranges = "\N{EN DASH}", []
    if tracks.signal_top is not None:
        ranges.append(f"signal 0{dash}{tracks.signal_top:g} (1 = 99th percentile of coverage)")
    if tracks.tfs:
        ranges.append(f"score 0{dash}1" + (" (dashed: threshold)" if arrangement != "overlay" else ""))
    if tracks.gaps and tracks.tfs:
        ranges.append("hatched: not predicted")
    grid.text(layout.left, 0.33, "; ".join(ranges), color=GREY, va="center")
    if not layout.has_legend:
        return
    if arrangement == "overlay":
        entries = [(group, colours[group, tracks.names[0]]) for group in tracks.groups]
    else:
        entries = [(tf, colours[tracks.groups[0], tf]) for tf in tracks.tfs]
    placed = _legend([name for name, _ in entries], layout.width, wrap=arrangement == "overlay")
    for entry, (_, colour) in zip(placed, entries, strict=True):
        grid.text(
            layout.left + entry.left, 0.54 + entry.row * LEGEND, entry.text, fontsize=MEDIUM, color=colour, va="center"
        )


def _legend(names: list[str], width: float, *, wrap: bool) -> list[_Entry]:
    """Names in rows that fit into a width, below each other where there are several; without `wrap` in one row."""
    room = width if wrap else width / max(len(names), 1)
    longest = max(min(int(room * POINTS_PER_INCH / (MEDIUM * 0.6)) - 3, _LONGEST), 3)
    texts = [f"{_SQUARE} {label}" for label in distinct_labels(names, longest, 1)]
    widths = [text_width([text], MEDIUM) + 0.2 for text in texts]
    if not wrap or sum(widths) <= width + 0.2:
        return [_Entry(text, sum(widths[:i]), 0) for i, text in enumerate(texts)]
    n_columns = max(int((width + 0.2) / max(widths)), 1)
    return [_Entry(text, i % n_columns * max(widths), i // n_columns) for i, text in enumerate(texts)]
