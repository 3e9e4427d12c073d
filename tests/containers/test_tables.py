"""Tables of pandas and polars in objects."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.containers._tables import plain_table, to_pandas

FRAME = pd.DataFrame(
    {
        "chrom": pd.Categorical(["chr2", "chr1"]),
        "start": np.array([5, 7], dtype=np.int64),
        "score": np.array([0.5, np.nan], dtype=np.float32),
        "note": ["", "x"],
    }
)


def test_a_table_of_pandas_comes_back_as_a_copy():
    table = to_pandas(FRAME)
    pd.testing.assert_frame_equal(table, FRAME)
    table["start"] = 0
    assert FRAME["start"].tolist() == [5, 7]


def test_a_table_of_polars_comes_back_with_its_values_and_types():
    pytest.importorskip("polars")
    table = to_pandas(plain_table(FRAME))
    assert list(table.columns) == list(FRAME.columns)
    assert table["chrom"].tolist() == ["chr2", "chr1"]
    assert table["note"].tolist() == ["", "x"]
    assert table["start"].dtype == np.int64
    assert table["score"].dtype == np.float32
    np.testing.assert_array_equal(table["score"], FRAME["score"])


def test_records_of_numpy_are_a_table():
    records = np.array([("chr1", 1), ("chr2", 2)], dtype=[("chrom", "U4"), ("start", "i8")])
    assert to_pandas(records).to_dict("list") == {"chrom": ["chr1", "chr2"], "start": [1, 2]}


@pytest.mark.parametrize("stored", [np.zeros(3), "text", None, {"chrom": ["chr1"]}, 3])
def test_what_is_no_table_is_an_error(stored):
    with pytest.raises(TypeError, match=f"a {type(stored).__name__} is no table"):
        to_pandas(stored)
