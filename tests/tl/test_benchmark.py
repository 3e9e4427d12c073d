import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

import scmaxatac as sma
from scmaxatac.evaluate._benchmark import bootstrap_average_precision, max_per_bin, ranking_metrics


@pytest.fixture(scope="module")
def golden(data_dir):
    return json.loads((data_dir / "golden" / "benchmark" / "benchmark.json").read_text())


@pytest.fixture(scope="module")
def genome(data_dir):
    maxatac = data_dir / "maxatac"
    return sma.Genome.from_sizes(maxatac / "hg38.chrom.sizes", blacklist=maxatac / "hg38_maxatac_blacklist.bed")


def golden_scores(data_dir, tf):
    track = np.load(data_dir / "golden" / "predict" / f"{tf}.npz")
    return pd.DataFrame({"chrom": "chr22", "start": track["start"], "end": track["end"], "score": track["score"]})


@pytest.mark.parametrize("tf", ["CTCF", "SPI1", "ELF1"])
def test_equals_the_reference_values_on_the_covered_bins(data_dir, golden, genome, tf):
    table = sma.tl.benchmark(
        golden_scores(data_dir, tf),
        data_dir / "chr22" / "chip" / f"{tf}.GM12878.bed.gz",
        genome=genome,
        chroms="chr22",
        regions=data_dir / "chr22" / "hg38_chr22_partial.covered.bed",
        n_bootstrap=0,
    )
    expected = golden["restricted"][tf]
    row = table.loc["pooled"]
    assert row["n_bins"] == golden["restricted_bins"]
    assert row["n_positive"] == expected["positives"]
    assert row["random_precision"] == pytest.approx(expected["random_precision"], abs=1e-9)
    model = expected["maxATAC"]
    assert row["aupr"] == pytest.approx(model["aupr_trapezoid_last_point_dropped"], abs=1e-6)
    assert row["average_precision"] == pytest.approx(model["average_precision"], abs=1e-6)
    assert row["precision_at_5pct_recall"] == pytest.approx(model["precision_at_5pct_recall"], abs=1e-6)


@pytest.mark.parametrize("tf", ["CTCF", "SPI1", "ELF1"])
def test_is_close_to_the_original_on_the_whole_chromosome_where_its_bins_drift(data_dir, golden, genome, tf):
    peaks = data_dir / "chr22" / "chip" / f"{tf}.GM12878.bed.gz"
    table = sma.tl.benchmark(golden_scores(data_dir, tf), peaks, genome=genome, chroms="chr22", n_bootstrap=0)
    assert table.loc["chr22", "aupr"] == pytest.approx(golden["original"][tf]["auprc"], abs=3e-3)


def test_a_bin_takes_the_largest_value_that_overlaps_it():
    starts, ends = np.array([0, 190, 1000, 450]), np.array([10, 210, 1001, 1000])
    values = np.array([0.1, 0.5, 0.9, 0.2])
    assert max_per_bin(starts, ends, values, 5).tolist() == pytest.approx([0.5, 0.5, 0.2, 0.2, 0.2])


@pytest.mark.parametrize(("start", "end"), [(-50, 20), (300, 300), (300, 200)])
def test_an_interval_that_is_empty_or_starts_before_the_chromosome_has_no_bins(start, end):
    with pytest.raises(ValueError, match="an interval is empty or starts before 0"):
        max_per_bin(np.array([0, start]), np.array([10, end]), np.ones(2), 5)


def test_ranking_metrics_equal_scikit_learn():
    rng = np.random.default_rng(0)
    scores, truth = rng.integers(0, 50, 2000) / 50, rng.random(2000) < 0.1
    assert ranking_metrics(scores, truth)["average_precision"] == pytest.approx(average_precision_score(truth, scores))


def test_nothing_positive_gives_nan():
    result = ranking_metrics(np.array([0.1, 0.2]), np.array([False, False]))
    assert np.isnan(result["aupr"])
    assert result["random_precision"] == 0


def test_bootstrap_of_single_bins_spreads_around_the_average_precision():
    rng = np.random.default_rng(1)
    truth = rng.random(3000) < 0.2
    scores = truth + rng.normal(0, 1, 3000)
    draws = bootstrap_average_precision(scores, truth, np.arange(3000), n=100, rng=rng)
    low, high = np.percentile(draws, [2.5, 97.5])
    assert low < average_precision_score(truth, scores) < high
    assert high - low < 0.15


def test_tables_bigwigs_and_chromosomes_without_scores_agree(tmp_path):
    from scmaxatac.io._bigwig import BigWigWriter

    genome = sma.Genome.from_sizes(
        {"a": 4000, "b": 2000}, blacklist=pd.DataFrame({"chrom": ["a"], "start": [0], "end": [5]})
    )
    values = np.linspace(0, 1, 125, dtype=np.float32)
    with BigWigWriter(tmp_path / "x.bw", genome.sizes) as writer:
        writer.add_fixed("a", 0, values)
    starts = np.arange(125) * 32
    table = pd.DataFrame({"chrom": "a", "start": starts, "end": starts + 32, "score": values})
    peaks = pd.DataFrame({"chrom": ["a", "b", "a"], "start": [3000, 300, 2], "end": [3500, 310, 4]})
    one = sma.tl.benchmark(tmp_path / "x.bw", peaks, genome=genome, chroms=["a", "b"], block_size=200)
    two = sma.tl.benchmark(table, peaks, genome=genome, chroms=["a", "b"], block_size=200)
    pd.testing.assert_frame_equal(one, two)
    assert one["n_bins"].tolist() == [19, 10, 29]
    assert one["n_positive"].tolist() == [3, 1, 4]


def test_scores_on_other_chromosomes_are_an_error():
    genome = sma.Genome.from_sizes({"chr1": 4000})
    frame = pd.DataFrame({"chrom": ["1"], "start": [0], "end": [32]})
    with pytest.raises(ValueError, match="scores are on 1"):
        sma.tl.benchmark(frame, frame, genome=genome)
