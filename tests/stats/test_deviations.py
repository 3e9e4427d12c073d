"""Deviations in closed form: against random draws, against all possible draws, and what must not change them."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from scmaxatac.stats._background import Background, make_background
from scmaxatac.stats._deviations import deviations


def simulate(n_cells: int, n_regions: int, *, depth: float = 1500, effects: dict | None = None, seed: int = 0):
    """Poisson counts, three sets of regions and GC content; {set: factors of its rate in each cell}."""
    rng = np.random.default_rng(seed)
    accessibility = rng.lognormal(0, 1, n_regions)
    gc = np.clip(0.45 + 0.05 * np.log(accessibility) + rng.normal(0, 0.08, n_regions), 0.2, 0.8)
    weights = (rng.random((n_regions, 3)) < [0.05, 0.1, 0.2]) * rng.gamma(2, 1, (n_regions, 3))
    rates = rng.lognormal(np.log(depth), 0.6, n_cells)[:, None] * accessibility / accessibility.sum()
    for t, factors in (effects or {}).items():
        rates[:, weights[:, t] > 0] *= factors[:, None]
    return sparse.csr_matrix(rng.poisson(rates).astype(np.float32)), sparse.csr_matrix(weights), gc


def draws(counts, weights, background, n_draws, seed=0):
    """What chromVAR does: deviations less the mean of those of drawn regions, and divided by their deviation."""
    rng = np.random.default_rng(seed)
    x, w, b = counts.toarray().astype(float), weights.toarray(), background.bin_of
    share, total = x.sum(axis=0) / x.sum(), x.sum(axis=1, keepdims=True)
    likely = background.kernel.toarray()[b][:, b] / background.sizes[b]
    cumulative = np.cumsum(likely, axis=1)
    raw = (x @ w) / (total * (share @ w)) - 1
    found = np.empty((n_draws, *raw.shape))
    for i in range(n_draws):
        other = np.minimum((cumulative < rng.random(len(b))[:, None]).sum(axis=1), len(b) - 1)
        found[i] = (x[:, other] @ w) / (total * (share[other] @ w)) - 1
    scores = raw - found.mean(axis=0)
    return scores, scores / found.std(axis=0, ddof=1)


def test_they_agree_with_two_thousand_random_draws():
    strength = np.repeat([1.0, 1.6], 30)
    counts, weights, gc = simulate(60, 600, effects={1: strength})
    background = make_background(np.asarray(counts.sum(axis=0)).ravel(), gc)
    scores, z = draws(counts, weights, background, 2000)
    ours = deviations(counts, weights, gc)
    for t in range(3):
        assert np.corrcoef(ours.z[:, t], z[:, t])[0, 1] >= 0.995
        assert np.corrcoef(ours.scores[:, t], scores[:, t])[0, 1] >= 0.995
    assert np.std(ours.z - z) < 0.05 * np.std(z)


def test_mean_and_variance_are_those_of_all_possible_draws():
    counts = sparse.csr_matrix([[3.0, 1, 0, 2], [1, 0, 4, 1], [40, 21, 9, 30]])
    weights = np.array([[1.0, 0], [2, 1], [0, 3], [0, 0]])
    kernel = np.array([[0.7, 0.3], [0.4, 0.6]])
    background = Background(np.array([0, 0, 1, 1], np.int32), np.array([2, 2]), sparse.csr_matrix(kernel))
    ours = deviations(counts, sparse.csr_matrix(weights), background=background)
    x = counts.toarray()
    share, total = x.sum(axis=0) / x.sum(), x.sum(axis=1, keepdims=True)
    likely = (kernel / background.sizes)[background.bin_of][:, background.bin_of]
    mean, square, denominator = np.zeros((3, 2)), np.zeros((3, 2)), np.zeros(2)
    for other in itertools.product(range(4), repeat=4):
        chance = np.prod([likely[r, o] for r, o in enumerate(other)])
        residual = (x - total * share)[:, list(other)] @ weights
        mean += chance * residual
        square += chance * residual**2
        denominator += chance * (share[list(other)] @ weights)
    expected = x @ weights / (total * (share @ weights)) - 1 - mean / (total * denominator)
    assert np.allclose(ours.scores, expected, rtol=1e-12)
    assert np.allclose(ours.z, expected * total * denominator / np.sqrt(square - mean**2), rtol=1e-10)


@pytest.mark.parametrize(("block_size", "n_jobs"), [(1, 1), (7, 2), (64, 3), (10_000, 1)])
def test_blocks_and_threads_change_no_bit(block_size, n_jobs):
    counts, weights, gc = simulate(50, 400)
    expected = deviations(counts, weights, gc)
    found = deviations(counts, weights, gc, block_size=block_size, n_jobs=n_jobs)
    assert np.array_equal(found.scores, expected.scores, equal_nan=True)
    assert np.array_equal(found.z, expected.z, equal_nan=True)


def test_z_of_a_constitutive_factor_does_not_follow_depth():
    rng = np.random.default_rng(3)
    counts, weights, gc = simulate(4000, 1500, depth=2500, effects={1: np.repeat([0.7, 1.5], 2000)})
    depth = np.log(np.asarray(counts.sum(axis=1)).ravel())
    order = rng.permutation(4000)
    found = deviations(counts[order], weights, gc)
    assert abs(np.corrcoef(found.z[:, 0], depth[order])[0, 1]) < 0.05
    assert np.corrcoef(found.z[:, 1], np.repeat([0, 1], 2000)[order])[0, 1] > 0.8


def test_the_scale_of_weights_does_not_matter():
    counts, weights, gc = simulate(30, 400)
    one, ten = (deviations(counts, weights * factor, gc) for factor in (1, 10))
    assert np.allclose(one.scores, ten.scores, equal_nan=True)
    assert np.allclose(one.z, ten.z, equal_nan=True)


def test_a_score_is_the_relative_excess_of_counts():
    counts, weights, gc = simulate(60, 20_000, depth=40_000, effects={0: np.repeat([1.0, 1.5], 30)})
    ours = deviations(counts, weights, gc).scores
    gained = ours[30:].mean(axis=0) - ours[:30].mean(axis=0)
    # half as much again, less its part in the totals, and what the background has of the factor's own regions
    assert 0.3 < gained[0] < 0.5 / 1.25
    assert np.abs(gained[1:]).max() < 0.04


def test_less_than_one_expected_count_is_no_score():
    counts, weights, _ = simulate(20, 300)
    counts = counts.tolil()
    counts[0] = 0
    counts[1] = 0
    counts[1, 5] = 3
    counts = counts.tocsr()
    share = np.asarray(counts.sum(axis=0)).ravel() / counts.sum()
    expected = np.asarray(counts.sum(axis=1)) * (share @ (weights.toarray() > 0))
    found = deviations(counts, weights)
    assert np.array_equal(np.isnan(found.scores), expected < 1)
    assert np.isnan(found.scores[:2]).all()
    assert np.isfinite(found.scores[2:]).all()


def test_entries_of_a_matrix_that_occur_twice_are_added_up():
    counts, weights, gc = simulate(10, 200)
    twice = sparse.csr_matrix(
        (np.repeat(counts.data / 2, 2), np.repeat(counts.indices, 2), counts.indptr * 2), shape=counts.shape
    )
    assert np.array_equal(deviations(twice, weights, gc).z, deviations(counts, weights, gc).z, equal_nan=True)
    assert twice.nnz == 2 * counts.nnz


def test_without_variation_there_is_no_z():
    counts = sparse.csr_matrix(np.full((3, 5), 4.0))
    found = deviations(counts, sparse.csr_matrix(np.eye(5)[:, :2]))
    assert np.allclose(found.scores, 0)
    assert np.isnan(found.z).all()


def test_regions_that_are_left_out_count_nowhere():
    counts, weights, gc = simulate(30, 300)
    lost = np.zeros(300, dtype=bool)
    lost[::7] = True
    found = deviations(counts, weights, np.where(lost, np.nan, gc))
    expected = deviations(counts[:, ~lost], weights[~lost], gc[~lost])
    assert np.allclose(found.z, expected.z, rtol=1e-10, equal_nan=True)
