from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kstest

from scmaxatac.stats._background import make_background
from scmaxatac.stats._matched_overlap import matched_overlap


def simulated(rng, n=3000):
    """Regions whose bases in sites rise with accessibility and GC content."""
    log_counts, gc = rng.normal(2, 0.5, n), rng.normal(0.5, 0.08, n)
    like = (log_counts - 2) / 0.5 + (gc - 0.5) / 0.08
    bases = np.where(rng.random(n) < 1 / (1 + np.exp(1 - like)), rng.integers(1, 5, n) * 32, 0)
    return np.round(10**log_counts), gc, bases, like


def test_mean_and_variance_are_those_of_many_draws():
    rng = np.random.default_rng(0)
    counts, gc, bases, _ = simulated(rng, 800)
    background = make_background(counts, gc, grid=12, spread=0.3)
    chosen = np.zeros(800, bool)
    chosen[rng.choice(800, 60, replace=False)] = True
    found = matched_overlap(background, bases, chosen)
    members = [np.flatnonzero(background.bin_of == b) for b in range(len(background.sizes))]
    kernel, n = background.kernel.toarray(), 20_000

    def draw(row):
        bins = rng.choice(len(members), n, p=kernel[background.bin_of[row]])
        return np.array([members[b][int(u * len(members[b]))] for b, u in zip(bins, rng.random(n), strict=True)])

    total, variance = np.zeros(n), 0.0
    for row in np.flatnonzero(chosen):
        drawn = draw(row)
        total += bases[drawn]
        variance += bases[drawn].var() * (1 - chosen[drawn].mean()) / (drawn != draw(row)).mean()
    assert found.observed == bases[chosen].sum()
    assert found.expected == pytest.approx(total.mean(), abs=5 * total.std() / np.sqrt(n))
    assert found.sd == pytest.approx(np.sqrt(variance), rel=0.02)
    assert found.z == pytest.approx((found.observed - found.expected) / found.sd)


def test_the_variance_of_sets_of_one_stratum_is_that_of_all_subsets():
    """Where all regions are alike: sampling without replacement, over every subset."""
    values = np.array([0, 32, 64, 64, 128, 0, 0])
    background = make_background(np.full(7, 5), None)
    sums = []
    for subset in combinations(range(7), 3):
        chosen = np.isin(np.arange(7), subset)
        found = matched_overlap(background, values, chosen)
        sums.append(found.observed)
    assert found.expected == pytest.approx(np.mean(sums))
    assert found.sd == pytest.approx(np.std(sums))


@pytest.mark.parametrize("n_chosen", [40, 250])
def test_p_is_uniform_for_regions_that_were_chosen_by_accessibility_and_gc_alone(n_chosen):
    """Also where they are a large part of all; against all regions alike most would be significant."""
    rng = np.random.default_rng(5)
    p, naive = [], []
    for _ in range(120):
        counts, gc, bases, like = simulated(rng, 900)
        chance = np.exp(0.5 * like)
        chosen = np.zeros(len(counts), bool)
        chosen[rng.choice(len(counts), n_chosen, replace=False, p=chance / chance.sum())] = True
        p.append(matched_overlap(make_background(counts, gc), bases, chosen).p)
        naive.append(abs(bases[chosen].mean() - bases.mean()) / (bases.std() / np.sqrt(n_chosen)) > 1.96)
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean(naive) > 0.5


def test_planted_enrichment_is_found():
    rng = np.random.default_rng(0)
    counts, gc, bases, _ = simulated(rng, 1500)
    chosen = np.zeros(1500, bool)
    chosen[rng.choice(1500, 100, replace=False)] = True
    found = matched_overlap(make_background(counts, gc), bases + 64 * chosen, chosen)
    assert found.p < 1e-6
    assert found.z > 0


def test_what_does_not_vary_has_no_p():
    rng = np.random.default_rng(0)
    counts, gc, bases, _ = simulated(rng, 300)
    background = make_background(counts, gc)
    chosen = np.arange(300) < 30
    assert np.isnan(matched_overlap(background, np.zeros(300), chosen).p)
    assert np.isnan(matched_overlap(background, bases, np.ones(300, bool)).p)


def test_regions_that_the_background_leaves_out_do_not_count():
    rng = np.random.default_rng(0)
    counts, gc, bases, _ = simulated(rng, 300)
    counts[:10], bases[:10] = 0, 1000
    chosen = np.arange(300) < 40
    with_them = matched_overlap(make_background(counts, gc), bases, chosen)
    without = matched_overlap(make_background(counts[10:], gc[10:]), bases[10:], chosen[10:])
    assert with_them == pytest.approx(without)
