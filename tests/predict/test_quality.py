"""The QC table of a prediction, from given depths and ratios."""

import warnings

import numpy as np
import pandas as pd
import pytest

from scmaxatac.predict._quality import quality_table

GROUPS = ["B", "T", "tiny"]
DEPTH = pd.DataFrame(
    {"n_fragments": [9, 5, 1], "warnings": ["", "sparse", "skipped: 1"]}, pd.Index(GROUPS, name="group")
)
N_SITES = pd.Series([7, 3], ["T", "B"])


def ratios(**rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=[f"TF{i}" for i in range(len(next(iter(rows.values()))))]
    )


def told(table: pd.DataFrame, *, remedy: str | None = "") -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quality_table(DEPTH, N_SITES, table, remedy=remedy)
    return [str(warning.message) for warning in caught]


def test_sites_and_ratios_stand_beside_the_depth_and_skipped_groups_have_none():
    table = quality_table(DEPTH, N_SITES, ratios(T=[1.5, np.nan], B=[0.75, 1.0]), remedy="")
    pd.testing.assert_frame_equal(table[list(DEPTH)], DEPTH)
    assert table["n_sites"].tolist() == [3, 7, 0]
    np.testing.assert_array_equal(table["called_to_expected_TF0"], [0.75, 1.5, np.nan])
    np.testing.assert_array_equal(table["called_to_expected_TF1"], [1.0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("values", "off"),
    [
        ([0.1, 1.0], True),  # exactly half of the factors
        ([0.1, 1.0, 1.0], False),
        ([0.1, 9.0, 1.0, 1.0], True),
        ([0.1, np.nan, np.nan, 1.0], True),  # half of those that are known
        ([0.1, 1.0, 1.0, np.nan], False),
        ([np.nan, np.nan], False),
        ([0.5, 0.5], False),  # exactly half the bins is not less than half
        ([2.0, 2.0], False),
        ([0.4999, 2.0001], True),
    ],
)
def test_a_group_is_named_when_half_of_its_factors_or_more_are_more_than_twofold_off(values, off):
    messages = told(ratios(B=values, T=[1.0] * len(values)))
    assert len(messages) == off
    if off:
        names = [f"TF{i}" for i, value in enumerate(values) if value < 0.5 or value > 2]
        few = sum(np.isfinite(values)) < 4
        counted = ", ".join(names) if few else f"{len(names)} of {sum(np.isfinite(values))}"
        assert f"('B': {counted};" in messages[0]
        assert ("the depth of the data" in messages[0]) is not few


def test_nothing_is_said_where_it_is_of_no_use():
    assert told(ratios(B=[9.0], T=[9.0]), remedy=None) == []
    assert "('B': TF0; 'T': TF0; get.qc" in told(ratios(B=[9.0], T=[9.0]))[0]
    four = ratios(B=[9.0] * 4, T=[0.1] * 4)
    assert "'B': 4 of 4, 'T': 4 of 4" in told(four)[0]
