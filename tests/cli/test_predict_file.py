"""``scmaxatac predict``: what its arguments become."""

from pathlib import Path

import anndata
import pytest

import scmaxatac
from scmaxatac.cli._main import main


@pytest.fixture
def given(predicted_files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Calls the command with options, and gives what reached the function."""

    def call(*options: str) -> dict[str, object]:
        found: dict[str, object] = {}

        def predict_tfbs(_data: object, groupby: object, **named: object) -> None:
            found.update(named, groupby=groupby)
            raise ValueError("that is enough")

        monkeypatch.setattr(scmaxatac.tl, "predict_tfbs", predict_tfbs)
        arguments = ["predict", str(predicted_files.h5ad), "--genome", str(predicted_files.fasta), "--quiet"]
        assert main([*arguments, "--out-dir", str(tmp_path / "out"), "--groupby", *options]) == 1
        assert "that is enough" in capsys.readouterr().err
        return found

    return call


def test_one_column_is_a_name_and_several_are_a_list(given):
    assert given("leiden")["groupby"] == "leiden"
    assert given("leiden", "batch")["groupby"] == ["leiden", "batch"]


def test_regions_are_a_word_a_file_or_places(given):
    assert given("leiden")["regions"] == "auto"
    assert given("leiden", "--regions", "genome")["regions"] == "genome"
    assert given("leiden", "--regions", "chr1:1-900", "chr2:5-70")["regions"] == ["chr1:1-900", "chr2:5-70"]


def test_lists_and_fragments_are_taken_apart(given):
    found = given("leiden", "--tfs", "CTCF,SPI1", "--chroms", "chr1", "--chroms", "chr2", "--fragments", "a=x", "b=y")
    assert (found["tfs"], found["chroms"]) == (["CTCF", "SPI1"], ["chr1", "chr2"])
    assert found["fragments"] == {"a": "x", "b": "y"}


@pytest.mark.filterwarnings("always::UserWarning")
def test_a_single_place_is_a_region(predicted_files, tmp_path: Path):
    options = "--groupby leiden --models demo --tfs CTCF --min-fragments 10 --min-cells 1 --threshold 0.05 --quiet"
    arguments = ["predict", str(predicted_files.h5ad), "--genome", str(predicted_files.fasta), *options.split()]
    arguments += ["--regions", "chr1:1000-3000", "--key-added", "again", "--out-dir", str(tmp_path / "out")]
    assert main(arguments) == 0
    regions = scmaxatac.get.scores(anndata.read_h5ad(tmp_path / "out" / "a.h5ad"), key="again").var_names
    assert list(regions) == ["chr1:1000-3000"]
