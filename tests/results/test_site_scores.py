"""Scores of groups in the union of a factor's sites, against the activity that they are behind."""

import numpy as np
import pandas as pd
import pytest
from _mini import REGIONS

import scmaxatac as sma
from scmaxatac.results._reader import find_results
from scmaxatac.results._site_scores import SiteScores, scores_in_union

pytestmark = pytest.mark.usefixtures("analytic")


def test_their_mean_is_the_activity_and_sites_are_the_union(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, regions=REGIONS)
    results = find_results(adata, "tfbs", "atac")
    sites = sma.get.sites(adata)
    for tf in ("AAA", "BBB"):
        found = scores_in_union(results.store, sites, tf, results.groups)
        np.testing.assert_allclose(found.scores.mean(axis=1), sma.get.activity(adata)[tf], rtol=1e-6)
        bases = {(s.chrom, b) for s in sites[sites["tf"] == tf].itertuples() for b in range(s.start, s.end)}
        assert len({(c, b - 1) for c, b in bases} - bases) == len(found.start)
        for g, group in enumerate(results.groups):
            own = sites[(sites["tf"] == tf) & (sites["group"] == group)]
            if len(own):
                assert found.scores[g].max() == pytest.approx(own["score"].max())


def test_a_factor_without_sites_has_none(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, threshold=0.999999)
    results = find_results(adata, "tfbs", "atac")
    found = scores_in_union(results.store, pd.DataFrame(columns=["chrom", "start", "end", "tf"]), "AAA", results.groups)
    assert found.scores.shape == (3, 0)


def test_blocks_are_of_one_chromosome():
    found = SiteScores(np.array([0, 0, 0, 1]), np.array([10, 99, 100, 10]), np.zeros((1, 4)))
    assert len(set(found.blocks(100))) == 3
    assert found.blocks(100)[0] == found.blocks(100)[1]
