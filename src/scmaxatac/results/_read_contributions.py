"""The slots of contributions, read for one factor in one group."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate, choose_names
from scmaxatac.results._provenance import fits_origin
from scmaxatac.results._reader import Results
from scmaxatac.results._schema_contributions import (
    CONTRIBUTION_BASES,
    CONTRIBUTION_PARAMS,
    CONTRIBUTION_SITES,
    CONTRIBUTIONS,
)


class StoredContributions(NamedTuple):
    """Contributions of a factor in a group: sites, (n, width) codes, (n, 4, width) contributions, and the names."""

    sites: pd.DataFrame
    codes: np.ndarray
    hypothetical: np.ndarray
    tf: str
    group: str


def read_contribution_params(results: Results) -> dict[str, Any]:
    """Parameters of the contributions.

    Warns once if the prediction that they were made from is no longer the one that the object holds, or they are of
    sites that were called at other thresholds.

    Raises
    ------
    KeyError
        If there are none.
    ValueError
        If the parameters are damaged.
    """
    if CONTRIBUTION_PARAMS.name not in results.slots:
        raise KeyError(f"no contributions under uns[{results.key!r}]: call scmaxatac.tl.contributions first")
    params = results.parameters(CONTRIBUTION_PARAMS.name)
    origin = params.get("made_from") and params["made_from"] | {"key": results.key}
    place = f"uns[{results.key!r}][{CONTRIBUTIONS.name!r}]"
    fits_origin(results.adata, origin, place, "scmaxatac.tl.contributions")
    return params


def count_sites(results: Results, tf: str, groups: Sequence[str]) -> int:
    """Sites of a factor in some groups that there are contributions of."""
    table = results.table(CONTRIBUTION_SITES.name)
    return int((table["tf"].astype(str).eq(tf) & table["group"].astype(str).isin(groups)).sum())


def read_contributions(results: Results, tf: str | None, group: str | None) -> StoredContributions:
    """Contributions of one factor in one group.

    Parameters
    ----------
    results
        Results of a prediction whose sites were explained.
    tf, group
        Names; None where there is only one.

    Raises
    ------
    KeyError
        If there are no contributions, or not of this factor or in this group.
    ValueError
        If one of several has to be named.
    """
    params = read_contribution_params(results)
    chosen_tf = _one(tf, params["tfs"], "TF", "tf")
    chosen_group = _one(group, params["groups"], "group", "group")
    table = results.table(CONTRIBUTION_SITES.name)
    rows = np.flatnonzero(
        (table["tf"].astype(str) == chosen_tf).to_numpy() & (table["group"].astype(str) == chosen_group).to_numpy()
    )
    sites = table.iloc[rows].drop(columns=["tf", "group"]).reset_index(drop=True)
    sites["chrom"] = pd.Categorical(sites["chrom"].astype(str), categories=results.params["chroms"])
    codes = results.array(CONTRIBUTION_BASES.name)[rows]
    return StoredContributions(sites, codes, results.array(CONTRIBUTIONS.name)[rows], chosen_tf, chosen_group)


def _one(wanted: str | None, known: list[str], what: str, option: str) -> str:
    """The name that is asked for; where none is, the only one that there is."""
    names = choose_names(wanted, known, what, source="contributions were computed for")
    if len(names) > 1:
        raise ValueError(f"there are contributions of {abbreviate(map(repr, names), 8)}; name one with {option}=")
    return names[0]
