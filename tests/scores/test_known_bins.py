"""Bins of a tile that have a known base."""

import numpy as np

from scmaxatac.genome._known_sequence import find_unknown_runs
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._known_bins import known_bins


def test_a_bin_with_one_known_base_stays_and_one_without_goes():
    codes = np.zeros(320, dtype=np.uint8)
    codes[32:96], codes[130:191], codes[200:300] = 4, 4, 4
    bins = np.array([0, 1, 2, 4, 5, 7, 8, 9])
    tile = BinScores(bins, np.stack([bins, -bins]).astype(np.float32))
    known = known_bins(tile, find_unknown_runs(codes))
    expected = [b for b in bins if (codes[32 * b : 32 * b + 32] < 4).any()]
    assert known.bins.tolist() == expected == [0, 4, 5, 9]
    assert known.scores.tolist() == [expected, [-b for b in expected]]


def test_a_tile_without_unknown_bins_is_passed_on():
    tile = BinScores(np.array([0]), np.ones((1, 1), np.float32))
    assert known_bins(tile, find_unknown_runs(np.zeros(64, np.uint8))) is tile
