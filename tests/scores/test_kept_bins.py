"""What a run keeps of its bins, tile by tile."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.scores import _kept_bins
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._kept_bins import KeptBins
from scmaxatac.scores._ranking import largest_per_calibration_bin, nth_largest

N = 300
ALLOWED = np.arange(N * 32 // 200) % 7 != 3


def tiles(scores: np.ndarray, cuts: list[int]):
    bounds = [0, *sorted(cuts), len(scores)]
    for low, high in pairwise(bounds):
        yield BinScores(np.arange(low, high, dtype=np.int64), np.stack([0 * scores[low:high], scores[low:high]]))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.lists(st.integers(0, N), max_size=6), st.sampled_from([0, 1, 5, 20, 1000]),
    st.sampled_from([0.05, 0.5, 0.95]), st.sampled_from([1, 30, 1 << 18]),
)  # fmt: skip
def test_bins_above_the_minimum_are_kept_and_all_that_the_rank_needs(seed, cuts, rank, minimum, prune_at):
    rng = np.random.default_rng(seed)
    scores = (rng.random(N) * (rng.random(N) < 0.8)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_kept_bins, "_PRUNE_AT", prune_at)
        keeper = KeptBins(minimum, rank, ALLOWED)
        for tile in tiles(scores, cuts):
            keeper.add(tile, 1)
        bins, kept, down_to = keeper.finish()
    assert (bins.dtype, kept.dtype) == (np.int32, np.float32)
    every = np.arange(N)
    ranked = nth_largest(largest_per_calibration_bin(every, scores, ALLOWED), rank)
    assert down_to == pytest.approx(min(minimum, ranked))
    expected = every[(scores >= down_to) & (scores > 0)]
    np.testing.assert_array_equal(bins, expected)
    np.testing.assert_array_equal(kept, scores[expected])


def test_a_bin_with_exactly_the_lowest_score_is_kept():
    keeper = KeptBins(0.25, 0, ALLOWED)
    keeper.add(BinScores(np.array([3, 9]), np.array([[0.25, 0.2499]], np.float32)), 0)
    bins, scores, down_to = keeper.finish()
    assert (bins.tolist(), scores.tolist(), down_to) == ([3], [0.25], 0.25)


def test_without_any_bin_all_is_empty():
    bins, scores, down_to = KeptBins(0.1, 0, ALLOWED).finish()
    assert (len(bins), len(scores), down_to) == (0, 0, 0.1)
