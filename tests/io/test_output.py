"""Places that results are written to."""

import pytest

from scmaxatac.io._output import output_file, output_folder


def test_a_folder_is_made_with_its_parents_and_left_empty(tmp_path):
    folder = output_folder(tmp_path / "a" / "b")
    assert folder == tmp_path / "a" / "b"
    assert folder.is_dir()
    assert not list(folder.iterdir())
    assert output_file(tmp_path / "c" / "mean.bw") == tmp_path / "c" / "mean.bw"
    assert [path.name for path in tmp_path.iterdir() if path.name == "c"] == ["c"]


def test_what_can_not_be_written_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match=r"out_dir .*file.x can't be written to \(Not a directory\); choose another"):
        output_folder(tmp_path / "file" / "x")
    with pytest.raises(ValueError, match=r"folder .*file can't be written to \(.*\); choose another"):
        output_file(tmp_path / "file" / "mean.bw")
    with pytest.raises(ValueError, match="is a folder; name a file in it"):
        output_file(tmp_path)
    assert (tmp_path / "file").read_text() == "mine"
