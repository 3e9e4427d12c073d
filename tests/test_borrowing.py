"""The estimator of ``experiments/borrowing.py``, step by step against brute force, and what its page says."""

import importlib
from math import exp, lgamma, log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "experiments"
N_BINS = 3_200


@pytest.fixture
def kernel(monkeypatch):
    """Module of the estimator."""
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module("_borrowing")


def peaks(rng, n=40, height=60.0):
    """A track of `n` peaks of 12 bins each on a low background."""
    track = np.full(N_BINS, 0.3)
    for start in rng.choice(N_BINS // 32, n, replace=False) * 32:
        track[start + 2 : start + 14] += height * rng.uniform(0.3, 1.5)
    return track / track.sum()


def halves(track, n, rng):
    """Two halves of about `n` insertions drawn from a track."""
    return rng.poisson(track * n / 2), rng.poisson(track * n / 2)


def test_smoothing_is_the_mean_effect_of_widening_insertions_to_41_bp(kernel):
    shares = np.zeros(3)
    for offset in range(32):
        for base in range(offset - 20, offset + 21):
            shares[base // 32 + 1] += 1 / (32 * 41)
    np.testing.assert_allclose(kernel.KERNEL, shares, atol=0.001)
    counts = np.array([3, 0, 0, 5, 0])
    expected = sum(n * np.roll([0.68, 0.16, 0, 0, 0.16], i) for i, n in enumerate(counts))
    expected[0], expected[4] = expected[0] + 0.48, expected[4] - 0.48  # what leaves at an end stays there
    np.testing.assert_allclose(kernel.smooth(counts), expected)


def test_weights_maximise_the_likelihood_of_a_mixture(kernel):
    rng = np.random.default_rng(0)
    tracks = rng.dirichlet(np.full(20, 0.5), size=2)
    counts = rng.multinomial(500, 0.3 * tracks[0] + 0.7 * tracks[1])
    grid = np.linspace(0.001, 0.999, 999)
    likelihoods = [counts @ np.log(w * tracks[0] + (1 - w) * tracks[1]) for w in grid]
    weights = kernel.mixture_weights(counts, tracks, n_iter=5_000)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] == pytest.approx(grid[np.argmax(likelihoods)], abs=0.001)


def test_level_is_the_prior_times_the_ratio_of_its_tile(kernel):
    rng = np.random.default_rng(1)
    prior, counts, a = rng.dirichlet(np.ones(48)), rng.integers(0, 4, 48), 2.0
    expected = np.zeros(48)
    for tile in range(3):
        inside = slice(16 * tile, 16 * tile + 16)
        n, mean = counts[inside].sum(), counts.sum() * prior[inside].sum()
        expected[inside] = prior[inside] * (n + a) / (mean + a)
    np.testing.assert_allclose(kernel.scale_tiles(prior, counts, a), expected / expected.sum())


def test_tiles_are_kept_by_the_upper_tail_of_a_gamma_mixed_poisson(kernel):
    def tail(n, a, mean):  # P(count >= n) of a negative binomial, term by term
        terms = (
            exp(lgamma(i + a) - lgamma(a) - lgamma(i + 1) + a * log(a / (a + mean)) + i * log(mean / (a + mean)))
            for i in range(n)
        )
        return 1 - sum(terms)

    rng = np.random.default_rng(2)
    prior = rng.dirichlet(np.ones(160))
    counts = rng.multinomial(40, prior)
    counts[5], a = 9, 4.0
    level = kernel.scale_tiles(prior, counts, a)
    expected, n_kept = level.copy(), 0
    for tile in range(10):
        inside = slice(16 * tile, 16 * tile + 16)
        n, mean = int(counts[inside].sum()), counts.sum() * prior[inside].sum()
        if tail(n, a, mean) < 0.05:
            expected[inside] = np.maximum(kernel.smooth(counts)[inside] / counts.sum(), level[inside])
            n_kept += 1
    assert 0 < n_kept < 10
    np.testing.assert_allclose(kernel.keep_private(level, prior, counts, a, 0.05), expected / expected.sum())
    assert kernel.keep_private(level, prior, counts, a, 0.0) is level


def test_strengths_are_those_that_the_other_half_finds_most_likely(kernel):
    rng = np.random.default_rng(3)
    own, other = peaks(rng), peaks(rng)
    fitting, choosing = halves(0.6 * own + 0.4 * other, 3_000, rng)
    relatives = np.stack([own, other])
    result = kernel.borrow(fitting, choosing, relatives)
    tracks = np.vstack([relatives, np.full(N_BINS, 1 / N_BINS)])
    prior = kernel.mixture_weights(fitting, tracks) @ tracks
    likelihood = {}
    for a in 2.0 ** np.arange(25):
        likelihood[a] = np.sum(choosing * np.log(kernel.scale_tiles(prior, fitting, a)))
    assert result.a == max(likelihood, key=likelihood.get)
    level, n = kernel.scale_tiles(prior, fitting, result.a), fitting.sum()
    for k in 2.0 ** np.arange(25):
        likelihood[k] = np.sum(choosing * np.log((kernel.smooth(fitting) + k * level) / (n + k)))
    assert result.k == max(likelihood, key=likelihood.get)


@pytest.mark.parametrize("below", [0.0, 0.01])
def test_borrowing_brings_a_sparse_group_nearer_to_its_true_track(kernel, below):
    rng = np.random.default_rng(4)
    true = peaks(rng)
    result = kernel.borrow(*halves(true, 300, rng), np.stack([peaks(rng), true]), private_below=below)
    assert result.track.sum() == pytest.approx(1)
    assert np.abs(result.track - true).sum() < 0.5 * np.abs(result.own - true).sum()
    assert result.weights[1] > 0.8


def test_a_deep_group_with_strangers_keeps_its_own_track(kernel):
    rng = np.random.default_rng(5)
    fitting, choosing = halves(peaks(rng), 3_000_000, rng)
    result = kernel.borrow(fitting, choosing, np.stack([peaks(rng), peaks(rng)]))
    assert result.k / (fitting + choosing).sum() < 0.1
    assert np.abs(result.track - result.own).sum() < 0.05


@pytest.mark.parametrize("relatives", [np.zeros((0, N_BINS)), np.zeros((2, N_BINS))])
def test_a_group_without_relatives_is_unchanged(kernel, relatives):
    rng = np.random.default_rng(6)
    fitting, choosing = halves(peaks(rng), 500, rng)
    result = kernel.borrow(fitting, choosing, relatives)
    smoothed = kernel.smooth(fitting + choosing)
    np.testing.assert_allclose(result.track, smoothed / smoothed.sum())
    assert result.k == 0


def test_a_group_without_insertions_borrows_nothing(kernel):
    none = np.zeros(N_BINS, dtype=np.int64)
    result = kernel.borrow(none, none, np.ones((1, N_BINS)))
    assert not result.track.any()


def test_a_private_peak_survives_where_tiles_that_relatives_cannot_explain_are_kept(kernel):
    rng = np.random.default_rng(7)
    shared = peaks(rng)
    closed = np.flatnonzero(shared.reshape(-1, 16).sum(axis=1) < 1e-3)[3] * 16
    own = shared.copy()
    own[closed + 2 : closed + 14] += 12 / 1_000 / 12  # twelve of a thousand insertions
    fitting, choosing = halves(own, 1_000, rng)
    site = slice(closed, closed + 16)
    share = {
        below: kernel.borrow(fitting, choosing, shared[None], private_below=below).track[site].sum()
        for below in (0.0, 0.01)
    }
    raw = (fitting + choosing)[site].sum() / (fitting + choosing).sum()
    assert share[0.01] > 0.8 * raw
    assert share[0.0] < 0.5 * raw


def test_bins_that_do_not_fit_are_refused(kernel):
    counts = np.ones(32, dtype=np.int64)
    with pytest.raises(ValueError, match="bins differ"):
        kernel.borrow(counts, counts, np.ones((1, 48)))
    with pytest.raises(ValueError, match="no multiple of 16"):
        kernel.borrow(counts[:30], counts[:30], np.ones((1, 30)))


def test_coverage_follows_the_bins(kernel):
    coverage = np.zeros(96, dtype=np.float32)
    coverage[10:51] = 1
    borrowed = np.array([0.5, 0.2, 0.3])
    after = kernel.coverage_after(coverage, borrowed)
    np.testing.assert_allclose(after.reshape(3, 32).sum(axis=1), borrowed, rtol=1e-6)
    np.testing.assert_allclose(after[10:32], 0.5 / 22, rtol=1e-6)
    assert not after[:10].any()
    np.testing.assert_allclose(after[64:], 0.3 / 32, rtol=1e-6)


def test_what_the_page_says_of_the_conditions_for_an_option():
    pages = SCRIPTS.parent / "docs" / "experiments"
    page = " ".join((pages / "borrowing.md").read_text().split())
    table = pd.read_csv(pages / "borrowing.csv")
    ranks = table[table["measure"] == "average precision"].set_index(["data", "rule"]).sort_index()
    below = {case: int((ranks.loc[case, "high"] < 0).sum()) for case in ranks.index.unique()}
    assert (below["board", "all tiles"], below["chr22", "all tiles"]) == (8, 4)
    assert "in 8 of 20 rows of the board and 4 of 8 of chr22" in page
    worse = ranks.xs("private kept", level="rule").query("high < 0").reset_index()
    assert list(zip(worse["data"], worse["case"], worse["n_cells"], strict=True)) == [
        ("board", "SPI1", 800),
        ("chr22", "CTCF", 50),
    ]
    rescaled = ranks.loc[("board", "own, rescaled")]
    assert (int((rescaled["low"] > 0).sum()), len(rescaled)) == (11, 20)
    assert rescaled.loc[rescaled["high"] < 0, "case"].tolist() == ["CTCF"] * 5
    private = table[(table["measure"] == "private sites found") & table["case"].str.startswith("all ")]
    private = private.set_index(["data", "rule", "n_cells"])["lost"].sort_index()
    assert private["PBMC 10k", "private kept"].loc[[25, 50, 100, 400]].tolist() == [0.071, 0.034, 0.024, 0.009]
    assert private["board", "private kept"].agg(["min", "max"]).tolist() == [0.121, 0.171]
    assert "there is no such option" in page
