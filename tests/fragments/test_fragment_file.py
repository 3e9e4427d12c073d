import gzip
import logging
import warnings

import numpy as np
import pyarrow as pa
import pytest

from scmaxatac import settings
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.io import _line_blocks

LINES = [
    "chr1\t100\t250\tAAACGAAAGACTCGGA-1\t2",
    "chr2\t5\t6\tAAACGAACAAGTAACA-1\t1",
    "chr1\t50\t90\tTTTGGCCAGTAACTCA-1\t1",
    "chr1\t100\t250\tAAACGAAAGACTCGGA-1\t1",
]
CELLS = ["AAACGAAAGACTCGGA-1", "AAACGAACAAGTAACA-1"]
EXPECTED = sorted(
    [
        ("chr1", 100, 250, CELLS[0]),
        ("chr1", 100, 250, CELLS[0]),
        ("chr2", 5, 6, CELLS[1]),
    ]
)


def write(path, lines, end="\n", last=True):
    text = end.join(lines) + (end if last else "")
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = pa.compress(data, "zstd", asbytes=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.tsv.zst"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("n_columns", [4, 5, 6])
@pytest.mark.parametrize("comments", [False, True])
def test_every_dialect_gives_the_same_fragments(tmp_path, brute_force, name, end, last, n_columns, comments):
    lines = ["\t".join([*line.split("\t"), "+"][:n_columns]) for line in LINES]
    if comments:
        lines = ["# id=x", "#\tdescription\t1\t2", *lines[:2], "# in between", "", *lines[2:], "#last"]
    path = write(tmp_path / name, lines, end, last)
    source = FragmentFile(path, CELLS)
    assert brute_force.source_fragments(source, CELLS) == EXPECTED
    assert sorted(source.chroms) == ["chr1", "chr2"]
    assert source.match.n_matched == 2
    assert source.match.rule == ""


@pytest.mark.parametrize("block", [30, 64, 100])
def test_fragments_do_not_depend_on_where_blocks_end(tmp_path, brute_force, monkeypatch, block):
    monkeypatch.setattr(_line_blocks, "BLOCK", block)
    path = write(tmp_path / "a.tsv.gz", ["#x" * 40, *LINES, "#" + "y" * 200])
    source = FragmentFile(path, CELLS)
    assert brute_force.source_fragments(source, CELLS) == EXPECTED
    assert brute_force.source_fragments(source, CELLS) == EXPECTED, "a second reading gives the same"


def test_members_of_a_gzip_file_may_end_within_a_line(tmp_path, brute_force):
    text = ("\n".join(LINES) + "\n").encode()
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(b"".join(gzip.compress(text[i : i + 17]) for i in range(0, len(text), 17)))
    assert brute_force.source_fragments(FragmentFile(path, CELLS), CELLS) == EXPECTED


def test_chr22_equals_a_line_by_line_reading(data_dir, brute_force):
    path = data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz"
    truth = brute_force.read_fragments(path)
    assert len(truth) == 57_115
    cells = sorted({fragment[3] for fragment in truth})
    assert brute_force.source_fragments(FragmentFile(path, cells), cells) == sorted(truth)


def test_pbmc_equals_a_line_by_line_reading_of_the_labelled_cells(data_dir, brute_force):
    path = data_dir / "pbmc10k" / "pbmc10ktiny_50loci.fragments.tsv.gz"
    table = (data_dir / "pbmc10k" / "barcode_celltype.tsv").read_text().splitlines()[1:]
    cells = [line.split("\t")[0] for line in table]
    known = set(cells)
    truth = [fragment for fragment in brute_force.read_fragments(path) if fragment[3] in known]
    source = FragmentFile(path, cells)
    assert brute_force.source_fragments(source, cells) == sorted(truth)
    assert (source.match.n_cells, source.match.n_matched) == (10_291, 10_248)
    assert len(truth) == 811_980


def test_without_barcodes_all_is_one_bulk_sample(tmp_path, brute_force):
    path = write(tmp_path / "bulk.bed", ["\t".join(line.split("\t")[:3]) for line in LINES])
    source = FragmentFile(path, None)
    assert source.n_cells == 1
    assert source.match is None
    assert brute_force.source_fragments(source) == sorted((*f[:3], "") for f in brute_force.read_fragments(path))


@pytest.mark.parametrize(
    ("of_cell", "of_file", "rule"),
    [
        (lambda b: b, lambda b: b, ""),
        (lambda b: b[:-2], lambda b: b, "'-1' added"),
        (lambda b: b, lambda b: b[:-2], "removed from the cells' names"),
        (lambda b: f"{b[:-2]}-3", lambda b: b, "set to 1"),
        (lambda b: f"pbmc#{b}", lambda b: b, "sample removed from the cells' names"),
        (lambda b: f"my_sample_{b}", lambda b: b, "sample removed from the cells' names"),
        (lambda b: f"{b}-donor2", lambda b: b, "sample removed from the cells' names"),
        (lambda b: f"{b}_s1", lambda b: b, "sample removed from the cells' names"),
        (lambda b: f"s1:{b[:-2]}", lambda b: b, "number set to 1"),
        (lambda b: f"s1_{b}", lambda b: b[:-2], "sample and number removed"),
        (lambda b: b, lambda b: f"s1#{b}", "sample removed from the file's barcodes"),
        (lambda b: f"s1_{b}", lambda b: f"s1#{b}", "cells' names and the file's barcodes"),
        (lambda b: b[:-2], lambda b: f"s1#{b}", "reduced to their bases"),
    ],
)
def test_usual_affixes_are_found(tmp_path, brute_force, caplog, of_cell, of_file, rule):
    lines = [line.split("\t") for line in LINES]
    path = write(tmp_path / "a.tsv", ["\t".join([*f[:3], of_file(f[3]), f[4]]) for f in lines])
    names = [of_cell(cell) for cell in CELLS]
    source = FragmentFile(path, names)
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        got = brute_force.source_fragments(source, CELLS)
    assert got == EXPECTED
    assert rule in source.match.rule
    assert bool(source.match.rule) == bool(rule)
    assert (source.match.rule in caplog.text) or not rule


def test_the_sample_tells_barcodes_of_a_joint_file_apart(tmp_path, brute_force):
    lines = [f"chr1\t{i}\t{i + 5}\t{sample}#{cell}" for i, sample in enumerate(["s1", "s2"]) for cell in CELLS]
    path = write(tmp_path / "a.tsv", lines)
    got = brute_force.source_fragments(FragmentFile(path, CELLS, sample="s2"), CELLS)
    assert got == [("chr1", 1, 6, CELLS[0]), ("chr1", 1, 6, CELLS[1])]
    with pytest.raises(ValueError, match=r"'s1#AAACGAAAGACTCGGA-1' and 's2#AAACGAAAGACTCGGA-1' would both be cell"):
        list(FragmentFile(path, CELLS).chunks())


def test_barcodes_that_are_no_dna_are_matched_as_they_are(tmp_path, brute_force):
    cells = ["cell#1", "B 7", "NA", "7"]
    path = write(tmp_path / "a.tsv", [f'chr1\t{i}\t{i + 5}\t{cell}\t"x' for i, cell in enumerate(cells)])
    got = brute_force.source_fragments(FragmentFile(path, cells), cells)
    assert [fragment[3] for fragment in got] == cells


def test_cells_after_many_other_barcodes_are_found(tmp_path, brute_force, monkeypatch):
    monkeypatch.setattr(_line_blocks, "BLOCK", 1000)
    rng = np.random.default_rng(0)
    others = ["".join(rng.choice(list("ACGT"), 16)) + "-1" for _ in range(500)]
    lines = [f"chr1\t1\t9\t{barcode}\t1" for barcode in others] + LINES
    names = [cell[:-2] for cell in CELLS]
    got = brute_force.source_fragments(FragmentFile(write(tmp_path / "a.tsv", lines), names), CELLS)
    assert got == EXPECTED


def test_two_cells_with_one_barcode_are_an_error(tmp_path):
    path = write(tmp_path / "a.tsv", LINES)
    names = [f"{sample}_{cell}" for sample in ("s1", "s2") for cell in CELLS]
    with pytest.raises(
        ValueError, match=r"'s1_AAACG\w+-1' and 's2_AAACG\w+-1' would both be its barcode .* sample_key="
    ):
        list(FragmentFile(path, names).chunks())


@pytest.mark.parametrize("number", ["", "-1"])
def test_cells_of_several_samples_in_one_file_are_warned_about(tmp_path, number):
    lines = [f"chr1\t5\t9\t{cell[:-2]}{number}" for cell in CELLS]
    names = [f"s1_{CELLS[0]}", f"s2_{CELLS[1]}"]
    source = FragmentFile(write(tmp_path / "a.tsv", lines), names)
    with pytest.warns(UserWarning, match=r"cells of 2 samples \('s1_"):
        assert len(list(source.chunks())) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(FragmentFile(tmp_path / "a.tsv", [f"s1_{cell}" for cell in CELLS]).chunks())


def test_repeated_and_missing_cells_are_errors(tmp_path):
    path = write(tmp_path / "a.tsv", LINES)
    with pytest.raises(ValueError, match="cell 'AAACGAAAGACTCGGA-1' occurs 2 times"):
        FragmentFile(path, [CELLS[0], CELLS[1], CELLS[0]])
    with pytest.raises(ValueError, match="no cells were asked for"):
        FragmentFile(path, [])


@pytest.mark.filterwarnings("ignore:only 1 of the object's 20 cells")
def test_too_few_matched_cells_are_an_error_that_shows_both_sides(tmp_path, monkeypatch):
    path = write(tmp_path / "a.tsv", LINES)
    message = (
        r"only 0 of the object's 2 cells \(0\.0%\) were found in .*a\.tsv, which is below settings\.min_match_rate "
        r"\(10%\).* 'x' and 'y', the file's barcodes 'AAACG.*-1' and 'AAACG.*-1'.* barcode_key=.* sample_key="
    )
    with pytest.raises(ValueError, match=message):
        list(FragmentFile(path, ["x", "y"]).chunks())
    some = [CELLS[0], *(f"cell {i}" for i in range(19))]
    with pytest.raises(ValueError, match=r"only 1 of the object's 20 cells \(5\.0%\)"):
        list(FragmentFile(path, some).chunks())
    monkeypatch.setattr(settings, "min_match_rate", 0.05)
    assert len(list(FragmentFile(path, some).chunks())) == 1


def test_missing_cells_are_warned_about_once(tmp_path):
    path = write(tmp_path / "a.tsv", LINES)
    source = FragmentFile(path, [*CELLS, "other"])
    with pytest.warns(UserWarning, match=r"only 2 of the object's 3 cells \(66\.7%\)"):
        list(source.chunks())
    assert source.match.rate == pytest.approx(2 / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(source.chunks())


def test_a_few_missing_cells_are_told_in_the_log(tmp_path, caplog):
    cells = [f"cell {i}" for i in range(20)]
    path = write(tmp_path / "a.tsv", [f"chr1\t5\t9\t{cell}" for cell in cells[1:]])
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        list(FragmentFile(path, cells).chunks())
    assert "only 19 of the object's 20 cells (95.0%)" in caplog.text


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([*LINES, "chr1\t7\tx\tA\t1"], r"line 5: expected whole numbers as start and end, found 'chr1\\t7\\tx"),
        (["#c", "", *LINES, "chr1\t9\t9\tA\t1"], "line 7: expected 0 <= start < end"),
        ([*LINES, "chr1\t-1\t9\tA\t1"], "line 5: expected 0 <= start < end"),
        ([*LINES, "chr1\t1\t99999999999\tA\t1"], "line 5: expected 0 <= start < end"),
        ([*LINES, "chr1\t1\t9\tA"], "line 5: expected 5 columns as in the first line"),
        ([*LINES, "chr1\t1"], "line 5: expected chromosome, start, end and barcode"),
        (["chr1\t1\t5"], "line 1: expected chromosome, start, end and barcode"),
        (["chrom\tstart\tend\tbarcode", *LINES], "line 1: expected whole numbers"),
        (["chr1 1 5 A"], "line 1: expected chromosome, start, end and barcode separated by tabs"),
        (["<html>", "not found"], "line 1: expected chromosome"),
        (["chr1\t1\t5\t"], "no barcode"),
    ],
)
def test_lines_that_are_no_fragments_are_shown_with_their_number(tmp_path, monkeypatch, lines, message):
    if message == "no barcode":
        message = "only 0 of the object's 2 cells"
    for block in (_line_blocks.BLOCK, 40):
        monkeypatch.setattr(_line_blocks, "BLOCK", block)
        with pytest.raises(ValueError, match=message):
            list(FragmentFile(write(tmp_path / "a.tsv", lines), CELLS).chunks())


@pytest.mark.parametrize("lines", [[], ["# only", "# comments"], ["", "", ""]])
@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
@pytest.mark.parametrize("cells", [CELLS, None])
def test_a_file_without_fragments_is_an_error(tmp_path, name, lines, cells):
    path = write(tmp_path / name, lines)
    with pytest.raises(ValueError, match=r"a\.tsv(\.gz)? holds no fragments: it is empty"):
        list(FragmentFile(path, cells).chunks())


@pytest.mark.filterwarnings("ignore:.*lacks bgzip's end marker")
def test_a_truncated_gzip_is_an_error_that_names_the_file(tmp_path, data_dir):
    whole = (data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz").read_bytes()
    path = tmp_path / "cut.tsv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.tsv\.gz is truncated"):
        list(FragmentFile(path, None).chunks())


def test_a_truncated_zstd_file_is_an_error_that_names_the_file(tmp_path):
    rng = np.random.default_rng(0)
    path = write(tmp_path / "cut.tsv.zst", [f"chr1\t{i}\t{i + 9}\tA" for i in rng.integers(0, 10**8, 20_000)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.tsv\.zst is (truncated|damaged)"):
        list(FragmentFile(path, None).chunks())


def test_a_bgzip_file_cut_between_blocks_is_warned_about(tmp_path, data_dir):
    whole = (data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz").read_bytes()
    path = tmp_path / "cut.tsv.gz"
    path.write_bytes(whole)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(FragmentFile(path, None).chunks())
    path.write_bytes(whole[:-28])
    with pytest.warns(UserWarning, match="lacks bgzip's end marker"):
        list(FragmentFile(path, None).chunks())


def test_a_missing_file_and_a_binary_file_are_clear_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"fragment file not found: .*none\.tsv"):
        FragmentFile(tmp_path / "none.tsv", CELLS)
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(11, 256)) * 1000)
    with pytest.raises(ValueError, match=r"a\.bin, line 1: is too long for a line of text"):
        list(FragmentFile(path, CELLS).chunks())
    path.write_bytes(b"\xff\xfe\n" * 20)
    with pytest.raises(ValueError, match=r"a\.bin, line 1: expected chromosome"):
        list(FragmentFile(path, CELLS).chunks())


def test_names_that_are_no_utf8_are_a_clear_error(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes(b"chr1\t1\t5\t\xff\xfe\t1\n")
    with pytest.raises(ValueError, match=r"a\.tsv is not a fragment file"):
        list(FragmentFile(path, CELLS).chunks())


def test_few_fragments_without_a_base_are_left_out_and_counted_once(tmp_path, brute_force):
    lines = [f"chr1\t{i}\t{i + 100 + i * 37 % 400}\tA-1\t1" for i in range(1999)]
    path = write(tmp_path / "clean.tsv", lines)
    expected = brute_force.source_insertions(FragmentFile(path, ["A-1"]), ["A-1"])
    path = write(tmp_path / "x.tsv", [*lines[:700], "chr1\t70\t70\tA-1\t1", *lines[700:]])
    source = FragmentFile(path, ["A-1"])
    said = r"1 of 2,000 fragments start where they end and are left out \(more than one in 1,000 would be an error\)"
    with pytest.warns(UserWarning, match=said) as told:
        assert brute_force.source_insertions(source, ["A-1"]) == expected
    assert len(told) == 1
    assert brute_force.source_insertions(source, ["A-1"]) == expected  # told already


def test_many_fragments_without_a_base_or_one_that_is_reversed_are_an_error(tmp_path):
    lines = [f"chr1\t{i}\t{i + 100 + i * 37 % 400}\tA-1\t1" for i in range(1998)]
    for wrong in (["chr1\t70\t70\tA-1\t1"] * 3, ["chr1\t70\t69\tA-1\t1"], ["chr1\t-7\t69\tA-1\t1"]):
        path = write(tmp_path / "x.tsv", [*lines[:700], *wrong, *lines[700:]])
        with pytest.raises(ValueError, match=r"line 701: expected 0 <= start < end"):
            list(FragmentFile(path, ["A-1"]).chunks())


@pytest.mark.parametrize(("of_cell", "of_file"), [
    ("s1_{}", "{}"), ("my_sample_{}", "{}"), ("{}", "s1_{}"), ("{}", "my_sample_{}"),
])  # fmt: skip
def test_a_sample_before_barcodes_that_are_no_dna_is_tried(tmp_path, brute_force, of_cell, of_file):
    barcodes = [f"well{i}" for i in range(20)]
    lines = [f"chr1\t{i * 10}\t{i * 10 + 100}\t{of_file.format(barcode)}\t1" for i, barcode in enumerate(barcodes)]
    path = write(tmp_path / "x.tsv", lines)
    source = FragmentFile(path, [of_cell.format(barcode) for barcode in barcodes])
    found = brute_force.source_insertions(source, barcodes)
    assert {key[0] for key in found} == set(barcodes)
    assert "'_' removed" in source.match.rule


def test_a_sample_before_barcodes_that_hold_the_mark_themselves_is_tried(tmp_path, brute_force):
    barcodes = [f"plate_{i}" for i in range(20)]
    path = write(tmp_path / "x.tsv", [f"chr1\t{i}\t{i + 100}\t{barcode}\t1" for i, barcode in enumerate(barcodes)])
    source = FragmentFile(path, [f"s1_{barcode}" for barcode in barcodes])
    assert {key[0] for key in brute_force.source_insertions(source, barcodes)} == set(barcodes)
    assert "the first '_' removed" in source.match.rule


@pytest.mark.parametrize("suffix", [".tbi", ".csi"])
def test_an_index_is_not_taken_for_its_file(tmp_path, suffix):
    path = write(tmp_path / f"x.tsv.gz{suffix}", ["chr1\t1\t2\tA-1\t1"])
    with pytest.raises(ValueError, match=rf"is an index; give the fragment file, whose name lacks '{suffix}'"):
        FragmentFile(path, ["A-1"])
