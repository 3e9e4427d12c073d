"""Contributions of bases as sequence logos."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.genome._interval_table import Table
from scmaxatac.plotting._contribution_logos import collect_rows, draw_rows
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.results._reader import read_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@shared_docs
@checked_arguments
def contributions(
    data: Any,
    regions: Table | None = None,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    n_sites: int | None = None,
    width: int | None = None,
    share_y: bool = True,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw the bases around sites as letters, as high as they contribute to the logit.

    A site in a group is a row, and groups of one site stand below each other. Letters above 0 raise the score, those
    below 0, upside down, lower it. The bin that is explained is shaded.

    Parameters
    ----------
    data
        {results}
    regions
        Sites to draw: those whose bases overlap regions such as ``"chr5:100,000-100,200"`` (0-based, half-open), a list
        of these, a BED file or a table. By default those with the largest scores.
    tfs
        One TF or several, in this order; by default all that contributions were computed for.
    groups
        One group or several, in this order; by default all that contributions were computed in.
    n_sites
        Most sites to draw of a factor, those with the largest score in any of the groups; by default 10, or all in
        `regions`.
    width
        Bases to draw of each site, those that contribute most together; by default all.
    share_y
        Whether all rows of a factor have one range.
    key
        {key}
    mod
        {mod}
    figsize
        {figsize}
    ax
        {panels_ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    {figure}

    There is a warning as well if the sites were called anew since their contributions were computed.

    {warns_and_raises}
        If no site lies in the regions, or a number is out of range.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> best = sma.get.sites(mdata, tfs="CTCF", groups="B").nlargest(2, "score")
    >>> sma.tl.contributions(mdata, "CTCF", ["B", "Mono"], genome=toy.genome, regions=best)
    >>> figure = sma.pl.contributions(mdata, width=40)
    >>> len(figure.axes)
    4
    """
    check_save(save)
    check_number("n_sites", n_sites, low=1, whole=True, optional=True)
    check_number("width", width, low=1, whole=True, optional=True)
    rows = collect_rows(read_results(data, key, mod), regions, tfs=tfs, groups=groups, n_sites=n_sites, width=width)
    return finish(draw_rows(rows, share_y=share_y, figsize=figsize, ax=ax), ax=ax, show=show, save=save)
