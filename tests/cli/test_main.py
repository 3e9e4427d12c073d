"""The command line: what it prints and writes, and what it says about bad input."""

import inspect
import logging
import subprocess
import sys
import warnings
from pathlib import Path

import h5py
import mudata
import pytest

import scmaxatac
from scmaxatac.cli._main import main
from scmaxatac.cli._parser import make_parser
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.io._bed import read_bed


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The toy data as files."""
    folder = tmp_path_factory.mktemp("cli")
    toy = scmaxatac.datasets.toy()
    paths = {"h5mu": folder / "toy.h5mu", "h5ad": folder / "toy.h5ad", "fasta": toy.fasta, "blacklist": toy.blacklist}
    toy.mdata.copy().write(paths["h5mu"])
    atac = toy.adata.copy()
    del atac.uns["files"]
    atac.write(paths["h5ad"])
    return paths | {"fragments": toy.fragments}


def predict(files: dict[str, Path], data: str, out: Path, *more: str) -> list[str]:
    """Arguments of a small run."""
    return [
        "predict", str(files[data]), "--groupby", "cell_type", "--genome", str(files["fasta"]),
        "--blacklist", str(files["blacklist"]), "--chroms", "chr5", "--models", "demo", "--tfs", "CTCF",
        "--out-dir", str(out), "--quiet", *more,
    ]  # fmt: skip


def test_predict_writes_data_with_results_and_a_bed_file_and_prints_the_sites(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(predict(files, "h5mu", tmp_path / "out", "--save-tracks")) == 0
    sites = scmaxatac.get.sites(mudata.read_h5mu(tmp_path / "out" / "toy.h5mu"))
    assert set(sites["tf"]) == {"CTCF"}
    bed = read_bed(tmp_path / "out" / "sites.bed")
    assert sorted(zip(bed["start"], bed["end"], bed["name"], strict=True)) == sorted(
        zip(sites["start"], sites["end"], sites["tf"].astype(str) + "|" + sites["group"].astype(str), strict=True)
    )
    printed = capsys.readouterr().out
    for group, n in sites.groupby("group", observed=False).size().items():
        row = next(line for line in printed.splitlines() if line.startswith(str(group)))
        assert row.split()[-1] == str(n)
    assert list((tmp_path / "out").glob("**/*.bw"))


def test_predict_takes_an_h5ad_with_a_fragment_file(files: dict[str, Path], tmp_path: Path):
    assert main(predict(files, "h5ad", tmp_path, "--fragments", str(files["fragments"]), "--threshold", "0.9")) == 0
    with h5py.File(tmp_path / "toy.h5ad") as stored:
        assert "tfbs" in stored["uns"]


def test_predict_writes_into_the_atac_modality_whatever_it_is_called(files: dict[str, Path], tmp_path: Path):
    toy, renamed = mudata.read_h5mu(files["h5mu"]), tmp_path / "renamed.h5mu"
    members = {{"atac": "peaks"}.get(name, name): member for name, member in toy.mod.items()}
    with columns_not_pulled():
        mudata.MuData(members).write(renamed)
    assert main(predict(files | {"h5mu": renamed}, "h5mu", tmp_path / "out")) == 0
    with h5py.File(tmp_path / "out" / "renamed.h5mu") as stored:
        assert set(stored["mod"]) == set(members)
        assert "tfbs" in stored["mod/peaks/uns"]
    assert len(scmaxatac.get.sites(mudata.read_h5mu(tmp_path / "out" / "renamed.h5mu")))


def test_predict_leaves_its_input_as_it_was(files: dict[str, Path], tmp_path: Path):
    before = files["h5mu"].read_bytes()
    assert main(predict(files, "h5mu", tmp_path)) == 0
    assert files["h5mu"].read_bytes() == before


def test_predict_refuses_to_replace_its_input(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    copy = tmp_path / "toy.h5mu"
    copy.write_bytes(files["h5mu"].read_bytes())
    (tmp_path / "link").symlink_to(tmp_path)
    for out in (tmp_path, tmp_path / "link"):
        assert main(predict(files | {"h5mu": copy}, "h5mu", out)) == 1
        assert "would replace" in capsys.readouterr().err
    assert copy.read_bytes() == files["h5mu"].read_bytes()


def test_predict_has_an_option_for_every_parameter_of_the_function():
    missing = set(inspect.signature(scmaxatac.tl.predict_tfbs).parameters) - {"data", "executor", "copy"}
    parsed = make_parser().parse_args(["predict", "a.h5ad", "--groupby", "leiden", "--genome", "a.fa"])
    assert missing <= set(vars(parsed))


@pytest.mark.parametrize(
    ("flags", "expected"), [([], False), (["--save-tracks"], "all"), (["--save-site-tracks"], "sites")]
)
def test_bins_of_bigwigs_are_chosen_by_flags(flags: list[str], expected: object):
    parsed = make_parser().parse_args(["predict", *flags, "a.h5ad", "--groupby", "leiden", "--genome", "a.fa"])
    assert parsed.save_tracks == expected
    assert parsed.data == Path("a.h5ad")


def test_options_of_predict_reach_the_function(files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given: dict[str, object] = {}

    def stop(*_args: object, **options: object) -> None:
        given.update(options)
        raise ValueError

    monkeypatch.setattr(scmaxatac.tl, "predict_tfbs", stop)
    options = ["--strand", "mean", "--step", "128", "--include-flanks", "--signal-chroms", "chr1", "chr5"]
    options += ["--min-cells", "3", "--max-fragments", "match", "--rng", "5"]
    assert main(predict(files, "h5mu", tmp_path, *options)) == 1
    expected = {"strand": "mean", "step": 128, "include_flanks": True, "signal_chroms": ["chr1", "chr5"]}
    expected |= {"min_cells": 3, "max_fragments": "match", "rng": 5}
    assert {name: given[name] for name in expected} == expected
    assert given["preset"] is None
    assert main(predict(files, "h5mu", tmp_path, "--preset", "accurate")) == 1
    assert (given["preset"], given["strand"], given["step"]) == ("accurate", None, None)


@pytest.mark.filterwarnings("always::UserWarning")
def test_warnings_are_one_line_each_without_the_source(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    arguments = predict(files, "h5mu", tmp_path, "--min-cells", "240")
    assert main(arguments) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "skipped" in line] == [
        "warning: group 'B' is skipped: 186 cells, --min-cells is 240",
        "warning: group 'Mono' is skipped: 159 cells, --min-cells is 240",
    ]
    assert not [line for line in lines if ".py" in line]


def test_models_blacklist_prints_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("scmaxatac.models.download_blacklist", lambda: tmp_path / "blacklist.bed")
    assert main(["models", "blacklist"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'blacklist.bed'}\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell_type": "leiden"}, "leiden"),
        ({"CTCF": "CTFC"}, "CTCF"),
        ({"demo": "no/such/folder"}, "no/such/folder"),
        ({"chr5": "chr99"}, "chr99"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_1(
    change: dict[str, str],
    message: str,
    files: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    arguments = [change.get(argument, argument) for argument in predict(files, "h5mu", tmp_path)]
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.strip().splitlines()[-1]
    assert last.startswith("scmaxatac: error: ")
    assert message in last
    assert "Traceback" not in captured.err


def test_debug_shows_where_an_error_came_from(files: dict[str, Path], tmp_path: Path):
    arguments = [{"cell_type": "leiden"}.get(argument, argument) for argument in predict(files, "h5mu", tmp_path)]
    with pytest.raises(KeyError, match="leiden"):
        main([*arguments, "--debug"])


@pytest.mark.parametrize("name", ["missing.h5ad", "table.csv"])
def test_a_file_that_is_not_there_or_not_understood_is_named(
    name: str, files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "table.csv").touch()
    arguments = predict(files, "h5mu", tmp_path)
    arguments[1] = str(tmp_path / name)
    assert main(arguments) == 1
    assert name in capsys.readouterr().err


def test_models_list_shows_published_and_demo_models(capsys: pytest.CaptureFixture[str]):
    assert main(["models", "list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert {"CTCF", "SPI1", "demo:CTCF"} <= set(names)
    assert main(["models", "list", "--installed"]) == 0
    assert "demo:CTCF" in capsys.readouterr().out


def test_models_download_refuses_an_unknown_factor_before_any_download(capsys: pytest.CaptureFixture[str]):
    assert main(["models", "download", "CTFC"]) == 1
    assert "CTCF" in capsys.readouterr().err


def test_models_convert_writes_a_folder_that_load_reads(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    h5 = next((data_dir / "maxatac" / "models" / "CTCF").glob("*.h5"))
    assert main(["models", "convert", str(h5), str(tmp_path / "CTCF")]) == 0
    assert capsys.readouterr().out.split()[0] == "CTCF"
    assert scmaxatac.models.load(tmp_path / "CTCF").threshold("f1") == 0.454


@pytest.mark.parametrize("arguments", [[], ["models"]])
def test_without_a_command_the_commands_are_listed(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    assert "commands:" in capsys.readouterr().out


def test_the_program_is_installed_and_knows_its_version():
    result = subprocess.run(
        [sys.executable, "-m", "scmaxatac", "--version"], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == f"scmaxatac {scmaxatac.__version__}"


def test_logging_and_warnings_are_as_before_after_a_command():
    logger = logging.getLogger("scmaxatac")
    before = (list(logger.handlers), logger.level, warnings.showwarning, scmaxatac.settings.progress)
    main(["models", "list", "--quiet"])
    assert (list(logger.handlers), logger.level, warnings.showwarning, scmaxatac.settings.progress) == before
