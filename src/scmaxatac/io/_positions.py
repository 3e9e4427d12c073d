"""Starts and ends of intervals as files and tables hold them, checked and made whole numbers."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from scmaxatac._types import Float64s

_LARGEST = 2**53
"""Up to here floats hold every whole number; no chromosome is as long."""


class Positions(NamedTuple):
    """Starts and ends, 0-based and half-open."""

    start: np.ndarray
    """(n,) int64; 0 where there is no whole number."""

    end: np.ndarray
    """(n,) int64; 0 where there is no whole number."""

    wrong: np.ndarray
    """(n,) bool, whether a row holds no interval."""


def read_positions(start: pd.Series, end: pd.Series) -> Positions:
    """Convert starts and ends to int64; whole numbers may be text, floats, categories or of a nullable type.

    A row is wrong if a position is missing, no number, a fraction or beyond any chromosome, if it starts before 0, or
    does not end after its start.
    """
    starts, bad_start = _whole_numbers(start)
    ends, bad_end = _whole_numbers(end)
    return Positions(starts, ends, bad_start | bad_end | (starts < 0) | (ends <= starts))


def what_is_wrong(start: object, end: object) -> str:
    """Why a start and an end that :func:`read_positions` found wrong are no interval."""
    for name, value in (("start", start), ("end", end)):
        if reason := _no_whole_number(value):
            return f"{name} {reason}"
    starts, ends, _ = read_positions(pd.Series([start]), pd.Series([end]))
    if starts[0] < 0:
        return f"start is {starts[0]}, before 0"
    return f"end is {ends[0]}, not after start, which is {starts[0]}"


def _whole_numbers(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Numbers as int64, and which of them are none."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu":
        numbers = values.to_numpy()
        bad = np.abs(numbers) > _LARGEST if values.dtype.itemsize == 8 else np.zeros(len(numbers), dtype=bool)
    else:
        numbers = _floats(values)
        bad = ~(np.abs(numbers) <= _LARGEST) | (numbers != np.floor(numbers))
    return np.where(bad, 0, numbers).astype(np.int64), bad


def _floats(values: pd.Series) -> Float64s:
    """Numbers as float64, NaN for what is none; dates and truth values are none, though pandas turns them into some."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    elif types.is_complex_dtype(values) or types.is_bool_dtype(values) or hasattr(values, "dt"):
        return np.full(len(values), np.nan)
    numbers: Float64s = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _no_whole_number(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or value != value or value == "":
        return "is missing"
    shown = value.item() if isinstance(value, np.generic) else value
    number = _floats(pd.Series([value]))[0]
    if np.isnan(number):
        return f"is {shown!r}, which is no number"
    if abs(number) > _LARGEST:
        return f"is {shown!r}, beyond the end of any chromosome"
    return "" if number == np.floor(number) else f"is {shown!r}, which is no whole number"
