"""Matrices as coloured fields with the names of rows and columns."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.plotting._base import MEDIUM, SMALL, available_size, label_size, root_figure, text_width
from scmaxatac.plotting._labels import distinct_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_COLUMNS = 40
"""More columns than this do not fit into the width of a notebook."""

_LONGEST = 32  # characters of a name


class Matrix(NamedTuple):
    """A matrix that was drawn.

    Attributes
    ----------
    ax, image
        Its axes and its fields.
    pitch
        Width of a column and height of a row in inches, about.
    top
        Inches above it that the names of columns take.
    """

    ax: "Axes"
    image: Any
    pitch: tuple[float, float]
    top: float


def draw_matrix(
    values: pd.DataFrame,
    *,
    figsize: tuple[float, float] | None,
    ax: "Axes | None",
    room: tuple[float, float, float] = (0.0, 0.0, 0.0),
    **style: Any,
) -> Matrix:
    """Draw a table as fields of colour, a row a row and a column a column.

    Parameters
    ----------
    values
        Numbers; NaN has the colour that the map gives to it.
    figsize
        Size of a new figure in inches; by default as names and fields need.
    ax
        Axes to draw into.
    room
        Inches to leave to the right and above, and how high a figure is at least. An Axes whose figure has no layout
        engine becomes smaller by this, as it does for a colour bar.
    style
        For ``Axes.imshow``: cmap, norm and the like.
    """
    import matplotlib.pyplot as plt

    labelled = values.set_axis(distinct_labels(values.index, _LONGEST, 1)).set_axis(
        distinct_labels(values.columns, _LONGEST, 1), axis="columns"
    )
    available = available_size(ax, figsize)
    if available:
        available = max(available[0] - room[0], 0.3), max(available[1] - room[1], 0.3)
    pitch = _pitch(labelled.shape, available)
    if ax is None:
        width, height = _figsize(labelled, pitch)
        size = figsize or (width + room[0], max(height + room[1], room[2]))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    elif root_figure(ax).get_layout_engine() is None:
        _make_smaller(ax, room[0], room[1])
    image = ax.imshow(np.ma.masked_invalid(labelled), aspect="auto", interpolation="nearest", **style)
    _label(ax, labelled, pitch)
    twice = len(labelled) > MOST_COLUMNS
    return Matrix(ax, image, pitch, text_width(labelled.columns, label_size(pitch[0])) + 0.06 if twice else 0.0)


def _make_smaller(ax: "Axes", right: float, top: float) -> None:
    """Take room in inches from an Axes, but no more than three quarters of it."""
    width, height = root_figure(ax).get_size_inches()
    box = ax.get_position()
    ax.set_position(
        (box.x0, box.y0, max(box.width - right / width, box.width / 4), max(box.height - top / height, box.height / 4))
    )


def colour_bar(ax: "Axes", image: Any, height: float, **style: Any) -> Any:
    """Colour bar at the upper end of a matrix that is so many inches high.

    Parameters
    ----------
    ax
        Axes of the matrix.
    image
        The matrix.
    height
        Its height in inches.
    style
        For ``Figure.colorbar``.
    """
    share = max(min(1.0, 2.2 / height), 0.15)
    bar = root_figure(ax).colorbar(image, ax=ax, shrink=share, aspect=18, pad=0.02, anchor=(0, 1), **style)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)
    return bar


def _pitch(shape: tuple[int, ...], available: tuple[float, float] | None) -> tuple[float, float]:
    """Width of a column and height of a row in inches: roomy for few, and no less than a readable label for many."""
    if available:
        return available[0] / shape[1], available[1] / shape[0]
    return float(np.clip(6.4 / shape[1], 0.16, 0.45)), float(np.clip(8.0 / shape[0], 0.13, 0.28))


def _figsize(values: pd.DataFrame, pitch: tuple[float, float]) -> tuple[float, float]:
    rows, columns = values.shape
    width = columns * pitch[0] + text_width(map(str, values.index), MEDIUM) + 0.3
    names = text_width(map(str, values.columns), MEDIUM) * (2 if rows > MOST_COLUMNS else 1)
    height = rows * pitch[1] + names + 0.4
    return width, max(height, 2.8)


def _label(ax: "Axes", values: pd.DataFrame, pitch: tuple[float, float]) -> None:
    """Name rows and columns, the columns upright, in a size that fits."""
    rows, columns = values.shape
    ax.set_xticks(range(columns), values.columns, rotation=90, fontsize=label_size(pitch[0]))
    ax.set_yticks(range(rows), values.index, fontsize=label_size(pitch[1]))
    ax.tick_params(length=0, pad=3, labeltop=rows > MOST_COLUMNS)
    ax.spines[:].set_visible(False)
    if columns <= MOST_COLUMNS and rows <= MOST_COLUMNS:
        ax.set_xticks(np.arange(1, columns) - 0.5, minor=True)
        ax.set_yticks(np.arange(1, rows) - 0.5, minor=True)
        ax.grid(which="minor", color="white", linewidth=0.6)
        ax.tick_params(which="minor", length=0)
