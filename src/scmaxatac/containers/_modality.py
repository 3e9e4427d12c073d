"""Which modality of a MuData holds the ATAC data."""

from collections.abc import Mapping
from typing import Any

from scmaxatac.containers._prediction_entry import is_prediction
from scmaxatac.io._regions import parse_regions

DEFAULT = "atac"
"""Name that the modality is looked for under when none is given."""

_FRAGMENTS = ("fragment_paired", "fragment_single")


def modality_of(members: Mapping[str, Any], mod: str) -> str:
    """Name of the modality that holds the ATAC data.

    Parameters
    ----------
    members
        Modalities by name.
    mod
        The name that was given. Where it is the default and there is no such modality, the only one counts that holds
        results; if none does, the only one with fragments, then the only one whose columns are called as intervals.

    Raises
    ------
    KeyError
        If there is no such modality, and none or several that it may stand for.
    """
    if mod in members:
        return mod
    for holds in (_results, _fragments, _intervals) if mod == DEFAULT else ():
        if found := [str(name) for name, member in members.items() if holds(member)]:
            if len(found) == 1:
                return found[0]
            break
    raise KeyError(f"the MuData has no modality {mod!r}, it has {list(members)}: name the ATAC one with mod=")


def _results(member: Any) -> bool:
    return any(is_prediction(member.uns[name]) for name in member.uns)


def _fragments(member: Any) -> bool:
    files = member.uns.get("files")
    return any(name in member.obsm for name in _FRAGMENTS) or (isinstance(files, Mapping) and "fragments" in files)


def _intervals(member: Any) -> bool:
    return member.n_vars > 0 and parse_regions(member.var_names[:10]) is not None
