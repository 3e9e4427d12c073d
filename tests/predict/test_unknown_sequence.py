"""Where no base is known nothing is called, whatever the network says of it."""

import gzip
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _compare import thresholds_of
from _mini import SIZES

import scmaxatac as sma
from scmaxatac.genome._windows import Grid

pytestmark = pytest.mark.filterwarnings("ignore:the published models are human", "ignore:no blacklist")

LENGTH, GAP = 150_016, (50_007, 100_010)
"""A chromosome with 50 kb of unknown sequence that do not begin or end with a bin."""

KNOWN_BINS = [b for b in range(LENGTH // 32) if b * 32 < GAP[0] or b * 32 + 32 > GAP[1]]


def is_called(sites: pd.DataFrame, chrom: str, start: int, end: int) -> bool:
    return bool(((sites["chrom"] == chrom) & (sites["start"] < end) & (sites["end"] > start)).any())


@pytest.fixture
def everything(monkeypatch):
    """A network that scores known bins .9, and those without a known base higher."""

    class Everything:
        grid = Grid()

        def __init__(self, networks, **options) -> None:
            self.n_outputs = len(networks)

        def predict(self, codes, signal):
            unknown = (codes.reshape(len(codes), 32, 32) == 4).all(axis=2)
            return np.stack([np.where(unknown, 1.0, 0.9).astype(np.float32)] * self.n_outputs)

    monkeypatch.setattr("scmaxatac.predict._run.make_engine", Everything)


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("rule", ["f1", "matched", "mixed"])
def test_a_network_that_calls_everything_calls_bins_with_a_known_base_only(predict, mini, fragment_file, rule):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome", threshold=rule)
    for step in range(2):
        slots = adata.uns["tfbs"]
        assert set(slots["sites"]["score"].unique()) == {np.float32(0.9)}
        assert np.allclose(slots["activity"], 0.9)
        assert all(at <= 0.9 for by_group in thresholds_of(slots).values() for at in by_group.values())
        for chrom, size in SIZES.items():
            for start in range(0, size - 31, 32):
                if (mini.codes[chrom][start : start + 32] == 4).all():
                    assert not is_called(slots["sites"], chrom, start, start + 32)
        if not step:
            sma.tl.call_sites(adata, rule)  # from files


@pytest.mark.usefixtures("everything")
def test_a_region_is_scored_by_its_known_bins_and_not_at_all_without_any(predict, mini, fragment_file):
    regions = pd.DataFrame(
        [("chr1", 8_900, 9_100), ("chr1", 9_100, 9_400), ("chr1", 9_690, 9_800)], columns=["chrom", "start", "end"]
    )  # chr1 is unknown from 9,000 to 9,700
    adata = mini.adata(fragment_file)
    predict(adata, regions=regions)
    np.testing.assert_array_equal(adata.uns["tfbs"]["scores"][..., 0], [[np.float32(0.9), np.nan, np.float32(0.9)]] * 3)


@pytest.mark.usefixtures("everything")
def test_bigwigs_have_all_bins_and_the_store_those_with_a_known_base(predict, mini, fragment_file, tmp_path):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome", save_tracks=True)
    every = sma.get.track(adata, "AAA", "B", region="chr1:9,000-9,700")
    assert len(every) == 23
    assert every["score"].max() == 1
    predict(adata, regions="genome", out_dir=tmp_path / "other")
    kept = sma.get.track(adata, "AAA", "B", region="chr1:9,000-9,700")
    assert kept["start"].tolist() == [8_992, 9_696]


@pytest.fixture(scope="module")
def gap_run(data_dir: Path, tmp_path_factory) -> ad.AnnData:
    """YY1's published network on a chromosome with a gap, without a blacklist."""
    folder = tmp_path_factory.mktemp("gap")
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, LENGTH).astype(np.uint8)
    codes[slice(*GAP)] = 4
    outside = np.r_[0 : GAP[0] - 2_000, GAP[1] + 2_000 : LENGTH - 400]
    starts = np.sort(np.r_[rng.choice(outside, 2_000), rng.normal(20_000, 100, 300).astype(int)])
    rows = [f"chr1\t{start}\t{start + rng.integers(30, 300)}\tcell\t1\n" for start in starts]
    (folder / "fragments.tsv.gz").write_bytes(gzip.compress("".join(rows).encode()))
    adata = ad.AnnData(obs=pd.DataFrame({"sample": ["all"]}, index=["cell"]))
    sma.tl.predict_tfbs(
        adata, "sample", tfs="YY1", genome=sma.Genome.from_codes({"chr1": codes}), regions="genome",
        models=data_dir / "maxatac" / "models", fragments=folder / "fragments.tsv.gz", min_fragments=100, min_cells=1,
        save_tracks=True, out_dir=folder / "run",
    )  # fmt: skip
    return adata


def test_yy1_scores_a_gap_above_its_threshold_and_calls_none_of_it(gap_run):
    threshold = sma.get.params(gap_run)["thresholds"]["YY1"]["all"]
    gap = sma.get.track(gap_run, "YY1", "all", region=f"chr1:{GAP[0] + 1_024}-{GAP[1] - 1_024}")
    assert (gap["score"] >= threshold).mean() > 0.9, "or this test says nothing"
    for rule in ("f1", 0.05):
        sma.tl.call_sites(gap_run, rule)
        sites = sma.get.sites(gap_run)
        # bins that reach into known sequence may be called
        assert not is_called(sites, "chr1", -(-GAP[0] // 32) * 32, GAP[1] // 32 * 32)


@pytest.mark.parametrize("rule", ["matched", "mixed"])
def test_yy1s_rank_is_taken_among_bins_of_known_sequence(gap_run, data_dir, rule):
    sma.tl.call_sites(gap_run, rule)
    found = sma.get.params(gap_run)["thresholds"]["YY1"]["all"]
    table = pd.read_csv(next((data_dir / "maxatac" / "models" / "YY1").glob("*thresholdCalibration.tsv")), sep="\t")
    best = table.loc[table["Avg_F1"].idxmax()]
    rate = best["Monotonic_Avg_Recall"] / 2 ** best["Monotonic_Avg_log2FC"]
    track = sma.get.track(gap_run, "YY1", "all")
    per_base = np.zeros(LENGTH)
    for start, score in zip(track["start"], track["score"], strict=True):
        if start // 32 in KNOWN_BINS:
            per_base[start : start + 32] = score
    n = LENGTH // 200
    known = [k for k in range(n) if 200 * k < GAP[0] or 200 * k + 200 > GAP[1]]
    largest = np.sort(per_base[: 200 * n].reshape(n, 200).max(axis=1)[known])
    by_rank = largest[-round(rate * len(known))]
    if rule == "mixed":
        published = best["Standard_Thresh"]
        odds = np.sqrt(published / (1 - published) * by_rank / (1 - by_rank))
        by_rank = odds / (1 + odds)
    assert found == pytest.approx(by_rank, abs=1e-5)
