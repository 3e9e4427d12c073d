"""Peaks and regions that don't fit the genome are told, in every function that compares them with it."""

import logging

import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma

SIZES = {"chr1": 20_000, "chr2": 10_000}


@pytest.fixture
def genome():
    return sma.Genome.from_codes({chrom: np.zeros(size, dtype=np.uint8) for chrom, size in SIZES.items()})


@pytest.fixture
def table():
    start = np.arange(0, 10_000, 200)
    return pd.concat(
        pd.DataFrame({"chrom": chrom, "start": start, "end": start + 200, "score": np.linspace(0.1, 0.9, len(start))})
        for chrom in SIZES
    )


CALLS = {
    "benchmark peaks": lambda good, bad, g: sma.tl.benchmark(good, bad, genome=g, n_bootstrap=0),
    "benchmark regions": lambda good, bad, g: sma.tl.benchmark(good, good, genome=g, regions=bad, n_bootstrap=0),
    "benchmark scores": lambda good, bad, g: sma.tl.benchmark(bad, good, genome=g, n_bootstrap=0),
    "calibrate peaks": lambda good, bad, g: sma.tl.calibrate(good, bad, genome=g),
    "calibrate regions": lambda good, bad, g: sma.tl.calibrate(good, good, genome=g, regions=bad),
    "average_chip peaks of cell type 2": lambda good, bad, g: sma.tl.average_chip([good, bad], genome=g),
    "motif_scan regions": lambda good, bad, g: sma.tl.motif_scan(g, {"A": np.eye(4)[[0] * 12]}, regions=bad),
}


def renamed(table):
    return table.assign(chrom=table["chrom"].str.removeprefix("chr"))


@pytest.fixture(params=CALLS)
def call(request):
    if request.param.startswith("motif_scan"):
        pytest.importorskip("memelite")
    return request.param.partition(" ")[2], CALLS[request.param]


def test_chromosomes_of_another_style_are_an_error(call, table, genome):
    what, run = call
    with pytest.raises(ValueError, match=rf"{what} are on 1, 2, none of which .* \(chr1, chr2\)\. .*\(chr1, not 1\)"):
        run(table, renamed(table), genome)


def test_intervals_past_the_end_are_an_error(call, table, genome):
    what, run = call
    far = pd.concat([table, table.iloc[:3].assign(end=20_001)])
    with pytest.raises(
        ValueError, match=rf"{what}: chr1:0-20001 lies off .* 20,000 bp \(3 such intervals\)\. .*same as"
    ):
        run(table, far, genome)


def test_some_chromosomes_that_the_genome_lacks_are_left_out(call, table, genome, caplog):
    what, run = call
    more = pd.concat([table, table.iloc[:5].assign(chrom="chrUn", end=10**6)])
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        found, expected = run(table, more, genome), run(table, table, genome)
    if isinstance(found, sma.models.Calibration):
        found, expected = found.frame, expected.frame
    pd.testing.assert_frame_equal(found, expected)
    assert f"5 of 105 {what} lie on chromosomes that codes in memory does not have (chrUn)" in caplog.text


def test_peaks_on_other_chromosomes_of_the_genome_are_fine_and_no_peaks_too(table, genome):
    one = sma.tl.benchmark(table, table, genome=genome, chroms="chr2", n_bootstrap=0)
    two = sma.tl.benchmark(table, table[table["chrom"] == "chr2"], genome=genome, chroms="chr2", n_bootstrap=0)
    pd.testing.assert_frame_equal(one, two)
    for none in (table.iloc[:0], table[table["chrom"] == "chr1"]):
        found = sma.tl.benchmark(table, none, genome=genome, chroms="chr2", n_bootstrap=0)
        assert found["n_positive"].tolist() == [0, 0]


def test_regions_have_to_leave_something(table, genome):
    with pytest.raises(ValueError, match="none of the regions lies on chr2; they are on chr1"):
        sma.tl.benchmark(table, table, genome=genome, chroms="chr2", regions=table[table["chrom"] == "chr1"])
    with pytest.raises(ValueError, match="regions are empty"):
        sma.tl.benchmark(table, table, genome=genome, regions=table.iloc[:0])
