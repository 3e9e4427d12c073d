"""Activity of TFs in groups."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._annotations import read_annotations
from scmaxatac.plotting._base import GREY, LIGHT_GREY, SMALL
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._margins import (
    COUNTS,
    FIELD,
    TREE,
    Margin,
    depth_of,
    draw_colours,
    draw_counts,
    draw_keys,
    draw_tree,
    size_of_keys,
)
from scmaxatac.plotting._matrix import MOST_COLUMNS, draw_matrix
from scmaxatac.plotting._order import similar_together
from scmaxatac.results._reader import read_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

Side = Literal["tf", "group"]

_NAMES = {"tf": "TF", "group": "group"}
_DEPTH = "Fragments used"


@shared_docs
@checked_arguments
def heatmap(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    n_tfs: int | None = MOST_COLUMNS,
    standard_scale: Side | None = None,
    z_score: Side | None = None,
    cluster: bool = True,
    dendrogram: bool = True,
    depth: bool = True,
    annotate: str | Iterable[str] | pd.DataFrame | None = None,
    swap_axes: bool | None = None,
    cmap: "str | Colormap | None" = None,
    vmin: float | None = None,
    vmax: float | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw the activity of each TF in each group as a heatmap, with the groups' depth, trees and annotation beside it.

    TFs without sites have no activity and are grey. Activities depend on depth: before you read a difference between
    groups as biology, see in the strip of dots whether the groups are about as deep, and more in :func:`qc`.

    Parameters
    ----------
    data
        {results}
    tfs
        {tfs}
    groups
        {groups}
    n_tfs
        Most TFs to draw, unless `tfs` names them: those whose activities differ most between the groups (standard
        deviation; of one group the highest activities). None draws all.
    standard_scale
        ``"tf"`` stretches each TF over the groups from 0 to 1, ``"group"`` each group over the TFs, as scanpy's and
        seaborn's argument of this name. By default activities are drawn as they are.
    z_score
        ``"tf"`` centres each TF over the groups and divides it by its standard deviation, ``"group"`` each group over
        the TFs. Not together with `standard_scale`.
    cluster
        Whether to put similar groups and similar TFs side by side (hierarchical clustering of what is drawn, average
        linkage); otherwise they stay in the order that was given.
    dendrogram
        Whether to draw the trees of the clustering.
    depth
        Whether to draw the fragments that each group was predicted from: dots on a scale of powers of ten, and numbers.
    annotate
        What to tell of the groups, in fields of colour: columns of ``obs`` that have one value in each group, such as
        a condition (colours of ``uns["<column>_colors"]`` where these are there), columns of :func:`scmaxatac.get.qc`,
        or a table with a row a group. Numbers are shades of grey.
    swap_axes
        Whether TFs are the rows and groups the columns; by default where there are more than 40 TFs.
    cmap
        Name of a colour map of matplotlib.
    vmin, vmax
        Values at the ends of the colours, what lies beyond them has the colour of the end; by default 0 and the largest
        value drawn, with `z_score` the largest on either side of 0. Give both to compare figures.
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
    The axes of the heatmap, None if it was shown; strips and trees are parts of it. The colour bar's axes are
    ``ax.images[0].colorbar.ax``.

    Raises
    ------
    KeyError
        If there are no results under `key`, no such TF or group among them, or nothing of this name to annotate with.
    ValueError
        If `standard_scale` or `z_score` is unknown or both are given, `n_tfs` is no positive number, `vmin` is not
        below `vmax`, or a column has several values in a group.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> ax = sma.pl.heatmap(mdata, z_score="tf")
    >>> ax.figure.savefig("activity.png")  # doctest: +SKIP

    The five factors that differ most, and the number of cells of each group:

    >>> ax = sma.pl.heatmap(mdata, n_tfs=5, standard_scale="tf", annotate="n_cells")
    >>> [panel.get_label() for panel in ax.child_axes][:2]
    ['n_cells', 'Fragments used']
    """
    import matplotlib.pyplot as plt

    check_save(save)
    _check_scales(standard_scale, z_score)
    check_number("n_tfs", n_tfs, low=1, whole=True, optional=True)
    _check_limits(vmin, vmax)
    values = get.activity(data, tfs=tfs, groups=groups, key=key, mod=mod).astype(float)
    n_all = values.shape[1]
    if tfs is None and n_tfs is not None and n_tfs < n_all:
        values = _most_different(values, n_tfs)
    results = read_results(data, key, mod)
    fields = read_annotations(annotate, results, data, mod, [str(group) for group in values.index])
    values = _scaled(values, standard_scale, z_score)
    trees: dict[Side, np.ndarray | None] = {"group": None, "tf": None}
    if cluster:
        of_groups, of_tfs = (similar_together(table) for table in (values.to_numpy(), values.to_numpy().T))
        values = values.iloc[of_groups.order, of_tfs.order]
        if dendrogram:
            trees = {"group": of_groups.tree, "tf": of_tfs.tree}
    counts = results.table(_keys.QC)["n_fragments_used"].loc[values.index].to_numpy(float) if depth else None
    swapped = values.shape[1] > MOST_COLUMNS if swap_axes is None else swap_axes
    beside = {
        "group": depth_of([FIELD] * len(fields) + [COUNTS] * depth + [TREE] * (trees["group"] is not None)),
        "tf": depth_of([TREE] * (trees["tf"] is not None)),
    }
    right, top = (beside["tf"], beside["group"]) if swapped else (beside["group"], beside["tf"])
    keys = size_of_keys([(field.name, field.legend) for field in fields])
    colours = plt.get_cmap(cmap or ("RdBu_r" if z_score else "viridis")).with_extremes(bad=LIGHT_GREY)
    drawn = draw_matrix(
        values.T if swapped else values, figsize=figsize, ax=ax, room=(right + keys[0], top, keys[1] + top),
        cmap=colours,
    )  # fmt: skip
    ax = drawn.ax
    _set_limits(drawn.image, values.to_numpy(), z_score, vmin, vmax)
    margins = {"right": Margin(ax, "right"), "top": Margin(ax, "top", drawn.top)}
    side = margins["top" if swapped else "right"]
    for field in fields:
        draw_colours(side, field.name, [field.colours[str(group)] for group in values.index], drawn.pitch[not swapped])
    if counts is not None:
        draw_counts(side, _DEPTH, counts, drawn.pitch[not swapped])
    for what, tree in trees.items():
        if tree is not None:
            draw_tree(margins["top" if swapped == (what == "group") else "right"], f"tree of {what}s", tree)
    bar = draw_keys(margins["right"], drawn, [(field.name, field.legend) for field in fields])
    bar.set_label(_label(standard_scale, z_score), fontsize=SMALL)
    if values.isna().any(axis=None):
        bar.ax.set_xlabel("grey: no sites", fontsize=SMALL, color=GREY, loc="left")
    if values.shape[1] < n_all and tfs is None:
        note = f"{values.shape[1]} of {n_all} TFs, those that differ most between groups"
        ax.set_xlabel(note, fontsize=SMALL, color=GREY, loc="left")
    return finish(ax, show=show, save=save)


def _check_scales(standard_scale: object, z_score: object) -> None:
    for name, scale in (("standard_scale", standard_scale), ("z_score", z_score)):
        if scale is not None and scale not in _NAMES:
            raise ValueError(f"{name} is {scale!r}; it can be 'tf', 'group' or None")
    if standard_scale is not None and z_score is not None:
        raise ValueError("standard_scale and z_score are two scales of the same numbers; give one of them")


def _check_limits(vmin: float | None, vmax: float | None) -> None:
    for name, value in (("vmin", vmin), ("vmax", vmax)):
        check_number(name, value, optional=True)
        if value is not None and not np.isfinite(value):
            raise ValueError(f"{name} is {value}; it has to be a finite number")
    if vmin is not None and vmax is not None and vmin >= vmax:
        raise ValueError(f"vmin is {vmin:g} and vmax {vmax:g}; vmin has to be below vmax")


def _label(standard_scale: Side | None, z_score: Side | None) -> str:
    if standard_scale:
        return f"Activity\n(each {_NAMES[standard_scale]} from 0 to 1)"
    if z_score:
        return f"Activity\n(z-score of each {_NAMES[z_score]})"
    return "Activity\n(mean score at the TF's sites)"


def _most_different(values: pd.DataFrame, n: int) -> pd.DataFrame:
    """Keep the TFs whose activities differ most between groups, in their order; of one group the highest."""
    spread = values.std(ddof=0) if len(values) > 1 else values.iloc[0]
    first = spread.sort_values(ascending=False, kind="stable").index[:n]  # NaN last
    return values[[tf for tf in values if tf in set(first)]]


def _scaled(values: pd.DataFrame, standard_scale: Side | None, z_score: Side | None) -> pd.DataFrame:
    """Scale each TF or group; what is the same everywhere becomes 0."""
    side = standard_scale or z_score
    if side is None:
        return values
    table = values if side == "tf" else values.T
    shifted = table - (table.min() if standard_scale else table.mean())
    spread = table.max() - table.min() if standard_scale else table.std(ddof=0)
    scaled = shifted / spread.where(spread > 0, 1.0)
    return scaled if side == "tf" else scaled.T


def _set_limits(image: Any, values: np.ndarray, z_score: Side | None, vmin: float | None, vmax: float | None) -> None:
    """Set the values at the ends of the colours; ends of the colour bar beyond which there are values are pointed."""
    known = values[~np.isnan(values)]
    highest = float(np.abs(known).max(initial=0) if z_score else known.max(initial=0)) or 1.0
    low = vmin if vmin is not None else -highest if z_score else 0.0
    high = vmax if vmax is not None else highest
    if low >= high:  # one end was given, and all values lie beyond it
        low, high = (low, low + 1.0) if vmin is not None else (high - 1.0, high)
    image.set_clim(low, high)
    beyond = bool((known < low).any()), bool((known > high).any())
    image.cmap.colorbar_extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond, False)
