import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.io._bigwig import BigWigWriter, read_bigwig
from scmaxatac.tl import _average_chip

SIZES = {"a": 10_050, "b": 2_000, "c": 500}


@pytest.fixture
def genome():
    return sma.Genome.from_sizes(SIZES)


@pytest.fixture
def tracks(tmp_path):
    """Three bigWigs, and their values at every base; the third has nothing on b."""
    rng = np.random.default_rng(0)
    paths, dense = [], []
    for i in range(3):
        values = {}
        with BigWigWriter(tmp_path / f"{i}.bw", SIZES if i < 2 else {"a": SIZES["a"]}) as writer:
            for chrom in ("a", "b") if i < 2 else ("a",):
                edges = np.unique(rng.integers(0, SIZES[chrom], 80))
                level = rng.gamma(1, 8, len(edges) // 2).astype(np.float32)
                starts, ends = edges[0::2][: len(level)], edges[1::2][: len(level)]
                writer.add_runs(chrom, starts, ends, level)
                values[chrom] = np.zeros(SIZES[chrom])
                for start, end, value in zip(starts, ends, level, strict=True):
                    values[chrom][start:end] = value
        paths.append(tmp_path / f"{i}.bw")
        dense.append(values)
    return paths, dense


def expected_bins(dense, chrom, bin_size):
    mean = sum(np.arcsinh(values.get(chrom, np.zeros(SIZES[chrom]))) for values in dense) / len(dense)
    n = len(mean) // bin_size
    return mean[: n * bin_size].reshape(n, bin_size).max(axis=1)


@pytest.mark.parametrize("bin_size", [32, 200])
def test_a_bin_is_the_largest_mean_arcsinh_over_the_cell_types(genome, tracks, bin_size, monkeypatch):
    monkeypatch.setattr(_average_chip, "_BLOCK", 1000)
    paths, dense = tracks
    table = sma.tl.average_chip(paths, genome=genome, bin_size=bin_size)
    for chrom in ("a", "b"):
        expected = expected_bins(dense, chrom, bin_size)
        rows = table[table["chrom"] == chrom]
        got = np.zeros(len(expected))
        got[rows["start"] // bin_size] = rows["score"]
        np.testing.assert_allclose(got, expected, rtol=1e-5)
        assert (rows["end"] - rows["start"] == bin_size).all()
        assert (rows["score"] > 0).all()


def test_the_bigwig_holds_the_same_bins_as_the_table(genome, tracks, tmp_path):
    peaks = pd.DataFrame({"chrom": ["a", "b"], "start": [3000, 700], "end": [3900, 900]})
    table = sma.tl.average_chip(tracks[0], genome=genome, chroms=["b", "a"], path=tmp_path / "mean.bw")
    starts, ends, values = read_bigwig(tmp_path / "mean.bw", "a")
    bins = np.concatenate([np.arange(s, e, 200) for s, e in zip(starts, ends, strict=True)])
    rows = table[table["chrom"] == "a"]
    assert bins.tolist() == rows["start"].tolist()
    np.testing.assert_array_equal(np.repeat(values, (ends - starts) // 200), rows["score"])
    one, two = (
        sma.tl.benchmark(scores, peaks, genome=genome, block_size=200) for scores in (table, tmp_path / "mean.bw")
    )
    pd.testing.assert_frame_equal(one, two)


def test_two_cell_types_may_have_the_same_bigwig(genome, tracks):
    once, twice = (sma.tl.average_chip([tracks[0][0]] * n, genome=genome) for n in (1, 2))
    pd.testing.assert_frame_equal(once, twice)


def test_only_the_chromosomes_that_are_averaged_need_the_length_of_the_genome(genome, tracks):
    other = sma.Genome.from_sizes(SIZES | {"b": 2_001, "c": 501})
    expected = sma.tl.average_chip(tracks[0], genome=genome, chroms="a")
    pd.testing.assert_frame_equal(sma.tl.average_chip(tracks[0], genome=other, chroms="a"), expected)
    with pytest.raises(ValueError, match=r"b has 2,000 bp in .*0\.bw, but 2,001"):
        sma.tl.average_chip(tracks[0], genome=other)


def test_peaks_give_the_share_of_cell_types_that_have_one(genome):
    first = pd.DataFrame({"chrom": ["a", "a"], "start": [199, 1000], "end": [201, 1001]})
    second = pd.DataFrame({"chrom": ["a", "b"], "start": [1199, 0], "end": [1200, 10]})
    table = sma.tl.average_chip({"x": first, "y": second}, genome=genome, chroms=["a", "b", "c"])
    assert table.astype({"chrom": str}).to_numpy().tolist() == [
        ["a", 0, 200, 0.5], ["a", 200, 400, 0.5], ["a", 1000, 1200, 1.0], ["b", 0, 200, 0.5]
    ]  # fmt: skip
    default = sma.tl.average_chip([first, second], genome=genome)
    assert default["chrom"].unique().tolist() == ["a", "b"]


def test_bad_input_is_told(genome, tracks, tmp_path):
    peaks = pd.DataFrame({"chrom": ["chr1"], "start": [199], "end": [201]})
    with pytest.raises(ValueError, match="signals has to be a list"):
        sma.tl.average_chip([], genome=genome)
    with pytest.raises(ValueError, match="signals has to be a list"):
        sma.tl.average_chip(peaks, genome=genome)
    with pytest.raises(ValueError, match="bigWigs as well as peaks"):
        sma.tl.average_chip([tracks[0][0], peaks], genome=genome)
    with pytest.raises(ValueError, match="peaks of cell type 1 are on chr1, none of which"):
        sma.tl.average_chip([peaks], genome=genome)
    with pytest.raises(ValueError, match=r"a has 10,050 bp in .*0\.bw, but 10,051"):
        sma.tl.average_chip([tracks[0][0]], genome=sma.Genome.from_sizes({"a": 10_051}))
    with pytest.raises(ValueError, match=r"signals of .*0\.bw are on a, b, none of which .* has \(chr1\)"):
        sma.tl.average_chip(tracks[0], genome=sma.Genome.from_sizes({"chr1": 10_050}))
    with pytest.raises(ValueError, match="none of the signals has a peak"):
        sma.tl.average_chip([peaks.iloc[:0]], genome=genome)
    with pytest.raises(FileNotFoundError, match=r"none\.bw"):
        sma.tl.average_chip([tmp_path / "none.bw"], genome=genome)
