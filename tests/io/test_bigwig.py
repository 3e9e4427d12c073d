import gc
import warnings

import numpy as np
import pytest

from scmaxatac.io._bigwig import BigWigWriter, bigwig_sizes, read_bigwig, sizes_with_values

SIZES = {"chr1": 10_000, "chr2": 5_000, "chr10": 400_000_000}


def test_fixed_steps_come_back_bit_for_bit(tmp_path):
    path = tmp_path / "a.bw"
    values = np.random.default_rng(0).random(300, dtype=np.float32)
    with BigWigWriter(path, SIZES) as writer:
        writer.add_fixed("chr1", 64, values)
        writer.add_fixed("chr10", 399_990_400, values)
    for chrom, start in (("chr1", 64), ("chr10", 399_990_400)):
        starts, ends, got = read_bigwig(path, chrom)
        np.testing.assert_array_equal(starts, start + 32 * np.arange(300))
        np.testing.assert_array_equal(ends, starts + 32)
        np.testing.assert_array_equal(got, values)
    assert len(read_bigwig(path, "chr2")[0]) == 0
    assert bigwig_sizes(path) == SIZES


def test_runs_come_back_bit_for_bit_and_cut_to_the_interval(tmp_path):
    path = tmp_path / "a.bigwig.of.any.name"
    rng = np.random.default_rng(1)
    edges = np.sort(rng.choice(5_000, 400, replace=False))
    starts, ends, values = edges[::2], edges[1::2], rng.normal(size=200).astype(np.float32)
    with BigWigWriter(path, SIZES) as writer:
        writer.add_runs("chr2", starts, ends, values)
    for got, truth in zip(read_bigwig(path, "chr2"), (starts, ends, values), strict=True):
        np.testing.assert_array_equal(got, truth)
    dense = np.full(5_000, np.nan, np.float32)
    for start, end, value in zip(starts, ends, values, strict=True):
        dense[start:end] = value
    low, high = int(starts[3]) + 1, int(ends[70]) - 1
    got = np.full(5_000, np.nan, np.float32)
    for start, end, value in zip(*read_bigwig(path, "chr2", low, high), strict=True):
        got[start:end] = value
    np.testing.assert_array_equal(got[low:high], dense[low:high])
    assert np.isnan(got[:low]).all()
    assert np.isnan(got[high:]).all()


def test_nan_is_left_out(tmp_path):
    path = tmp_path / "a.bw"
    nan = np.nan
    with BigWigWriter(path, SIZES) as writer:
        writer.add_fixed("chr1", 0, np.array([nan, 1, 2, nan, nan, 3, nan]), span=10, step=20)
        writer.add_fixed("chr1", 1000, np.array([nan]))
        writer.add_runs("chr2", [0, 5, 9], [5, 9, 11], [1, nan, 3])
    starts, ends, values = read_bigwig(path, "chr1")
    assert starts.tolist() == [20, 40, 100]
    assert ends.tolist() == [30, 50, 110]
    assert values.tolist() == [1, 2, 3]
    assert read_bigwig(path, "chr2")[0].tolist() == [0, 9]


def test_another_reader_agrees(tmp_path):
    import pyBigWig

    path = tmp_path / "a.bw"
    with BigWigWriter(path, SIZES) as writer:
        writer.add_fixed("chr1", 0, np.arange(100))
    with pyBigWig.open(str(path)) as handle:
        assert handle.intervals("chr1")[5] == (160, 192, 5.0)
        assert handle.stats("chr1", 0, 3200, type="max", nBins=2, exact=True) == [49.0, 99.0]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda w: w.add_fixed("chr1", 0, np.array([1, np.inf])), "infinite values on chr1"),
        (lambda w: w.add_runs("chr1", [0], [5], [-np.inf]), "infinite values on chr1"),
        (lambda w: w.add_fixed("chr9", 0, np.ones(3)), "'chr9' is not among"),
        (lambda w: w.add_fixed("chr1", 9_990, np.ones(1)), "outside the chromosome"),
        (lambda w: w.add_fixed("chr1", -32, np.ones(1)), "outside the chromosome"),
        (lambda w: [w.add_fixed("chr2", 0, np.ones(1)), w.add_fixed("chr1", 0, np.ones(1))], "after a later position"),
        (lambda w: [w.add_fixed("chr1", 0, np.ones(2)), w.add_fixed("chr1", 32, np.ones(1))], "after a later position"),
        (lambda w: w.add_runs("chr1", [0, 5], [6, 9], [1, 1]), "overlap"),
        (lambda w: w.add_runs("chr1", [5, 0], [6, 3], [1, 1]), "not sorted"),
        (lambda w: w.add_runs("chr1", [5], [5], [1]), "empty"),
        (lambda w: w.add_runs("chr1", [5, 6], [6], [1]), "2 starts, 1 ends and 1 values"),
        (lambda w: w.add_fixed("chr1", 0, np.ones(2), span=32, step=16), "step"),
        (lambda w: None, "no values to write"),
        (lambda w: w.add_fixed("chr1", 0, np.array([np.nan])), "no values to write"),
    ],
)
def test_what_can_not_be_written_is_an_error_and_leaves_no_file(tmp_path, write, message):
    def attempt():
        with BigWigWriter(tmp_path / "a.bw", SIZES) as writer:
            write(writer)

    with pytest.raises(ValueError, match=message):
        attempt()
    assert not list(tmp_path.iterdir())


def test_an_older_file_survives_a_failed_write(tmp_path):
    path = tmp_path / "a.bw"
    path.write_text("old")

    def attempt():
        with BigWigWriter(path, SIZES) as writer:
            writer.add_fixed("chr1", 0, np.ones(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt()
    assert path.read_text() == "old"


def test_writing_needs_the_with_block_and_chromosomes(tmp_path):
    with pytest.raises(ValueError, match="with block"):
        BigWigWriter(tmp_path / "a.bw", SIZES).add_fixed("chr1", 0, np.ones(3))
    with pytest.raises(ValueError, match="at least one chromosome"):
        BigWigWriter(tmp_path / "a.bw", {}).__enter__()


def test_chromosomes_with_values_are_told_from_those_of_the_header(tmp_path):
    with BigWigWriter(tmp_path / "a.bw", SIZES) as writer:
        writer.add_fixed("chr1", 0, np.array([np.nan]))
        writer.add_runs("chr2", [4_999], [5_000], [0.0])
        writer.add_fixed("chr10", 399_990_400, np.ones(300))
    assert bigwig_sizes(tmp_path / "a.bw") == SIZES
    assert sizes_with_values(tmp_path / "a.bw") == {"chr2": 5_000, "chr10": 400_000_000}


@pytest.mark.parametrize("read", [bigwig_sizes, sizes_with_values, lambda path: read_bigwig(path, "chr1")])
def test_reading_leaves_no_file_open(tmp_path, read):
    path = tmp_path / "a.bw"
    with BigWigWriter(path, SIZES) as writer:
        writer.add_fixed("chr1", 0, np.ones(3))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(path)
        gc.collect()
    assert [str(w.message) for w in caught] == []


def test_reading_errors_name_the_file_and_the_chromosome(tmp_path):
    path = tmp_path / "a.bw"
    with pytest.raises(FileNotFoundError, match=r"bigWig not found: .*a\.bw"):
        read_bigwig(path, "chr1")
    path.write_text("chr1\t0\t5\t1\n")
    with pytest.raises(ValueError, match=r"a\.bw is not a bigWig"):
        read_bigwig(path, "chr1")
    with BigWigWriter(path, SIZES) as writer:
        writer.add_fixed("chr1", 0, np.ones(3))
    with pytest.raises(KeyError, match="has no chromosome '1'"):
        read_bigwig(path, "1")
    with pytest.raises(ValueError, match="chr1:5-20000 lies outside"):
        read_bigwig(path, "chr1", 5, 20_000)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match=r"a\.bw is not a bigWig, or is damaged: it ends at byte 50"):
        read_bigwig(path, "chr1")
