"""Matches of motifs: who is like whom, and q-values by their definition."""

import builtins

import numpy as np
import pytest

from scmaxatac.datasets import _motifs
from scmaxatac.evaluate._match_motifs import load_tomtom, match_motifs, warn_of_few
from scmaxatac.io._motifs import Motif

pytest.importorskip("memelite")


def random_motifs(n: int, seed: int = 0) -> list[Motif]:
    rng = np.random.default_rng(seed)
    return [Motif(f"R{i}", f"R{i}", rng.dirichlet([0.3] * 4, int(rng.integers(7, 16))) * 500) for i in range(n)]


@pytest.fixture(scope="module")
def known():
    real = [Motif(m.accession, tf, m.probabilities * 1000) for tf, m in _motifs.MOTIFS.items()]
    return [*random_motifs(40), *real]


@pytest.fixture(scope="module")
def table(known):
    cut = [m.probabilities[1:-1] * 200 for m in _motifs.MOTIFS.values()]
    return match_motifs([*cut, cut[0][::-1, ::-1]], known)


def test_the_motif_itself_comes_first_on_its_strand(table):
    best = table.drop_duplicates("found")
    assert best["tf"].tolist() == ["CTCF", "SPI1", "GATA3", "CTCF"]
    assert best["strand"].tolist() == ["+", "+", "+", "-"]
    assert best["id"].iloc[0] == "MA0139.1"
    assert (best["q"] < 1e-6).all()
    assert best["overlap"].tolist() == [_motifs.MOTIFS[tf].width - 2 for tf in best["tf"]]


def test_all_known_motifs_stand_in_the_order_of_their_p_values_each_once(table, known):
    for _, rows in table.groupby("found"):
        assert rows["p"].is_monotonic_increasing
        assert sorted(rows["id"]) == sorted(motif.id for motif in known)


def test_q_values_are_those_of_benjamini_and_hochberg_over_the_known_motifs(table, known):
    for _, rows in table.groupby("found"):
        p, n = rows["p"].to_numpy(), len(known)
        by_definition = [min(1, min(n * p[k] / (k + 1) for k in range(i, n))) for i in range(n)]
        np.testing.assert_allclose(rows["q"], by_definition)


def test_random_motifs_match_nothing_beyond_chance(known):
    found = [motif.counts for motif in random_motifs(30, seed=9)]
    table = match_motifs(found, known)
    best = table.drop_duplicates("found")
    assert (best["q"] < 0.05).sum() <= 4
    assert 0.3 < table["p"].median() < 0.7


def test_nothing_to_compare_gives_an_empty_table(known):
    assert match_motifs([], known).empty
    assert list(match_motifs([known[0].counts], []).columns) == ["found", "id", "tf", "p", "q", "overlap", "strand"]


def test_few_known_motifs_are_warned_of_and_one_will_do():
    with pytest.warns(UserWarning, match="there are 3 known motifs, whose columns are the background"):
        warn_of_few(random_motifs(3))
    warn_of_few(random_motifs(25))
    one = random_motifs(1)
    table = match_motifs([one[0].counts], one)
    assert len(table) == 1
    assert 0 <= table["q"].iloc[0] < 0.05


def test_without_memelite_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **options):
        if name.startswith("memelite"):
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'scmaxatac\[motifs\]'"):
        load_tomtom()
