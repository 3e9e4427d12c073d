"""What scores may be, and on which chromosomes they are compared."""

import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.io._bigwig import BigWigWriter

SIZES = {"chr1": 40_000, "chr2": 30_000}


@pytest.fixture
def genome():
    return sma.Genome.from_sizes(SIZES)


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    start = np.arange(0, 20_000, 400)
    return pd.concat(
        pd.DataFrame({"chrom": chrom, "start": start, "end": start + 200, "score": rng.random(len(start))})
        for chrom in SIZES
    )


@pytest.fixture
def peaks(scores):
    return scores[scores["score"] > 0.6][["chrom", "start", "end"]]


def benchmark(scores, peaks, genome, **options):
    return sma.tl.benchmark(scores, peaks, genome=genome, n_bootstrap=0, **options)


def test_a_bigwig_is_compared_on_the_chromosomes_that_it_has_values_on(genome, peaks, tmp_path):
    """Its header names all of the genome's."""
    table = sma.tl.average_chip([peaks], genome=genome, chroms="chr1", path=tmp_path / "mean.bw")
    one, two = (benchmark(given, peaks, genome) for given in (table, tmp_path / "mean.bw"))
    pd.testing.assert_frame_equal(one, two)
    assert one.index.tolist() == ["chr1", "pooled"]


def test_a_bigwig_of_another_assembly_is_refused_only_where_it_is_read(scores, peaks, genome, tmp_path):
    with BigWigWriter(tmp_path / "x.bw", SIZES | {"chr2": 30_001}) as writer:
        for chrom, rows in scores.groupby("chrom"):
            writer.add_runs(chrom, rows["start"], rows["end"], rows["score"])
    with pytest.raises(ValueError, match=r"chr2 has 30,001 bp in .*x\.bw, but 30,000 in .*different assemblies"):
        benchmark(tmp_path / "x.bw", peaks, genome)
    from_table = benchmark(scores, peaks, genome, chroms="chr1")
    pd.testing.assert_frame_equal(benchmark(tmp_path / "x.bw", peaks, genome, chroms="chr1"), from_table)
    with pytest.raises(ValueError, match=r"x\.bw: scores are on chr1, chr2, none of which .* has \(1\)"):
        benchmark(tmp_path / "x.bw", peaks, sma.Genome.from_sizes({"1": 40_000}))


@pytest.mark.parametrize("empty", [".", np.nan])
def test_a_column_of_missing_scores_is_as_good_as_none(scores, peaks, genome, tmp_path, empty):
    some = scores.sample(40, random_state=0)[["chrom", "start", "end"]]
    expected = benchmark(some, peaks, genome)
    pd.testing.assert_frame_equal(benchmark(some.assign(score=empty), peaks, genome), expected)
    six = some.assign(name="x", score=".", strand="+")
    six.to_csv(tmp_path / "six.bed", sep="\t", header=False, index=False)
    with pytest.warns(UserWarning, match=r"all 40 scores of .*six\.bed are missing: each interval scores 1$"):
        pd.testing.assert_frame_equal(benchmark(tmp_path / "six.bed", peaks, genome), expected)
    assert expected.loc["pooled", "average_precision"] > expected.loc["pooled", "random_precision"]


def test_numbers_read_as_text_or_as_floats_are_taken(scores, peaks, genome):
    expected = benchmark(scores, peaks, genome)
    for kind in (str, float):
        given = scores.astype({"start": kind, "end": kind, "score": kind})
        pd.testing.assert_frame_equal(benchmark(given, peaks.astype({"start": kind}), genome), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": np.nan}, r"1 of 100 scores are missing \('\.' or NaN\); give every interval a score"),
        ({"score": "high"}, "a score is 'high'; scores are finite numbers"),
        ({"score": np.inf}, "a score is inf; scores are finite numbers"),
        ({"score": -1.5}, r"scores on chr1 are as low as -1\.5; a bin without a score counts as 0, .*exp\(-x\)"),
        ({"start": 1600.5}, r"scores: row 5 of 100 .*: start is 1600\.5, which is no whole number"),
        ({"end": "x"}, "scores: row 5 of 100 .*: end is 'x', which is no number"),
        ({"end": np.nan}, "scores: row 5 of 100 .*: end is missing"),
        ({"start": -200}, "scores: row 5 of 100 .*: start is -200, before 0"),
        ({"end": 1500}, "scores: row 5 of 100 .*: end is 1500, not after start"),
        ({"end": 1600}, "scores: row 5 of 100 .*: end is 1600, not after start"),
        ({"end": 40_001}, r"scores: chr1:1600-40001 lies off .* has 40,000 bp \(1 such intervals\)"),
    ],
)
def test_a_row_that_is_no_score_is_an_error(scores, peaks, genome, change, message):
    given = scores.reset_index(drop=True).astype(dict.fromkeys(change, object))
    for name, value in change.items():
        given.loc[4, name] = value
    with pytest.raises(ValueError, match=message):
        benchmark(given, peaks, genome)


def test_negative_scores_of_a_bigwig_are_an_error(peaks, genome, tmp_path):
    with BigWigWriter(tmp_path / "x.bw", SIZES) as writer:
        writer.add_runs("chr2", [0, 200], [200, 400], [1.0, -2.0])
    with pytest.raises(ValueError, match=r"x\.bw: scores on chr2 are as low as -2;"):
        benchmark(tmp_path / "x.bw", peaks, genome)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t0\t100\t-3", "scores on chr1 are as low as -3"),
        ("chr1\t0\t100\tinf", "a score is inf"),
        ("1\t0\t100\t3", "are on 1, none of which"),
        ("chr1\t0\t50000\t3", ": chr1:0-50000 lies off"),
    ],
)
def test_a_file_of_scores_is_named_in_what_is_wrong_with_it(peaks, genome, tmp_path, line, message):
    (tmp_path / "s.bedGraph").write_text(f"{line}\n")
    with pytest.raises(ValueError, match=rf"s\.bedGraph\b.*{message}"):
        benchmark(tmp_path / "s.bedGraph", peaks, genome)


def test_no_scores_need_chromosomes_that_are_named(scores, peaks, genome):
    with pytest.raises(ValueError, match="there are no scores; name the chromosomes"):
        benchmark(scores.iloc[:0], peaks, genome)
    table = benchmark(scores.iloc[:0], peaks, genome, chroms=["chr1"])
    assert table.loc["chr1", "average_precision"] == pytest.approx(table.loc["chr1", "random_precision"])


def test_a_bedgraph_is_read_as_scores_and_not_as_intervals(scores, peaks, genome, tmp_path):
    expected = benchmark(scores, peaks, genome)
    assert expected.loc["pooled", "average_precision"] > 0.9
    scores.to_csv(tmp_path / "s.bedGraph", sep="\t", header=False, index=False)
    pd.testing.assert_frame_equal(benchmark(tmp_path / "s.bedGraph", peaks, genome), expected)
    (tmp_path / "s.txt").write_text("track type=bedGraph\n" + (tmp_path / "s.bedGraph").read_text())
    pd.testing.assert_frame_equal(benchmark(tmp_path / "s.txt", peaks, genome), expected)
    (tmp_path / "s.bed").write_text((tmp_path / "s.bedGraph").read_text())
    with pytest.raises(ValueError, match=r"the fourth column of .*s\.bed, .* Are they the scores of a bedGraph\?"):
        benchmark(tmp_path / "s.bed", peaks, genome)


def test_scores_of_a_narrow_peak_file_that_are_all_alike_are_warned_about(scores, peaks, genome, tmp_path):
    table = scores.assign(name="p", flat=0, strand=".", signal=scores["score"], p=-1, q=-1, peak=100)
    columns = ["chrom", "start", "end", "name", "flat", "strand", "signal", "p", "q", "peak"]
    table[columns].to_csv(tmp_path / "s.narrowPeak", sep="\t", header=False, index=False)
    with pytest.warns(
        UserWarning, match=r"all 100 scores of .*s\.narrowPeak are 0: no interval .*; signal_value differs"
    ):
        benchmark(tmp_path / "s.narrowPeak", peaks, genome)


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        ("s.bedGraph", {"score": "."}, r"all 100 scores of .*s\.bedGraph are missing: each interval scores 1$"),
        ("s.bedGraph", {"score": 3}, r"all 100 scores of .*s\.bedGraph are 3: no interval ranks above another$"),
        ("s.bed", {"name": "x", "score": 0}, r"all 100 scores of .*s\.bed are 0: no interval ranks above another$"),
        (
            "s.narrowPeak",
            {"name": "x", "score": ".", "strand": "+", "signal": range(100), "p": -1, "q": -1, "peak": 5},
            r"all 100 scores of .*s\.narrowPeak are missing: .*; signal_value differs",
        ),
    ],
)
def test_a_file_whose_scores_are_missing_or_all_alike_is_warned_about(
    scores, peaks, genome, tmp_path, name, columns, message
):
    table = scores[["chrom", "start", "end"]].head(100).assign(**columns)
    table.to_csv(tmp_path / name, sep="\t", header=False, index=False)
    with pytest.warns(UserWarning, match=message):
        benchmark(tmp_path / name, peaks, genome)


def test_several_factors_or_groups_are_not_taken_for_one(scores, peaks, genome):
    """A table of all sites holds those of each factor in each group."""
    n = len(scores)
    mixed = scores.assign(tf=["CTCF", "SPI1"] * (n // 2), group=pd.Categorical(np.resize(["B", "T", "NK"], n)))
    calls = {
        "benchmark": benchmark,
        "calibrate": lambda s, p, g: sma.tl.calibrate(s, p, genome=g),
        "calibrate, named": lambda s, p, g: sma.tl.calibrate({"x": s}, {"x": p}, genome=g),
        "curve": lambda s, p, g: sma.pl.precision_recall({"x": s}, p, genome=g),
        "average": lambda s, p, g: sma.tl.average_chip([s], genome=g) if p is peaks else benchmark(scores, p, g),
    }
    for call in calls.values():
        with pytest.raises(
            ValueError, match=r"of 2 factors \(CTCF, SPI1\) and 3 groups \(B, T, NK\).* Choose those of"
        ):
            call(mixed, peaks, genome)
        with pytest.raises(ValueError, match=r"are of 3 groups .* such as table\[\(table\['group'\] == 'B'\)\]"):
            call(mixed.assign(tf="CTCF"), peaks, genome)
        with pytest.raises(ValueError, match=r"peaks are of 2 factors \(CTCF, SPI1\).* Choose those of one factor,"):
            call(scores, mixed[["chrom", "start", "end", "tf"]], genome)
    one = mixed.query("tf == 'CTCF' and group == 'B'")
    pd.testing.assert_frame_equal(benchmark(one, peaks, genome), benchmark(one[list(scores)], peaks, genome))
