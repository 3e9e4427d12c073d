"""Other names of factors are understood wherever factors are named."""

import logging
import re

import pytest

import scmaxatac as sma
from scmaxatac import _factor_aliases
from scmaxatac._factor_aliases import symbol_of, symbols_called, symbols_of
from scmaxatac.zoo._registry import published

KNOWN = list(published())


@pytest.mark.parametrize(("name", "symbol"), [
    ("PU.1", "SPI1"), ("pu1", "SPI1"), ("OCT4", "POU5F1"), ("Oct3/4", "POU5F1"), ("NRSF", "REST"), ("p65", "RELA"),
    ("c-Myc", "MYC"), ("YB-1", "YBX1"), ("C/EBPb", "CEBPB"), ("COUP-TFII", "NR2F2"), ("Kaiso", "ZBTB33"),
])  # fmt: skip
def test_common_names_stand_for_the_symbol(name, symbol):
    assert symbol_of(name, KNOWN) == symbol
    assert symbols_called(name, KNOWN) == [symbol]


def test_symbols_and_unknown_names_stay_as_they_are():
    assert [symbol_of(name, KNOWN) for name in (*KNOWN, "NOPE")] == [*KNOWN, "NOPE"]
    assert symbol_of("PU.1", ["CTCF"]) == "PU.1"
    assert symbol_of("PU.1", ["PU.1", "SPI1"]) == "PU.1"  # a model of the user's that is called so
    assert symbols_of(["PU.1", "CTCF", "SPI1"], KNOWN) == ["SPI1", "CTCF"]


def test_the_case_of_a_symbol_does_not_matter_where_it_leaves_one():
    assert [symbol_of(name, KNOWN) for name in ("ctcf", "Spi1", "Znf143")] == ["CTCF", "SPI1", "ZNF143"]
    assert symbol_of("aaa", ["Aaa", "AAA"]) == "aaa"
    assert symbol_of("AAA", ["Aaa", "AAA"]) == "AAA"


def test_the_table_has_published_factors_and_no_name_twice():
    symbols = {*_factor_aliases._ALIASES, *" ".join(_factor_aliases._AMBIGUOUS.values()).split()}
    assert symbols <= set(KNOWN)
    names = [_factor_aliases._plain(alias) for many in _factor_aliases._ALIASES.values() for alias in many.split()]
    names += [_factor_aliases._plain(name) for name in _factor_aliases._AMBIGUOUS]
    assert sorted(names) == sorted(set(names))
    plain = {_factor_aliases._plain(symbol): symbol for symbol in KNOWN}
    spelled_otherwise = set(plain) & set(names)  # such as NF-YA
    assert [symbol_of(name, KNOWN) for name in spelled_otherwise] == [plain[name] for name in spelled_otherwise]


def test_a_name_of_several_factors_is_hinted_at_but_not_taken():
    assert symbol_of("NRF2", KNOWN) == "NRF2"
    with pytest.raises(KeyError, match=re.escape("'NRF2' (did you mean 'NFE2L2' or 'GABPA'?)")):
        sma.models.download(["NRF2"])


def test_models_are_found_by_other_names_and_keep_their_symbols(caplog):
    with caplog.at_level(logging.INFO, "scmaxatac"):
        found = sma.models.load_many("demo", ["PU.1", "CTCF"])
    assert [model.tfs for model in found] == [("SPI1",), ("CTCF",)]
    assert "PU.1 is SPI1" in caplog.text


def test_published_models_that_are_not_installed_are_named_by_their_symbol(tmp_path, monkeypatch):
    monkeypatch.setattr(sma.settings, "cache_dir", tmp_path)
    monkeypatch.setattr(sma.settings, "model_dir", None)
    for ask in (lambda: sma.models.load_many(None, ["OCT4"]), lambda: sma.models.load("OCT4")):
        with pytest.raises(FileNotFoundError, match="published but not installed: POU5F1"):
            ask()


def test_results_are_read_by_other_names_and_a_closing_line_says_what_was_added(caplog):
    toy = sma.datasets.toy()
    caplog.set_level(logging.INFO, "scmaxatac")
    sma.tl.predict_tfbs(
        toy.adata, "cell_type", genome=toy.genome, models="demo", tfs="pu.1", chroms="chr5",
        regions="chr5:20,000-60,000",
    )  # fmt: skip
    assert list(sma.get.activity(toy.adata).columns) == ["SPI1"]
    n = len(sma.get.sites(toy.adata))
    added = rf"added to uns\['tfbs'\] and obsm\['X_tfbs'\]: {n} sites of 1 TF in 3 groups, scores of 1 region; [\d.]+ s"
    assert re.fullmatch(added, caplog.messages[-1])
    by_symbol = sma.get.sites(toy.adata, tfs="SPI1")
    assert len(by_symbol)
    assert sma.get.sites(toy.adata, tfs="PU.1").equals(by_symbol)
    assert len(sma.get.track(toy.adata, "PU.1", "B"))
    with pytest.raises(KeyError, match="no TF 'OCT4'"):
        sma.get.sites(toy.adata, tfs="OCT4")
