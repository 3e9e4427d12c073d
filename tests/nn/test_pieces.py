"""Pieces of windows, against windows cut one by one."""

import numpy as np
import pytest
from _signals import ArraySignal
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.genome._bases import reverse_complement
from scmaxatac.nn._pieces import collect_pieces, pieces_of_windows
from scmaxatac.nn._spec import PUBLISHED
from scmaxatac.nn._stem import Stem

STEM = Stem(PUBLISHED, 256, 3)
LENGTH = 6_000


def cut(values: np.ndarray, place: int, fill: float) -> np.ndarray:
    """A piece with its surroundings, which are filled where there is no chromosome."""
    at = np.arange(place - STEM.halo, place + STEM.piece + STEM.halo)
    inside = (at >= 0) & (at < len(values))
    return np.where(inside, values[np.clip(at, 0, len(values) - 1)], fill)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_groups=st.integers(1, 4),
    which=st.sets(st.integers(0, (LENGTH - 1024) // 256), min_size=1, max_size=15),
    first=st.integers(0, (LENGTH - 1024) % 256),
)
def test_every_window_is_made_of_its_pieces_and_each_is_there_once(seed, n_groups, which, first):
    """Those with signal as they are in the group; a window without is made of pieces without."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, LENGTH).astype(np.uint8)
    codes[: rng.integers(0, 3000)] = 4
    tracks = []
    for _ in range(n_groups):
        track = np.zeros(LENGTH, dtype=np.float32)
        for place in rng.integers(0, LENGTH, rng.integers(0, 4)):
            track[place : place + 41] += 0.5
        tracks.append(track)
    starts = np.array(sorted(which)) * 256 + first
    loud = np.array([[track[start : start + 1024].any() for start in starts] for track in tracks])
    pieces, numbers = collect_pieces(STEM, codes, [ArraySignal(track) for track in tracks], "chr1", starts, loud)
    for g, track in enumerate(tracks):
        for w, start in enumerate(starts):
            rows = pieces.rows[numbers[g, w]]
            for k, row in enumerate(rows):
                place = start + k * 256
                np.testing.assert_array_equal(pieces.codes[row], cut(codes, place, 4))
                expected = cut(track, place, 0) if loud[g, w] else 0
                np.testing.assert_array_equal(pieces.signal[row], expected)
    both = np.concatenate([pieces.codes, np.ascontiguousarray(pieces.signal).view(np.uint8)], axis=1)
    assert len(np.unique(both, axis=0)) == len(both)
    assert len(np.unique(pieces.rows, axis=0)) == len(pieces.rows)
    assert set(pieces.rows.ravel().tolist()) == set(range(len(both))), "no piece that no window needs"
    assert set(numbers.ravel().tolist()) == set(range(len(pieces.rows)))


def test_the_other_strand_has_the_pieces_in_reverse():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, LENGTH).astype(np.uint8)
    track = rng.random(LENGTH).astype(np.float32)
    starts, loud = np.arange(0, 2_000, 256), np.ones((1, 8), dtype=bool)
    pieces, numbers = collect_pieces(STEM, codes, [ArraySignal(track)], "chr1", starts, loud)
    other = pieces.reverse_complement()
    inner = slice(STEM.halo, STEM.halo + STEM.piece)
    for start, number in zip(starts, numbers[0], strict=True):
        found = [other.codes[row][inner] for row in other.rows[number]]
        np.testing.assert_array_equal(np.concatenate(found), reverse_complement(codes[start : start + 1024]))
        levels = [other.signal[row][inner] for row in other.rows[number]]
        np.testing.assert_array_equal(np.concatenate(levels), track[start : start + 1024][::-1])


@pytest.mark.parametrize(("length", "start"), [(1024, 0), (1025, 1), (1100, 30), (1300, 256)])
def test_chromosomes_may_end_where_a_window_does(length, start):
    codes = np.random.default_rng(1).integers(0, 4, length).astype(np.uint8)
    silent = ArraySignal(np.zeros(length, dtype=np.float32))
    pieces, _ = collect_pieces(STEM, codes, [silent], "chr1", np.array([start]), np.zeros((1, 1), dtype=bool))
    for k, row in enumerate(pieces.rows[0]):
        np.testing.assert_array_equal(pieces.codes[row], cut(codes, start + 256 * k, 4))


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    piece=st.sampled_from([256, 512]),
    n_starts=st.integers(1, 8),
    n_haplotypes=st.integers(1, 5),
)
def test_windows_of_haplotypes_are_made_of_pieces_that_are_alike_inside_of_them(seed, piece, n_starts, n_haplotypes):
    stem, rng = Stem(PUBLISHED, piece, 3), np.random.default_rng(seed)
    plain = rng.integers(0, 4, LENGTH).astype(np.uint8)
    track = np.zeros(LENGTH, dtype=np.float32)
    track[700:741] = rng.integers(0, 2)
    windows = {}
    for _ in range(n_haplotypes):
        codes = plain.copy()
        at = rng.integers(0, LENGTH, 6)
        codes[at] = (codes[at] + 1) % 4
        for start in rng.choice(LENGTH - 1024, 2).tolist() + [256 * k for k in range(n_starts)]:
            window = codes[start : start + 1024], track[start : start + 1024]
            windows[window[0].tobytes() + window[1].tobytes()] = window
    codes, signal = (np.stack(column) for column in zip(*windows.values(), strict=True))
    pieces = pieces_of_windows(stem, codes, signal)
    n = 1024 // piece
    assert pieces.rows.shape == (len(codes), n)
    assert set(pieces.rows.ravel().tolist()) == set(range(len(pieces.codes))), "no piece that no window needs"
    for k in range(n):
        inside = slice(stem.halo if k == 0 else 0, -stem.halo if k == n - 1 else None)
        there = slice(max(k * piece - stem.halo, 0), (k + 1) * piece + stem.halo)
        np.testing.assert_array_equal(pieces.codes[pieces.rows[:, k], inside], codes[:, there])
        np.testing.assert_array_equal(pieces.signal[pieces.rows[:, k], inside], signal[:, there])
    inner = np.unique(pieces.rows[:, 1:-1])
    both = np.concatenate([pieces.codes, np.ascontiguousarray(pieces.signal).view(np.uint8)], axis=1)[inner]
    assert len(np.unique(both, axis=0)) == len(inner), "those with all their surroundings are there once"


def test_windows_beside_each_other_have_as_many_pieces_as_places():
    codes = np.random.default_rng(0).integers(0, 4, LENGTH).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(codes, 1024)[np.arange(10) * 256]
    pieces = pieces_of_windows(STEM, windows, np.zeros(windows.shape, dtype=np.float32))
    assert len(pieces.codes) == 13
    assert (pieces.rows[1:, :3] == pieces.rows[:-1, 1:]).all()
