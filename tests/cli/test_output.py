"""Tables that go to standard output or to a file."""

import gzip
from pathlib import Path

import pytest

from scmaxatac.cli._output import TABLE, format_of, printed


def test_formats_are_known_by_their_ending():
    assert format_of(None, TABLE, default="tsv") == "tsv"
    assert format_of(Path("a.TSV.gz"), TABLE, default="x") == "tsv"
    with pytest.raises(ValueError, match=r"--out a\.csv has to end in \.tsv, \.txt"):
        format_of(Path("a.csv"), TABLE, default="tsv")


def test_text_is_returned_or_written(tmp_path: Path):
    assert printed(None, lambda: "a\n") == "a\n"
    assert printed(tmp_path / "n" / "a.tsv.gz", lambda: "a\n") == ""
    assert gzip.decompress((tmp_path / "n" / "a.tsv.gz").read_bytes()) == b"a\n"
    assert printed(tmp_path / "n" / "a.tsv.gz", lambda: "b\n") == ""
    assert gzip.decompress((tmp_path / "n" / "a.tsv.gz").read_bytes()) == b"b\n"


def test_a_file_of_the_users_is_in_the_way_before_the_work(tmp_path: Path):
    (tmp_path / "a.tsv").write_text("mine")

    def work() -> str:
        raise AssertionError("was done")

    with pytest.raises(ValueError, match=r"a\.tsv is in the way"):
        printed(tmp_path / "a.tsv", work)
    assert (tmp_path / "a.tsv").read_text() == "mine"


def test_work_that_fails_leaves_nothing(tmp_path: Path):
    def work() -> str:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="the disk is full"):
        printed(tmp_path / "a.tsv", work)
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
