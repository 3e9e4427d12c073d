"""Differences of binding between haplotypes."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate, choose_names
from scmaxatac.sequence._compare_haplotypes import PARAMS, compare_sites, rank_factors

if TYPE_CHECKING:
    from anndata import AnnData


def compare_haplotypes(
    haplotypes: "AnnData",
    by: str = "sample",
    *,
    group: str,
    reference: str,
    tfs: str | Iterable[str] | None = None,
    level: Literal["factors", "sites"] = "factors",
) -> pd.DataFrame:
    """Sites that are gained, lost and shared between two donors or classes of haplotypes, and a ranking of factors.

    A haplotype has a site in the bins whose scores reach the threshold of the prediction for factor and group, a donor
    or class where at least half of its haplotypes do. Neighbouring bins are one site.

    Parameters
    ----------
    haplotypes
        What :func:`scmaxatac.tl.predict_haplotypes` returned.
    by
        Column of ``obs`` that holds the classes: ``"sample"``, ``"group"``, or one that you added, such as the allele
        at a risk variant. Haplotypes of other values are not compared.
    group, reference
        The values that are compared.
    tfs
        One TF or several; by default all that were predicted.
    level
        ``"factors"``, or the ``"sites"`` themselves.

    Returns
    -------
    A row a factor: tf, gained (sites of the group alone), lost (of the reference alone), shared, changed (share of the
    sites that are not shared), effect (mean size of the difference in log odds), rank (by the number of sites that are
    not shared, then by effect).

    Or a row a site: chrom, start, end (0-based, half-open), tf, state, score_group and score_reference (of the mean log
    odds of each haplotype's largest score), effect (difference of these log odds).

    Raises
    ------
    KeyError
        If there is no such column, value or factor, or `haplotypes` is something else.
    ValueError
        If `level` is something else, or both values are the same.

    References
    ----------
    Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863, Fig 7D-F.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> haplotypes = sma.tl.predict_haplotypes(
    ...     mdata, toy.vcf, regions="chr5:100,000-200,000", genome=toy.genome, groups="B"
    ... )
    >>> table = sma.tl.compare_haplotypes(haplotypes, group="donor1", reference="donor2")
    >>> table.columns.tolist()
    ['tf', 'gained', 'lost', 'shared', 'changed', 'effect', 'rank']
    """
    if level not in ("factors", "sites"):
        raise ValueError(f"level is {level!r}; it can be 'factors' or 'sites'")
    if PARAMS not in haplotypes.uns:
        raise KeyError("haplotypes were not predicted by scmaxatac.tl.predict_haplotypes: uns has no 'haplotypes'")
    params = json.loads(str(haplotypes.uns[PARAMS]))
    chosen = choose_names(tfs, list(params["thresholds"]), "TF", source="haplotypes were predicted for")
    obs = haplotypes.obs
    if by not in obs:
        raise KeyError(f"obs has no column {by!r}, only {abbreviate(map(repr, obs.columns))}")
    values = obs[by].astype(str)
    if group == reference:
        raise ValueError(f"group and reference are both {group!r}; name two values of {by!r}")
    for value in (group, reference):
        if not (values == str(value)).any():
            raise KeyError(f"obs[{by!r}] has no {value!r}, only {abbreviate(map(repr, values.unique()))}")
    own = obs["group"].astype(str)
    sites = compare_sites(
        {tf: np.asarray(haplotypes.layers[tf], dtype=np.float32) for tf in chosen},
        {tf: own.map(params["thresholds"][tf]).to_numpy(np.float32) for tf in chosen},
        haplotypes.var,
        (values == str(group)).to_numpy(),
        (values == str(reference)).to_numpy(),
    )
    return sites if level == "sites" else rank_factors(sites, chosen)
