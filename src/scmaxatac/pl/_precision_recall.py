"""Precision and recall against known sites."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.evaluate._precision_recall import average_precision
from scmaxatac.evaluate._precision_recall import precision_recall as curve_of
from scmaxatac.genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.plotting._base import GREY, MEDIUM, SMALL, plain_axes
from scmaxatac.plotting._colours import distinct_colours
from scmaxatac.plotting._finish import SavePath, check_save, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 2_000
"""Points of a curve that are drawn; it may have a million."""


@shared_docs
@checked_arguments
def precision_recall(
    scores: Table | Mapping[str, Table],
    peaks: Table,
    *,
    genome: Genome,
    chroms: Iterable[str] | None = None,
    regions: Table | None = None,
    bin_size: int = CALIBRATION_BIN,
    figsize: tuple[float, float] = (4.6, 3.4),
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw precision against recall of scores, compared with measured sites bin by bin, with chance as a dashed line.

    Bins of all chromosomes together, as in the row ``"pooled"`` of :func:`scmaxatac.tl.benchmark`, which has the
    interval of the average precision as well. The legend gives the average precision.

    Parameters
    ----------
    scores
        Scores as :func:`scmaxatac.tl.benchmark` takes them, or several under names, ``{"maxATAC": a, "motif": b}``,
        to be compared on the same bins.
    peaks
        A BED or narrowPeak file, or a table with chrom, start and end (0-based, half-open).
    genome
        {genome}
        It needs no sequence.
    chroms
        Chromosomes to compare on; by default those of the genome that hold scores.
    regions
        Count only bins that lie in these regions with all their bases: a BED file or a table.
    bin_size
        Width of a bin in bp.
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
    ValueError
        If no bin is positive, scores are of different chromosomes, or as :func:`scmaxatac.tl.benchmark` raises.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> bound = toy.sites[toy.sites["bound"] & (toy.sites["tf"] == "CTCF")]
    >>> bound = bound[bound["group"] == "B"]
    >>> ax = sma.pl.precision_recall({"sites": bound.assign(score=1.0)}, bound, genome=toy.genome)
    >>> [line.get_label() for line in ax.get_lines()]
    ['sites (1.000)', 'chance (0.018)']
    """
    import matplotlib.pyplot as plt

    check_save(save)
    check_number("bin_size", bin_size, low=1, whole=True)
    named = _named(scores)
    bins = {
        name: labelled_bins(table, peaks, genome=genome, chroms=chroms, regions=regions, bin_size=bin_size)
        for name, table in named.items()
    }
    covered = {name: sorted(parts) for name, parts in bins.items()}
    first = next(iter(covered))
    if other := next((name for name in covered if covered[name] != covered[first]), None):
        raise ValueError(
            f"{first!r} has scores on {', '.join(covered[first])}, {other!r} on {', '.join(covered[other])}; give "
            "chroms= that both have"
        )
    if ax is None:
        ax = plt.subplots(figsize=figsize, layout="constrained")[1]
    colours = distinct_colours(list(named))
    chance = 0.0
    for name, parts in bins.items():
        values = np.concatenate([part.scores for part in parts.values()])
        labels = np.concatenate([part.truth for part in parts.values()])
        precision, recall = curve_of(values, labels)
        kept = np.unique(np.linspace(0, len(recall) - 1, _POINTS).round().astype(int))
        label = f"{name} ({average_precision(values, labels):.3f})"
        ax.plot(recall[kept], precision[kept], color=colours[name], linewidth=1.4, label=label)
        chance = float(labels.mean())
    ax.axhline(chance, color=GREY, linewidth=0.9, linestyle="--", label=f"chance ({chance:.3f})")
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    ax.set_xlabel("Recall", fontsize=MEDIUM)
    ax.set_ylabel("Precision", fontsize=MEDIUM)
    plain_axes(ax)
    ax.legend(
        title="average precision", title_fontsize=SMALL, fontsize=SMALL, frameon=False, loc="center left",
        bbox_to_anchor=(1.0, 0.5), handlelength=1.4,
    )  # fmt: skip
    return finish(ax, show=show, save=save)


def _named(scores: Table | Mapping[str, Table]) -> dict[str, Table]:
    if not isinstance(scores, Mapping):
        return {"scores": scores}
    if not scores:
        raise ValueError("scores is empty; give at least one table or bigWig")
    return {str(name): table for name, table in scores.items()}
