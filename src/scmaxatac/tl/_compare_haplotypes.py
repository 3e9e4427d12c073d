"""Differences of binding between haplotypes."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, choose_names, known_instead
from scmaxatac.sequence._compare_haplotypes import PARAMS, compare_sites, rank_factors

if TYPE_CHECKING:
    from anndata import AnnData


@checked_arguments
def compare_haplotypes(
    haplotypes: "AnnData",
    by: str = "sample",
    *,
    target: str,
    reference: str,
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
        The values of this column that are compared, such as two donors.
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
    if PARAMS not in haplotypes.uns:
        raise KeyError("haplotypes were not predicted by scmaxatac.tl.predict_haplotypes: uns has no 'haplotypes'")
    params = json.loads(str(haplotypes.uns[PARAMS]))
    chosen = choose_names(tfs, list(params["thresholds"]), "TF", source="haplotypes were predicted for")
    obs = haplotypes.obs
    if by == "group":
        raise ValueError("by='group' would compare ATAC signals, not haplotypes; name another column, and groups=")
    if by not in obs:
        raise KeyError(f"obs has no column {by!r}; {known_instead([by], list(obs.columns), source='it has')}")
    values, target, reference = obs[by].astype(str), str(target), str(reference)
    if target == reference:
        raise ValueError(f"target and reference are both {target!r}; name two values of {by!r}")
    for value in (target, reference):
        if not (values == value).any():
            raise KeyError(f"obs[{by!r}] has no {value!r}; {known_instead([value], values.unique(), source='it has')}")
    own = obs["group"].astype(str)
    known = list(dict.fromkeys(own))
    wanted = own.isin(choose_names(groups, known, "group", source="haplotypes were scored with the signal of"))
    in_target, in_reference = ((wanted & (values == value)).to_numpy() for value in (target, reference))
    parts = []
    layers = {tf: np.asarray(haplotypes.layers[tf], dtype=np.float32) for tf in chosen}
    thresholds = {tf: own.map(params["thresholds"][tf]).to_numpy(np.float32) for tf in chosen}
    for name, rows in _comparisons(obs["sample"].astype(str), own, in_target, in_reference).items():
        sites = compare_sites(layers, thresholds, haplotypes.var, in_target & rows, in_reference & rows)
        table = sites if level == "sites" else rank_factors(sites, chosen)
        table.insert(table.columns.get_loc("tf"), "group", name)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _comparisons(
    samples: pd.Series, groups: pd.Series, in_target: np.ndarray, in_reference: np.ndarray
) -> dict[str, np.ndarray]:
    """Haplotypes that are compared with each other, by the group or groups whose signal they have.

    Raises a ValueError if no group has haplotypes of both classes, and warns of those that have not.
    """
    compared = in_target | in_reference
    of_each = [list(dict.fromkeys(groups[rows])) for rows in (in_target, in_reference)]
    every = list(dict.fromkeys(groups[compared]))
    if len(every) > 1 and (groups[compared].groupby(samples[compared]).nunique() == 1).all() and all(of_each):
        return {" vs ".join(abbreviate(names) for names in of_each): compared}
    both = [name for name in every if all(name in names for names in of_each)]
    if not both:
        raise ValueError(
            f"no group has haplotypes of both: the target's are of {abbreviate(map(repr, of_each[0])) or 'none'}, the "
            f"reference's of {abbreviate(map(repr, of_each[1])) or 'none'}"
        )
    if lost := [name for name in every if name not in both]:
        warn(
            f"{len(lost)} of {len(every)} groups have haplotypes of the target or the reference alone and are left "
            f"out: {abbreviate(map(repr, lost))}"
        )
    return {name: (groups == name).to_numpy() for name in both}
