"""Ranks in a part of the genome: a sample stands for the rest."""

import shutil

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _compare import assert_follows, assert_same_slots, thresholds_of
from _mini import BLACKLIST, GROUPS, REGIONS, SIZES
from _networks import random_model
from _oracle import make_oracle

import scmaxatac as sma
from scmaxatac.genome._windows import Grid
from scmaxatac.predict import _background

pytestmark = pytest.mark.filterwarnings("ignore:.*fragments lie on contigs that codes in memory does not have")

RATE = 0.3
LENGTH = 1_500_000
BAD = (300_000, 310_000)
GAPS = [(600_010, 750_000), *((at, at + 500) for at in range(1_000_000, 1_400_000, 1_000))]
"""One large, and many small ones, whose ends lie within 32-bp bins and within or between 200-bp bins."""


class PlainEngine:
    """Scores a 32-bp bin by its bases alone, spread evenly over 0 to 1; one without known bases scores 1."""

    grid = Grid()

    def __init__(self, networks, **options) -> None:
        self.n_outputs = len(networks)

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        return np.stack([score_bins(codes.reshape(len(codes), 32, 32))] * self.n_outputs)


def score_bins(codes: np.ndarray) -> np.ndarray:
    factors = np.random.default_rng(9).random(32) * 100
    scores = np.minimum(codes, 3) @ factors % 1
    return np.where((codes == 4).all(axis=-1), 1.0, scores).astype(np.float32)


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    codes = np.random.default_rng(5).integers(0, 4, LENGTH).astype(np.uint8)
    for gap in GAPS:
        codes[slice(*gap)] = 4
    return codes


@pytest.fixture(scope="module")
def genome(codes) -> sma.Genome:
    blacklist = pd.DataFrame({"chrom": ["chr1"], "start": [BAD[0]], "end": [BAD[1]]})
    return sma.Genome.from_codes({"chr1": codes}, blacklist=blacklist)


@pytest.fixture(scope="module")
def maxima(codes) -> np.ndarray:
    """Largest score of every 200-bp bin that has a known base and none on the blacklist, over the whole genome."""
    bins = codes[: LENGTH // 32 * 32].reshape(-1, 32)
    per_base = np.repeat(np.where((bins == 4).all(axis=1), 0.0, score_bins(bins)), 32)
    n = len(per_base) // 200
    # a 32-bp bin that reaches into a 200-bp bin has a base there
    largest = per_base[: 200 * n].reshape(n, 200).max(axis=1)
    start = np.arange(n) * 200
    off = (start + 200 <= BAD[0]) | (start >= BAD[1])
    known = (codes[: 200 * n].reshape(n, 200) < 4).any(axis=1)
    return largest[off & known]


def regions_of(n: int, width: int) -> pd.DataFrame:
    starts = np.sort(np.random.default_rng(2).choice(LENGTH // width, n, replace=False)) * width
    return pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + width})


@pytest.fixture
def threshold(mini, tmp_path, genome, monkeypatch):
    """Threshold by rank of one group, in given regions."""
    monkeypatch.setattr("scmaxatac.predict._run.make_engine", PlainEngine)
    fragments = mini.write_fragments(tmp_path / "fragments.tsv.gz")

    def run(regions, rule="matched", again=None) -> float:
        adata = ad.AnnData(obs=pd.DataFrame({"sample": "all"}, index=mini.obs.index))
        sma.tl.predict_tfbs(
            adata, "sample", genome=genome, models=[random_model("AAA", 1, rate=RATE)], regions=regions, chroms="chr1",
            fragments=fragments, threshold=rule, out_dir=tmp_path / "run", min_fragments=100,
        )  # fmt: skip
        if again is not None:
            sma.tl.call_sites(adata, again)
        return thresholds_of(adata.uns["tfbs"])["AAA"]["all"]

    run.folder = tmp_path / "run"
    return run


def test_over_whole_chromosomes_the_threshold_is_the_nth_largest_of_all_bins_of_known_sequence(threshold, maxima):
    at = threshold("genome")
    n = round(RATE * len(maxima))
    out_of_reach = 20  # bins that no window off the blacklist covers count as below
    assert n - out_of_reach <= (maxima >= at - 1e-6).sum() <= n + out_of_reach


def test_the_rank_is_the_same_from_the_files_of_a_run(threshold):
    assert threshold("genome", "f1", again="matched") == threshold("genome")
    some = regions_of(60, 10_000)
    assert threshold(some, "mixed", again="matched") == threshold(some)


@pytest.mark.parametrize(("n", "width"), [(5, 500), (30, 500), (300, 500), (375, 2_000), (60, 10_000)])
def test_the_threshold_does_not_depend_on_how_many_regions_there_are(threshold, maxima, n, width):
    """A sample of 512 blocks is off by about 3% of the rank; regions hold from 0.2% to half of the genome."""
    at = threshold(regions_of(n, width))
    assert (maxima >= at).sum() == pytest.approx(RATE * len(maxima), rel=0.06)


def test_a_sample_that_costs_little_beside_the_run_is_kept_for_later_calls(threshold, monkeypatch):
    monkeypatch.setattr("scmaxatac.predict._background._CHEAP", 1)
    many, few = regions_of(400, 2_000), regions_of(100, 2_000)  # 11 windows each, and 3,584 of the sample
    assert threshold(many, "f1", again="matched") == threshold(many)
    shutil.rmtree(threshold.folder)
    with pytest.raises(ValueError, match="only predict_tfbs scores"):
        threshold(few, "f1", again="matched")


def test_the_sample_of_an_earlier_run_in_the_same_folder_is_not_taken_for_that_of_another(threshold):
    threshold(regions_of(5, 500))
    with pytest.raises(ValueError, match="only predict_tfbs scores"):
        threshold(regions_of(30, 500), "f1", again="matched")


@pytest.mark.parametrize("step", [32, 96, 256, 320, 1_024])
def test_the_windows_of_a_block_are_all_that_cover_one_of_its_bases(step):
    """Of those on the grid of a block that begins at a window."""
    reaching = [shift for shift in range(-5 * 1_024, 5 * 1_024) if shift % step == 0 and -1_024 < shift < 1_024]
    assert _background._shifts(step, Grid()).tolist() == reaching


def weighted_rank(predicted: list[float], sample: list[float], n_beside: int, n: int) -> float:
    """The n-th largest, counted one value after the other."""
    rows = [(value, 1.0) for value in predicted] + [(value, n_beside / len(sample)) for value in sample]
    reached = 0.0
    for value, weight in sorted(rows, reverse=True):
        reached += weight
        if reached >= n - 1e-6:
            return value
    return 0.0


def beside(chrom: str, regions: pd.DataFrame, unknown: np.ndarray) -> list[int]:
    """Windows with a known base whose neighbourhood of 1,024 bp is free, one after the other."""
    taken = [(s, e) for table in (regions, BLACKLIST) for c, s, e in table.itertuples(index=False) if c == chrom]
    return [
        start
        for start in range(0, SIZES[chrom] - 1023, 256)
        if start >= 1024 and start + 2048 <= SIZES[chrom] and not unknown[start : start + 1024].all()
        if not any(start - 1024 < end and start + 2048 > begin for begin, end in taken)
    ]


@pytest.mark.usefixtures("analytic")
def test_a_bin_of_the_sample_has_its_score_of_a_whole_prediction_and_stands_for_as_many_others(
    predict, mini, fragment_file, expected_everywhere
):
    """The genome is so small that the sample holds every block, so the rank can be counted exactly."""
    few = REGIONS[REGIONS["chrom"] == "chr2"]
    rates = {"AAA": 0.4, "BBB": 0.3}
    adata = mini.adata(fragment_file)
    models = [random_model(tf, seed, rate=rates[tf]) for seed, tf in enumerate(rates, 1)]
    predict(adata, models=models, regions=few, threshold="matched")
    inside = make_oracle(mini, few)
    counted = inside.calibration_bins()
    drawn = [
        (chrom, k)
        for chrom, k in counted
        if any(s <= 200 * k and 200 * k + 200 <= s + 1024 for s in beside(chrom, few, mini.codes[chrom] == 4))
    ]
    assert len(drawn) > 30
    assert_follows(adata.uns["tfbs"], inside, GROUPS)
    for tf, rate in rates.items():
        for group in GROUPS:
            predicted = inside.maxima(group, tf)
            sample = [expected_everywhere.maximum(group, tf, chrom, k) for chrom, k in drawn]
            best = weighted_rank(predicted, sample, len(counted) - len(predicted), round(rate * len(counted)))
            assert thresholds_of(adata.uns["tfbs"])[tf][group] == pytest.approx(best, abs=1e-6)


@pytest.mark.filterwarnings("ignore:there is no site at threshold:UserWarning")
@pytest.mark.usefixtures("analytic")
def test_another_threshold_by_rank_is_called_from_the_sample_that_was_kept(predict, mini, fragment_file, tmp_path):
    few = REGIONS[REGIONS["chrom"] == "chr2"]
    one, other = mini.adata(fragment_file), mini.adata(fragment_file)
    predict(one, regions=few, threshold="matched")
    sma.tl.call_sites(one, "mixed")
    predict(other, regions=few, threshold="mixed", out_dir=tmp_path / "other")
    assert_same_slots(one.uns["tfbs"], other.uns["tfbs"])
    assert thresholds_of(one.uns["tfbs"]) == thresholds_of(other.uns["tfbs"])


@pytest.mark.usefixtures("analytic")
@pytest.mark.parametrize("rule", ["matched", "mixed"])
def test_a_rank_is_no_rank_of_the_regions_alone_however_many_bins_they_hold(predict, mini, fragment_file, rule):
    few = REGIONS[REGIONS["chrom"] == "chr2"]
    adata = mini.adata(fragment_file)
    predict(adata, models=[random_model("AAA", 1, rate=0.02)], regions=few)
    with pytest.raises(ValueError, match=r"needs a sample of the genome.*only predict_tfbs scores"):
        sma.tl.call_sites(adata, rule)
