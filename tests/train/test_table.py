"""Tables of cell types in files."""

import gzip

import pytest

from scmaxatac.train._table import read_training_table

HEADER = "name\tsignal\tatac_peaks\tchip_peaks\trole\tunknown"


@pytest.fixture
def write(tmp_path):
    """Write a table of these lines, beside the file that they name."""
    (tmp_path / "peaks#1.bed").write_text("chr1\t5\t9\n")

    def file(*lines, end="\n"):
        (tmp_path / "table.tsv").write_bytes((end.join(lines) + end).encode())
        return tmp_path / "table.tsv"

    return file


def line(name, unknown="", role="train"):
    return f"{name}\tgroup {name}\tpeaks#1.bed\tpeaks#1.bed\t{role}\t{unknown}"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_names_are_read_as_they_stand_and_only_whole_lines_are_comments(write, end, tmp_path):
    names = ["B#1", "NA", "null", "nan", "None", "01"]
    path = write(
        "# made by hand", HEADER, *[line(name) for name in names], "", "#B\tx", line("NK", role="test"), end=end
    )
    rows, held_out = read_training_table(path)
    assert [row.name for row in rows] == names
    assert [row.signal for row in rows] == [f"group {name}" for name in names]
    assert {row.chip_peaks for row in rows} == {tmp_path / "peaks#1.bed"}
    assert held_out == ["NK"]


def test_an_empty_cell_is_missing(write, tmp_path):
    rows, _ = read_training_table(write(HEADER, line("B"), line("C", "peaks#1.bed"), line("D").removesuffix("\t")))
    assert [row.unknown for row in rows] == [None, tmp_path / "peaks#1.bed", None]
    with pytest.raises(ValueError, match="no name in row 2"):
        read_training_table(write(HEADER, line("B"), line("")))


def test_files_in_a_table_may_begin_with_a_tilde(write, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "chip.bed").write_text("chr1\t5\t9\n")
    monkeypatch.setenv("HOME", str(home))
    rows, _ = read_training_table(write(HEADER, line("B", "~/chip.bed")))
    assert rows[0].unknown == home / "chip.bed"


def test_cells_may_be_quoted_and_empty_ones_may_follow(write):
    rows, _ = read_training_table(write(HEADER, line('"B ""x"""') + "\t\t"))
    assert [row.name for row in rows] == ['B "x"']


def test_a_table_may_be_compressed(write):
    path = write(HEADER, line("B"))
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert [row.name for row in read_training_table(path)[0]] == ["B"]


def test_a_file_without_a_table_is_a_clear_error(write):
    with pytest.raises(ValueError, match=r"table\.tsv lacks the columns \['name', .*it has \[\]"):
        read_training_table(write("# nothing"))
    with pytest.raises(ValueError, match=r"table\.tsv is not a table with tabs between the columns"):
        read_training_table(write(HEADER, line("B"), line("C") + "\tmore\tand more"))
    with pytest.raises(ValueError, match=r"table\.tsv is not a table .*: row 2 has 7 cells, the first line 6"):
        read_training_table(write(HEADER, line("B"), line("C", "peaks#1.bed") + "\tx"))
    with pytest.raises(ValueError, match=r"table\.tsv has more than one column 'role'; keep one"):
        read_training_table(write(f"{HEADER}\trole", line("B")))
    with pytest.raises(ValueError, match=r"table\.tsv is not a table .* expected after"):
        read_training_table(write(HEADER, line('"B"x')))


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ("B\tno.bw\tpeaks#1.bed\tpeaks#1.bed\ttrain\t", FileNotFoundError, r"signal of 'B' not found: .*no\.bw"),
        ("B\tx\tno.bed\tpeaks#1.bed\ttrain\t", FileNotFoundError, r"atac_peaks of 'B' not found: .*no\.bed"),
        ("B\tx\t~no one/a.bed\tpeaks#1.bed\ttrain\t", FileNotFoundError, "atac_peaks of 'B' not found: ~no one"),
        ("B\tx\tpeaks#1.bed\tpeaks#1.bed\ttrain\tno.bed", FileNotFoundError, r"unknown of 'B' not found: .*no\.bed"),
        ("B\t\tpeaks#1.bed\tpeaks#1.bed\ttrain\t", ValueError, "cell type 'B' has no signal"),
        ("B\tx\t\tpeaks#1.bed\ttrain\t", ValueError, "cell type 'B' has no atac_peaks"),
    ],
)
def test_the_table_is_named_in_what_is_wrong_with_a_row(write, row, error, message):
    with pytest.raises(error, match=rf"table\.tsv: {message}"):
        read_training_table(write(HEADER, row))


def test_a_path_may_begin_with_a_tilde(write, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    rows, _ = read_training_table(write(HEADER, "B\tx\t~/peaks#1.bed\tpeaks#1.bed\ttrain\t"))
    assert rows[0].atac_peaks == tmp_path / "peaks#1.bed"
