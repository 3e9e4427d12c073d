"""Starts and ends against a reading of each value on its own, with exact arithmetic."""

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd

from scmaxatac.io._positions import read_positions, what_is_wrong

VALUES = [
    0,
    5,
    7,
    -1,
    5.0,
    6.5,
    "5",
    "7.0",
    "x",
    "",
    None,
    np.nan,
    pd.NA,
    np.inf,
    -np.inf,
    2**53,
    2**53 + 2,
    1e300,
    "7,1",
]


def whole(value):
    """The whole number that a value stands for, None if none."""
    try:
        number = Fraction(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.denominator == 1 and abs(number) <= 2**53 else None


PAIRS = list(itertools.product(VALUES, repeat=2))


def test_a_row_is_right_if_both_are_whole_numbers_and_it_holds_a_base():
    starts, ends = (pd.Series([pair[i] for pair in PAIRS], dtype=object) for i in (0, 1))
    found = read_positions(starts, ends)
    exact = [(whole(start), whole(end)) for start, end in PAIRS]
    right = [start is not None and end is not None and 0 <= start < end for start, end in exact]
    assert (~found.wrong).tolist() == right
    assert [pair for pair, ok in zip(zip(found.start, found.end, strict=True), right, strict=True) if ok] == [
        pair for pair, ok in zip(exact, right, strict=True) if ok
    ]
    assert 10 < sum(right) < len(PAIRS) - 10


def test_every_wrong_row_has_a_reason():
    for start, end in PAIRS:
        if read_positions(pd.Series([start], dtype=object), pd.Series([end], dtype=object)).wrong[0]:
            assert what_is_wrong(start, end).startswith(("start is ", "end is "))
