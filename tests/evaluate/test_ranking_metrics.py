"""Intervals of the average precision and the fold change, against a plain bootstrap with scikit-learn."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve

import scmaxatac as sma

SIZES = {"a": 60_000, "b": 50_000}
BLACKLIST = pd.DataFrame({"chrom": ["a"], "start": [12_000], "end": [16_000]})
BIN, BLOCK = 200, 4_000


@pytest.fixture(scope="module")
def genome():
    return sma.Genome.from_sizes(SIZES, blacklist=BLACKLIST)


@pytest.fixture(scope="module")
def bins():
    """All bins, with scores of which many are equal; positives come in clumps, so that blocks differ."""
    rng = np.random.default_rng(0)
    parts = []
    for chrom, size in SIZES.items():
        start = np.arange(0, size, BIN)
        truth = rng.random(len(start)) < np.repeat(rng.choice([0.02, 0.15, 0.5], len(start) // 5), 5)
        score = np.round(np.clip(0.35 * truth + rng.random(len(start)) * 0.7, 0.05, 1), 1)
        parts.append(pd.DataFrame({"chrom": chrom, "start": start, "end": start + BIN, "score": score, "truth": truth}))
    return pd.concat(parts, ignore_index=True)


def counted(bins, chrom=None):
    """Bins that are not blacklisted, with the block that each lies in."""
    off = (bins["chrom"] == "a") & (bins["start"] < 16_000) & (bins["end"] > 12_000)
    kept = bins[~off] if chrom is None else bins[~off & (bins["chrom"] == chrom)]
    return kept.assign(block=kept["chrom"] + (kept["start"] // BLOCK).astype(str))


def drawn_average_precisions(bins, n, rng):
    """Draw as many blocks as there are, with replacement, and put their bins together."""
    truth, score = bins["truth"].to_numpy(), bins["score"].to_numpy()
    blocks = [np.flatnonzero(bins["block"] == name) for name in bins["block"].unique()]
    found = []
    for _ in range(n):
        drawn = np.concatenate([blocks[i] for i in rng.integers(len(blocks), size=len(blocks))])
        found.append(average_precision_score(truth[drawn], score[drawn]))
    return found


def test_the_interval_is_that_of_a_bootstrap_over_blocks_of_each_chromosome_and_of_all(genome, bins):
    table = sma.tl.benchmark(bins, bins[bins["truth"]], genome=genome, n_bootstrap=80, block_size=BLOCK, rng=7)
    rng = np.random.default_rng(7)
    for name, n_blocks in (("a", 14), ("b", 13), ("pooled", 27)):
        rows = counted(bins, None if name == "pooled" else name)
        assert rows["block"].nunique() == n_blocks
        low, high = np.percentile(drawn_average_precisions(rows, 80, rng), [2.5, 97.5])
        assert table.loc[name, "ap_low"] == pytest.approx(low, abs=1e-12)
        assert table.loc[name, "ap_high"] == pytest.approx(high, abs=1e-12)
        assert low < table.loc[name, "average_precision"] < high


def test_the_fold_change_is_the_area_over_the_share_of_positive_bins(genome, bins):
    table = sma.tl.benchmark(bins, bins[bins["truth"]], genome=genome, n_bootstrap=0)
    for name in ("a", "b", "pooled"):
        rows = counted(bins, None if name == "pooled" else name)
        precision, recall, _ = precision_recall_curve(rows["truth"], rows["score"])
        area = -np.trapezoid(precision[:-1], recall[:-1])  # the last point is scikit-learn's own, at recall 0
        assert table.loc[name, "aupr"] == pytest.approx(area)
        assert table.loc[name, "log2fc"] == pytest.approx(np.log2(area / rows["truth"].mean()))


def test_too_few_blocks_give_one_warning_and_a_single_one_no_interval(genome, bins):
    peaks = bins[bins["truth"]]
    with pytest.warns(UserWarning, match="smaller block_size") as caught:
        table = sma.tl.benchmark(bins, peaks, genome=genome, block_size=6_000)
    (message,) = (str(w.message) for w in caught)
    assert "where fewer than 10 blocks of 6,000 bp hold bins, and NaN where one does (b: 9); choose" in message
    assert (table["ap_low"] < table["ap_high"]).all()
    assert table["average_precision"].notna().all()
    with pytest.warns(UserWarning, match=r"1,000,000 bp hold bins.* \(a: 1, b: 1, pooled: 2\)"):
        table = sma.tl.benchmark(bins, peaks, genome=genome)
    for name in ("ap_low", "ap_high"):
        assert table[name].isna().tolist() == [True, True, False]


def test_blocks_that_hold_no_bin_that_counts_are_not_counted(genome, bins):
    """Of 10 blocks of 6 kb on chromosome a, one is left out by the regions."""
    regions = pd.DataFrame({"chrom": ["a", "a"], "start": [0, 6_000 * 4], "end": [6_000 * 3, 6_000 * 10]})
    peaks = bins[bins["truth"]]
    with pytest.warns(UserWarning, match=r"\(a: 9, pooled: 9\)"):
        sma.tl.benchmark(bins, peaks, genome=genome, block_size=6_000, regions=regions, chroms="a")


def test_nothing_is_said_of_intervals_that_nobody_asked_for_or_that_no_peak_allows(genome, bins):
    peaks = bins[bins["truth"] & (bins["chrom"] == "a")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sma.tl.benchmark(bins, peaks, genome=genome, n_bootstrap=0)
        table = sma.tl.benchmark(bins, peaks, genome=genome, block_size=6_000)
    assert np.isnan(table.loc["b", "ap_low"])
    assert table.loc["a", "ap_low"] < table.loc["a", "ap_high"]
