"""Copies of the objects that users bring."""

from collections.abc import Mapping, Sequence
from typing import Any

from scmaxatac.containers._objects import is_snapatac2


def copied(data: Any) -> Any:
    """Copy an object, or each of a list or ``{sample: object}``, and give them back in the form they came in.

    Raises
    ------
    ValueError
        If an object lies on disk, where a copy would need a file of its own.
    """
    if isinstance(data, Mapping) and not hasattr(data, "obs"):
        return {sample: copied(member) for sample, member in data.items()}
    if isinstance(data, Sequence):
        return [copied(member) for member in data]
    if is_snapatac2(data) or getattr(data, "isbacked", False):
        raise ValueError("copy=True needs objects in memory; a backed object is changed in place (copy=False)")
    return data.copy()
