"""What is shared, and the work that is left, against counting window by window."""

import numpy as np
import pytest
from _signals import ArraySignal
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.genome._windows import Grid
from scmaxatac.nn import _sharing
from scmaxatac.nn._sharing import equivalent_windows, piece_length, plan_sharing, worth_sharing
from scmaxatac.nn._spec import PUBLISHED
from scmaxatac.nn._stem import Stem, cost_of_window, find_stem

STEM = Stem(PUBLISHED, 256, 3)


class NoEngine:
    """Has a geometry, and scores nothing."""

    n_outputs = 1
    grid = Grid()

    def predict(self, codes, signal):
        raise NotImplementedError

    def find_stem(self, piece):
        return find_stem([PUBLISHED], piece)

    def predict_pieces(self, stem, pieces):
        raise NotImplementedError


class PlainEngine:
    """Has no stem."""

    n_outputs = 1
    grid = Grid()

    def predict(self, codes, signal):
        raise NotImplementedError


def connected(starts) -> list[list[int]]:
    """Windows by the runs in which each overlaps the one before."""
    runs: list[list[int]] = []
    for start in starts:
        if runs and start < runs[-1][-1] + 1024:
            runs[-1].append(start)
        else:
            runs.append([start])
    return runs


def pieces_of(run) -> set[int]:
    return {start + 256 * k for start in run for k in range(4)}


@settings(max_examples=60, deadline=None)
@given(which=st.sets(st.integers(0, 60), max_size=40))
def test_windows_are_put_together_where_it_saves_a_tenth(which):
    starts = np.array(sorted(which), dtype=np.int64) * 256 + 32
    expected = []
    for run in connected(starts.tolist()):
        between = range(run[0], run[-1] + 1024, 256)  # a gap in a run is hardly ever there, and counts as pieces
        cost = len(between) * STEM.cost_of_piece + len(run) * STEM.cost_of_trunk
        expected += [cost <= 0.9 * len(run) * cost_of_window(PUBLISHED)] * len(run)
    assert worth_sharing(starts, STEM).tolist() == expected


def test_four_neighbours_of_the_published_networks_are_enough():
    shared = [bool(worth_sharing(np.arange(n) * 256, STEM).all()) for n in (1, 2, 3, 4, 5)]
    assert shared == [False, False, False, True, True]


@pytest.mark.parametrize(
    ("starts", "piece"),
    [
        ([512], 256), ([0, 256, 1024], 256), ([0, 512, 1024], 256), ([32, 96], 64), ([7, 39], 32), ([0, 1024], 256),
        ([0, 96, 192], 32),
    ],
)  # fmt: skip
def test_pieces_are_what_windows_and_their_distances_are_multiples_of(starts, piece):
    assert piece_length(np.array(starts), Grid()) == piece


def test_nothing_is_planned_for_few_windows_or_engines_without_stems(monkeypatch):
    starts = np.arange(0, 20 * 256, 256)
    alone = np.array([100_000])
    assert plan_sharing(NoEngine(), starts) is None, "compiling takes longer than scoring so few"
    monkeypatch.setattr(_sharing, "FEWEST_IN_PIECES", 20)
    assert plan_sharing(PlainEngine(), starts) is None
    assert plan_sharing(NoEngine(), starts[1:]) is None
    assert plan_sharing(NoEngine(), starts * 4) is None
    plan = plan_sharing(NoEngine(), np.r_[starts, alone * 256])
    assert plan.stem == STEM
    assert plan.which.tolist() == [True] * 20 + [False]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_groups=st.integers(1, 4),
    which=st.sets(st.integers(0, 76), min_size=1, max_size=60),
)
def test_the_work_that_is_left_is_counted_as_it_is_shared(seed, n_groups, which):
    rng = np.random.default_rng(seed)
    tracks = []
    for _ in range(n_groups):
        track = np.zeros(21_000, dtype=np.float32)
        for place in rng.integers(0, len(track), rng.integers(0, 4)):
            track[place : place + 41] += 0.5
        tracks.append(track)
    starts = np.array(sorted(which), dtype=np.int64) * 256
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sharing, "FEWEST_IN_PIECES", 1)
        found = equivalent_windows(NoEngine(), [ArraySignal(track) for track in tracks], "chr1", starts)
    windows: set = set()
    in_pieces: set = set()
    pieces: set = set()
    for run in connected(starts.tolist()):
        joint = worth_sharing(np.array(run), STEM).all()
        for g, track in enumerate(tracks):
            for start in run:
                loud = track[start : start + 1024].any()
                (in_pieces if joint else windows).add((start, g if loud else None))
                for place in pieces_of([start]) if joint else ():
                    first = min(max(place - STEM.halo, 0), len(track) - STEM.width)
                    near = track[first : first + STEM.width]
                    pieces.add((place, g if loud and near.any() else None))
    work = len(pieces) * STEM.cost_of_piece + len(in_pieces) * STEM.cost_of_trunk
    assert found == pytest.approx(len(windows) + work / cost_of_window(PUBLISHED))


def test_the_work_of_engines_without_stems_is_the_number_of_windows():
    track = np.zeros(50_000, dtype=np.float32)
    track[2_000:2_041] = 1
    signals = [ArraySignal(track), ArraySignal(np.zeros_like(track))]
    assert equivalent_windows(PlainEngine(), signals, "chr1", np.arange(0, 40_000, 256)) == 157 + 4
