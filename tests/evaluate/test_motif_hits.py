"""Motif matches against a scan of every place with p-values from dynamic programming."""

from collections import Counter

import numpy as np
import pytest

from scmaxatac.evaluate import _motif_hits
from scmaxatac.evaluate._motif_hits import motif_hits

pytest.importorskip("memelite")


def smallest_score(steps: np.ndarray, p_value: float) -> int:
    """Smallest score that a random sequence reaches with a probability below p_value; (width, 4) int log odds."""
    chance = Counter({0: 1.0})
    for row in steps:
        after: Counter[int] = Counter()
        for score, p in chance.items():
            for step in row:
                after[score + int(step)] += p / 4
        chance = after
    tail, best = 0.0, 10**9
    for score in sorted(chance, reverse=True):
        tail += chance[score]
        if tail >= p_value:
            break
        best = score
    return best


def brute(codes: np.ndarray, motif: np.ndarray, p_value: float) -> set[tuple[int, bool]]:
    steps = np.round(np.log2(motif / 0.25) / 0.002).astype(int)
    cutoff = smallest_score(steps, p_value)
    found = set()
    for start in range(len(codes) - len(motif) + 1):
        word = codes[start : start + len(motif)]
        if (word > 3).any():
            continue
        for reverse, read in ((False, word), (True, 3 - word[::-1])):
            if steps[np.arange(len(motif)), read].sum() >= cutoff:
                found.add((start, reverse))
    return found


@pytest.fixture(scope="module")
def codes():
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 30_000).astype(np.uint8)
    codes[[5, 6, 700, 701, 29_999]] = 4
    codes[10_000:10_300] = 4
    return codes


@pytest.mark.parametrize(("width", "p_value"), [(5, 4e-3), (8, 3e-4), (11, 1e-3)])
def test_every_match_of_both_strands_is_found_and_no_other(codes, width, p_value):
    motif = np.random.default_rng(width).dirichlet([0.4] * 4, width) * 0.99 + 0.0025
    hits = motif_hits(codes, [0], [len(codes)], [motif], p_value)
    expected = brute(codes, motif, p_value)
    assert len(expected) > 3
    assert len(hits.start) == len(expected)
    assert set(zip(hits.start.tolist(), hits.reverse.tolist(), strict=True)) == expected
    assert (hits.end - hits.start == width).all()


def test_a_match_belongs_to_the_interval_that_holds_its_middle(codes, monkeypatch):
    monkeypatch.setattr(_motif_hits, "_BATCH", 1000)
    motifs = [np.random.default_rng(i).dirichlet([0.4] * 4, w) * 0.99 + 0.0025 for i, w in enumerate((7, 10))]
    starts, ends = np.array([0, 100, 5000, 5003, 20_000]), np.array([90, 101, 5003, 9000, 30_000])
    hits = motif_hits(codes, starts, ends, motifs, 2e-3)
    found = sorted(zip(hits.motif.tolist(), hits.start.tolist(), hits.reverse.tolist(), strict=True))
    inside = np.zeros(len(codes), dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        inside[start:end] = True
    expected = [
        (i, start, reverse)
        for i, motif in enumerate(motifs)
        for start, reverse in brute(codes, motif, 2e-3)
        if inside[start + len(motif) // 2]
    ]
    assert found == sorted(expected)
    assert len(found) > 20


def test_a_word_that_only_chance_makes_significant_is_kept_for_short_motifs():
    motif = np.full((8, 4), 0.003)
    motif[:, 2] = 0.991
    codes = np.array([0, 0, *[2] * 8, 0, 0], dtype=np.uint8)
    assert motif_hits(codes, [0], [12], [motif], 1.6e-5).start.tolist() == [2]
    assert motif_hits(codes, [0], [12], [motif], 4.0**-8).start.tolist() == []


def test_no_interval_gives_no_match(codes):
    hits = motif_hits(codes, [], [], [np.full((4, 4), 0.25)], 1e-2)
    assert [len(column) for column in hits] == [0] * 6
