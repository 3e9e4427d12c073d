"""Pairs of intervals that overlap, against all comparisons."""

import numpy as np
import pytest

from scmaxatac.genome._overlaps import SortedIntervals


@pytest.mark.parametrize("widest", [3, 40])
def test_all_pairs_are_found_and_no_others(widest):
    rng = np.random.default_rng(widest)
    starts, from_ = rng.integers(0, 200, 60), rng.integers(0, 200, 80)
    ends, to = starts + rng.integers(1, widest, 60), from_ + rng.integers(1, widest, 80)
    pairs = SortedIntervals(starts, ends).overlaps(from_, to)
    expected = (from_[:, None] < ends) & (to[:, None] > starts)
    assert sorted(zip(*pairs, strict=True)) == sorted(zip(*np.nonzero(expected), strict=True))
    assert np.all(np.diff(pairs.query) >= 0)


def test_intervals_that_touch_do_not_overlap():
    pairs = SortedIntervals(np.array([10, 20]), np.array([20, 30])).overlaps(
        np.array([0, 15, 30]), np.array([10, 20, 40])
    )
    assert pairs.query.tolist() == [1]
    assert pairs.interval.tolist() == [0]
