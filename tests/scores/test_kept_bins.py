"""What a run keeps of its bins, tile by tile."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.scores import _kept_bins
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._kept_bins import KeptBins, count_reaching, rank_reached
from scmaxatac.scores._ranking import largest_per_calibration_bin, nth_largest

N = 300
ALLOWED = np.arange(N * 32 // 200) % 7 != 3

PART = 25 * 4
"""Bins of a part: a multiple of 800 bp, which hold 25."""


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


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_parts=st.integers(1, 6),
    rank=st.integers(0, 60),
    shift=st.floats(-8, -1),
    order=st.randoms(use_true_random=False),
)
def test_parts_in_any_order_keep_what_the_whole_keeps(seed, n_parts, rank, shift, order):
    rng = np.random.default_rng(seed)
    bins = np.arange(n_parts * PART)
    scores = np.exp(rng.normal(shift, 2, len(bins))).clip(0, 1).astype(np.float32)
    scores[rng.random(len(bins)) < 0.1] = 0
    allowed = rng.random(len(bins) * 32 // 200) < 0.9
    whole = KeptBins(0.01, rank, allowed)
    whole.add(BinScores(bins, scores[None]), 0)

    parts = {}
    n_reaching = np.zeros(1, dtype=np.int64)
    numbers = list(range(n_parts))
    order.shuffle(numbers)
    for i in numbers:
        mine = slice(i * PART, (i + 1) * PART)
        keeper = KeptBins(0.01, rank, allowed, rank_reached=rank_reached(n_reaching, rank, 0.01))
        keeper.add(BinScores(bins[mine], scores[None, mine]), 0)
        kept, values, _ = keeper.finish()
        n_reaching = n_reaching + count_reaching(kept, values, allowed, 0.01)
        parts[i] = BinScores(kept, values[None])
    merged = KeptBins(0.01, rank, allowed)
    for i in range(n_parts):
        merged.add(parts[i], 0)
    for found, expected in zip(merged.finish(), whole.finish(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_later_parts_keep_less_once_the_rank_is_reached():
    scores = np.full(PART, 0.004, dtype=np.float32)
    allowed = np.ones(PART * 32 // 200, dtype=bool)
    n_reaching = count_reaching(np.arange(PART), scores, allowed, 0.01)
    assert n_reaching.max() == len(allowed)
    reached = rank_reached(n_reaching, 5, 0.01)
    assert 0.004 / np.sqrt(2) < reached <= 0.004
    assert rank_reached(n_reaching, len(allowed) + 1, 0.01) == rank_reached(n_reaching, 0, 0.01) == 0
    keeper = KeptBins(0.01, 5, allowed, rank_reached=reached)
    keeper.add(BinScores(np.arange(3), np.array([[0.004, 0.001, 0.02]], dtype=np.float32)), 0)
    assert keeper.finish()[0].tolist() == [0, 2]


@pytest.mark.parametrize("score", [0.01, 0.004, 0.02])
def test_a_score_that_is_a_level_reaches_it(score):
    """Compared as float32, as scores are."""
    scores = np.array([score], dtype=np.float32)
    n_reaching = count_reaching(np.array([0]), scores, np.ones(1, dtype=bool), score)
    assert n_reaching[0] == 1
