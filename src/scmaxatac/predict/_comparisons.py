"""Which groups are compared with which, and what the samples of a comparison allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, known_instead
from scmaxatac.stats._designs import Design, make_design

REST = "rest"
"""Label of the reference that is all other groups."""


class Arms(NamedTuple):
    """A group and what it is compared with.

    Attributes
    ----------
    name
        What the comparison is called in tables.
    group
        The group.
    reference
        Its reference, or ``"rest"``.
    references
        Groups of the reference: one, or all others.
    """

    name: str
    group: str
    reference: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """A comparison on given samples.

    Attributes
    ----------
    arms
        What is compared.
    weights
        (rows, samples): a row is one unit of replication, a sample or the mean of a donor's samples of other groups.
    arm
        (rows,) bool, True in the group.
    replicates
        (rows,) their replicates; ``""`` without.
    design
        The linear model; None where an arm has a single row, so that nothing can be tested.
    paired
        Whether donors are a fixed effect.
    missing
        Why there is no test; ``""`` where there is one.
    """

    arms: Arms
    weights: np.ndarray
    arm: np.ndarray
    replicates: tuple[str, ...]
    design: Design | None
    paired: bool
    missing: str

    @property
    def contrast(self) -> np.ndarray:
        """(samples,) weights whose sum over samples is the difference of the arms' means."""
        here, there = self.weights[self.arm], self.weights[~self.arm]
        return np.asarray(here.mean(axis=0) - there.mean(axis=0))

    @property
    def at_least(self) -> int:
        """Number of samples that have to call a unit: half of the smaller arm."""
        return -(-min(int(self.arm.sum()), int((~self.arm).sum())) // 2)

    @property
    def params(self) -> dict[str, Any]:
        """What is recorded of it, in a form that JSON holds."""
        n = int(self.arm.sum())
        row = {
            "group": self.arms.group,
            "reference": self.arms.reference,
            "replicates": [self.replicates[:n], self.replicates[n:]],
            "paired": self.paired,
            "missing": self.missing,
        }
        if self.design is None:
            return row
        return row | {
            "columns": self.design.columns,
            "df": self.design.df,
            "smallest_permutation_p": self.design.smallest_p,
        }


def plan_comparisons(
    names: Sequence[str], parts: Mapping[str, tuple[str, str]], group: str | None, reference: str | None
) -> list[Arms]:
    """Resolve what a user asks to be compared.

    Parameters
    ----------
    names
        Names of all groups.
    parts
        ``{name: (values of all columns but the last, value of the last)}``; empty with a single column.
    group, reference
        Names of groups; with several columns also values of the last one, which are then compared within the others.

    Raises
    ------
    KeyError
        If there is no such group.
    ValueError
        If there are fewer than two groups, or group and reference are the same.
    """
    group, reference = (None if name is None else str(name) for name in (group, reference))
    if len(names) < 2:
        raise ValueError(f"there is one group, {names[0]!r}; a comparison needs two")
    if group is not None and group == reference:
        raise ValueError(f"group and reference are both {group!r}")
    last = list(dict.fromkeys(value for _, value in parts.values()))
    within = [name for name in (group, reference) if name is not None and name not in names]
    if within and set(within) <= set(last):
        return _within(parts, last, group, reference)
    for name in sorted(within, key=lambda name: name in last):
        raise KeyError(f"no group {name!r}; {known_instead([name], [*names, *last])}")
    groups = [name for name in names if name != reference] if group is None else [group]
    if reference is not None:
        return [Arms(f"{name} vs {reference}", name, reference, (reference,)) for name in groups]
    return [Arms(f"{name} vs {REST}", name, REST, tuple(o for o in names if o != name)) for name in groups]


def _within(
    parts: Mapping[str, tuple[str, str]], last: Sequence[str], group: str | None, reference: str | None
) -> list[Arms]:
    """Compare two values of the last column within each combination of the others."""
    if reference is None or group is None:
        given = reference if group is None else group
        others = [value for value in last if value != given]
        if len(others) != 1:
            what = "group" if group is None else "reference"
            raise ValueError(f"{given!r} can be compared with {abbreviate(map(repr, others))}; name one as {what}=")
        group, reference = (others[0], reference) if group is None else (group, others[0])
    if absent := [value for value in (group, reference) if value not in last]:
        hint = known_instead(map(str, absent), last, source="it has")
        raise KeyError(f"no value {absent[0]!r} in the last column of groupby; {hint}")
    by_part = {pair: name for name, pair in parts.items()}
    found, lacking = [], []
    for prefix in dict.fromkeys(prefix for prefix, _ in parts.values()):
        one, other = by_part.get((prefix, str(group))), by_part.get((prefix, str(reference)))
        if one is None or other is None:
            lacking.append(prefix)
            continue
        found.append(Arms(f"{prefix}: {group} vs {reference}", one, other, (other,)))
    if not found:
        raise ValueError(f"no group has cells in both {group!r} and {reference!r}")
    if lacking:
        warn(f"{abbreviate(map(repr, lacking))} lack cells in {group!r} or {reference!r} and are not compared")
    return found


def build_comparison(
    arms: Arms,
    samples: pd.DataFrame,
    *,
    paired: bool | None,
    covariates: pd.DataFrame,
) -> Comparison | None:
    """Find the rows of a comparison among the samples, and its design.

    Parameters
    ----------
    arms
        What is compared.
    samples
        A row a sample: group, replicate ("" where there are none).
    paired
        Whether donors are a fixed effect; None where they are if every donor is in both arms.
    covariates
        A row a sample, a column a covariate.

    Returns
    -------
    The comparison; None, with a warning, where an arm has no sample.

    Raises
    ------
    ValueError
        If pairing is asked for and impossible, or the difference can't be told from pairs or covariates.
    """
    group_rows = _rows(samples, (arms.group,))
    reference_rows = _rows(samples, arms.references)
    for name, found in ((arms.group, group_rows), (arms.reference, reference_rows)):
        if not found:
            warn(f"{arms.name}: no sample of {name!r} is deep enough, so it is not compared")
            return None
    paired = _pairing(arms, list(group_rows), list(reference_rows), paired)
    if paired:
        both = [donor for donor in group_rows if donor in reference_rows]
        group_rows = {donor: group_rows[donor] for donor in both}
        reference_rows = {donor: reference_rows[donor] for donor in both}
    rows: list[tuple[str, list[int]]] = [*group_rows.items(), *reference_rows.items()]
    weights = np.zeros((len(rows), len(samples)))
    for i, (_, members) in enumerate(rows):
        weights[i, members] = 1 / len(members)
    arm = np.arange(len(rows)) < len(group_rows)
    replicates = tuple(donor for donor, _ in rows)
    missing = _missing(arms, list(group_rows), list(reference_rows))
    design = None
    if not missing:
        values = {str(name): _covariate(arms, str(name), column, rows) for name, column in covariates.items()}
        try:
            design = make_design(arm, pairs=replicates if paired else None, covariates=values)
        except ValueError as error:
            raise ValueError(f"{arms.name}: {error}") from None
        if design.left_out:
            warn(f"{arms.name}: {abbreviate(map(repr, design.left_out))} says nothing beyond the others, left out")
    return Comparison(arms, weights, arm, replicates, design, paired, missing)


def _rows(samples: pd.DataFrame, groups: Sequence[str]) -> dict[str, list[int]]:
    """Samples of each donor in some groups, by donor, in order."""
    mine = np.flatnonzero(samples["group"].isin(groups))
    rows: dict[str, list[int]] = {}
    for i in mine:
        rows.setdefault(str(samples["replicate"].iloc[i]), []).append(int(i))
    return rows


def _pairing(arms: Arms, here: list[str], there: list[str], paired: bool | None) -> bool:
    shared = [donor for donor in here if donor in there and donor]
    alone = [donor for donor in dict.fromkeys([*here, *there]) if donor not in shared]
    if paired is False or (not shared and paired is None and not any(alone)):
        return False
    if not alone and len(shared) > 1:
        return True
    if paired:
        if len(shared) < 2:
            raise ValueError(
                f"{arms.name}: pairing is impossible, because {len(shared)} donors occur in both arms "
                f"({abbreviate(map(repr, alone))} in one only); leave out paired=True to compare independent samples"
            )
        warn(f"{arms.name}: donors {abbreviate(map(repr, alone))} occur in one arm only and are left out of the pairs")
        return True
    if len(here) > 1 and len(there) > 1:
        what = "no donor occurs" if not shared else f"donors {abbreviate(map(repr, alone))} do not occur"
        more = ", or paired=True to compare those that do" if len(shared) > 1 else ""
        warn(
            f"{arms.name}: {what} in both arms, so pairing is impossible and samples are compared as independent ones; "
            f"say paired=False if that is meant{more}"
        )
    return False


def _missing(arms: Arms, here: list[str], there: list[str]) -> str:
    """What a test would need, "" where nothing is missing."""
    for name, donors in ((arms.group, here), (arms.reference, there)):
        if len(donors) < 2:
            which = f"one replicate ({donors[0]!r})" if donors[0] else "no replicates"
            return f"{name!r} has {which}; a test needs at least two in each arm"
    return ""


def _covariate(arms: Arms, name: str, column: pd.Series, rows: list[tuple[str, list[int]]]) -> np.ndarray:
    """Values of the rows; numbers where all of them are."""
    values = []
    for donor, members in rows:
        found = list(dict.fromkeys(column.iloc[members]))
        if len(found) > 1:
            raise ValueError(
                f"{arms.name}: {name!r} differs between the groups of replicate {donor!r} that are averaged "
                f"({abbreviate(map(repr, found))}); name one group as reference="
            )
        values.append(found[0])
    try:
        return np.array([float(value) for value in values])
    except ValueError:
        return np.array(values, dtype=object)
