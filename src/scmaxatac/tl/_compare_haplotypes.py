"""Differences of binding between haplotypes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._text import choose_names
from scmaxatac.sequence._compare_haplotypes import compare_sites, rank_factors
from scmaxatac.sequence._haplotype_classes import haplotype_classes, haplotype_params

if TYPE_CHECKING:
    from anndata import AnnData


@checked_arguments
def compare_haplotypes(
    haplotypes: "AnnData",
    by: str = "sample",
    *,
    target: str | bool,
    reference: str | bool,
    groups: str | Iterable[str] | None = None,
    tfs: str | Iterable[str] | None = None,
    level: Literal["factors", "sites"] = "factors",
) -> pd.DataFrame:
    """Sites that are gained, lost and shared between two donors or classes of haplotypes, and a ranking of factors.

    A haplotype has a site in the bins whose scores reach the threshold of the prediction for factor and group, a donor
    or class where at least half of its haplotypes do. Neighbouring bins are one site. Haplotypes are compared within
    each group whose ATAC signal they were scored with, never across several. Only where each sample was scored with
    the signal of its own cells (``groups={sample: group}`` in :func:`scmaxatac.tl.predict_haplotypes`) there is one
    comparison of all haplotypes, each with its own signal.

    Parameters
    ----------
    haplotypes
        What :func:`scmaxatac.tl.predict_haplotypes` returned.
    by
        Column of ``obs`` that holds the classes: ``"sample"``, or one that you added, such as the allele at a risk
        variant. Haplotypes of other values are not compared.
    target, reference
        The values of this column that are compared, such as two donors, or True and False.
    groups
        Groups whose ATAC signal the haplotypes were scored with, one or several; by default all.
    tfs
        One TF or several; by default all that were predicted.
    level
        ``"factors"``, or the ``"sites"`` themselves.

    Returns
    -------
    A row a group and factor: group (whose ATAC signal; ``"donor1_B vs donor2_B"`` where both have their own), tf,
    gained (sites of the target alone), lost (of the reference alone), shared, changed (share of the sites that are not
    shared), effect (mean size of the difference in log odds; NaN without sites), rank (within the group, by the number
    of sites that are not shared, then by effect; factors without sites come last).

    Or a row a site: chrom, start, end (0-based, half-open), group, tf, state, score_target and score_reference (of the
    mean log odds of each haplotype's largest score), effect (difference of these log odds).

    Raises
    ------
    KeyError
        If there is no such column, value, group or factor, or `haplotypes` is something else.
    ValueError
        If `level` is something else, `by` is the group, both values are the same, or no group has haplotypes of both.

    Warns
    -----
    UserWarning
        If groups have haplotypes of one of the values alone and are left out.

    References
    ----------
    Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863, Fig 7D-F.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> haplotypes = sma.tl.predict_haplotypes(
    ...     mdata, toy.vcf, regions="chr5:100,000-200,000", genome=toy.genome, groups=["B", "Mono"]
    ... )
    >>> table = sma.tl.compare_haplotypes(haplotypes, target="donor1", reference="donor2")
    >>> table.columns.tolist()
    ['group', 'tf', 'gained', 'lost', 'shared', 'changed', 'effect', 'rank']
    >>> table["group"].unique().tolist()
    ['B', 'Mono']
    """
    if level not in ("factors", "sites"):
        raise ValueError(f"level is {level!r}; it can be 'factors' or 'sites'")
    params = haplotype_params(haplotypes)
    chosen = choose_names(tfs, list(params["thresholds"]), "TF", source="haplotypes were predicted for")
    own = haplotypes.obs["group"].astype(str)
    parts = []
    layers = {tf: np.asarray(haplotypes.layers[tf], dtype=np.float32) for tf in chosen}
    thresholds = {tf: own.map(params["thresholds"][tf]).to_numpy(np.float32) for tf in chosen}
    for name, in_target, in_reference in haplotype_classes(haplotypes.obs, by, target, reference, groups):
        sites = compare_sites(layers, thresholds, haplotypes.var, in_target, in_reference)
        table = sites if level == "sites" else rank_factors(sites, chosen)
        table.insert(table.columns.get_loc("tf"), "group", name)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)
