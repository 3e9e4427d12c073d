"""Arguments of several commands."""

from argparse import Namespace
from pathlib import Path

import pytest

import scmaxatac
from scmaxatac.cli._options import flags_of, genome_of
from scmaxatac.cli._parser import make_parser

PREDICT = ["predict", "a.h5ad", "--groupby", "leiden", "--genome", "a.fa"]


@pytest.mark.parametrize(
    "given",
    [["--tfs", "CTCF,SPI1"], ["--tfs", "CTCF", "SPI1"], ["--tfs", "CTCF", "--tfs", "SPI1"], ["--tfs", "CTCF, SPI1,"]],
)
def test_names_may_be_separated_by_commas_or_blanks_and_repeated(given: list[str]):
    assert make_parser().parse_args([*PREDICT, *given]).tfs == ["CTCF", "SPI1"]


def test_names_are_none_by_default_also_after_another_call():
    make_parser().parse_args([*PREDICT, "--tfs", "CTCF"])
    assert make_parser().parse_args(PREDICT).tfs is None
    assert make_parser().parse_args(["models", "download", "CTCF,SPI1"]).tfs == ["CTCF", "SPI1"]


def test_groups_keep_their_commas():
    parsed = make_parser().parse_args(["sites", "a.h5ad", "--groups", "T, naive", "B", "--groups", "NK"])
    assert parsed.groups == ["T, naive", "B", "NK"]


def test_a_genome_is_a_file_or_a_name_or_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    toy = scmaxatac.datasets.toy()
    (tmp_path / "toy1.fa").write_bytes(toy.fasta.read_bytes())
    (tmp_path / "toy1_blacklist.bed").write_bytes(toy.blacklist.read_bytes())
    (tmp_path / "other.bed").write_text("chr1\t0\t10\n")
    (tmp_path / "g.sizes").write_text("chr1\t1000\n")
    monkeypatch.setattr(scmaxatac.settings, "genome_dir", tmp_path)
    named = genome_of(Namespace(genome="toy1", blacklist=None))
    assert named.source == str(tmp_path / "toy1.fa")
    assert named.fingerprint == toy.genome.fingerprint
    other = genome_of(Namespace(genome="toy1", blacklist=tmp_path / "other.bed", annotation=toy.annotation))
    assert other.fingerprint != named.fingerprint
    assert len(other.genes.table)
    assert genome_of(Namespace(genome=str(tmp_path / "g.sizes"), blacklist=None)).sizes == {"chr1": 1000}
    with pytest.raises(FileNotFoundError, match=r"blacklist not found: .*none\.bed"):
        genome_of(Namespace(genome="toy1", blacklist=tmp_path / "none.bed"))


def test_parameters_are_known_by_their_flags():
    parsed = make_parser().parse_args(PREDICT)
    assert parsed.flags["min_cells"] == "--min-cells"
    assert parsed.flags["data"] == "DATA"
    assert make_parser().parse_args(["train", "t", "CTCF", "--genome", "a", "--out-dir", "m"]).flags["no_resume"] == (
        "--no-resume"
    )


def test_no_line_of_help_is_cut_and_all_options_have_a_text(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    parser = make_parser()
    commands = [parser]
    while commands:
        command = commands.pop()
        assert max(map(len, command.format_help().splitlines())) <= 80
        assert len(command.format_usage().splitlines()) <= 3
        for action in command._actions:
            if action.choices and hasattr(action.choices, "values"):
                commands += action.choices.values()
            elif action.metavar is not None:
                assert action.help, (command.prog, action.dest)
    assert flags_of(parser)["save"] == "--out"
