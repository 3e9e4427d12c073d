"""``scmaxatac browser`` writes what the function writes."""

from pathlib import Path

import pytest

import scmaxatac as sma
from scmaxatac.cli import main


def files_in(folder: Path) -> dict[str, bytes]:
    paths = [
        path for path in folder.rglob("*") if path.is_file() and path.name not in (".scmaxatac.lock", "scmaxatac.json")
    ]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_files_are_those_of_the_function(predicted_files, tmp_path, capsys):
    expected = sma.tl.write_browser_files(
        predicted_files.adata, tmp_path / "function", tfs="AAA", signal=False, assembly="hg38", name="mine"
    )
    run = sma.get.files(predicted_files.adata)["path"][0]
    options = ["--tfs", "AAA", "--no-signal", "--assembly", "hg38", "--name", "mine", "--quiet"]
    for data in (predicted_files.h5ad, run):
        out = tmp_path / "new" / Path(data).stem
        assert main(["browser", str(data), "--out", str(out), *options]) == 0
        assert capsys.readouterr().out == f"{out / 'igv_session.xml'}\n{out / 'hub.txt'}\n"
        assert files_in(out).keys() == files_in(expected).keys()
        tracks = {name: data for name, data in files_in(out).items() if name.startswith("tracks/")}
        assert tracks
        assert tracks.items() <= files_in(expected).items()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--formats", "ucsc"], "give --assembly, such as 'hg38', or --formats igv"),
        (["--tfs", "NOPE", "--assembly", "hg38"], "no TF 'NOPE'"),
        (["--region", "chr9:1-100", "--assembly", "hg38"], "was not predicted; it was for"),
    ],
)
def test_what_does_not_fit_is_one_line_and_leaves_no_folder(predicted_files, tmp_path, capsys, options, message):
    assert main(["browser", str(predicted_files.h5ad), "--out", str(tmp_path / "b"), *options, "--quiet"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "b").exists()


def test_the_folder_of_the_run_is_refused(predicted_files, capsys):
    run = str(sma.get.files(predicted_files.adata)["path"][0])
    assert main(["browser", run, "--out", run + "/b", "--assembly", "hg38", "--quiet"]) == 1
    assert "lies in the run's own folder" in capsys.readouterr().err
