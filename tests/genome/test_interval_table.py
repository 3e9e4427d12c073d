"""Intervals that are none, or don't fit the genome, are refused by name in every function that takes some."""

import logging
import re

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _networks import random_model

import scmaxatac as sma
from scmaxatac.genome._interval_table import read_intervals

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


def cells():
    return ad.AnnData(np.zeros((2, 1), np.float32), pd.DataFrame({"group": ["a", "b"]}, index=["x", "y"]))


def predicted(genome, adata=None, **options):
    models = [random_model("A", 0)]
    return sma.tl.predict_tfbs(cells() if adata is None else adata, "group", genome=genome, models=models, **options)


def predicted_with_macs3(genome, peaks):
    adata = cells()
    adata.uns["macs3"] = {"a": peaks}
    return predicted(genome, adata)


def downsampled(genome, good, **options):
    given = {"regions": good, "peaks": good, **options}
    models = [random_model("A", 0)]
    return sma.tl.downsampling_curve(cells(), "group", group="a", genome=genome, models=models, **given)


def trained(genome, good, **tables):
    given = {"name": "a", "role": "train", "signal": "a", "atac_peaks": good, "chip_peaks": good} | tables
    frame = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in given.items()})
    split = {"chroms_train": "chr1", "chroms_valid": "chr2"}
    return sma.tl.train(frame, "A", genome=genome, out_dir="never", data=cells(), groupby="group", **split)


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


DOORS = CALLS | {
    "Genome: the blacklist": lambda good, bad, g: sma.Genome("never read.fa", blacklist=bad),
    "Genome.from_sizes: the blacklist": lambda good, bad, g: sma.Genome.from_sizes(SIZES, blacklist=bad),
    "Genome.from_codes: the blacklist": lambda good, bad, g: sma.Genome.from_codes(
        {"chr1": np.zeros(9, np.uint8)}, blacklist=bad
    ),
    "predict_tfbs regions": lambda good, bad, g: predicted(g, regions=bad),
    "predict_tfbs peaks in uns['macs3']": lambda good, bad, g: predicted_with_macs3(g, bad),
    "downsampling_curve regions": lambda good, bad, g: downsampled(g, good, regions=bad),
    "downsampling_curve peaks of A": lambda good, bad, g: downsampled(g, good, peaks=bad),
    "downsampling_curve intervals of compare_in": lambda good, bad, g: downsampled(g, good, compare_in=bad),
    "jaccard peaks of T": lambda good, bad, g: sma.tl.jaccard({"B": good, "T": bad}),
    "calibrate peaks of T": lambda good, bad, g: sma.tl.calibrate(
        {"B": good, "T": good}, {"B": good, "T": bad}, genome=g
    ),
    "train atac_peaks of 'a'": lambda good, bad, g: trained(g, good, atac_peaks=bad),
    "train chip_peaks of 'a'": lambda good, bad, g: trained(g, good, chip_peaks=bad),
    "train unknown of 'a'": lambda good, bad, g: trained(g, good, unknown=bad),
}
"""Every way in, with what the message has to call the intervals."""


@pytest.fixture(params=DOORS)
def door(request):
    if "motif_scan" in request.param:
        pytest.importorskip("memelite")
    if request.param.startswith("train"):
        pytest.importorskip("pytorch_lightning")
    _, _, what = request.param.partition(" ")
    return what, DOORS[request.param]


BAD = {
    "text": ({"start": "x"}, "start is 'x', which is no number"),
    "number with commas": ({"end": "1,000"}, "end is '1,000', which is no number"),
    "NaN end": ({"end": np.nan}, "end is missing"),
    "None": ({"start": None}, "start is missing"),
    "fraction": ({"end": 7929.7}, r"end is 7929\.7, which is no whole number"),
    "negative": ({"start": -200}, "start is -200, before 0"),
    "reversed": ({"end": 300}, "end is 300, not after start, which is 400"),
    "empty": ({"end": 400}, "end is 400, not after start, which is 400"),
    "endless": ({"end": np.inf}, "end is inf, beyond the end of any chromosome"),
    "no chromosome": ({"chrom": None}, "chrom is missing"),
}


def spoilt(table, change):
    bad = table.reset_index(drop=True).astype(object)
    for name, value in change.items():
        bad.loc[[2, 5], name] = value
    return bad


@pytest.mark.filterwarnings("ignore:no blacklist", "ignore:.*published models")
@pytest.mark.parametrize("kind", BAD)
def test_a_row_that_is_no_interval_is_refused_with_what_is_wrong_by_every_function(door, kind, table, genome):
    (what, run), (change, reason) = door, BAD[kind]
    bad = spoilt(table, change)
    message = rf"{re.escape(what)}: row 3 of 100 \(.*\) is no interval: {reason}\. 2 of the rows are no interval"
    with pytest.raises(ValueError, match=message):
        run(table, bad, genome)


@pytest.mark.parametrize("name", ["chrom", "start", "end"])
def test_a_missing_column_is_named_by_every_function(door, name, table, genome):
    what, run = door
    with pytest.raises(
        ValueError, match=rf"{re.escape(what)}: no column {name} among .*'other'.*Name the columns chrom"
    ):
        run(table, table.rename(columns={name: "other"}), genome)


@pytest.mark.parametrize("door", [name for name in DOORS if "macs3" not in name], indirect=True)
def test_a_file_with_a_row_that_is_no_interval_is_refused_by_every_function(door, table, genome, tmp_path):
    what, run = door
    table.assign(end=lambda t: t["end"].where(t["start"] != 400, 400)).to_csv(
        tmp_path / "bad.bed", sep="\t", header=False, index=False, columns=["chrom", "start", "end"]
    )
    message = rf"{re.escape(what)}: .*bad\.bed, line 3: end is 400, not after start, .*2 of 100 lines are no interval"
    with pytest.raises(ValueError, match=message):
        run(table, tmp_path / "bad.bed", genome)


INTERVALS = pd.DataFrame({"chrom": ["chr2", "chr1"], "start": [5, 0], "end": [9, 7929]})


@pytest.mark.parametrize(
    "names",
    [
        ("chrom", "start", "end"), ("chromosome", "start", "end"), ("Chromosome", "Start", "End"),
        ("Chrom", "Start", "End"), ("chr", "start", "stop"), ("seqnames", "start", "end"),
        ("#chrom", "chromStart", "chromEnd"),
    ],
)  # fmt: skip
def test_the_columns_of_other_tools_are_read(names):
    given = INTERVALS.set_axis(names, axis=1).assign(name=["a", "b"])
    pd.testing.assert_frame_equal(read_intervals(given, "peaks"), INTERVALS.assign(name=["a", "b"]))
    assert tuple(given)[:3] == names, "the table that was given stays as it is"


@pytest.mark.parametrize(
    "dtype", [float, str, object, "category", "Int64", "Float64", "uint32", "int32", "uint64", "string"]
)
def test_whole_numbers_of_every_type_are_read(dtype):
    given = INTERVALS.astype({"chrom": "category", "start": dtype, "end": dtype})
    pd.testing.assert_frame_equal(read_intervals(given, "peaks"), INTERVALS)


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "category", "string"])
def test_missing_values_of_nullable_types_are_missing(dtype):
    given = INTERVALS.astype({"end": object})
    given.loc[1, "end"] = None
    with pytest.raises(ValueError, match=r"row 2 of 2 .*: end is missing\. 1 of the rows is no interval"):
        read_intervals(given.astype({"end": dtype}), "peaks")


@pytest.mark.parametrize(
    "values", [[True, True], pd.to_datetime(["2020-01-01", "2020-01-02"]), [1j, 2j], [-1, 2**63 - 1]]
)
def test_what_pandas_would_turn_into_numbers_is_none(values):
    with pytest.raises(ValueError, match=r"peaks: row [12] of 2"):
        read_intervals(INTERVALS.assign(end=values), "peaks")


def test_numbered_chromosomes_are_text_without_a_fraction():
    for values in ([2, 1], [2.0, 1.0]):
        assert read_intervals(INTERVALS.assign(chrom=values), "peaks")["chrom"].tolist() == ["2", "1"]


def test_positions_that_count_from_1_are_refused():
    given = INTERVALS.rename(columns={"chrom": "seqnames"}).assign(width=[5, 7930])
    with pytest.raises(ValueError, match="peaks: positions count from 1"):
        read_intervals(given, "peaks")
    read_intervals(given.assign(width=[4, 7929]), "peaks")


@pytest.mark.parametrize("given", [["chr1", 1, 2], {"chrom": ["chr1"]}, None])
def test_what_is_neither_file_nor_table_is_refused(given):
    with pytest.raises(ValueError, match=f"peaks: found {type(given).__name__}; give a BED file or a table"):
        read_intervals(given, "peaks")


def test_of_two_columns_of_one_name_none_is_chosen():
    with pytest.raises(ValueError, match="peaks: more than one column is called 'start'"):
        read_intervals(pd.concat([INTERVALS, INTERVALS[["start"]]], axis=1), "peaks")


def test_a_blacklist_is_cut_at_the_ends_of_chromosomes():
    black = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [19_000, 10_000], "end": [30_000, 10_001]})
    assert sma.Genome.from_sizes(SIZES, blacklist=black).blacklist.frame().to_numpy().tolist() == [
        ["chr1", 19_000, 20_000]
    ]


def test_text_that_looks_like_a_region_is_one():
    for given in ("chr5:1,000-2,000", "chr5-1000-2000", ["chr5:1000-2000"], pd.Index(["chr5_1000_2000"])):
        frame = read_intervals(given, "regions")
        assert frame.to_numpy().tolist() == [["chr5", 1000, 2000]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("chr5:200-100", "regions: region 'chr5:200-100' is empty: its end, 100, is not after its start, 200"),
        ("chr5:200", "regions: region 'chr5:200' is not understood"),
        ("chr5:-5-100", "is not understood"),
        (
            ["chr5:1-2", "chr5:2-1"],
            "regions: 1 of 2 names are no intervals such as chr1:100-200, the first is 'chr5:2-1'",
        ),
    ],
)
def test_a_malformed_region_is_told(given, message):
    with pytest.raises(ValueError, match=message):
        read_intervals(given, "regions")


def test_a_file_whose_name_looks_like_a_region_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "peaks_1_200").write_text("chr1\t5\t9\n")
    assert read_intervals("peaks_1_200", "regions")[["start", "end"]].to_numpy().tolist() == [[5, 9]]
    with pytest.raises(FileNotFoundError, match=r"peaks\.bed"):
        read_intervals("peaks.bed", "regions")
