"""Sites and region scores, bin by bin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.genome import Intervals
from scmaxatac.scores._sites import bins_in_regions, max_per_interval, merge_sites

N = 40
scored = st.dictionaries(st.integers(0, N - 1), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]), max_size=N).map(
    lambda found: (np.array(sorted(found), dtype=np.int64), np.array([found[b] for b in sorted(found)], np.float32))
)


@settings(max_examples=200, deadline=None)
@given(scored, st.sampled_from([0.0, 0.1, 0.25, 0.3]))
def test_a_site_is_a_run_of_adjacent_bins_that_reach_the_threshold(bins, threshold):
    numbers, scores = bins
    called = {b: s for b, s in zip(numbers.tolist(), scores, strict=True) if s >= np.float32(threshold) and s > 0}
    expected = []
    for b, score in called.items():
        if b - 1 in called:
            expected[-1] = (expected[-1][0], 32 * b + 32, max(expected[-1][2], score))
        else:
            expected.append((32 * b, 32 * b + 32, score))
    starts, ends, best = merge_sites(numbers * 32, scores, threshold)
    assert list(zip(starts, ends, best, strict=True)) == expected
    assert (starts.dtype, ends.dtype, best.dtype) == (np.int64, np.int64, np.float32)


def test_a_bin_at_the_threshold_is_called_and_one_without_a_score_never():
    starts = np.array([0, 32, 96])
    at = merge_sites(starts, np.array([0.5, 0.25, 0.0], np.float32), 0.25)
    assert [part.tolist() for part in at] == [[0], [64], [0.5]]
    everything = merge_sites(starts, np.array([0.5, 0.25, 0.0], np.float32), 0.0)
    assert [part.tolist() for part in everything] == [[0], [64], [0.5]]


def test_bins_lie_in_a_region_that_they_share_one_base_with():
    starts = np.arange(6) * 32
    regions = Intervals.from_frame(frame([("chr1", 31, 33), ("chr1", 96, 97), ("chr2", 0, 200)]))
    assert bins_in_regions(starts, "chr1", regions).tolist() == [True, True, False, True, False, False]
    assert bins_in_regions(starts, "chr3", regions).tolist() == [False] * 6
    assert bins_in_regions(starts, "chr1", None).all()


@settings(max_examples=200, deadline=None)
@given(scored, st.lists(st.tuples(st.integers(0, 32 * N), st.integers(1, 200)), max_size=12))
def test_an_interval_has_the_largest_score_of_the_bins_that_it_shares_a_base_with(bins, intervals):
    numbers, scores = bins
    starts, ends = (np.array([i[0] for i in intervals], int), np.array([i[0] + i[1] for i in intervals], int))
    both = np.stack([scores, 1 - scores]).reshape(2, -1)
    found = max_per_interval(numbers, both, starts, ends)
    assert found.shape == (2, len(intervals))
    for row, values in zip(found, both, strict=True):
        for value, start, end in zip(row, starts, ends, strict=True):
            near = [v for b, v in zip(numbers, values, strict=True) if 32 * b < end and 32 * b + 32 > start]
            assert value == max(near) if near else np.isnan(value)


@pytest.mark.parametrize(("start", "end", "expected"), [(32, 64, 2.0), (31, 64, 2.0), (33, 65, 3.0), (0, 32, 1.0)])
def test_a_bin_that_only_touches_an_interval_does_not_count(start, end, expected):
    found = max_per_interval(np.arange(3), np.array([1, 2, 3], np.float32), np.array([start]), np.array([end]))
    assert found.tolist() == [expected]


def frame(rows):
    import pandas as pd

    return pd.DataFrame(rows, columns=["chrom", "start", "end"])
