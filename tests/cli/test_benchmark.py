"""``scmaxatac benchmark`` prints what the function gives, for runs and for files of scores."""

import io

import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.cli import main


@pytest.fixture
def arguments(predicted_files) -> list[str]:
    return [str(predicted_files.peaks), "--genome", str(predicted_files.fasta), "--block-size", "2000", "--quiet"]


@pytest.mark.filterwarnings("ignore:ap_low and ap_high:UserWarning")
def test_a_run_and_a_file_of_its_scores_agree_with_the_function(predicted_files, arguments, capsys, tmp_path):
    assert main(["benchmark", str(predicted_files.h5ad), *arguments, "--tf", "AAA", "--group", "CD4/T"]) == 0
    printed = pd.read_csv(io.StringIO(capsys.readouterr().out), sep="\t", index_col=0)
    track = sma.get.track(predicted_files.adata, "AAA", "CD4/T")
    expected = sma.tl.benchmark(
        track, predicted_files.peaks, genome=sma.Genome(predicted_files.fasta), block_size=2_000
    )
    assert printed["n_positive"].to_dict() == expected["n_positive"].to_dict()
    assert printed.loc["pooled"].to_numpy() == pytest.approx(expected.loc["pooled"].to_numpy(), rel=1e-5, nan_ok=True)
    sizes = tmp_path / "g.sizes"
    sizes.write_text("".join(f"{name}\t{size}\n" for name, size in sma.Genome(predicted_files.fasta).sizes.items()))
    bed = tmp_path / "scores.bed"
    track.assign(name=".")[["chrom", "start", "end", "name", "score"]].to_csv(bed, sep="\t", header=False, index=False)
    arguments[2] = str(sizes)
    assert main(["benchmark", str(bed), *arguments, "--out", str(tmp_path / "b.tsv")]) == 0
    again = pd.read_csv(tmp_path / "b.tsv", sep="\t", index_col=0)
    assert again.loc["pooled", "aupr"] == pytest.approx(printed.loc["pooled", "aupr"], rel=1e-5)


def test_runs_need_a_factor_and_a_group_and_files_none(predicted_files, arguments, capsys):
    assert main(["benchmark", str(predicted_files.h5ad), *arguments]) == 1
    assert "say with --tf and --group" in capsys.readouterr().err
    assert main(["benchmark", str(predicted_files.peaks), *arguments, "--tf", "AAA"]) == 1
    assert "peaks.bed is none" in capsys.readouterr().err


def test_a_cut_bigwig_is_named(predicted_files, arguments, capsys, tmp_path):
    from scmaxatac.io._bigwig import BigWigWriter

    path = tmp_path / "x.bw"
    with BigWigWriter(path, {"chr1": 13_345}) as writer:
        writer.add_runs("chr1", [0, 100], [50, 200], [0.5, 0.7])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert main(["benchmark", str(path), *arguments]) == 1
    error = capsys.readouterr().err
    assert "x.bw" in error
    assert len(error.splitlines()) == 1
