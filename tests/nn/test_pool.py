"""Distinct windows, against numpy's unique rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.nn._pool import WindowPool


def draw_batches(rng: np.random.Generator, sizes: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches of windows that are few different ones, by sequence, by signal, and by both."""
    codes = rng.integers(0, 5, (3, 1024)).astype(np.uint8)
    codes[2] = codes[1]
    codes[2, -1] ^= 1
    signal = np.zeros((4, 1024), dtype=np.float32)
    signal[1, 0] = signal[2, -1] = 0.5
    signal[3] = rng.random(1024)
    return [(codes[rng.integers(0, 3, n)], signal[rng.integers(0, 4, n)]) for n in sizes]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), sizes=st.lists(st.integers(0, 12), min_size=1, max_size=5))
def test_rows_are_those_of_unique_windows(seed, sizes):
    batches = draw_batches(np.random.default_rng(seed), sizes)
    pool = WindowPool(1024)
    rows = np.concatenate([pool.add(*batch) for batch in batches])
    together = np.concatenate([np.concatenate([codes, signal.view(np.uint8)], axis=1) for codes, signal in batches])
    distinct, inverse = np.unique(together, axis=0, return_inverse=True)
    assert len(pool) == len(distinct)
    assert len({*zip(rows.tolist(), inverse.ravel().tolist(), strict=True)}) == len(distinct)
    codes, signal = pool.windows()
    np.testing.assert_array_equal(np.concatenate([codes, signal.view(np.uint8)], axis=1)[rows], together)
    assert list(dict.fromkeys(rows.tolist())) == list(range(len(pool))), "in the order in which they came"


def test_windows_that_are_said_to_have_no_signal_are_those_whose_signal_is_zero():
    codes = np.random.default_rng(0).integers(0, 5, (6, 1024)).astype(np.uint8)
    pool = WindowPool(1024)
    rows = pool.add(codes)
    np.testing.assert_array_equal(pool.add(codes, np.zeros((6, 1024), dtype=np.float32)), rows)
    assert len(pool) == 6


@pytest.mark.parametrize("step", [1, 2])
def test_windows_may_be_views(step):
    """As those that slide over a chromosome."""
    codes = np.random.default_rng(0).integers(0, 5, 3000).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(codes, 1024)[::step]
    pool = WindowPool(1024)
    rows = pool.add(windows)
    np.testing.assert_array_equal(pool.windows()[0][rows], windows)
