"""Seqlets against a search by hand, planted motifs and chance."""

import numpy as np
import pytest
from _planted_motifs import planted

from scmaxatac.sequence._seqlets import SEQLET_WIDTH, _intervals, _smallest, find_seqlets


def by_hand(values: np.ndarray) -> list[tuple[int, int]]:
    """Site and start, by trying all stretches from the largest sum down."""
    found = []
    for site, row in enumerate(values):
        sums = [(float(row[i : i + SEQLET_WIDTH].sum()), -i) for i in range(len(row) - SEQLET_WIDTH + 1)]
        taken: list[int] = []
        for total, start in sorted(sums, reverse=True):
            if total > 0 and all(abs(-start - other) >= SEQLET_WIDTH for other in taken):
                taken.append(-start)
        found += [(site, start) for start in sorted(taken)]
    return found


def test_intervals_are_the_largest_that_do_not_overlap():
    values = np.random.default_rng(0).normal(size=(12, 90))
    found = _intervals(values)
    assert list(zip(found.site, found.start, strict=True)) == by_hand(values)
    expected = [values[site, start : start + SEQLET_WIDTH].sum() for site, start in by_hand(values)]
    np.testing.assert_allclose(found.total, expected)


def test_every_planted_motif_gives_a_seqlet_and_little_else_does():
    contributions, truth = planted(200, ("CTCF", "SPI1"))
    found = find_seqlets(contributions.actual)
    centre = dict(zip(truth["site"], (truth["start"] + truth["end"]) / 2, strict=True))
    near = [
        abs(start + SEQLET_WIDTH / 2 - centre[site]) < 8 for site, start in zip(found.site, found.start, strict=True)
    ]
    assert np.mean(near) > 0.95
    assert len(set(found.site[near])) > 190
    assert not len(find_seqlets(contributions.actual, negative=True).site)


def test_contributions_that_lower_the_score_give_negative_seqlets():
    contributions, truth = planted(100, ("CTCF",), sign=-1)
    found = find_seqlets(contributions.actual, negative=True)
    assert len(set(found.site)) == len(truth)
    assert (found.total < 0).all()
    assert not len(find_seqlets(contributions.actual).site)


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_seqlets(seed):
    # a share of 5% of none: at most a few where chance puts one real stretch above all of the random order
    actual = np.random.default_rng(seed).standard_t(4, size=(300, 129))
    assert len(find_seqlets(actual, rng=np.random.default_rng(seed + 100)).site) < 10


def test_the_share_of_intervals_by_chance_is_the_one_that_was_asked_for():
    rng = np.random.default_rng(1)
    null, real = rng.exponential(1, 4000), np.concatenate([rng.exponential(1, 3000), rng.normal(8, 1, 1000)])
    for fdr in (0.01, 0.05, 0.2):
        least = _smallest(real, null, fdr)
        assert (null >= least).sum() <= fdr * (real >= least).sum()
        kept = real >= least
        # three quarters of all are by chance, and the rest pushes the share below what is promised by as much
        assert (np.arange(4000)[kept] < 3000).mean() == pytest.approx(0.75 * fdr, abs=0.01)
    assert _smallest(np.ones(3), np.full(3, 2.0), 0.05) == np.inf


def test_no_contributions_give_no_seqlets():
    assert not len(find_seqlets(np.zeros((5, 60), np.float32)).site)
