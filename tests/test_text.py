"""Lists of names in messages, and the choice of some among many."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac._text import abbreviate, choose_names, similar_names


def test_a_few_names_are_listed_and_the_rest_of_many_counted():
    assert abbreviate([]) == ""
    assert abbreviate(f"chr{i}" for i in range(1, 6)) == "chr1, chr2, chr3, chr4, chr5"
    assert abbreviate(range(6)) == "0, 1, 2, 3, 4, ... (6 in all)"
    assert abbreviate("abc", 2, separator="; ") == "a; b; ... (3 in all)"


KNOWN = ["CTCF", "SPI1", "3", "10"]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (None, KNOWN),
        ("SPI1", ["SPI1"]),
        (["SPI1", "CTCF", "SPI1"], ["SPI1", "CTCF"]),
        (("CTCF",), ["CTCF"]),
        ((name for name in ["10", "3"]), ["10", "3"]),
        (3, ["3"]),
        ([3, 10], ["3", "10"]),
        (np.array([10]), ["10"]),
        (pd.Categorical(["3", "CTCF"]), ["3", "CTCF"]),
        (pd.Series(["SPI1"]), ["SPI1"]),
        ({"CTCF": 1, "3": 2}, ["CTCF", "3"]),
    ],
)
def test_one_name_or_many_are_chosen_in_their_order(wanted, chosen):
    assert choose_names(wanted, KNOWN, "TF") == chosen


def test_the_choice_of_all_is_a_list_of_its_own():
    choose_names(None, KNOWN, "TF").clear()
    assert len(KNOWN) == 4


def test_unknown_names_are_named_together_with_those_that_are_like_them():
    with pytest.raises(KeyError, match="no TF 'ctfc', 'MYC', 'SPIB'; did you mean 'CTCF', 'SPI1'"):
        choose_names(["ctfc", "MYC", "SPIB", "3"], KNOWN, "TF")
    with pytest.raises(KeyError, match="no group 'zzz'; the table holds 'CTCF', 'SPI1', '3', '10'"):
        choose_names("zzz", KNOWN, "group", source="the table holds")
    with pytest.raises(KeyError, match="no group 'zzz'; the results hold nothing"):
        choose_names("zzz", [], "group")


@pytest.mark.parametrize("nothing", [[], (), {}, np.array([])])
def test_no_name_at_all_is_an_error(nothing):
    with pytest.raises(ValueError, match="no TF is asked for; name at least one, or None for all"):
        choose_names(nothing, KNOWN, "TF")


def test_similar_names_do_not_depend_on_case():
    assert similar_names("cd4 t", ["CD4/T", "B", "Mono"]) == ["CD4/T"]
    assert similar_names("xyz", ["CD4/T", "B"]) == []
