"""Parity with the original maxATAC on real fragments, sequence and weights: the one slow test."""

import gzip
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma

THRESHOLDS = {"CTCF": 0.454, "SPI1": 0.39, "ELF1": 0.303}
TFS = tuple(THRESHOLDS)


@pytest.fixture(scope="session")
def fragments(data_dir: Path) -> Path:
    return data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz"


@pytest.fixture(scope="session")
def golden_run(data_dir: Path, fragments: Path, tmp_path_factory: pytest.TempPathFactory) -> ad.AnnData:
    """All barcodes as one group, predicted where the sequence is known; runs once."""
    with gzip.open(fragments, "rt") as handle:
        barcodes = sorted({line.split("\t")[3] for line in handle if not line.startswith("#")})
    adata = ad.AnnData(obs=pd.DataFrame({"sample": "all"}, index=barcodes))
    genome = sma.Genome(
        data_dir / "chr22" / "hg38_chr22_partial.fa.gz",
        blacklist=data_dir / "maxatac" / "hg38_maxatac_blacklist.bed",
    )
    sma.tl.predict_tfbs(
        adata,
        "sample",
        tfs=TFS,
        genome=genome,
        fragments=fragments,
        models=data_dir / "maxatac" / "models",
        regions=data_dir / "chr22" / "hg38_chr22_partial.covered.bed",
        chroms=["chr22"],
        include_flanks=True,
        save_tracks=True,
        out_dir=tmp_path_factory.mktemp("golden"),
    )
    return adata


@pytest.mark.parametrize("tf", TFS)
def test_all_bins_equal_those_of_the_original(golden_run, data_dir, tf):
    track = sma.get.track(golden_run, tf, "all")
    with np.load(data_dir / "golden" / "predict" / f"{tf}.npz") as golden:
        assert len(track) == 157_648
        np.testing.assert_array_equal(track["start"], golden["start"])
        np.testing.assert_array_equal(track["end"], golden["end"])
        assert np.abs(track["score"] - golden["score"]).max() < 1e-5
    assert set(track["chrom"]) == {"chr22"}


@pytest.mark.parametrize("tf", TFS)
def test_sites_at_the_published_threshold_are_those_of_the_original(golden_run, data_dir, tf):
    assert sma.get.params(golden_run)["thresholds"][tf] == {"all": THRESHOLDS[tf]}
    columns = ["chrom", "start", "end", "score"]
    golden = pd.read_csv(data_dir / "golden" / "predict" / f"{tf}_peaks.bed", sep="\t", header=None, names=columns)
    sites = sma.get.sites(golden_run, tfs=tf)
    assert len(golden) > 0
    assert sites[["start", "end"]].to_numpy().tolist() == golden[["start", "end"]].to_numpy().tolist()
    np.testing.assert_allclose(sites["score"], golden["score"], atol=1e-5)


def test_depth_and_percentile_are_those_of_the_original(golden_run):
    qc = sma.get.qc(golden_run).loc["all"]
    assert qc["n_cells"] == 100
    assert qc["n_fragments"] == 57_115
    assert qc["n_insertions"] == 114_230
    assert qc["n_insertions_kept"] == 113_470
    assert qc["p99"] == 6
    assert qc["n_sites"] == 215 + 22 + 4


def test_signal_equals_that_of_the_original(golden_run, data_dir):
    with np.load(data_dir / "golden" / "prepare" / "chr22_IS_slop20_RP20M_minmax01.npz") as golden:
        starts, ends, values = golden["start"], golden["end"], golden["value"]
    files, folder = golden_run.uns["tfbs"]["files"], Path(sma.get.params(golden_run)["out_dir"])
    from scmaxatac.io._bigwig import read_bigwig

    path = folder / files.loc[files["kind"] == "signal_bigwig", "path"].item()
    for lo in range(16_000_000, 50_818_468, 7_000_000):
        hi = min(lo + 200_000, 50_818_468)
        found, expected = np.zeros(hi - lo), np.zeros(hi - lo)
        for s, e, v in zip(*read_bigwig(path, "chr22", lo, hi), strict=True):
            found[max(s, lo) - lo : e - lo] = v
        for i in np.flatnonzero((ends > lo) & (starts < hi)):
            expected[max(starts[i], lo) - lo : ends[i] - lo] = values[i]
        np.testing.assert_array_equal(found == 0, expected == 0)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_sites_inside_the_regions_are_a_part_of_those_with_flanks(golden_run, data_dir):
    inside = sma.tl.call_sites(golden_run, include_flanks=False, copy=True)
    for tf in TFS:
        some, every = (sma.get.sites(each, tfs=tf) for each in (inside, golden_run))
        assert 0 < len(some) <= len(every)
        reached = np.searchsorted(every["end"], some["start"], side="right")
        assert (every["start"].to_numpy()[reached] <= some["start"].to_numpy()).all()


@pytest.mark.parametrize("tf", TFS)
def test_matched_thresholds_are_ranks_among_the_originals_scores(golden_run, data_dir, tf):
    """From the published calibration table, sequence, blacklist and the original's scores alone."""
    table = pd.read_csv(next((data_dir / "maxatac" / "models" / tf).glob("*thresholdCalibration.tsv")), sep="\t")
    best = table.loc[table["Avg_F1"].idxmax()]
    rate = best["Monotonic_Avg_Recall"] / 2 ** best["Monotonic_Avg_log2FC"]
    blacklist = pd.read_csv(data_dir / "maxatac" / "hg38_maxatac_blacklist.bed", sep="\t", header=None)
    bad = np.zeros(50_818_468, dtype=bool)
    for _, start, end, *_ in blacklist[blacklist[0] == "chr22"].itertuples(index=False):
        bad[start:end] = True
    with gzip.open(data_dir / "chr22" / "hg38_chr22_partial.fa.gz", "rt") as handle:
        letters = "".join(line.strip() for line in handle if not line.startswith(">")).upper()
    known = np.isin(np.frombuffer(letters.encode(), dtype=np.uint8), list(b"ACGT"))
    n = len(bad) // 200
    counts = known[: 200 * n].reshape(n, 200).any(axis=1) & ~bad[: 200 * n].reshape(n, 200).any(axis=1)
    largest = np.zeros(len(counts))
    with np.load(data_dir / "golden" / "predict" / f"{tf}.npz") as golden:
        for place in (golden["start"] // 200, (golden["end"] - 1) // 200):
            np.maximum.at(largest, place, golden["score"])
    assert 24_000 < counts.sum() < 26_000
    expected = np.sort(largest[counts])[-round(rate * counts.sum())]
    matched = sma.tl.call_sites(golden_run, "matched", copy=True)
    assert sma.get.params(matched)["thresholds"][tf]["all"] == pytest.approx(expected, abs=1e-5)
