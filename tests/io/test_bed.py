import gzip
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from scmaxatac.io import _line_blocks
from scmaxatac.io._bed import read_bed, write_bed


def test_headers_comments_and_windows_line_ends_are_skipped(tmp_path):
    path = tmp_path / "peaks.bed"
    path.write_bytes(b"browser position chr1\r\ntrack name=x\r\n#c\r\nchr1\t1\t20\ta#1\r\n\r\n# end\r\nchr2\t0\t5\tb")
    frame = read_bed(path)
    expected = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [1, 0], "end": [20, 5], "name": ["a#1", "b"]})
    pd.testing.assert_frame_equal(frame, expected.astype({"name": "string[pyarrow]"}))


def test_a_line_of_column_names_is_skipped(tmp_path):
    path = tmp_path / "peaks.bed"
    path.write_text("chrom\tchromStart\tchromEnd\nchr1\t1\t2\n")
    assert read_bed(path).to_numpy().tolist() == [["chr1", 1, 2]]


def test_scores_are_numbers_and_dots_are_missing(tmp_path):
    path = tmp_path / "peaks.bed.gz"
    path.write_bytes(gzip.compress(b"1 5 9 NA 0.5 + extra\n1 6 10 x . - more\n"))
    frame = read_bed(path)
    assert frame["chrom"].tolist() == ["1", "1"]
    assert frame["name"].tolist() == ["NA", "x"]
    np.testing.assert_array_equal(frame["score"], [0.5, np.nan])
    assert frame["column_7"].tolist() == ["extra", "more"]


def test_ten_columns_are_a_narrow_peak_file(tmp_path):
    path = tmp_path / "x.narrowPeak"
    path.write_text("chr1\t1\t200\tpeak_1\t900\t.\t5.5\t10\t8\t77\n")
    row = read_bed(path).iloc[0]
    assert (row["signal_value"], row["q_value"], row["peak"]) == (5.5, 8, 77)


def test_real_chip_peaks_equal_a_plain_reading(data_dir):
    path = data_dir / "chr22" / "chip" / "CTCF.GM12878.bed.gz"
    with gzip.open(path, "rt") as handle:
        truth = [line.split("\t")[:3] for line in handle]
    frame = read_bed(path)
    assert frame[["chrom", "start", "end"]].astype(str).to_numpy().tolist() == [[x.strip() for x in t] for t in truth]


@pytest.mark.parametrize("name", ["sites.bed", "sites.bed.gz"])
def test_what_is_written_comes_back(tmp_path, name):
    frame = pd.DataFrame(
        {"chrom": ["chr1", "chrX"], "start": [0, 7], "end": [3, 9], "name": ["CD4/T", "b c"], "score": [0.125, np.nan]}
    )
    write_bed(tmp_path / name, frame)
    pd.testing.assert_frame_equal(read_bed(tmp_path / name), frame.astype({"name": "string[pyarrow]"}))
    write_bed(tmp_path / name, frame)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["sites.bed", "sites.bed.gz"])
def test_an_empty_frame_is_an_empty_file_and_comes_back(tmp_path, name):
    write_bed(tmp_path / name, pd.DataFrame({"chrom": [], "start": [], "end": []}))
    frame = read_bed(tmp_path / name)
    assert list(frame) == ["chrom", "start", "end"]
    assert len(frame) == 0


def test_a_frame_with_other_columns_first_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"starts with the columns chrom, start, end; found \['chr'"):
        write_bed(tmp_path / "x.bed", pd.DataFrame({"chr": ["1"], "start": [1], "end": [2]}))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "chr1\t1\t2\nchr1\tx\t4\n",
            "line 2: start is 'x', which is no number; found 'chr1.*1 of 2 lines is no",
        ),
        ("chr1\t1.5\t2\n", "line 1: start is '1.5', which is no whole number"),
        ("#c\nchr1\t5\t5\nchr1\t7\t6\n", "line 2: end is 5, not after start.*2 of 2 lines are no interval"),
        ("chr1\t-1\t5\n", "line 1: start is -1, before 0"),
        ("chr1\t1\n", "line 1: expected a chromosome, a start and an end"),
        ("chr1\t1\t2\nchr1\n", "line 2: has 1 columns, and the first line has 3; found 'chr1'"),
        ("chr1\t1\t2\nchr1\t\t3\n", "line 2: start is missing"),
        ("chr1\t1\t2\n\t1\t3\n", "line 2: chrom is missing"),
        ("chr1\t1\t2\tn\nchr1\t3\t4\n", "line 2: has 3 columns, and the first line has 4"),
        ("chr1\t1\t2\rchr1\t3\t4\r", r"peaks\.bed: lines end with a carriage return alone"),
        ("chr1\t1\t2\tn\nchr1\t3\t4\tna\rme\n", r"peaks\.bed, line 2: holds a carriage return"),
        ("chr1\t1\t2\r\nchr1\t3\t4\rchr1\t5\t6\n", r"peaks\.bed, line 2: holds a carriage return"),
        ("chr1\t1\t2\nchr1\t3\t4\tname\tmore\n", "line 2: has 5 columns, and the first line has 3"),
        ("chr1\t1\t1e300\n", "line 1: end is '1e300', beyond the end of any chromosome"),
        ("chr1\t1\tinf\n", "line 1: end is 'inf', beyond"),
        ("chr1\t1\t2\tn\thigh\n", "line 1: expected a number in column 'score'"),
    ],
)
def test_lines_that_are_no_intervals_are_shown(tmp_path, text, message):
    path = tmp_path / "peaks.bed"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_bed(path)


def test_bytes_of_0_are_damage(tmp_path):
    """Otherwise a name would end there, and another one be read."""
    path = tmp_path / "peaks.bed"
    path.write_bytes(b"chr1\t1\t2\tpeak1\nchr1\t5\t9\tpe\0\02\n")
    with pytest.raises(ValueError, match=r"peaks\.bed, line 2: holds bytes of 0, as no text does: the file is damaged"):
        read_bed(path)


@pytest.mark.parametrize("separator", ["\t", " "])
def test_positions_alone_are_those_of_the_whole_table(tmp_path, separator):
    path = tmp_path / "peaks.bed"
    rows = [("chr2", 5, 9, "a", 7, "+"), ("chr1", 3, 4, "b", "x", "-"), ("chr1", 0, 9, "c", 1, ".")]
    path.write_text("".join(separator.join(map(str, row)) + "\n" for row in rows))
    found = read_bed(path, columns=())
    assert list(found) == ["chrom", "start", "end"]
    assert list(found.itertuples(index=False, name=None)) == [row[:3] for row in rows]
    with pytest.raises(ValueError, match=r"line 2: expected a number in column 'score'"):
        read_bed(path)


def test_a_missing_bed_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"BED file not found: .*none\.bed"):
        read_bed(tmp_path / "none.bed")


def test_the_fourth_column_of_a_bedgraph_is_its_score(tmp_path):
    text = "chr1\t0\t20\t0.5\nchr1\t20\t40\t.\n"
    for name, head in (
        ("a.bedGraph", ""),
        ("a.bdg", ""),
        ("a.bg", "#c\n"),
        ("a.txt", 'track type="bedGraph" name=x\n'),
    ):
        (tmp_path / name).write_text(head + text)
        frame = read_bed(tmp_path / name)
        assert list(frame) == ["chrom", "start", "end", "score"]
        np.testing.assert_array_equal(frame["score"], [0.5, np.nan])
    (tmp_path / "a.bedgraph.gz").write_bytes(gzip.compress(text.encode()))
    assert read_bed(tmp_path / "a.bedgraph.gz")["score"].iloc[0] == 0.5
    (tmp_path / "a.bed").write_text(text)
    assert list(read_bed(tmp_path / "a.bed")) == ["chrom", "start", "end", "name"]
    (tmp_path / "b.bg").write_text("chr1\t0\t20\tx\t0.5\n")
    with pytest.raises(ValueError, match=r"b\.bg, line 1: expected the four columns of a bedGraph"):
        read_bed(tmp_path / "b.bg")


@pytest.mark.parametrize("size", [1, 7, 40, 1 << 10])
def test_reading_does_not_depend_on_where_blocks_end(tmp_path, monkeypatch, size):
    path = tmp_path / "a.bed"
    rows = [(f"chr{i % 3}", i, i + 5, f"n{i}", i / 8) for i in range(30)]
    path.write_text("chrom\tstart\tend\n#c\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    monkeypatch.setattr(_line_blocks, "BLOCK", size)
    assert list(read_bed(path).itertuples(index=False, name=None)) == rows
    with path.open("a") as handle:
        handle.write("chr1\t5\t5\tx\t1\nchr1\t6\t5\tx\t1\n")
    with pytest.raises(ValueError, match=r"line 33: end is 5, not after start.*2 of 32 lines are no interval"):
        read_bed(path)


@pytest.mark.parametrize("others", ["", "\tthe_name_of_peak_{}\t5\t+"])
def test_a_large_file_is_read_in_little_more_memory_than_its_table_takes(tmp_path, monkeypatch, others):
    path = tmp_path / "a.bed"
    n = 40_000
    with path.open("w") as handle:
        handle.writelines(f"chromosome_with_a_long_name\t{i}\t{i + 1}{others.format(i)}\n" for i in range(n))
    monkeypatch.setattr(_line_blocks, "BLOCK", 1 << 15)
    tracemalloc.start()
    try:
        frame = read_bed(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(frame) == n
    assert peak < 3 * n * 24, "the text alone, held as a whole, would take more"
    assert frame.iloc[:, 3:].memory_usage(deep=True, index=False).sum() <= n * (len(others.format(n)) + 3 * 8)


def test_columns_that_are_not_asked_for_are_not_looked_at(tmp_path):
    path = tmp_path / "a.bed"
    path.write_text("chr1\t1\t20\ta\tmany\t-\nchr1\t2\t5\tb\tfew\t+\n")
    table = read_bed(path, columns=["strand", "signal_value"])
    assert list(table) == ["chrom", "start", "end", "strand"]
    assert table["strand"].tolist() == ["-", "+"]
    with pytest.raises(ValueError, match="expected a number in column 'score'"):
        read_bed(path, columns=["score"])


@pytest.mark.parametrize("n", [1, 2])
def test_few_lines_without_a_base_are_left_out_with_their_number_and_many_are_refused(tmp_path, n):
    rows = [f"chr1\t{i * 10}\t{i * 10 + 5}\tpeak{i}" for i in range(998 * n)]
    rows[500:500] = ["chr1\t70\t70\tnothing"] * n
    path = tmp_path / "x.bed"
    path.write_text("\n".join(rows))
    with pytest.raises(ValueError, match=rf"line 501: end is 70, not after start.*{n} of {999 * n} lines"):
        read_bed(path)
    path.write_text("\n".join([f"chr2\t{i}\t{i + 1}\tmore" for i in range(1000)] + rows))
    said = rf"line 1501: .* {n} of {999 * n + 1000:,} lines hold no base .*\(more than one in 1,000 would be an error\)"
    with pytest.warns(UserWarning, match=said):
        table = read_bed(path)
    assert len(table) == 998 * n + 1000
    assert (table["end"] > table["start"]).all()
    assert "nothing" not in set(table["name"])


def test_a_line_that_is_wrong_otherwise_is_refused_among_any_number(tmp_path):
    path = tmp_path / "x.bed"
    for wrong in ("chr1\t9\t7", "chr1\t-5\t7", "chr1\t1.5\t7", "chr1\t\t"):
        path.write_text("chr1\t1\t2\n" * 5000 + wrong + "\n")
        with pytest.raises(ValueError, match=r"line 5001: .*1 of 5001 lines is no interval"):
            read_bed(path)
