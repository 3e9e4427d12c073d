"""What tells a prediction among the entries of ``uns``."""

from collections.abc import Mapping
from typing import Any

from scmaxatac import _keys


def is_prediction(entry: Any) -> bool:
    """Whether an entry of ``uns`` is a prediction, be it damaged or written in part."""
    if not isinstance(entry, Mapping):
        return False
    # entries of other packages have "params" as well, but as a dictionary
    others = set(_keys.OF_PREDICTION) & set(entry) - {_keys.PARAMS}
    return isinstance(entry.get(_keys.PARAMS), str) or len(others) > 1
