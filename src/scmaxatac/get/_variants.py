"""Scores of variants."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.results._read_variants import read_variants
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def variants(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    min_effect: float | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Scores of variants that :func:`scmaxatac.tl.score_variants` computed.

    Parameters
    ----------
    data
        {results}
    tfs
        One TF or several, in this order; by default all that variants were scored for.
    groups
        One group or several, in this order; by default all that variants were scored in.
    min_effect
        Smallest size of the effect, in either direction; by default all are given.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a variant, group and factor:

    chrom : category
        Chromosome.
    pos : int64
        Position as VCF counts, 1-based.
    id, ref, alt : text
        As VCF writes them; alleles are trimmed and moved left.
    kind : category
        SNV, MNV, insertion, deletion or complex.
    group, tf : category
        Group and transcription factor.
    reference, alternative : float32
        Largest score within 250 bp, with either allele.
    active : float32
        The larger of the two.
    effect : float32
        Change in logit from the reference to the alternative allele, mean over the windows that hold the variant, each
        with its own largest bins; so where the change is small its sign can differ from that of ``alternative -
        reference``, which are largest scores of the mean over windows. The signal is held as it is.
    n_windows : int64
        Windows that hold the variant.
    status : category
        Whether there is a site at the threshold of factor and group: ``"gained"`` with the alternative allele,
        ``"lost"`` with it, ``"kept"`` with both, ``"none"`` with neither. After :func:`scmaxatac.tl.call_sites` at the
        threshold of that call.

    And, if common variants were given (``null=``):

    p : float32
        Two-sided p-value of the effect against the common variants that are like this one: twice the smaller of
        ``(r + 1) / (n + 1)``, where r of n effects are at least as large, or as small; at most 1. NaN without any.
    q : float32
        The same, adjusted by Benjamini and Hochberg over the variants, for each factor in each group by itself: looking
        for the smallest over factors and groups is not accounted for.
    n_null : int64
        Common variants that it was compared with, n.

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> variants = toy.variants.query("chrom == 'chr5' and effect == 'breaks'")
    >>> sma.tl.score_variants(mdata, variants, genome=toy.genome, tfs="SPI1")
    >>> sorted(sma.get.variants(mdata, groups=["B", "Mono"], min_effect=2)["group"].unique())
    ['B', 'Mono']
    """
    check_number("min_effect", min_effect, optional=True)
    return read_variants(read_results(data, key, mod), tfs, groups, min_effect)
