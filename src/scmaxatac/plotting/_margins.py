"""Strips beside and above a matrix that stay at its rows and columns: bars, colours of groups, trees."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scmaxatac.plotting._base import GREY, SMALL, label_size, root_figure, short_number, text_width
from scmaxatac.plotting._labels import shortened
from scmaxatac.plotting._matrix import Matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

Side = Literal["right", "top"]

FIELD, COUNTS, TREE = 0.14, 0.85, 0.4
"""Depths in inches of the strips."""

_GAP = 0.06
_DOTS = 0.55  # share of a strip of counts that the dots take; numbers take the rest
_DENSE = 5.0  # points; smaller numbers would not be read
_LINE = 0.7
_BAR, _BAR_LABELS, _BEFORE = 0.12, 0.75, 0.15  # inches of a colour bar, of its labels, and before it
_HIGHEST, _LOWEST = 2.2, 1.5  # of a colour bar
_ENTRY, _TITLE, _SYMBOL = 0.15, 0.3, 0.4  # inches of a legend
_ENTRIES = 14  # in a column
_LONGEST = 24  # characters


def depth_of(strips: Sequence[float]) -> float:
    """Inches that strips of these depths take together."""
    return sum(strips) + _GAP * len(strips)


class Margin:
    """Room at one side of a matrix, handed out strip by strip from the matrix outwards, in inches.

    Parameters
    ----------
    ax
        Axes of the matrix.
    side
        Where.
    start
        Inches that are taken already, by labels for instance.
    """

    def __init__(self, ax: "Axes", side: Side, start: float = 0.0) -> None:
        self._ax, self.side, self.end = ax, side, start

    def strip(self, name: str, depth: float) -> "Axes":
        """Axes along the whole side, so many inches deep, whose long axis is that of the matrix."""
        from matplotlib.transforms import blended_transform_factory

        inches, fraction, start = inches_from_corner(self._ax), self._ax.transAxes, self.end + _GAP
        if self.side == "right":
            panel = self._ax.inset_axes(
                (start, 0, depth, 1), transform=blended_transform_factory(inches, fraction), label=name
            )
            panel.set_ylim(self._ax.get_ylim())
        else:
            panel = self._ax.inset_axes(
                (0, start, 1, depth), transform=blended_transform_factory(fraction, inches), label=name
            )
            panel.set_xlim(self._ax.get_xlim())
        self.end = start + depth
        panel.patch.set_visible(False)
        panel.spines[:].set_visible(False)
        panel.tick_params(length=0, pad=3, labelsize=SMALL)
        (panel.set_yticks if self.side == "right" else panel.set_xticks)([])
        return panel


def inches_from_corner(ax: "Axes") -> "Transform":
    """Transform of places in inches to the right of, and above, the upper right corner of an Axes."""
    from matplotlib.transforms import ScaledTranslation

    corner = ScaledTranslation(1, 1, ax.transAxes)  # type: ignore[arg-type]  # any transform will do
    return root_figure(ax).dpi_scale_trans + corner


def draw_colours(margin: Margin, name: str, colours: Sequence[str], pitch: float) -> None:
    """Draw a field of colour for each row or column, with a name.

    Parameters
    ----------
    margin
        Where.
    name
        Name of the strip.
    colours
        A colour each.
    pitch
        Inches between rows or columns of the matrix, which text has to fit in.
    """
    from matplotlib.colors import to_rgba

    fields = np.array([to_rgba(colour) for colour in colours])
    panel = margin.strip(name, FIELD)
    limits = panel.get_xlim(), panel.get_ylim()
    upright = margin.side == "right"
    panel.imshow(fields[:, None] if upright else fields[None], aspect="auto", interpolation="nearest")
    edges = np.arange(1, len(colours)) - 0.5
    (panel.hlines if upright else panel.vlines)(edges, -0.5, 0.5, color="white", linewidth=min(0.6, 4 * pitch))
    if upright:
        panel.set(xlim=(-0.5, 0.5), ylim=limits[1])
        panel.set_xticks([0], [name], rotation=90, fontsize=SMALL)
    else:
        panel.set(xlim=limits[0], ylim=(-0.5, 0.5))
        panel.set_yticks([0], [name], fontsize=label_size(FIELD))


def draw_counts(margin: Margin, name: str, counts: np.ndarray, pitch: float) -> None:
    """Draw counts of rows or columns as dots on a scale of powers of ten, with numbers; none where a count is 0.

    Parameters
    ----------
    margin
        Where.
    name
        Name of the strip.
    counts
        The counts.
    pitch
        Inches between rows or columns of the matrix, which numbers have to fit in.
    """
    panel = margin.strip(name, COUNTS)
    upright = margin.side == "right"
    kept = counts > 0
    places, there = np.flatnonzero(kept), counts[kept]
    present = there if len(there) else np.ones(1)
    low = 10.0 ** np.floor(np.log10(present.min()) - 0.3)
    high = max(10.0 ** np.ceil(np.log10(present.max()) - 1e-9), 10 * low)
    panel.set(**{"xscale" if upright else "yscale": "log"})
    panel.set(**{"xlim" if upright else "ylim": (low, low * (high / low) ** (1 / _DOTS))})
    panel.plot(*((there, places) if upright else (places, there)), "o", color=GREY, markersize=3.5, markeredgewidth=0)
    size = min(label_size(pitch), SMALL - 1)
    for place, count in zip(places, there, strict=True) if size >= _DENSE else ():
        panel.annotate(
            short_number(count), (_DOTS + 0.08, place) if upright else (place, _DOTS + 0.08), fontsize=size,
            xycoords=panel.get_yaxis_transform() if upright else panel.get_xaxis_transform(), color=GREY,
            rotation=0 if upright else 90, ha="left" if upright else "center", va="center" if upright else "bottom",
            annotation_clip=False,
        )  # fmt: skip
    ticks = [low, high]
    labels = [short_number(tick) for tick in ticks]
    if upright:
        panel.set_xticks(ticks, labels, fontsize=SMALL - 1)
        panel.set_xticks([], minor=True)
        panel.set_xlabel(name.replace(" ", "\n"), fontsize=SMALL, labelpad=2)
    else:
        panel.set_yticks(ticks, labels, fontsize=SMALL - 1)
        panel.set_yticks([], minor=True)
        panel.set_ylabel(name, fontsize=SMALL, rotation=0, ha="right", va="center")
    first, last = panel.get_xticklabels() if upright else panel.get_yticklabels()
    first.set(**{"horizontalalignment": "left"} if upright else {"verticalalignment": "bottom"})
    last.set(**{"horizontalalignment": "right"} if upright else {"verticalalignment": "top"})
    for tick in ticks:
        (panel.axvline if upright else panel.axhline)(tick, color=GREY, linewidth=0.4)


def draw_tree(margin: Margin, name: str, tree: np.ndarray) -> None:
    """Draw the tree of a clustering, whose leaves are the first rows or columns."""
    from matplotlib.collections import LineCollection
    from scipy.cluster.hierarchy import dendrogram

    drawn = dendrogram(tree, no_plot=True)
    places = np.array(drawn["icoord"]) / 10 - 0.5  # scipy's leaves are at 5, 15, ...
    heights = np.array(drawn["dcoord"])
    panel = margin.strip(name, TREE)
    upright = margin.side == "right"
    lines = np.stack([heights, places] if upright else [places, heights], axis=-1)
    panel.add_collection(LineCollection(list(lines), colors=GREY, linewidths=_LINE, capstyle="projecting"))
    top = (0.0, 1.02 * (float(heights.max()) or 1.0))
    panel.set(**{"xlim" if upright else "ylim": top})
    (panel.set_xticks if upright else panel.set_yticks)([])


def size_of_keys(legends: Sequence[tuple[str, Mapping[str, str]]]) -> tuple[float, float]:
    """Width and height in inches of what :func:`draw_keys` draws, the room before it among them."""
    widths = [_legend_size(*legend)[0] for legend in legends]
    heights = [_legend_size(*legend)[1] for legend in legends]
    return _BEFORE + _BAR + _BAR_LABELS + max(widths, default=0.0), sum(heights)


def draw_keys(margin: Margin, drawn: Matrix, legends: Sequence[tuple[str, Mapping[str, str]]]) -> Any:
    """Draw a colour bar to the right of a margin, and beside it what the colours of strips mean.

    Parameters
    ----------
    margin
        The right margin, with all of its strips.
    drawn
        The matrix.
    legends
        Names, and the colour of each value.

    Returns
    -------
    The colour bar.
    """
    from matplotlib.legend import Legend
    from matplotlib.patches import Patch

    ax, inches = drawn.ax, inches_from_corner(drawn.ax)
    height = min(max(drawn.image.get_array().shape[0] * drawn.pitch[1], _LOWEST), _HIGHEST)
    left = margin.end + _BEFORE
    panel = ax.inset_axes((left, -height, _BAR, height), transform=inches, label="colour bar")
    bar = root_figure(ax).colorbar(drawn.image, cax=panel)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)
    down = 0.0
    for name, colour_of in legends:
        legend = Legend(
            ax, [Patch(color=colour) for colour in colour_of.values()], [_legend_text(value) for value in colour_of],
            title=shortened(name, _LONGEST), title_fontsize=SMALL, fontsize=SMALL, frameon=False, alignment="left",
            loc="upper left", bbox_to_anchor=(left + _BAR + _BAR_LABELS, -down), bbox_transform=inches,
            borderaxespad=0, borderpad=0, handlelength=1, handleheight=1, ncols=_legend_columns(colour_of),
        )  # fmt: skip
        ax.add_artist(legend).set_clip_on(False)  # an Axes takes no room for what it clips
        down += _legend_size(name, colour_of)[1]
    return bar


def _legend_text(value: str) -> str:
    return shortened(value, _LONGEST)


def _legend_columns(colour_of: Mapping[str, str]) -> int:
    return -(-len(colour_of) // _ENTRIES)


def _legend_size(name: str, colour_of: Mapping[str, str]) -> tuple[float, float]:
    columns = _legend_columns(colour_of)
    across = columns * (_SYMBOL + text_width(map(_legend_text, colour_of), SMALL))
    return max(across, text_width([_legend_text(name)], SMALL)), _TITLE + _ENTRY * -(-len(colour_of) // columns)
