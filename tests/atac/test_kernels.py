"""Compiled loops against dense arrays, base by base."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.atac._kernels import add_window_signal, add_windows_to_bins, sweep, sweep_histogram

LENGTH = 200
positions = st.lists(st.integers(0, LENGTH - 1), max_size=20).map(lambda x: np.sort(np.array(x, dtype=np.int32)))
flanks = st.sampled_from([0, 1, 7, 20, 500])


def coverage(positions: np.ndarray, flank: int, low: int, high: int) -> np.ndarray:
    """Widened insertions over each base of ``[low, high)``."""
    bases = np.arange(low, high)[:, None]
    return (np.abs(bases - positions) <= flank).sum(axis=1)


@settings(max_examples=200, deadline=None)
@given(positions, flanks)
def test_runs_and_histogram_are_those_of_the_dense_coverage(positions, flank):
    dense = coverage(positions, flank, 0, LENGTH)
    breaks, levels = sweep(positions, LENGTH, flank)
    np.testing.assert_array_equal(np.repeat(levels, np.diff(breaks)), dense)
    assert (np.diff(breaks) > 0).all()
    assert (np.diff(levels) != 0).all(), "neighbouring runs differ"
    np.testing.assert_array_equal(sweep_histogram(positions, LENGTH, flank), np.bincount(dense))


def test_the_histogram_grows_with_the_coverage():
    for n in (63, 64, 65, 129, 1_000):
        counts = sweep_histogram(np.full(n, 50, dtype=np.int32), LENGTH, 2)
        assert np.flatnonzero(counts).tolist() == [0, n]
        assert counts[n] == 5


@settings(max_examples=200, deadline=None)
@given(
    positions, flanks, st.lists(st.integers(-50, LENGTH + 50), max_size=8).map(sorted), st.sampled_from([1, 32, 64]),
    st.booleans(),
)  # fmt: skip
def test_windows_get_the_weighted_coverage_added_also_where_they_overlap(positions, flank, starts, width, filled):
    out = np.full((len(starts), width), 10.0 * filled, dtype=np.float32)
    expected = np.stack(
        [10.0 * filled + 0.25 * coverage(positions, flank, s, s + width) for s in starts] or [out[:0, 0]]
    )
    add_window_signal(positions, np.array(starts, dtype=np.int64), width, flank, 0.25, out)
    np.testing.assert_array_equal(out, expected.reshape(out.shape))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.lists(st.integers(0, 12), max_size=6))
def test_bins_of_windows_are_added_to_the_rows_that_they_cover(seed, n_models, first):
    n_bins, n_rows = 4, 16
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 100, (n_models, len(first), n_bins)).astype(np.float32)
    sums, counts = np.ones((n_models, n_rows), dtype=np.float32), np.ones(n_rows, dtype=np.int32)
    add_windows_to_bins(scores, np.array(first, dtype=np.int64), sums, counts)
    for row in range(n_rows):
        inside = [(w, row - f) for w, f in enumerate(first) if 0 <= row - f < n_bins]
        assert counts[row] == 1 + len(inside)
        for m in range(n_models):
            assert sums[m, row] == 1 + sum(scores[m, w, b] for w, b in inside)
