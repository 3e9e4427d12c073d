"""Patterns against motifs that were planted, and alignments against loops."""

import numpy as np
import pytest
from _planted_motifs import planted

from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.sequence._patterns import PATTERN_WIDTH, align, find_patterns, pattern_of
from scmaxatac.sequence._seqlets import Seqlets, find_seqlets


def like(counts: np.ndarray, motif: np.ndarray) -> float:
    """Largest correlation of log odds over all alignments that cover the smaller one, on both strands."""
    odds = [np.log2((m + 0.01) / 1.04 / 0.25) for m in (counts / counts.sum(axis=1, keepdims=True), motif)]
    small, large = sorted(odds, key=len)
    places = range(len(large) - len(small) + 1)
    return max(
        float(np.corrcoef(turned.ravel(), large[i : i + len(small)].ravel())[0, 1])
        for turned in (small, small[::-1, ::-1])
        for i in places
    )


@pytest.fixture(scope="module")
def three():
    contributions, truth = planted(400)
    return contributions, truth, find_patterns(contributions, find_seqlets(contributions.actual))


def test_every_planted_motif_is_one_pattern(three):
    contributions, truth, patterns = three
    with_seqlet = set(find_seqlets(contributions.actual).site)
    assert len(patterns) == 3
    for tf, motif in MOTIFS.items():
        best = max(patterns, key=lambda pattern: like(pattern.counts, motif.probabilities))
        assert like(best.counts, motif.probabilities) > 0.95
        own = truth[truth["tf"] == tf]
        assert np.isin(best.site, own["site"]).mean() > 0.98
        assert len(best.site) > 0.95 * len(with_seqlet & set(own["site"])) > 50
    assert [len(p.site) for p in patterns] == sorted((len(p.site) for p in patterns), reverse=True)


def test_seqlets_lie_on_the_planted_motifs_on_their_strand(three):
    _, truth, patterns = three
    for pattern in patterns:
        rows = truth.set_index("site").loc[pattern.site]
        same = pattern.reverse == rows["reverse"].to_numpy()
        assert max(same.mean(), 1 - same.mean()) > 0.97
        end = pattern.start + len(pattern.counts)
        overlap = np.minimum(end, rows["end"]) - np.maximum(pattern.start, rows["start"])
        assert (overlap > 5).mean() > 0.97


def test_counts_are_the_bases_of_the_seqlets(three):
    contributions, _, patterns = three
    pattern = patterns[0]
    width = len(pattern.counts)
    counts, sums = np.zeros((width, 4)), np.zeros((width, 4))
    for site, start, reverse in zip(pattern.site, pattern.start, pattern.reverse, strict=True):
        word, part = (
            contributions.codes[site, start : start + width],
            contributions.hypothetical[site, :, start : start + width],
        )
        if reverse:
            word, part = 3 - word[::-1], part[::-1, ::-1]
        counts[np.arange(width), word] += 1
        sums[np.arange(width), word] += part[word, np.arange(width)]
    np.testing.assert_array_equal(pattern.counts, counts)
    np.testing.assert_allclose(pattern.contributions, sums / len(pattern.site), atol=1e-6)


def test_the_same_input_gives_the_same_patterns(three):
    contributions, _, patterns = three
    for before, now in zip(patterns, find_patterns(contributions, find_seqlets(contributions.actual)), strict=True):
        for one, other in zip(before, now, strict=True):
            np.testing.assert_array_equal(one, other)


def test_turning_all_sequence_round_finds_the_same_patterns(three):
    contributions, _, patterns = three
    turned = contributions._replace(
        codes=3 - contributions.codes[:, ::-1], hypothetical=contributions.hypothetical[:, ::-1, ::-1]
    )
    seqlets = find_seqlets(contributions.actual)
    mirrored = seqlets._replace(start=contributions.codes.shape[1] - seqlets.start - 21)
    found = find_patterns(turned, mirrored)
    for one, other in zip(patterns, found, strict=True):
        assert set(one.site) == set(other.site)
        assert like(one.counts, other.counts / other.counts.sum(axis=1, keepdims=True)) > 0.99


def test_more_seqlets_than_are_compared_each_with_each_are_all_used(monkeypatch, three):
    contributions, _, patterns = three
    monkeypatch.setattr("scmaxatac.sequence._patterns._MOST_CLUSTERED", 120)
    found = find_patterns(contributions, find_seqlets(contributions.actual))
    assert [abs(len(a.site) - len(b.site)) <= 3 for a, b in zip(patterns, found, strict=True)] == [True] * 3


def test_seqlets_that_share_nothing_give_no_pattern():
    rng = np.random.default_rng(5)
    contributions, _ = planted(300, (), noise=0.01)
    hypothetical = contributions.hypothetical.copy()
    hypothetical[:, :, 50:62] += rng.normal(0, 1, (300, 4, 12))
    contributions = contributions._replace(hypothetical=hypothetical)
    seqlets = Seqlets(np.arange(300), np.full(300, 46), np.ones(300))
    assert find_patterns(contributions, seqlets) == []


def test_fewer_seqlets_than_asked_for_give_no_pattern():
    contributions, _ = planted(30, ("CTCF",))
    seqlets = find_seqlets(contributions.actual)
    assert len(seqlets.site) == 30
    assert find_patterns(contributions, seqlets, min_seqlets=31) == []
    assert len(find_patterns(contributions, seqlets, min_seqlets=30)) == 1
    none = Seqlets(*(np.zeros(0, dtype) for dtype in (int, int, float)))
    assert find_patterns(contributions, none) == []


def test_motifs_at_the_ends_of_windows_and_unknown_bases_are_no_problem():
    contributions, _ = planted(60, ("CTCF",))
    cut = contributions._replace(
        codes=contributions.codes[:, 30:80].copy(), hypothetical=contributions.hypothetical[:, :, 30:80]
    )
    cut.codes[:, :3] = 4
    patterns = find_patterns(cut, find_seqlets(cut.actual), min_seqlets=15)
    assert len(patterns) == 1
    assert like(patterns[0].counts, MOTIFS["CTCF"].probabilities) > 0.9
    assert patterns[0].counts.sum(axis=1).min() < patterns[0].counts.sum(axis=1).max()


def test_alignments_are_those_of_a_loop():
    rng = np.random.default_rng(2)
    first, second = (rng.normal(size=(n, 4, 15)).astype(np.float32) for n in (4, 3))
    found = align(first, second, max_shift=4)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            tried = {}
            for reverse in (False, True):
                turned = other[::-1, ::-1] if reverse else other
                for shift in range(-4, 5):
                    laid = np.zeros((4, 15 + 8))
                    laid[:, 4 + shift : 4 + shift + 15] = turned
                    tried[shift, reverse] = float((laid[:, 4:-4] * one).sum())
            (shift, reverse), best = max(tried.items(), key=lambda item: item[1])
            assert (found.shift[i, j], found.reverse[i, j]) == (shift, reverse)
            norms = np.linalg.norm(one) * np.linalg.norm(other)
            assert found.cosine[i, j] == pytest.approx(best / norms, abs=1e-5)


def test_a_pattern_is_trimmed_to_what_contributes():
    contributions, truth = planted(200, ("GATA3",), noise=0)
    start = np.where(truth["reverse"], truth["end"] + 5 - PATTERN_WIDTH, truth["start"] - 5)  # not in the middle
    site, reverse = truth["site"].to_numpy(), truth["reverse"].to_numpy()
    pattern = pattern_of(contributions, site, start, reverse, PATTERN_WIDTH)
    assert 6 <= len(pattern.counts) <= MOTIFS["GATA3"].width
    assert (truth["start"].to_numpy() <= pattern.start).all()
    assert (pattern.start + len(pattern.counts) <= truth["end"].to_numpy()).all()
    weight = np.abs(pattern.contributions.sum(axis=1))
    assert weight[[0, -1]].min() >= 0.1 * weight.max()
