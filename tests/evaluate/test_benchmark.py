"""Bins against known sites, bin by bin and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from scmaxatac.evaluate._benchmark import bootstrap_average_precision, max_per_bin, ranking_metrics, score_bins
from scmaxatac.genome import Genome, Intervals


def table(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 120), st.integers(1, 60), st.sampled_from([-2.0, 0.5, 1.0, np.nan])), max_size=12
    ),
    st.integers(0, 8),
    st.sampled_from([1, 7, 20]),
)
def test_a_bin_has_the_largest_value_of_the_intervals_that_share_a_base_with_it(rows, n_bins, size):
    starts, widths, values = (np.array(column) for column in (zip(*rows, strict=True) if rows else ([], [], [])))
    starts, ends = starts.astype(int), (starts + widths).astype(int)
    found = max_per_bin(starts, ends, values, n_bins, size)
    assert found.dtype == np.float32
    for i, value in enumerate(found):
        near = [v for s, e, v in zip(starts, ends, values, strict=True) if s < (i + 1) * size and e > i * size]
        assert value == max((v for v in near if not np.isnan(v)), default=0.0)


@pytest.mark.parametrize(("start", "end"), [(5, 5), (5, 4), (-1, 4)])
def test_what_is_no_interval_is_refused(start, end):
    with pytest.raises(ValueError, match="empty or starts before 0"):
        max_per_bin(np.array([0, start]), np.array([1, end]), np.zeros(2), 3)


def test_bins_off_the_blacklist_and_wholly_in_regions_count_and_one_shared_base_makes_them_positive():
    genome = Genome.from_sizes({"chr1": 1_050}, blacklist=table(("chr1", 199, 200)))
    regions = Intervals.from_frame(table(("chr1", 0, 399), ("chr1", 400, 1_050)))
    peaks = Intervals.from_frame(table(("chr1", 499, 500), ("chr1", 700, 800)))
    largest = np.arange(10, dtype=np.float32)
    everywhere = score_bins(largest, peaks, genome, "chr1", bin_size=100)
    assert everywhere.starts.tolist() == [0, *range(200, 1_000, 100)]
    assert everywhere.scores.tolist() == [0, *range(2, 10)]
    assert everywhere.starts[everywhere.truth].tolist() == [400, 700]
    inside = score_bins(largest, peaks, genome, "chr1", regions=regions, bin_size=100)
    assert inside.starts.tolist() == [0, 200, *range(400, 1_000, 100)], "base 399 lies in no region"


def test_metrics_of_a_ranking_that_can_be_counted_by_hand():
    """Called in the order + - + -: precision 1, 1/2, 2/3, 1/2 at recall 1/2, 1/2, 1, 1."""
    found = ranking_metrics(np.array([0.9, 0.1, 0.5, 0.7]), np.array([True, False, True, False]))
    area = (1 / 2 + 2 / 3) / 2 * 0.5
    assert found == pytest.approx(
        {
            "n_bins": 4,
            "n_positive": 2,
            "random_precision": 0.5,
            "aupr": area,
            "average_precision": (1 + 2 / 3) / 2,
            "precision_at_5pct_recall": 1.0,
            "log2fc": np.log2(area / 0.5),
        }
    )


def test_precision_at_5_percent_recall_is_that_of_the_threshold_that_reaches_exactly_it():
    truth = np.isin(np.arange(40), [1, *range(21, 40)])  # the second bin is the first of 20 positive ones
    found = ranking_metrics(np.linspace(1, 0, 40), truth)
    assert found["precision_at_5pct_recall"] == 0.5


def test_without_bins_or_positive_ones_there_are_no_metrics():
    nothing = ranking_metrics(np.zeros(0), np.zeros(0, bool))
    assert (nothing["n_bins"], np.isnan(nothing["random_precision"])) == (0, True)
    negative = ranking_metrics(np.ones(3), np.zeros(3, bool))
    assert (negative["random_precision"], np.isnan(negative["aupr"])) == (0, True)
    assert ranking_metrics(np.ones(4), np.array([True] * 4))["log2fc"] == float("-inf"), "one point has no area"


def test_each_draw_of_blocks_has_the_average_precision_of_its_bins():
    rng = np.random.default_rng(3)
    scores, truth = rng.integers(0, 6, 60) / 5, rng.random(60) < 0.3
    blocks = np.repeat(np.arange(6), [3, 20, 7, 10, 15, 5])
    truth[blocks == 0] = False
    found = bootstrap_average_precision(scores, truth, blocks, n=40, rng=np.random.default_rng(9))
    rng = np.random.default_rng(9)
    for value in found:
        drawn = np.concatenate([np.flatnonzero(blocks == b) for b in rng.integers(6, size=6)])
        assert value == pytest.approx(average_precision_score(truth[drawn], scores[drawn]))


def test_a_draw_without_a_positive_bin_is_nan():
    truth = np.array([True, False])
    found = bootstrap_average_precision(np.ones(2), truth, np.array([0, 1]), n=200, rng=np.random.default_rng(0))
    assert 20 < np.isnan(found).sum() < 80, "both blocks are the negative one in a quarter of the draws"
    assert set(found[~np.isnan(found)]) == {0.5, 1.0}
