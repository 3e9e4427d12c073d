"""How scores are distributed, and where thresholds lie in them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import MEDIUM, SMALL, plain_axes, short_number
from scmaxatac.plotting._colours import group_colours
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ENTRIES = 12
"""Groups in a column of the legend."""


@shared_docs
@checked_arguments
def score_distribution(
    data: Any,
    tf: str,
    *,
    groups: str | Iterable[str] | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] = (5.0, 3.2),
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw how many regions reach each score of a TF, a line a group, with the group's threshold as a dot.

    Scores shrink with depth: where lines are of like shape and only shifted, groups differ in depth rather than in
    biology.

    Parameters
    ----------
    data
        {results}
    tf
        The TF.
    groups
        {groups}
    key
        {key}
    mod
        {mod}
    figsize
        {new_figsize}
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
        If there are no results under `key`, no such TF or group among them, or no scores of regions because the whole
        genome was predicted.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> ax = sma.pl.score_distribution(mdata, "CTCF")
    >>> [line.get_label() for line in ax.get_lines()[:3]]
    ['B', 'CD4/T', 'Mono']
    """
    import matplotlib.pyplot as plt

    check_save(save)
    scores = get.scores(data, tfs=tf, groups=groups, key=key, mod=mod)
    params = get.params(data, key=key, mod=mod)
    thresholds = params["thresholds"][tf]
    if ax is None:
        ax = plt.subplots(figsize=figsize, layout="constrained")[1]
    names = [str(name) for name in scores.obs_names]
    colours = group_colours(data, params["groupby"], names, mod)
    dots = []
    for name, label, values in zip(names, distinct_labels(names, 24, 1), scores.layers[tf], strict=True):
        ordered = np.sort(values[np.isfinite(values)])[::-1]
        ax.step(ordered, np.arange(1, len(ordered) + 1), where="post", color=colours[name], linewidth=1.2, label=label)
        if thresholds[name] <= 1:
            reached = int(np.count_nonzero(ordered >= np.float32(thresholds[name])))
            dots.append((thresholds[name], max(reached, 1), colours[name]))
    for threshold, reached, colour in dots:
        ax.plot(threshold, reached, "o", color=colour, markersize=4.5, markeredgecolor="white", markeredgewidth=0.6)
    ax.set(xlim=(0, 1), yscale="log")
    ax.set_ylim(bottom=0.8)
    ax.yaxis.set_major_formatter(lambda value, _: short_number(value))
    ax.set_xlabel(f"Score of {tf}", fontsize=MEDIUM)
    ax.set_ylabel("Regions with at least this score", fontsize=MEDIUM)
    plain_axes(ax)
    ax.legend(
        title="dot: threshold", title_fontsize=SMALL, fontsize=SMALL, frameon=False, loc="center left",
        bbox_to_anchor=(1.0, 0.5), handlelength=1.4, ncols=-(-len(names) // _ENTRIES),
    )  # fmt: skip
    return finish(ax, show=show, save=save)
