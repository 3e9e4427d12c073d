"""Commands on the folder of a run alone give what they give on the file that was predicted."""

import shutil
from pathlib import Path

import pytest

import scmaxatac as sma
from scmaxatac.cli import main


@pytest.fixture
def run_folder(predicted_files) -> Path:
    return Path(sma.get.files(predicted_files.adata)["path"][0])


def out_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command prints."""
    code = main([*map(str, arguments), "--quiet"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


@pytest.mark.filterwarnings("ignore:ap_low and ap_high:UserWarning")
@pytest.mark.parametrize(
    "command",
    [
        ["sites", "DATA"],
        ["sites", "DATA", "--threshold", "0.6"],
        ["qc", "DATA", "--by", "tf"],
        ["benchmark", "DATA", "PEAKS", "--genome", "FASTA", "--tf", "AAA", "--group", "B", "--block-size", "2000"],
        ["variants", "DATA", "VCF", "--genome", "FASTA"],
    ],
    ids=lambda command: " ".join(command[:1] + command[2:4]),
)
def test_a_moved_run_prints_what_the_file_does(command, predicted_files, run_folder, tmp_path, capsys):
    vcf = tmp_path / "v.vcf"
    sequence = predicted_files.fasta.read_text().split("\n")[1]
    other = {"A": "C", "C": "A", "G": "A", "T": "A"}
    at = next(i for i in range(1_800, 2_000) if sequence[i] in other)
    vcf.write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"chr1\t{at + 1}\tv\t{sequence[at]}\t{other[sequence[at]]}\t.\t.\t.\n"
    )
    names = {"DATA": predicted_files.h5ad, "PEAKS": predicted_files.peaks, "FASTA": predicted_files.fasta, "VCF": vcf}
    expected = out_of(capsys, *(names.get(text, text) for text in command))
    assert len(expected.splitlines()) > 1
    moved = tmp_path / "elsewhere"
    shutil.move(run_folder, moved / run_folder.name)
    for names["DATA"] in (moved, moved / run_folder.name):
        assert out_of(capsys, *(names.get(text, text) for text in command)) == expected


def test_the_groups_and_a_figure_of_a_folder(predicted_files, run_folder, tmp_path, capsys):
    printed = out_of(capsys, "qc", run_folder)
    assert printed == out_of(capsys, "qc", predicted_files.h5ad)
    pytest.importorskip("matplotlib")
    for kind in (["heatmap", run_folder], ["tracks", run_folder, "chr1:1000-3000"], ["scores", run_folder, "AAA"]):
        out = tmp_path / f"{kind[0]}.png"
        assert out_of(capsys, "plot", *kind, "--out", out) == ""
        assert out.read_bytes().startswith(b"\x89PNG")


def test_folders_without_one_run_and_other_keys_are_one_line(predicted_files, run_folder, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        (["qc", tmp_path / "empty"], "there is no run in"),
        (["sites", tmp_path / "empty"], "(--out-dir of 'scmaxatac predict')"),
        (["qc", tmp_path / "none"], "data not found"),
        (["qc", run_folder, "--key", "other"], "results exist under 'tfbs'"),
        (["benchmark", run_folder, predicted_files.peaks, "--genome", predicted_files.fasta], "--tf and --group"),
    ):
        assert main([*map(str, arguments), "--quiet"]) == 1
        error = capsys.readouterr().err
        assert message in error
        assert len(error.splitlines()) == 1


def test_after_a_move_the_message_says_what_to_pass(predicted_files, run_folder, tmp_path, capsys):
    shutil.move(run_folder, tmp_path / "elsewhere" / run_folder.name)
    assert main(["sites", str(predicted_files.h5ad), "--threshold", "0.6", "--quiet"]) == 1
    error = capsys.readouterr().err
    assert "ass the new folder of the run as DATA" in error
    assert "relocate" not in error
    assert "out_dir" not in error
