"""``scmaxatac plot`` writes a figure of each kind, and nothing where it can't."""

import pandas as pd
import pytest

from scmaxatac.cli import main

pytest.importorskip("matplotlib")


@pytest.mark.parametrize(
    "kind",
    [
        ["heatmap", "DATA", "--tfs", "AAA,BBB", "--figsize", "4", "3"],
        ["heatmap", "DATA", "--standard-scale", "tf"],
        ["heatmap", "DATA", "--z-score", "group"],
        ["qc", "DATA"],
        ["sites", "DATA", "--groups", "B", "CD4/T"],
        ["scores", "DATA", "AAA"],
        ["tracks", "DATA", "chr1:1,000-3,000", "--intervals", "ChIP=PEAKS", "--highlight", "chr1:1700-1900"],
        ["precision-recall", "DATA", "PEAKS", "--genome", "FASTA", "--tf", "AAA", "--group", "B"],
    ],
    ids=" ".join,
)
def test_a_figure_is_written(kind, predicted_files, tmp_path, capsys):
    files = {"DATA": predicted_files.h5ad, "PEAKS": predicted_files.peaks, "FASTA": predicted_files.fasta}
    for name, path in files.items():
        kind = [text.replace(name, str(path)) for text in kind]
    out = tmp_path / "new" / "figure.png"
    assert main(["plot", *kind, "--out", str(out), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_training_is_drawn_from_its_history(tmp_path):
    columns = {"epoch": [0, 1], "train_loss": [1.0, 0.5], "val_loss": [1.1, 0.6], "val_dice": [0.1, 0.4]}
    pd.DataFrame(columns).to_csv(tmp_path / "history.csv", index=False)
    assert main(["plot", "training", str(tmp_path / "history.csv"), "--out", str(tmp_path / "t.svg"), "--quiet"]) == 0
    assert "<svg" in (tmp_path / "t.svg").read_text()


def test_what_can_not_be_drawn_leaves_no_file(predicted_files, tmp_path, capsys):
    for options, message in (
        (["tracks", str(predicted_files.h5ad), "chr9:1-100", "--out", "a.png"], "'chr9' was not predicted"),
        (["heatmap", str(predicted_files.h5ad), "--out", "a.doc"], "--out is"),
        (["tracks", str(predicted_files.h5ad), "chr1:1-100", "--intervals", "x", "--out", "a.png"], "NAME=FILE"),
        (["ranks", str(predicted_files.h5ad), "--out", "a.png"], "call scmaxatac.tl.rank_tfs in Python and save"),
        (["variants", str(predicted_files.h5ad), "--out", "a.png"], "call scmaxatac.tl.score_variants in Python and"),
        (["training", "gone", "--out", "a.png"], "gone"),
    ):
        options[-1] = str(tmp_path / options[-1])
        assert main(["plot", *options, "--quiet"]) == 1
        error = capsys.readouterr().err
        assert message in error
        assert len(error.splitlines()) == 1
    assert not list(tmp_path.glob("a.*")) or [path.name for path in tmp_path.glob("a.*")] == ["a.h5ad"]


def test_figures_are_listed_without_a_name(capsys):
    assert main(["plot"]) == 2
    assert "heatmap" in capsys.readouterr().out
