"""Activity of TFs in groups."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import (
    GREY,
    LIGHT_GREY,
    MEDIUM,
    POINTS_PER_INCH,
    SMALL,
    available_size,
    root_figure,
    text_width,
)
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels
from scmaxatac.plotting._order import similar_together

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

Scale = Literal["minmax", "zscore"]

_LABELS = {
    None: "Activity\n(mean score at the TF's sites)",
    "minmax": "Activity\n(each TF from 0 to 1)",
    "zscore": "Activity\n(z-score of each TF)",
}
_LONGEST = 40  # characters of a name
_MOST_COLUMNS = 40  # more TFs than this fit a notebook's width only as rows


@shared_docs
@checked_arguments
def heatmap(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    scale: Scale | None = None,
    cluster: bool = True,
    swap_axes: bool | None = None,
    cmap: "str | Colormap | None" = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw the activity of each TF in each group as a heatmap.

    TFs without sites have no activity and are grey. Activities depend on depth: before you read a difference between
    groups as biology, see in :func:`qc` whether the groups are about as deep.

    Parameters
    ----------
    data
        {results}
    tfs
        {tfs}
    groups
        {groups}
    scale
        ``"minmax"`` stretches each TF over the groups to 0 to 1, ``"zscore"`` centres it and divides it by its standard
        deviation; by default activities are drawn as they are.
    cluster
        Whether to put similar groups and similar TFs side by side (hierarchical clustering, average linkage); otherwise
        they stay in the order that was given.
    swap_axes
        Whether TFs are the rows and groups the columns; by default where there are more than 40 TFs.
    cmap
        Name of a colour map of matplotlib.
    key
        {key}
    mod
        {mod}
    figsize
        {figsize}
    ax
        {ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    The axes of the heatmap, None if it was shown; the colour bar's are ``ax.images[0].colorbar.ax``.

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such TF or group among them.
    ValueError
        If `scale` is unknown.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> ax = sma.pl.heatmap(mdata, scale="zscore")
    >>> ax.figure.savefig("activity.png")  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    check_save(save)
    if scale not in _LABELS:
        raise ValueError(f"scale {scale!r} is unknown; use 'minmax', 'zscore' or None")
    values = _scaled(get.activity(data, tfs=tfs, groups=groups, key=key, mod=mod).astype(float), scale)
    if cluster:
        values = values.iloc[similar_together(values.to_numpy()), similar_together(values.to_numpy().T)]
    if swap_axes or (swap_axes is None and values.shape[1] > _MOST_COLUMNS):
        values = values.T

    values = values.set_axis(distinct_labels(values.index, _LONGEST, 1)).set_axis(
        distinct_labels(values.columns, _LONGEST, 1), axis="columns"
    )
    pitch = _pitch(values.shape, available_size(ax, figsize))
    if ax is None:
        figure, ax = plt.subplots(figsize=figsize or _figsize(values, pitch), layout="constrained")
    else:
        figure = root_figure(ax)
    colours = plt.get_cmap(cmap or ("RdBu_r" if scale == "zscore" else "viridis")).with_extremes(bad=LIGHT_GREY)
    image = ax.imshow(np.ma.masked_invalid(values), cmap=colours, aspect="auto", interpolation="nearest")
    _set_limits(image, values.to_numpy(), scale)
    _label(ax, values, pitch)
    shares = min(1.0, 2.2 / (values.shape[0] * pitch[1]))
    bar = figure.colorbar(image, ax=ax, shrink=max(shares, 0.15), aspect=18, pad=0.02, anchor=(0, 1))
    bar.set_label(_LABELS[scale], fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)
    if values.isna().any(axis=None):
        bar.ax.set_xlabel("grey: no sites", fontsize=SMALL, color=GREY, loc="left")
    return finish(ax, show=show, save=save)


def _scaled(values: pd.DataFrame, scale: Scale | None) -> pd.DataFrame:
    """Scale each TF over the groups; a TF that is the same everywhere becomes 0."""
    if scale is None:
        return values
    shifted = values - (values.min() if scale == "minmax" else values.mean())
    spread = values.max() - values.min() if scale == "minmax" else values.std(ddof=0)
    return shifted / spread.where(spread > 0, 1.0)


def _set_limits(image: Any, values: np.ndarray, scale: Scale | None) -> None:
    if np.isnan(values).all():
        image.set_clim(0, 1)
    elif scale == "zscore":
        limit = np.nanmax(np.abs(values)) or 1.0
        image.set_clim(-limit, limit)
    else:
        image.set_clim(0, np.nanmax(values) or 1.0)


def _pitch(shape: tuple[int, ...], available: tuple[float, float] | None) -> tuple[float, float]:
    """Width of a column and height of a row in inches: roomy for few, and no less than a readable label for many."""
    if available:
        return available[0] / shape[1], available[1] / shape[0]
    return float(np.clip(8.0 / shape[1], 0.19, 0.45)), float(np.clip(8.0 / shape[0], 0.13, 0.28))


def _figsize(values: pd.DataFrame, pitch: tuple[float, float]) -> tuple[float, float]:
    rows, columns = values.shape
    width = columns * pitch[0] + text_width(map(str, values.index), MEDIUM) + 1.5
    names = text_width(map(str, values.columns), MEDIUM) * (2 if rows > _MOST_COLUMNS else 1)
    height = rows * pitch[1] + names + 0.4
    return width, max(height, 2.8)


def _label(ax: "Axes", values: pd.DataFrame, pitch: tuple[float, float]) -> None:
    """Name rows and columns, the columns upright, in a size that fits."""
    rows, columns = values.shape
    sizes = [min(MEDIUM, 0.85 * POINTS_PER_INCH * inches) for inches in pitch]
    ax.set_xticks(range(columns), values.columns, rotation=90, fontsize=sizes[0])
    ax.set_yticks(range(rows), values.index, fontsize=sizes[1])
    ax.tick_params(length=0, pad=3, labeltop=rows > _MOST_COLUMNS)
    ax.spines[:].set_visible(False)
    if columns <= _MOST_COLUMNS and rows <= _MOST_COLUMNS:
        ax.set_xticks(np.arange(1, columns) - 0.5, minor=True)
        ax.set_yticks(np.arange(1, rows) - 0.5, minor=True)
        ax.grid(which="minor", color="white", linewidth=0.6)
        ax.tick_params(which="minor", length=0)
