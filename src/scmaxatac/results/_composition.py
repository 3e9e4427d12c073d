"""Which cells each group was made of, to find out later whether an object still holds them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from scmaxatac._text import abbreviate

Composition: TypeAlias = dict[str, list[Any]]
"""``{group: [number of cells, digest of their names]}``; a list, as JSON has no tuples."""


def composition(names: Iterable[object], codes: np.ndarray, groups: Sequence[str]) -> Composition:
    """Number of cells of each group that has some, and a digest of their sorted names.

    Parameters
    ----------
    names
        Names of all cells.
    codes
        Group of each cell, (n_obs,) index into `groups`, -1 without one.
    groups
        Names of the groups.
    """
    texts = np.array([str(name) for name in names], dtype=object)
    order = np.argsort(codes, kind="stable")
    used, firsts = np.unique(codes[order], return_index=True)
    parts = np.split(texts[order], firsts[1:]) if len(used) else []
    return {
        groups[code]: [len(part), _digest(sorted(part))] for code, part in zip(used, parts, strict=True) if code >= 0
    }


def compositions(objects: Sequence[Any], codes: Sequence[np.ndarray], groups: Sequence[str]) -> list[Composition]:
    """Composition of each object and, where there are several, of all together, as they are when concatenated."""
    names = [list(adata.obs_names) for adata in objects]
    found = [composition(one, code, groups) for one, code in zip(names, codes, strict=True)]
    if len(found) > 1:
        together = [name for one in names for name in one]
        found.append(composition(together, np.concatenate(list(codes)), groups))
    return found


def difference(recorded: Sequence[Mapping[str, Sequence[Any]]], now: Composition, column: str) -> str:
    """How the groups of an object differ from those that were predicted; "" if they don't.

    Parameters
    ----------
    recorded
        What :func:`compositions` gave for the prediction; the object has to be as one of them.
    now
        Composition of the object.
    column
        Column of the groups, for the message.
    """
    known = [{group: list(cells) for group, cells in one.items()} for one in recorded]
    if not known or now in known:
        return ""
    before = max(known, key=lambda one: sum(now.get(group) == cells for group, cells in one.items()))
    ever = {group for one in known for group in one}
    if new := [group for group in now if group not in ever]:
        return f"its {column!r} holds {abbreviate(map(repr, new), 8)}, which the results don't know"
    changes = [_change(group, before.get(group, [0, ""]), now.get(group, [0, ""])) for group in {**before, **now}]
    return abbreviate(filter(None, changes), 3, separator="; ")


def _change(group: str, before: Sequence[Any], now: Sequence[Any]) -> str:
    if before == now:
        return ""
    if before[0] != now[0]:
        return f"group {group!r} had {before[0]:,} cells and now has {now[0]:,}"
    return f"group {group!r} has other cells than the {before[0]:,} that it had"


def _digest(names: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]
