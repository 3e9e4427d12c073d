"""Which predicted haplotypes are compared with which."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, choose_names, known_instead
from scmaxatac.results._parameters import decode_parameters
from scmaxatac.sequence._compare_haplotypes import PARAMS

if TYPE_CHECKING:
    from anndata import AnnData


class HaplotypeClasses(NamedTuple):
    """Haplotypes of two classes whose scores can be compared.

    Attributes
    ----------
    name
        Group whose ATAC signal they were scored with; both where each class has its own.
    in_target, in_reference
        (haplotypes,) bool.
    """

    name: str
    in_target: npt.NDArray[np.bool_]
    in_reference: npt.NDArray[np.bool_]


def haplotype_params(haplotypes: "AnnData") -> dict[str, Any]:
    """Parameters of predicted haplotypes.

    Raises
    ------
    KeyError
        If they are something else.
    ValueError
        If the parameters are damaged.
    """
    if PARAMS not in haplotypes.uns:
        raise KeyError(
            "haplotypes were not predicted by scmaxatac.tl.predict_haplotypes: uns has no 'haplotypes'; "
            "anndata.concat drops uns and var: put objects together with merge='first', uns_merge='first'"
        )
    params = decode_parameters(haplotypes.uns[PARAMS], f"uns[{PARAMS!r}]", "scmaxatac.tl.predict_haplotypes")
    if not isinstance(params.get("thresholds"), dict):
        raise ValueError(f"uns[{PARAMS!r}] lacks the thresholds; call scmaxatac.tl.predict_haplotypes again")
    return params


def haplotype_classes(
    obs: pd.DataFrame, by: str, target: str | bool, reference: str | bool, groups: object = None
) -> list[HaplotypeClasses]:
    """Classes of haplotypes, for each group whose signal both were scored with.

    Parameters
    ----------
    obs
        Haplotypes, with sample and group.
    by
        Column that holds the classes.
    target, reference
        Its values that are compared; other than text as their text.
    groups
        One group or several; ``None`` stands for all.

    Raises
    ------
    KeyError
        If there is no such column, value or group.
    ValueError
        If `by` is the group, both values are the same, or no group has haplotypes of both.

    Warns
    -----
    UserWarning
        If groups have haplotypes of one of the values alone and are left out.
    """
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
    rows = _comparisons(obs["sample"].astype(str), own, in_target, in_reference)
    return [HaplotypeClasses(name, in_target & mine, in_reference & mine) for name, mine in rows.items()]


def _comparisons(
    samples: pd.Series, groups: pd.Series, in_target: npt.NDArray[np.bool_], in_reference: npt.NDArray[np.bool_]
) -> Mapping[str, npt.NDArray[np.bool_]]:
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
