"""The bigWigs that we write, read by two readers that know nothing of our writer."""

import tracemalloc
import warnings

import numpy as np
import pybigtools
import pyBigWig
import pytest

from scmaxatac.io import _bigwig_file, _bigwig_index, _bigwig_zoom
from scmaxatac.io._bigwig import BigWigWriter

SIZES = {"chr1": 3_000_000, "chr2": 700_000, "chr10": 50_000, "chrM": 3_000}


def even(rng, chrom, size):
    """Values of 32 bp in rows of all lengths, with NaN between them."""
    values = rng.normal(size=size // 32).astype(np.float32)
    values[rng.random(len(values)) < 0.002] = np.nan
    values[len(values) // 3 : len(values) // 2] = np.nan
    yield "fixed", (chrom, 0, values)


def sparse(rng, chrom, size):
    """Single values with gaps between them."""
    values = rng.normal(size=size // 100).astype(np.float32)
    values[rng.random(len(values)) < 0.5] = np.nan
    yield "fixed", (chrom, 7, values[:-1], 50, 100)


def runs(rng, chrom, size):
    """Runs of all widths, some over many windows of a zoom level, in several calls."""
    edges = np.unique(rng.integers(0, size, max(size // 500, 4)))
    edges[-1] = size
    starts, ends = edges[:-1], edges[1:] - (rng.random(len(edges) - 1) < 0.3)
    keep = ends > starts
    starts, ends, values = starts[keep], ends[keep], rng.normal(size=keep.sum())
    for part in np.array_split(np.arange(len(starts)), 3):
        yield "runs", (chrom, starts[part], ends[part], values[part])


def one_run(rng, chrom, size):
    """A value for a whole chromosome."""
    yield "runs", (chrom, [0], [size], [2.5])


def mixed(rng, chrom, size):
    """Even values, then runs, then even values at another distance."""
    third = size // 3 // 32 * 32
    yield from even(rng, chrom, third)
    yield "runs", (chrom, [third, third + 5], [third + 5, third + 70], [1.0, -1.0])
    yield "fixed", (chrom, third + 100, rng.normal(size=third // 10 - 50), 4, 10)


def write(path, make, sizes=SIZES):
    """Write what `make` makes; every chromosome's values by bp, NaN where there is none."""
    rng = np.random.default_rng(0)
    truth = {chrom: np.full(size, np.nan, np.float32) for chrom, size in sizes.items()}
    with BigWigWriter(path, sizes) as writer:
        for chrom, size in sizes.items():
            for kind, call in make(rng, chrom, size):
                if kind == "fixed":
                    writer.add_fixed(*call)
                    _, start, values, *shape = call
                    span, step = shape or (32, 32)
                    for i in range(span):
                        truth[chrom][start + i : start + i + len(values) * step : step][: len(values)] = values
                else:
                    writer.add_runs(*call)
                    for start, end, value in zip(*call[1:], strict=True):
                        truth[chrom][start:end] = value
    return truth


def fold(truth, window, function):
    """A function of the values in each window of a chromosome that is complete."""
    n = len(truth) // window
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        return function(truth[: n * window].reshape(n, window).astype(np.float64))


MAKERS = [even, sparse, runs, one_run, mixed]


@pytest.mark.parametrize("make", MAKERS)
def test_pybigwig_and_pybigtools_read_the_values_that_were_written(tmp_path, make):
    path = tmp_path / "a.bw"
    truth = write(path, make)
    with pyBigWig.open(str(path)) as one, open(path, "rb") as file:
        assert one.isBigWig()
        assert one.chroms() == SIZES
        other = pybigtools.open(file)
        for chrom, size in SIZES.items():
            np.testing.assert_array_equal(one.values(chrom, 0, size, numpy=True), truth[chrom])
            got = np.full(size, np.nan, np.float32)
            for start, end, value in other.records(chrom):
                got[start:end] = value
            np.testing.assert_array_equal(got, truth[chrom])


@pytest.mark.parametrize("make", MAKERS)
def test_pybigwig_finds_any_interval_by_the_index(tmp_path, make, monkeypatch):
    monkeypatch.setattr(_bigwig_index, "_CHILDREN", 3)
    monkeypatch.setattr(_bigwig_file, "_MOST", dict.fromkeys(_bigwig_file._MOST, 20))
    path = tmp_path / "a.bw"
    truth = write(path, make)
    rng = np.random.default_rng(1)
    with pyBigWig.open(str(path)) as handle, open(path, "rb") as file:
        assert handle.chroms() == SIZES
        other = pybigtools.open(file)
        for chrom, size in SIZES.items():
            for start in rng.integers(0, size - 100, 30):
                np.testing.assert_array_equal(
                    handle.values(chrom, int(start), int(start) + 100, numpy=True), truth[chrom][start : start + 100]
                )
                got = other.values(chrom, int(start), int(start) + 100, fillna=np.nan)
                np.testing.assert_array_equal(got, truth[chrom][start : start + 100])


@pytest.mark.parametrize("make", MAKERS)
def test_the_zoom_levels_summarise_the_values(tmp_path, make):
    path = tmp_path / "a.bw"
    truth = write(path, make)
    with open(path, "rb") as file:
        handle = pybigtools.open(file)
        windows = handle.zooms()
        assert sorted(windows) == [1024, 4096, 16384, 65536, 262144]
        for window in windows:
            for chrom in SIZES:
                records = list(handle.zoom_records(window, chrom))
                assert sum(end - start for start, end, _ in records) >= np.isfinite(truth[chrom]).sum()
                for start, end, summary in records:
                    assert start // window == (end - 1) // window
                    values = truth[chrom][start // window * window : (start // window + 1) * window]
                    values = values[np.isfinite(values)].astype(np.float64)
                    assert summary["bases_covered"] == len(values)
                    assert summary["min_val"] == values.min()
                    assert summary["max_val"] == values.max()
                    np.testing.assert_allclose(summary["sum"], values.sum(), rtol=1e-6, atol=1e-3)
                    np.testing.assert_allclose(summary["sum_squares"], (values**2).sum(), rtol=1e-6)


@pytest.mark.parametrize("make", MAKERS)
def test_pybigwig_computes_statistics_from_the_zoom_levels(tmp_path, make):
    path = tmp_path / "a.bw"
    truth = write(path, make)
    n = SIZES["chr1"] // 65_536
    with pyBigWig.open(str(path)) as handle:
        for kind, function in (("max", np.nanmax), ("min", np.nanmin), ("mean", np.nanmean), ("coverage", np.isfinite)):
            by_window = handle.stats("chr1", 0, n * 65_536, type=kind, nBins=n)
            if kind == "coverage":
                by_window = [share or 0 for share in by_window]  # pyBigWig has None where there is no value
                expected = fold(truth["chr1"], 65_536, lambda values: np.isfinite(values).mean(1))
            else:
                expected = fold(truth["chr1"], 65_536, lambda values, f=function: f(values, axis=1))
            np.testing.assert_allclose(np.array(by_window, float), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", MAKERS)
def test_the_header_sums_up_the_file(tmp_path, make):
    path = tmp_path / "a.bw"
    every = np.concatenate(list(write(path, make).values()))
    every = every[np.isfinite(every)].astype(np.float64)
    with pyBigWig.open(str(path)) as handle:
        header = handle.header()
    assert (header["version"], header["nLevels"], header["nBasesCovered"]) == (4, 5, len(every))
    with open(path, "rb") as file:
        summary = pybigtools.open(file).info()["summary"]
    assert (summary["min"], summary["max"]) == (every.min(), every.max())
    np.testing.assert_allclose(summary["sum"], every.sum(), rtol=1e-9)


def test_the_bytes_do_not_depend_on_how_values_are_divided_among_calls(tmp_path, monkeypatch):
    monkeypatch.setattr(_bigwig_file, "_PIECE", 1000)
    values = np.random.default_rng(0).random(20_000, dtype=np.float32)
    values[5_000:5_010] = np.nan
    for name, cuts in (("one", []), ("many", [1, 700, 4_999, 5_003, 5_010, 12_000])):
        with BigWigWriter(tmp_path / name, SIZES) as writer:
            for low, piece in zip([0, *cuts], np.split(values, cuts), strict=True):
                writer.add_fixed("chr1", low * 32, piece)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()


def test_thousands_of_contigs_are_found_by_name(tmp_path):
    sizes = {f"contig_{i * 7919 % 70_001}": 100 + i for i in range(70_001)}
    with BigWigWriter(tmp_path / "a.bw", sizes) as writer:
        for chrom in list(sizes)[::10_000]:
            writer.add_runs(chrom, [5], [50], [1.0])
    with pyBigWig.open(str(tmp_path / "a.bw")) as handle:
        assert handle.chroms() == sizes
        assert handle.intervals(list(sizes)[30_000]) == ((5, 50, 1.0),)
    with open(tmp_path / "a.bw", "rb") as file:
        handle = pybigtools.open(file)
        assert handle.chroms() == sizes
        assert list(handle.records(list(sizes)[30_000])) == [(5, 50, 1.0)]


def test_zoom_levels_grow_fourfold_until_a_few_windows_hold_the_longest_chromosome():
    assert _bigwig_zoom.zoom_windows(1) == [1024]
    assert _bigwig_zoom.zoom_windows(248_956_422) == [1024 * 4**i for i in range(8)]
    assert len(_bigwig_zoom.zoom_windows(2**32 - 1)) == 10


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(n):
        tracemalloc.start()
        with BigWigWriter(tmp_path / "a.bw", {"chr1": 32_000_000 * n}) as writer:
            for i in range(n):
                writer.add_fixed("chr1", i * 32_000_000, np.zeros(1_000_000, np.float32))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(6) < 1.3 * peak(2) < 100e6
