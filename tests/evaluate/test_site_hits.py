"""Hits within sites against a scan of every place."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.evaluate._motif_hits import motif_hits
from scmaxatac.evaluate._site_hits import COLUMNS, hits_in_sites
from scmaxatac.genome import Genome
from scmaxatac.io._motifs import Motif

pytest.importorskip("memelite")

WORDS = {"FOS::JUN": "TGACTCA", "X_1": "GGGCGGAA"}


def motif(name: str) -> Motif:
    return Motif(name, name, np.eye(4)[["ACGT".index(base) for base in WORDS[name]]] * 1000)


@pytest.fixture(scope="module")
def genome():
    rng = np.random.default_rng(0)
    codes = {chrom: rng.integers(0, 4, 4_000).astype(np.uint8) for chrom in ("chr1", "chr2")}
    for place in (500, 530, 900, 2_000):
        codes["chr1"][place : place + 7] = ["ACGT".index(base) for base in WORDS["FOS::JUN"]]
    codes["chr1"][1_500:1_508] = [3 - "ACGT".index(base) for base in WORDS["X_1"]][::-1]
    return Genome.from_codes(codes)


@pytest.fixture(scope="module")
def sites():
    rows = [
        ("chr1", 480, 544, "B", "TF"), ("chr1", 1_490, 1_530, "B", "TF"), ("chr2", 100, 164, "B", "TF"),
        ("chr1", 500, 520, "Mono", "TF"), ("chr1", 890, 954, "Mono", "TF"), ("chr1", 880, 960, "B", "other"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "group", "tf"])


@pytest.fixture(scope="module")
def found(genome, sites):
    of_tf = {"TF": list(WORDS), "other": ["X_1"]}
    return hits_in_sites(
        genome, sites, [motif(name) for name in WORDS], of_tf, ["B", "Mono", "T"], p_value=1e-4, pseudocount=0.1
    )


def test_hits_are_those_whose_middle_lies_in_a_site_of_the_group_and_factor(found):
    hits, _ = found
    assert tuple(hits) == COLUMNS
    planted = hits[hits["motif"] == "FOS::JUN"]
    assert list(zip(planted["group"], planted["start"], planted["site_start"], strict=True)) == [
        ("B", 500, 480), ("B", 530, 480), ("Mono", 500, 500), ("Mono", 900, 890),
    ]  # fmt: skip
    assert planted["distance"].tolist() == [-9, 21, -7, -19]
    assert (planted["end"] - planted["start"] == 7).all()
    reverse = hits[(hits["motif"] == "X_1") & (hits["start"] == 1_500)]
    assert reverse["strand"].tolist() == ["-"]
    assert reverse["site_end"].tolist() == [1_530]
    assert not (hits["tf"] == "other").any()


def test_the_summary_counts_sites_with_a_hit_and_hits(found):
    _, summary = found
    row = summary.set_index(["tf", "group", "motif"]).loc["TF", "B", "FOS::JUN"]
    assert row[["n_sites", "n_with_hit", "n_hits"]].tolist() == [3, 1, 2]
    assert row["share"] == pytest.approx(1 / 3)
    assert row["n_expected"] == pytest.approx(2 * 1e-4 * (64 + 40 + 64))
    assert list(zip(summary["tf"], summary["group"], summary["motif"], strict=True)) == [
        *((tf, group, motif) for tf in ("TF",) for group in ("B", "Mono", "T") for motif in WORDS),
        *(("other", group, "X_1") for group in ("B", "Mono", "T")),
    ]
    without = summary[summary["group"].eq("T") | (summary["tf"].eq("other") & summary["group"].ne("B"))]
    assert (without[["n_sites", "n_with_hit", "n_hits", "n_expected"]] == 0).all(axis=None)
    assert without["share"].isna().all()
    assert summary.query("tf == 'other' and group == 'B'")["n_hits"].tolist() == [0]


def test_chance_gives_as_many_hits_as_are_expected():
    rng = np.random.default_rng(1)
    genome = Genome.from_codes({"chr1": rng.integers(0, 4, 400_000).astype(np.uint8)})
    starts = np.arange(1_000, 390_000, 400)
    sites = pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + 200, "group": "B", "tf": "TF"})
    matrix = Motif("M", "M", rng.dirichlet([0.3] * 4, 9) * 500)
    _, summary = hits_in_sites(genome, sites, [matrix], {"TF": ["M"]}, ["B"], p_value=1e-3, pseudocount=0.8)
    row = summary.iloc[0]
    assert 0.75 * row["n_expected"] < row["n_hits"] < 1.15 * row["n_expected"]


def test_scores_and_p_values_are_those_of_the_matrix(genome):
    shares = motif("FOS::JUN").probabilities(0.8)
    hits = motif_hits(genome.codes("chr1"), [0], [4_000], [shares], 1e-3)
    codes = genome.codes("chr1")
    every = np.log2(shares / 0.25)
    best = every.max(axis=1).sum()
    for start, end, reverse, score in zip(hits.start, hits.end, hits.reverse, hits.score, strict=True):
        word = codes[start:end]
        word = 3 - word[::-1] if reverse else word
        assert score == pytest.approx(every[np.arange(7), word].sum(), abs=0.02)
    exact = hits.p[np.isclose(hits.score, best, atol=0.02)]
    np.testing.assert_allclose(exact, 4.0**-7, rtol=1e-6)
    assert (hits.p < 1e-3).all()


def test_sites_without_hits_give_an_empty_table_of_the_same_columns(genome, sites):
    of_tf = {"TF": ["X_1"], "other": ["X_1"]}
    hits, summary = hits_in_sites(genome, sites.tail(1), [motif("X_1")], of_tf, ["B"], p_value=1e-5, pseudocount=0.1)
    assert hits.empty
    assert tuple(hits) == COLUMNS
    np.testing.assert_array_equal(summary["share"], [np.nan, 0])
