"""Contributions of bases."""

from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.results._read_contributions import read_contributions
from scmaxatac.results._reader import read_results
from scmaxatac.sequence._contributions import Contributions


@shared_docs
@checked_arguments
def contributions(
    data: Any, tf: str | None = None, group: str | None = None, *, key: str = _keys.KEY_ADDED, mod: str = "atac"
) -> Contributions:
    """Contributions of the bases around a factor's sites in a group, which :func:`scmaxatac.tl.contributions` computed.

    Parameters
    ----------
    data
        {results}
    tf
        The TF; needed where contributions of several were computed.
    group
        The group; needed where contributions in several were computed.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    Named tuple of arrays whose rows are sites:

    sites : DataFrame
        chrom, start, end (of the bases that the columns of the arrays are; 0-based, half-open), site_start, site_end
        (of the site or region), bin (start of the bin whose logit is explained) and score (of that bin in the
        prediction; NaN where it was not kept). They may be fewer than were asked for, as `Warns` of
        :func:`scmaxatac.tl.contributions` says.
    codes : (n, width) uint8
        The bases: 0 to 3 are A, C, G, T, 4 is unknown.
    hypothetical : (n, 4, width) float32
        Contributions of A, C, G and T to the logit, whether or not it is the base there; 0 where that is unknown.
    tf, group : text
        The names.
    actual : (n, width) float32
        Contribution of the base that is there. By mutagenesis the logit minus the mean of the logits with the three
        other bases.
    one_hot : (n, 4, width) float32
        1 for the base that is there.

    There is a warning as well if the sites were called anew since their contributions were computed.

    {warns_and_raises}
        If one of several TFs or groups has to be named.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.contributions(mdata, "SPI1", "Mono", genome=toy.genome, regions="chr5:20,000-40,000", width=100)
    >>> found = sma.get.contributions(mdata)
    >>> found.actual.shape
    (1, 100)
    """
    return Contributions(*read_contributions(read_results(data, key, mod), tf, group))
