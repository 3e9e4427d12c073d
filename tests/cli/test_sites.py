"""``scmaxatac sites`` and ``scmaxatac qc`` give what the functions give."""

import gzip
import io

import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.cli import main
from scmaxatac.io._bed import read_bed


def table(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), sep="\t")


def test_the_table_is_that_of_the_function(predicted_files, capsys):
    assert main(["sites", str(predicted_files.h5ad), "--tfs", "AAA", "--groups", "CD4/T", "--quiet"]) == 0
    printed, expected = table(capsys.readouterr().out), sma.get.sites(predicted_files.adata, tfs="AAA", groups="CD4/T")
    assert len(printed) == len(expected) > 0
    assert printed["start"].tolist() == expected["start"].tolist()
    assert printed["score"].to_numpy() == pytest.approx(expected["score"].to_numpy(), rel=1e-5)


def test_another_threshold_calls_anew_and_leaves_the_file(predicted_files, capsys):
    before = predicted_files.h5ad.read_bytes()
    scores = sma.get.sites(predicted_files.adata)["score"]
    high = float(scores.quantile(0.8))
    assert main(["sites", str(predicted_files.h5ad), "--threshold", str(high), "--quiet"]) == 0
    printed = table(capsys.readouterr().out)
    sma.tl.call_sites(predicted_files.adata, high)
    assert 0 < len(printed) == len(sma.get.sites(predicted_files.adata)) < len(scores)
    assert predicted_files.h5ad.read_bytes() == before


def test_a_rule_by_rank_needs_a_prediction_with_one(predicted_files, capsys):
    assert main(["sites", str(predicted_files.h5ad), "--threshold", "matched", "--quiet"]) == 1
    error = capsys.readouterr().err
    assert "which only 'scmaxatac predict' scores, when it is given this threshold" in error
    assert "with the same --out-dir it computes only the sample" in error
    with pytest.raises(SystemExit):
        main(["sites", "--help"])
    assert "matched or mixed, if DATA was predicted with one" in " ".join(capsys.readouterr().out.split())


def test_formats_follow_the_ending(predicted_files, tmp_path, capsys):
    sites = sma.get.sites(predicted_files.adata)
    for name in ("s.bed", "s.bed.gz", "s.narrowPeak", "s.tsv.gz"):
        assert main(["sites", str(predicted_files.h5ad), "--out", str(tmp_path / "new" / name), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    bed, narrow = read_bed(tmp_path / "new" / "s.bed"), read_bed(tmp_path / "new" / "s.narrowPeak")
    assert len(bed) == len(narrow) == len(sites)
    assert bed["name"].str.contains("|", regex=False).all()
    assert narrow["signal_value"].to_numpy() == pytest.approx(bed["score"].to_numpy(), abs=1e-6)
    assert (narrow["score"] == (narrow["signal_value"] * 1000).round()).all()
    assert gzip.decompress((tmp_path / "new" / "s.bed.gz").read_bytes()) == (tmp_path / "new" / "s.bed").read_bytes()
    assert len(table(gzip.decompress((tmp_path / "new" / "s.tsv.gz").read_bytes()).decode())) == len(sites)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "a.csv"], "--out a.csv has to end in .tsv, .txt, .bed, .narrowPeak"),
        (["--genes", "g.gtf", "--format", "bed"], "--genes adds columns to a table"),
        (["--include-flanks"], "add --threshold"),
        (["--tfs", "NOPE"], "no TF 'NOPE'"),
        (["--groups", "NOPE"], "no group 'NOPE'"),
        (["--key", "other"], "uns['other']"),
        (["--threshold", "high"], "--threshold high is not understood"),
    ],
)
def test_what_does_not_fit_is_one_line(predicted_files, capsys, options, message):
    assert main(["sites", str(predicted_files.h5ad), *options, "--quiet"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_quality_is_that_of_the_function(predicted_files, capsys):
    assert main(["qc", str(predicted_files.h5ad), "--quiet"]) == 0
    printed = table(capsys.readouterr().out).set_index("group")
    expected = sma.get.qc(predicted_files.adata)
    assert list(printed.columns) == list(expected.columns)
    for name in ("n_cells", "n_fragments", "n_sites"):
        assert printed[name].to_dict() == expected[name].to_dict()


def test_quality_by_factor_is_that_of_the_function(predicted_files, capsys):
    assert main(["qc", str(predicted_files.h5ad), "--by", "tf", "--tfs", "AAA", "--quiet"]) == 0
    printed = table(capsys.readouterr().out)
    expected = sma.get.qc(predicted_files.adata, "tf", tfs="AAA")
    assert list(printed.columns) == list(expected.columns)
    assert printed[["group", "tf", "n_sites"]].values.tolist() == expected[["group", "tf", "n_sites"]].values.tolist()
    assert main(["qc", str(predicted_files.h5ad), "--tfs", "AAA", "--quiet"]) == 1
    assert "--tfs and --groups choose rows of the table with --by tf" in capsys.readouterr().err
