"""Checks of options that are numbers."""

from numbers import Integral, Real
from typing import Any

import numpy as np


def check_number(
    name: str,
    value: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    whole: bool = False,
    optional: bool = False,
) -> None:
    """Raise a ValueError unless an option is a number, and one in range.

    Parameters
    ----------
    name
        The option.
    value
        What was given for it: a number of Python or numpy. Text that reads as a number is none, nor is a truth value.
    low, high
        Smallest and largest number that it can be; None where any will do.
    whole
        Whether it has to be an integer.
    optional
        Whether it can be None.

    Raises
    ------
    ValueError
        If it is something else, NaN, or out of range; the message has the option, what was given and what would do.
    """
    if value is None and optional:
        return
    kind: Any = Integral if whole else Real
    if isinstance(value, bool | np.bool_) or not isinstance(value, kind) or value != value:
        expected = "a whole number" if whole else "a number"
        raise ValueError(f"{name} is {value!r} ({type(value).__name__}); it has to be {expected}")
    if (low is not None and value < low) or (high is not None and value > high):
        if low is None or high is None:
            limit = f"at least {low:,}" if low is not None else f"at most {high:,}"
        else:
            limit = f"from {low:,} to {high:,}"
        raise ValueError(f"{name} is {value}; it has to be {limit}")
