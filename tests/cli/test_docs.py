"""The page about the command line: its commands are understood, and those on the demo print what it says."""

import re
import shlex
from pathlib import Path

import pytest

import scmaxatac
from scmaxatac.cli import main
from scmaxatac.cli._parser import make_parser

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text()
BLOCK = re.compile(r"^```bash\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)


def commands(block: str) -> list[str]:
    return [line for line in block.replace("\\\n", " ").splitlines() if line.startswith("scmaxatac ")]


COMMANDS = [command for block, _ in BLOCK.findall(PAGE) for command in commands(block)]
ON_DEMO = [(commands(block), output) for block, output in BLOCK.findall(PAGE) if "demo/demo.h5mu" in block]


def words(command: str) -> list[str]:
    """Arguments of a command without what the shell does with it."""
    plain = re.sub(r'"\$\(.*?\)"', "blacklist.bed", command).split(" | ")[0].split(" > ")[0]
    return shlex.split(plain)[1:]


def shown(text: str, pipe: str) -> str:
    """What ``head -n`` or ``cut -f 1-`` leaves of a text."""
    lines = text.splitlines()
    if match := re.fullmatch(r"head -n (\d+)", pipe):
        lines = lines[: int(match[1])]
    elif match := re.fullmatch(r"cut -f 1-(\d+)", pipe):
        lines = ["\t".join(line.split("\t")[: int(match[1])]) for line in lines]
    else:
        assert not pipe
    return "".join(line + "\n" for line in lines)


def rounded(text: str) -> str:
    """A text with scores to three digits, of which the engines differ in the fifth."""
    return re.sub(r"\d+\.\d+", lambda match: f"{float(match[0]):.3g}", text)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_understood(command: str):
    assert callable(make_parser().parse_args(words(command)).run)


def test_every_command_has_an_example():
    shown = {command.split()[1] for command in COMMANDS}
    assert shown == {"demo", "predict", "sites", "qc", "plot", "browser", "benchmark", "train", "variants", "models"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the demo was run."""
    folder = tmp_path_factory.mktemp("docs")
    assert main(["demo", "--out", str(folder / "demo"), "--quiet"]) == 0
    toy = scmaxatac.datasets.toy()
    (folder / "genome.fa").write_bytes(toy.fasta.read_bytes())
    known = toy.chip_peaks.query("tf == 'CTCF' and group == 'B'")
    known[["chrom", "start", "end"]].to_csv(folder / "CTCF_B.bed", sep="\t", header=False, index=False)
    return folder


def test_commands_on_the_demo_print_and_write_what_the_page_says(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(place)
    capsys.readouterr()
    assert len(ON_DEMO) >= 4
    for lines, output in ON_DEMO:
        for line in lines:
            arguments = words(line)
            assert main([*arguments, "--quiet"]) == 0
            printed = shown(capsys.readouterr().out, line.partition(" | ")[2])
            assert rounded(printed) == rounded(output), line
            if "--out" in arguments:
                assert (place / arguments[arguments.index("--out") + 1]).stat().st_size > 1000
