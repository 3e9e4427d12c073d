"""Precision, recall and F1 of a model against the threshold."""

from typing import TYPE_CHECKING

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import GREY, MEDIUM, PALETTE, SMALL, legend_above, plain_axes
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.zoo._calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CURVES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}


@shared_docs
@checked_arguments
def calibration(
    calibration: Calibration,
    *,
    figsize: tuple[float, float] = (4.6, 3.0),
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw how precision, recall and F1 of a model depend on the threshold; the largest F1 is marked.

    Parameters
    ----------
    calibration
        A :class:`scmaxatac.models.Calibration`: that of a model (``model.calibration``), or one that
        :func:`scmaxatac.tl.calibrate` made.
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

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sites = toy.sites.query("tf == 'CTCF' and group == 'B' and score > 0")
    >>> scores = sites.assign(score=sites["score"] / sites["score"].max())
    >>> ax = sma.pl.calibration(sma.tl.calibrate(scores, sites[sites["bound"]], genome=toy.genome))
    >>> [line.get_label() for line in ax.get_lines()[:3]]
    ['Precision', 'Recall', 'F1']
    """
    import matplotlib.pyplot as plt

    check_save(save)
    table = calibration.frame
    if ax is None:
        ax = plt.subplots(figsize=figsize, layout="constrained")[1]
    for (name, label), color in zip(_CURVES.items(), PALETTE, strict=False):
        ax.plot(table["threshold"], table[name], color=color, label=label, linewidth=1.6)
    best = table.loc[table["f1"].idxmax()]
    ax.axvline(best["threshold"], color=GREY, linewidth=0.8, linestyle=":")
    ax.plot(best["threshold"], best["f1"], "o", color=PALETTE[2], markersize=5)
    left = best["threshold"] > 0.6
    ax.annotate(
        f"largest F1 {best['f1']:.2f}\nat {best['threshold']:.3g}", (best["threshold"], 1.0),
        xytext=(-4 if left else 4, -2), textcoords="offset points", fontsize=SMALL, color=GREY,
        ha="right" if left else "left", va="top",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
    )  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    ax.set_xlabel("Threshold of the score", fontsize=MEDIUM)
    ax.set_ylabel("Mean over cell types", fontsize=MEDIUM)
    plain_axes(ax)
    legend_above(ax, len(_CURVES))
    return finish(ax, show=show, save=save)
