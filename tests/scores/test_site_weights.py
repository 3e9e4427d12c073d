"""Weights of regions, computed row by row."""

import numpy as np
import pandas as pd

from scmaxatac.scores._site_weights import interval_weights, site_weights

TFS = ["CTCF", "SPI1"]
REGIONS = pd.DataFrame(
    {"chrom": ["chr2", "chr1", "chr1", "chr1"], "start": [0, 100, 150, 900], "end": [50, 200, 260, 950]}
)
SITES = pd.DataFrame(
    [
        ("chr1", 96, 128, "CTCF", "B", 0.9),
        ("chr1", 160, 192, "CTCF", "B", 0.8),
        ("chr1", 192, 224, "CTCF", "T", 0.6),
        ("chr2", 32, 64, "SPI1", "T", 0.99999),
        ("chr1", 260, 292, "SPI1", "T", 0.7),
        ("chr3", 0, 32, "SPI1", "T", 0.7),
        ("chr2", 0, 32, "other", "T", 0.7),
    ],
    columns=["chrom", "start", "end", "tf", "group", "score"],
)
THRESHOLDS = {"CTCF": {"B": 0.5, "T": 0.6}, "SPI1": {"B": 0.2, "T": 0.3}}


def excess(score: float, threshold: float) -> float:
    return np.log(score / (1 - score)) - np.log(threshold / (1 - threshold))


def test_a_region_has_the_sites_of_all_groups_that_it_overlaps():
    assert site_weights(SITES, REGIONS, TFS).toarray().tolist() == [[0, 1], [1, 0], [1, 0], [0, 0]]


def test_weights_are_the_mean_over_groups_of_the_best_site_above_its_threshold():
    weights = site_weights(SITES, REGIONS, TFS, THRESHOLDS).toarray()
    expected = np.zeros((4, 2))
    expected[0, 1] = excess(1 - 1e-4, 0.3)
    expected[1, 0] = (excess(0.9, 0.5) + excess(0.6, 0.6)) / 2
    expected[2, 0] = (excess(0.8, 0.5) + excess(0.6, 0.6)) / 2
    assert np.allclose(weights, expected)


def test_categories_are_read_like_text():
    typed = SITES.astype(dict.fromkeys(["chrom", "tf", "group"], "category"))
    weights = site_weights(typed, REGIONS.astype({"chrom": "category"}), TFS, THRESHOLDS)
    assert (weights != site_weights(SITES, REGIONS, TFS, THRESHOLDS)).nnz == 0


def test_no_site_in_any_region_is_no_weight():
    assert site_weights(SITES.iloc[5:], REGIONS, TFS, THRESHOLDS).nnz == 0
    assert site_weights(SITES[:0], REGIONS, TFS).shape == (4, 2)


def test_intervals_count_once_or_with_the_sum_of_their_scores():
    assert interval_weights(SITES, REGIONS, TFS, weighted=False).toarray().tolist() == [[0, 1], [1, 0], [1, 0], [0, 0]]
    summed = interval_weights(SITES, REGIONS, TFS, weighted=True).toarray()
    assert np.allclose(summed, [[0, 0.99999], [2.3, 0], [1.4, 0], [0, 0]])
