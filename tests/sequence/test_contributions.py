"""Contributions as they are returned."""

import numpy as np
import pandas as pd

from scmaxatac.sequence._contributions import Contributions


def _contributions():
    codes = np.array([[0, 3, 4, 2]], dtype=np.uint8)
    hypothetical = np.arange(16, dtype=np.float32).reshape(1, 4, 4) - 5
    sites = pd.DataFrame({"chrom": ["chr1"], "start": [10], "end": [14]})
    return Contributions(sites, codes, hypothetical, "CTCF", "B")


def test_actual_is_the_hypothetical_contribution_of_the_base_that_is_there():
    found = _contributions()
    np.testing.assert_array_equal(found.actual, [[-5, 8, 0, 6]])
    assert found.actual.dtype == np.float32


def test_one_hot_is_zero_where_the_base_is_unknown():
    found = _contributions()
    np.testing.assert_array_equal(found.one_hot.sum(axis=1), [[1, 1, 0, 1]])
    np.testing.assert_array_equal((found.one_hot * found.hypothetical).sum(axis=1), found.actual)
