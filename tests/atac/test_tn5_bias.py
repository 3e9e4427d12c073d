from itertools import product

import numpy as np
import pytest
from _footprints import Simulation, hexamer_counts, plain_bias, preference, reverse, text_of

from scmaxatac.atac._tn5_bias import CLASS_OF, Tn5Bias, outside

WORDS = ["".join(letters) for letters in product("ACGT", repeat=6)]


def test_a_hexamer_and_its_reverse_complement_are_one_class():
    assert len(CLASS_OF) == 4096
    assert CLASS_OF.max() + 1 == 2080
    number = {word: CLASS_OF[i] for i, word in enumerate(WORDS)}
    assert all(number[word] == number[reverse(word)] for word in WORDS)


def test_counts_and_bias_are_those_of_plain_python():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 3_000).astype(np.uint8)
    codes[700:720] = codes[1_500] = 4
    positions = np.sort(rng.integers(0, 3_000, 5_000)).astype(np.int32)
    starts, ends = np.array([0, 600, 2_000]), np.array([500, 1_700, 3_000])
    bias = Tn5Bias()
    bias.add_sequence(codes, starts, ends)
    bias.add_insertions(codes, starts, ends, positions)
    intervals = list(zip(starts, ends, strict=True))
    observed = hexamer_counts(text_of(codes), intervals, positions)
    available = hexamer_counts(text_of(codes), intervals, None)
    assert bias.n_insertions == sum(observed.values())
    table = bias.frame().set_index("hexamer")
    assert list(table.index) == WORDS
    assert table["n_insertions"].to_dict() == {word: observed.get(word, 0) for word in WORDS}
    assert table["n_positions"].to_dict() == {word: available.get(word, 0) for word in WORDS}
    expected = plain_bias(observed, available)
    assert len(expected) > 1_500
    assert {word: table["bias"][word] for word in expected} == pytest.approx(expected)


def test_a_planted_preference_is_found():
    data = Simulation(n=60, closed=4.0, seed=1)
    starts, ends = outside(data.peaks["start"].to_numpy(), data.peaks["end"].to_numpy(), len(data.codes))
    bias = Tn5Bias()
    bias.add_sequence(data.codes, starts, ends)
    bias.add_insertions(data.codes, starts, ends, data.positions)
    assert bias.n_insertions > 500_000
    likes = preference() / preference().mean()
    # an insertion lies at the middle of a cut or one base before it, so its six bases hold both words of five
    truth = np.array([(likes[i // 4] + likes[i % 1024]) / 2 for i in range(4096)])
    found = bias.frame()["bias"].to_numpy()
    assert np.corrcoef(np.log(found), np.log(truth))[0, 1] > 0.98
    assert np.median(np.abs(found / found.mean() / (truth / truth.mean()) - 1)) < 0.06


def test_without_a_preference_the_bias_is_near_one_and_rare_hexamers_do_not_stand_out():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 100_000).astype(np.uint8)
    bias = Tn5Bias()
    bias.add_sequence(codes, np.array([0]), np.array([100_000]))
    bias.add_insertions(codes, np.array([0]), np.array([100_000]), np.arange(0, 100_000, 50, dtype=np.int32))
    assert bias.values.mean() == pytest.approx(1, abs=0.05)
    assert bias.values.max() < 4  # one insertion in place of 0.5 would be 2 without, and 5 would be 10


def test_draws_scatter_as_counts_do():
    bias = Tn5Bias()
    bias.n_available[:] = 1
    bias.n_observed[:] = 50
    draws = bias.draws(2_000, np.random.default_rng(0))
    pairs = bias.values[0]
    assert draws.shape == (2_000, 2080)
    assert draws[:, 0].mean() == pytest.approx(pairs, rel=0.02)
    assert draws[:, 0].std() == pytest.approx(np.sqrt(101) / 101, rel=0.06)


def test_outside_is_what_intervals_leave():
    starts, ends = outside(np.array([0, 50, 90]), np.array([10, 60, 120]), 100)
    assert list(zip(starts, ends, strict=True)) == [(10, 50), (60, 90)]
    starts, ends = outside(np.zeros(0, int), np.zeros(0, int), 7)
    assert list(zip(starts, ends, strict=True)) == [(0, 7)]
