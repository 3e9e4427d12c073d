"""Files taken over from another run."""

import os

import pytest

from scmaxatac.results._complete import take_over


def test_a_file_is_taken_over_as_a_second_name_and_what_is_there_stays(tmp_path):
    (tmp_path / "one").write_text("1")
    take_over(tmp_path / "one", tmp_path / "new" / "two")
    assert (tmp_path / "new" / "two").samefile(tmp_path / "one")
    (tmp_path / "three").write_text("3")
    take_over(tmp_path / "one", tmp_path / "three")
    assert (tmp_path / "three").read_text() == "3"


def test_a_file_system_without_links_gets_a_copy(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "one").write_text("1")
    take_over(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").read_text() == "1"
    assert not (tmp_path / "two").samefile(tmp_path / "one")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        take_over(tmp_path / "nothing", tmp_path / "two")
    assert not (tmp_path / "two").exists()
