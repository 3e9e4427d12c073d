"""Declarations of slots, and the passages that are made from them."""

import inspect
import re

import pytest

from scmaxatac import _keys, get, tl
from scmaxatac.results._schema import IN_UNS, PARAMS, QC, SITES, SLOTS
from scmaxatac.results._slot import Column, Slot


def test_every_slot_and_column_has_a_sentence_and_a_name_of_its_own():
    assert len({(slot.place, slot.name) for slot in SLOTS}) == len(SLOTS)
    for slot in SLOTS:
        names = [column.name for column in slot.columns]
        assert len(set(names)) == len(names)
        assert bool(names) == (slot.kind != "array") == (not slot.shape)
        for text in [slot.text, *(column.text for column in slot.columns)]:
            assert text[0].isupper() or text[0].isdigit()
            assert text.endswith(".")


@pytest.mark.parametrize("name", sorted({slot.written_by for slot in SLOTS}))
def test_the_function_that_writes_a_slot_lists_it(name):
    doc = inspect.getdoc(getattr(tl, name.removeprefix("tl.")))
    returns = doc[doc.index("Returns\n-------") : doc.index("Warns\n-----")]
    listed = re.findall(r"^``(.*)``$", returns, flags=re.MULTILINE)
    written = [slot for slot in SLOTS if slot.written_by == name]
    assert listed == [slot.path("tfbs") for slot in written]
    for slot in written:
        assert slot.text.split()[0] in returns
    if name == "tl.predict_tfbs":
        assert 'obsm["X_tfbs"]' in listed
        assert 'uns["tfbs"]["sites"]' in listed


@pytest.mark.parametrize(("function", "slot"), [(get.qc, QC), (get.params, PARAMS), (get.sites, SITES)])
def test_the_function_that_reads_a_slot_lists_its_columns(function, slot: Slot):
    doc = inspect.getdoc(function)
    returns = doc[doc.index("Returns\n-------") : doc.index("Warns\n-----")]
    assert re.findall(r"^(?:``)?([\w<>]+)(?:``)? : ", returns, flags=re.MULTILINE)[: len(slot.columns)] == [
        column.name for column in slot.columns
    ]  # what an option adds is listed after them


def test_a_column_of_each_factor_is_declared_once():
    column = Column("called_to_expected_<TF>", "float64", "Text.")
    assert column.matches("called_to_expected_NKX2-5")
    assert column.matches("called_to_expected_a.b\nc")
    assert not column.matches("called_to_expected_")
    assert not column.matches("x_called_to_expected_CTCF")
    slot = Slot("qc", "table", "Text.", columns=(Column("p99", "float64", "Text."), column))
    assert slot.missing(["called_to_expected_CTCF"]) == ["p99"]
    assert slot.undeclared(["p99", "p98", "called_to_expected_CTCF"]) == ["p98"]


def test_a_slot_of_cells_is_named_after_the_results():
    slot = Slot("score_{key}", "table", "Text.", place="obsm")
    assert slot.path("my key") == 'obsm["score_my key"]'
    assert slot.name_with("{key}") == "score_{key}"


def test_a_slot_beside_the_results_is_an_entry_named_after_them():
    slot = Slot("score_{key}", "json", "Text.", place="entry")
    assert slot.path("my key") == 'uns["score_my key"]'
    assert slot.name_with("my key") == "score_my key"


def test_a_prediction_is_told_by_slots_that_are_declared():
    assert set(_keys.OF_PREDICTION) <= set(IN_UNS)
    assert {slot.name for slot in IN_UNS.values() if slot.always} <= set(_keys.OF_PREDICTION)
