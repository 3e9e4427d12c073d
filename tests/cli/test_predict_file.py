"""Arguments of ``scmaxatac predict``, and the files that it reads."""

from pathlib import Path

import anndata
import numpy as np
import pytest

from scmaxatac.cli._predict_file import parse_fragments, parse_threshold, read_data


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("f1", "f1"),
        ("matched", "matched"),
        ("0.4", 0.4),
        ("precision=0.8", ("precision", 0.8)),
        ("log2fc=7", ("log2fc", 7)),
    ],
)
def test_threshold_is_understood(text: str, rule: object):
    assert parse_threshold(text) == rule


@pytest.mark.parametrize("text", ["best", "f2", "precision", "precision=high", "=0.3", "f1=0.3", ""])
def test_threshold_that_makes_no_sense_is_refused(text: str):
    with pytest.raises(ValueError, match="--threshold"):
        parse_threshold(text)


def test_fragments_are_one_file_or_one_a_sample(tmp_path: Path):
    odd = tmp_path / "a=b.tsv.gz"
    odd.touch()
    assert parse_fragments(None) is None
    assert parse_fragments(["f.tsv.gz"]) == "f.tsv.gz"
    assert parse_fragments([str(odd)]) == str(odd)
    assert parse_fragments(["d1=f.tsv.gz", "d2=g.tsv.gz"]) == {"d1": "f.tsv.gz", "d2": "g.tsv.gz"}
    with pytest.raises(ValueError, match="SAMPLE=FILE"):
        parse_fragments(["f.tsv.gz", "g.tsv.gz"])


def test_data_are_read_by_the_end_of_their_name(tmp_path: Path):
    adata = anndata.AnnData(np.ones((2, 1), np.float32))
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert read_data(tmp_path / "a.h5ad").shape == (2, 1)
    (tmp_path / "a.h5ad").rename(tmp_path / "a.loom")
    with pytest.raises(ValueError, match=r"a\.loom is neither \.h5ad nor \.h5mu"):
        read_data(tmp_path / "a.loom")
    with pytest.raises(FileNotFoundError, match=r"no such file: .*none\.h5ad"):
        read_data(tmp_path / "none.h5ad")
