"""Texts of arguments, and what is made of them."""

from pathlib import Path

import pytest

from scmaxatac.cli._arguments import parse_depth, parse_fragments, parse_path, parse_threshold


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


def test_depths_are_numbers_or_left_to_the_function():
    assert [parse_depth(text) for text in ("1000", "-5", "match", "1e5")] == [1000, -5, "match", "1e5"]


def test_paths_may_start_at_home():
    assert parse_path("~/x.h5ad") == Path.home() / "x.h5ad"
