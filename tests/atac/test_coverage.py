import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac._constants import FLANK
from scmaxatac.atac._coverage import coverage_histogram, coverage_runs, keep_off_blacklist, weighted_percentile
from scmaxatac.genome import Intervals

LENGTH = 250
positions = st.lists(st.integers(0, LENGTH - 1), max_size=25).map(lambda x: np.sort(np.array(x, dtype=np.int32)))


def brute_force(positions: np.ndarray) -> np.ndarray:
    dense = np.zeros(LENGTH, dtype=int)
    for position in positions:
        dense[max(position - 20, 0) : min(position + 21, LENGTH)] += 1
    return dense


@settings(max_examples=150, deadline=None)
@given(positions)
def test_runs_are_the_number_of_41_bp_insertions_over_each_base(positions):
    breaks, levels = coverage_runs(positions, LENGTH)
    assert (breaks[0], breaks[-1]) == (0, LENGTH)
    assert np.all(np.diff(breaks) > 0)
    assert np.all(np.diff(levels) != 0)
    np.testing.assert_array_equal(np.repeat(levels, np.diff(breaks)), brute_force(positions))


@settings(max_examples=150, deadline=None)
@given(positions)
def test_histogram_counts_the_bases_of_each_coverage(positions):
    np.testing.assert_array_equal(coverage_histogram(positions, LENGTH), np.bincount(brute_force(positions)))


def test_histogram_of_a_deep_pile():
    counts = coverage_histogram(np.full(1000, 100, dtype=np.int32), LENGTH)
    assert len(counts) == 1001
    assert (counts[0], counts[1000]) == (LENGTH - 41, 41)


def test_insertions_at_both_ends_and_duplicates():
    positions = np.array([0, 0, LENGTH - 1], dtype=np.int32)
    breaks, levels = coverage_runs(positions, LENGTH)
    assert breaks.tolist() == [0, 21, LENGTH - 21, LENGTH]
    assert levels.tolist() == [2, 0, 1]


def test_a_chromosome_without_insertions_is_one_run_of_zeros():
    breaks, levels = coverage_runs(np.zeros(0, dtype=np.int32), LENGTH)
    assert (breaks.tolist(), levels.tolist()) == ([0, LENGTH], [0])


@settings(max_examples=150, deadline=None)
@given(positions, st.lists(st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 30)), max_size=4))
def test_an_insertion_is_dropped_whole_if_one_of_its_41_bp_is_blacklisted(positions, black):
    blacklist = Intervals({"chr1": (np.array([s for s, _ in black]), np.array([min(s + n, LENGTH) for s, n in black]))})
    blacklisted = np.zeros(LENGTH, dtype=bool)
    for start, width in black:
        blacklisted[start : start + width] = True
    expected = [p for p in positions if not blacklisted[max(p - FLANK, 0) : p + FLANK + 1].any()]
    kept = keep_off_blacklist(positions, "chr1", LENGTH, blacklist)
    np.testing.assert_array_equal(kept, expected)
    assert kept.dtype == np.int32
    assert not brute_force(kept)[blacklisted].any()


def test_without_a_blacklist_nothing_is_dropped():
    positions = np.array([3, 7], dtype=np.int32)
    assert keep_off_blacklist(positions, "chr1", LENGTH, None).tolist() == [3, 7]
    elsewhere = Intervals({"chr2": (np.array([0]), np.array([LENGTH]))})
    assert keep_off_blacklist(positions, "chr1", LENGTH, elsewhere).tolist() == [3, 7]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 9)), min_size=1, max_size=15).filter(
        lambda pairs: any(count for _, count in pairs)
    ),
    st.floats(0, 100),
)
def test_weighted_percentile_is_numpys_percentile_of_the_long_array(pairs, percentile):
    values, counts = np.array([v for v, _ in pairs]), np.array([c for _, c in pairs])
    expected = np.percentile(np.repeat(values, counts), percentile)
    assert weighted_percentile(values, counts, percentile) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_the_percentile_of_nothing_is_nan():
    assert np.isnan(weighted_percentile(np.zeros(0), np.zeros(0, dtype=int), 99))
    assert np.isnan(weighted_percentile(np.array([1.0]), np.array([0]), 99))
