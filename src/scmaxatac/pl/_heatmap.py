"""Activity of TFs in groups."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import GREY, LIGHT_GREY, SMALL
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._matrix import MOST_COLUMNS, draw_matrix
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
    if swap_axes or (swap_axes is None and values.shape[1] > MOST_COLUMNS):
        values = values.T

    colours = plt.get_cmap(cmap or ("RdBu_r" if scale == "zscore" else "viridis")).with_extremes(bad=LIGHT_GREY)
    ax, bar = draw_matrix(values, figsize=figsize, ax=ax, cmap=colours)
    _set_limits(bar.mappable, values.to_numpy(), scale)
    bar.set_label(_LABELS[scale], fontsize=SMALL)
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
