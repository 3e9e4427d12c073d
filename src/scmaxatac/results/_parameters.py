"""Parameters as objects keep them: JSON in a text."""

import json
from typing import Any


def decode_parameters(stored: Any, place: str, made_by: str) -> dict[str, Any]:
    """Decode parameters that a result was made with.

    Parameters
    ----------
    stored
        What the object holds.
    place
        Where it lies, for the message.
    made_by
        Call that makes the result anew.

    Raises
    ------
    ValueError
        If it is no JSON object: it was damaged, or changed by hand.
    """
    try:
        decoded = json.loads(str(stored))
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        raise ValueError(
            f"{place} is no JSON object, as scmaxatac writes it; call {made_by} again, which writes it anew"
        )
    return decoded
