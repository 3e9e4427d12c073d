"""Numbers of sites."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import LIGHT_GREY, SMALL, short_number
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._margins import Margin, draw_keys, size_of_keys
from scmaxatac.plotting._matrix import MOST_COLUMNS, draw_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE = 200  # sites up to which the colour bar has numbers between powers of ten
_MOST_NUMBERS = 20
"""Columns that have room for numbers."""


@shared_docs
@checked_arguments
def sites_per_group(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw how many sites of each TF were called in each group.

    Numbers of sites rise with depth, more so where the published thresholds are used: look at :func:`qc` beside it.

    Parameters
    ----------
    data
        {results}
    tfs
        {tfs}
    groups
        {groups}
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
    {axes}

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such TF or group among them.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> ax = sma.pl.sites_per_group(mdata)
    >>> ax.images[0].colorbar.ax.get_ylabel()
    'Sites'
    """
    check_save(save)
    sites = get.sites(data, tfs=tfs, groups=groups, key=key, mod=mod)
    counts = sites.groupby(["group", "tf"], observed=False).size().unstack("tf").astype(float)
    if counts.shape[1] > MOST_COLUMNS:
        counts = counts.T
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator

    colours = plt.get_cmap("viridis").with_extremes(bad=LIGHT_GREY)
    highest = max(float(counts.to_numpy().max(initial=1)), 2)
    drawn = draw_matrix(
        counts.where(counts > 0), figsize=figsize, ax=ax, room=(size_of_keys([])[0], 0, 0), cmap=colours,
        norm=LogNorm(1, highest),
    )  # fmt: skip
    ax, bar = drawn.ax, draw_keys(Margin(drawn.ax, "right"), drawn, [])
    bar.set_label("Sites", fontsize=SMALL)
    bar.ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if highest > _WIDE else (1.0, 2.0, 5.0)))
    bar.ax.yaxis.set_major_formatter(lambda value, _: short_number(value))
    bar.ax.yaxis.set_minor_formatter(lambda *_: "")
    if max(counts.shape) <= _MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts.to_numpy()):
            dark = 0 < count < highest**0.6
            ax.text(
                column, row, short_number(count), ha="center", va="center", fontsize=SMALL - 1,
                color="white" if dark else "black",
            )  # fmt: skip
    return finish(ax, show=show, save=save)
