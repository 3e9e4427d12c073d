"""Levels of factors in samples: what is more accessible at the sites than elsewhere, whatever the depth."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scmaxatac import Genome
from scmaxatac.genome._gc_content import gc_content
from scmaxatac.predict._levels import sample_levels
from scmaxatac.stats._deviations import deviations

N = 600


@pytest.fixture
def made():
    """Regions of one accessibility, and two factors with a site in sixty each."""
    rng = np.random.default_rng(0)
    genome = Genome.from_codes({"chr1": rng.integers(0, 4, N * 300 + 200).astype(np.uint8)})
    start = np.arange(N) * 300
    regions = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 200})
    places = {"X": np.arange(60), "Y": np.arange(100, 160)}
    parts = [
        pd.DataFrame({"chrom": "chr1", "start": start[rows] + 50, "end": start[rows] + 82, "tf": tf, "score": 0.8})
        for tf, rows in places.items()
    ]
    sites = pd.concat([part.assign(group=sample) for part in parts for sample in ("s0", "s1", "s2")], ignore_index=True)
    return genome, regions, sites, places


def levels(made, counts, tfs=("X", "Y"), **options):
    genome, regions, sites, _ = made
    thresholds = {tf: dict.fromkeys(("s0", "s1", "s2"), 0.5) for tf in tfs}
    return sample_levels(counts, sites, thresholds, regions, genome, list(tfs), **options)


def test_the_factor_whose_sites_are_more_accessible_stands_out_in_that_sample_alone(made):
    rng = np.random.default_rng(1)
    counts = rng.poisson(40, (N, 3))
    counts[made[3]["X"], 1] += rng.poisson(10, 60)
    found = levels(made, counts)
    difference = found.scores[1, 0] - found.scores[[0, 2], 0].mean()
    # a quarter more insertions, less what the factor's own sites have in the background
    assert 0.05 < difference < 0.25
    assert difference > 3 * np.abs(found.scores[:, 1]).max()


def test_levels_are_the_deviations_of_all_samples(made):
    genome, regions, _, places = made
    counts = np.random.default_rng(2).poisson(40, (N, 3))
    weights = np.zeros((N, 2))
    for i, rows in enumerate(places.values()):
        weights[rows, i] = np.log(0.8 / 0.2)  # above the threshold, whose log odds are 0
    expected = deviations(sparse.csr_matrix(counts.T), sparse.csr_matrix(weights), gc_content(regions, genome))
    found = levels(made, counts)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-6)
    np.testing.assert_allclose(found.spread, np.median(expected.scores / expected.z, axis=0), rtol=1e-6)


def test_levels_do_not_follow_the_depth(made):
    rng = np.random.default_rng(3)
    found = levels(made, rng.poisson(np.array([200, 60, 20]) * np.ones((N, 1))))
    assert np.abs(found.scores).max() < 0.1


def test_regions_with_a_site_in_too_few_samples_do_not_count(made):
    genome, regions, sites, places = made
    counts = np.random.default_rng(5).poisson(40, (N, 3))
    noise = sites.iloc[:1].assign(start=regions["start"].iloc[500] + 50, end=regions["start"].iloc[500] + 82)
    noisy = (genome, regions, pd.concat([sites, noise]), places)
    assert (levels(noisy, counts).scores != levels(made, counts).scores).any()
    np.testing.assert_array_equal(levels(noisy, counts, at_least=2).scores, levels(made, counts, at_least=2).scores)


def test_a_factor_without_a_site_above_the_threshold_has_no_level(made):
    genome, regions, sites, _ = made
    sites = sites[sites["tf"] == "X"]
    counts = np.random.default_rng(4).poisson(40, (N, 3))
    thresholds = {tf: dict.fromkeys(("s0", "s1", "s2"), 0.5) for tf in "XY"}
    with pytest.warns(UserWarning, match="no level of Y"):
        found = sample_levels(counts, sites, thresholds, regions, genome, ["X", "Y"])
    assert np.isnan(found.scores[:, 1]).all()
