"""Filled curves of values along the genome."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 1000
"""Resolution of a panel, about a pixel. Where a bin is narrower, the largest value in each column is drawn."""


def fill_runs(
    ax: "Axes",
    starts: pd.Series,
    ends: pd.Series,
    values: pd.Series,
    limits: tuple[int, int],
    colour: str,
    *,
    bin_size: int,
) -> None:
    """Fill the area under runs of equal values, sorted and not overlapping; bins are `bin_size` bp wide."""
    if starts.empty:
        return
    from matplotlib.patches import Polygon

    # not as ax.fill, which looks for the limits of the data corner by corner
    ax.add_artist(Polygon(_corners(starts, ends, values, limits, bin_size), facecolor=colour, linewidth=0))


def draw_line(
    ax: "Axes",
    starts: pd.Series,
    ends: pd.Series,
    values: pd.Series,
    limits: tuple[int, int],
    colour: str,
    *,
    bin_size: int,
) -> None:
    """Draw the upper edge of what :func:`fill_runs` fills; nothing where there is no run, or where it is 0."""
    if starts.empty:
        return
    corners = _corners(starts, ends, values, limits, bin_size).astype(float)
    corners[np.repeat(corners[1::4, 1] == 0, 4)] = np.nan
    apart = np.flatnonzero(corners[3:-1:4, 0] == corners[4::4, 0])  # runs that touch don't fall in between
    gaps = np.setdiff1d(np.arange(len(corners) // 4 - 1), apart)
    kept = np.insert(corners, 4 * gaps + 4, np.nan, axis=0) if len(gaps) else corners
    falls = np.concatenate([4 * apart + 3, 4 * apart + 4])
    kept = np.delete(kept, falls + np.searchsorted(4 * gaps + 4, falls, side="right"), axis=0)
    ax.plot(*kept.T, color=colour, linewidth=0.9, solid_joinstyle="miter")


def _corners(
    starts: pd.Series, ends: pd.Series, values: pd.Series, limits: tuple[int, int], bin_size: int
) -> np.ndarray:
    runs = starts.to_numpy(), ends.to_numpy(), values.to_numpy()
    if limits[1] - limits[0] > bin_size * _COLUMNS:
        runs = column_maxima(*runs, limits, _COLUMNS)
    return outline(*runs)


def outline(starts: np.ndarray, ends: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Corners of the area under the runs, (4 n, 2): the positions and heights of four corners a run."""
    x = np.column_stack([starts, starts, ends, ends]).ravel()
    y = np.column_stack([np.zeros(len(values)), values, values, np.zeros(len(values))]).ravel()
    return np.column_stack([x, y])


def column_maxima(
    starts: np.ndarray, ends: np.ndarray, values: np.ndarray, limits: tuple[int, int], n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reduce runs to the largest value in each of `n` columns between the limits, as narrow peaks must stay visible."""
    edges = np.linspace(*limits, n + 1)
    covering = np.searchsorted(starts, edges[:-1], side="right") - 1
    covered = (covering >= 0) & (ends[covering] > edges[:-1])
    heights = np.where(covered, values[covering], 0.0)
    inside = (starts >= limits[0]) & (starts < limits[1])
    columns = np.searchsorted(edges, starts[inside], side="right") - 1
    np.maximum.at(heights, columns, values[inside])
    return edges[:-1], edges[1:], heights
