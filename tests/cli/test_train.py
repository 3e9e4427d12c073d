"""``scmaxatac train`` hands everything on to the function."""

import inspect
from types import SimpleNamespace

import pytest

import scmaxatac as sma
from scmaxatac.cli import main
from scmaxatac.cli._parser import make_parser

NEEDED = ["train", "cells.tsv", "CTCF", "--genome"]


def test_there_is_an_option_for_every_parameter_with_its_default():
    parsed = vars(make_parser().parse_args([*NEEDED, "a.fa", "--out-dir", "m"]))
    for name, parameter in inspect.signature(sma.tl.train).parameters.items():
        if name in ("logger", "callbacks"):  # objects of Lightning
            continue
        assert name in parsed
        if parameter.default is not inspect.Parameter.empty:
            assert parsed[name] == parameter.default, name


def test_options_reach_the_function(predicted_files, monkeypatch, tmp_path, capsys):
    given = {}

    def train(*args, **options):
        given.update(options, args=args)
        return SimpleNamespace(tf="CTCF")

    monkeypatch.setattr(sma.tl, "train", train)
    options = ["--chroms-train", "chr1,chr2", "--chroms-valid", "chrX", "--no-pan-cell", "--no-resume", "--epochs", "3"]
    options += ["--signal-scaling", "0.9", "1.1", "--data", str(predicted_files.h5ad), "--groupby", "leiden"]
    assert main([*NEEDED, str(predicted_files.fasta), "--out-dir", str(tmp_path / "m"), *options, "--quiet"]) == 0
    assert capsys.readouterr().out == f"CTCF\t{tmp_path / 'm'}\n"
    assert [str(arg) for arg in given["args"]] == ["cells.tsv", "CTCF"]
    expected = {"chroms_train": ["chr1", "chr2"], "pan_cell": False, "resume": False, "epochs": 3, "groupby": "leiden"}
    expected |= {"signal_scaling": (0.9, 1.1), "chroms_test": None, "reverse_complement": True}
    assert {name: given[name] for name in expected} == expected
    assert given["data"].n_obs == predicted_files.adata.n_obs


def test_what_does_not_fit_is_one_line(predicted_files, tmp_path, capsys):
    pytest.importorskip("torch")
    table = tmp_path / "cells.tsv"
    table.write_text("name\tsignal\nB\tx.bw\n")
    arguments = ["train", str(table), "CTCF", "--genome", str(predicted_files.fasta), "--out-dir", str(tmp_path / "m")]
    for more, message in (
        ([], "cells.tsv lacks the columns"),
        (["--data", "a.h5ad"], "--data and --groupby belong together"),
        (["--jitter", "-1"], "--jitter"),
    ):
        assert main([*arguments, *more, "--quiet"]) == 1
        error = capsys.readouterr().err
        assert message in error
        assert len(error.splitlines()) == 1
