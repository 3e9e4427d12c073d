"""Levels of factors in samples: what is more accessible at the sites than elsewhere, whatever the depth."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac import Genome
from scmaxatac.predict._levels import sample_levels

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


def levels(made, counts, n_samples=3, tfs=("X", "Y")):
    genome, regions, sites, _ = made
    thresholds = {tf: dict.fromkeys(("s0", "s1", "s2"), 0.5) for tf in tfs}
    return sample_levels(counts, n_samples, sites, thresholds, regions, genome, list(tfs))


def test_the_factor_whose_sites_are_more_accessible_stands_out_in_that_sample_alone(made):
    rng = np.random.default_rng(1)
    counts = rng.poisson(40, (N, 3))
    counts[made[3]["X"], 1] += rng.poisson(15, 60)
    found = levels(made, counts)
    assert found[1, 0] - found[[0, 2], 0].max() > 5
    assert np.ptp(found[:, 1]) < 5


def test_halves_have_no_part_in_what_is_expected(made):
    rng = np.random.default_rng(2)
    counts = rng.poisson(40, (N, 5))
    other = counts.copy()
    other[:, 3:] = rng.poisson(3, (N, 2))
    np.testing.assert_allclose(levels(made, counts)[:3], levels(made, other)[:3])


def test_levels_do_not_follow_the_depth(made):
    rng = np.random.default_rng(3)
    found = levels(made, rng.poisson(np.array([100, 30, 10]) * np.ones((N, 1))))
    assert np.abs(found).max() < 5


def test_a_factor_without_a_site_above_the_threshold_has_no_level(made):
    genome, regions, sites, _ = made
    sites = sites[sites["tf"] == "X"]
    counts = np.random.default_rng(4).poisson(40, (N, 3))
    thresholds = {tf: dict.fromkeys(("s0", "s1", "s2"), 0.5) for tf in "XY"}
    with pytest.warns(UserWarning, match="no level of Y"):
        found = sample_levels(counts, 3, sites, thresholds, regions, genome, ["X", "Y"])
    assert np.isnan(found[:, 1]).all()
