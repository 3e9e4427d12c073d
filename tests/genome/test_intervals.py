import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.genome import Intervals

LENGTH = 60
interval = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 15)).map(lambda x: (x[0], min(x[0] + x[1], LENGTH)))
intervals = st.lists(interval, max_size=12)


def build(pairs: list[tuple[int, int]]) -> tuple[Intervals, np.ndarray]:
    """Intervals on chr1, and the same as one bool a base."""
    covered = np.zeros(LENGTH, dtype=bool)
    for start, end in pairs:
        covered[start:end] = True
    starts, ends = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in range(2))
    return Intervals({"chr1": (starts, ends)}), covered


@settings(max_examples=150, deadline=None)
@given(intervals)
def test_merged_intervals_are_the_maximal_intervals_of_covered_bases(pairs):
    merged, covered = build(pairs)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], covered.astype(int), [0]])))
    np.testing.assert_array_equal(merged.starts("chr1"), edges[::2])
    np.testing.assert_array_equal(merged.ends("chr1"), edges[1::2])
    assert merged.total("chr1") == covered.sum()


@settings(max_examples=150, deadline=None)
@given(intervals, st.lists(interval, min_size=1, max_size=10))
def test_queries_count_the_covered_bases_they_hold(pairs, queries):
    merged, covered = build(pairs)
    start, end = (np.array([query[i] for query in queries]) for i in range(2))
    held = np.array([covered[s:e].sum() for s, e in queries])
    np.testing.assert_array_equal(merged.overlap_length("chr1", start, end), held)
    np.testing.assert_array_equal(merged.overlaps("chr1", start, end), held > 0)


def test_touching_is_not_overlapping():
    one = Intervals({"chr1": (np.array([10]), np.array([20]))})
    np.testing.assert_array_equal(
        one.overlaps("chr1", np.array([5, 5, 19, 20]), np.array([10, 11, 25, 25])), [False, True, True, False]
    )


def test_chromosomes_are_apart():
    both = Intervals({"chr1": (np.array([0]), np.array([10])), "chr2": (np.array([50]), np.array([60]))})
    assert both.chroms == ("chr1", "chr2")
    assert not both.overlaps("chr2", np.array([0]), np.array([10]))[0]
    assert (both.total("chr1"), both.total("chr3")) == (10, 0)
    assert both.overlap_length("chr3", np.array([0]), np.array([10])).tolist() == [0]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-1, 5)])
def test_an_interval_that_is_empty_or_off_the_chromosome_is_an_error_that_shows_it(start, end):
    with pytest.raises(ValueError, match=rf"chr7:{start}-{end} is empty or starts before 0"):
        Intervals({"chr7": (np.array([start]), np.array([end]))})


def test_a_table_of_intervals_comes_back_merged():
    frame = pd.DataFrame({"chrom": pd.Categorical(["b", "a", "b"]), "start": [5, 1, 0], "end": [9, 2, 5]})
    back = Intervals.from_frame(frame).frame().sort_values("chrom").reset_index(drop=True)
    pd.testing.assert_frame_equal(
        back, pd.DataFrame({"chrom": ["a", "b"], "start": [1, 0], "end": [2, 9]}), check_dtype=False
    )
    assert Intervals({}).frame().columns.tolist() == ["chrom", "start", "end"]


@given(intervals, st.integers(0, 20), st.integers(1, 9), st.integers(1, 20))
def test_intervals_on_a_grid_overlap_as_any_others_do(pairs, n, step, width):
    merged, _ = build(pairs)
    starts = np.arange(n) * step
    found = merged.overlaps_grid("chr1", n, step, width)
    assert found.tolist() == merged.overlaps("chr1", starts, starts + width).tolist()
    assert not merged.overlaps_grid("chr2", n, step, width).any()
