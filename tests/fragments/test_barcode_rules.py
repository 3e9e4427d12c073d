"""Rules that make names of cells and barcodes equal."""

import pyarrow as pa
import pytest

from scmaxatac.fragments._barcode_rules import BarcodeIndex, RuleSelector, rules

ONE, TWO = "AAACGAAAGACTCGGA", "AAACGAACAAGTAACA"


def place(cells, barcodes, rule) -> list[int]:
    return BarcodeIndex(cells, rule, "a file").cells_of(pa.chunked_array([pa.array(barcodes, pa.string())])).tolist()


def chosen(cells, barcodes, sample=None):
    trial = RuleSelector(cells, sample)
    trial.look(barcodes)
    return trial.best()


@pytest.mark.parametrize(
    ("cell", "barcode", "text"),
    [
        ("{}-1", "{}-1", ""),
        ("anything {}", "anything {}", ""),
        ("{}", "{}-1", "'-1' added to the cells' names"),
        ("{}-1", "{}", "the number after '-' removed from the cells' names"),
        ("{}-4", "{}-1", "the number after '-' in the cells' names set to 1"),
        ("donor1_{}-1", "{}-1", "the sample removed from the cells' names"),
        ("donor1#{}-1", "{}-1", "the sample removed from the cells' names"),
        ("{}-1_donor1", "{}-1", "the sample removed from the cells' names"),
        ("donor1_{}-3", "{}", "sample and number removed from the cells' names"),
        ("donor1_{}-3", "{}-1", "the sample removed from the cells' names, their number set to 1"),
        ("{}-1", "donor1#{}-1", "the sample removed from the file's barcodes"),
        ("a_{}-1", "b_{}-1", "the sample removed from the cells' names and the file's barcodes"),
        ("a_{}-1", "b_{}-2", "names and barcodes reduced to their bases"),
    ],
)
def test_the_rule_that_changes_least_and_fits_is_chosen(cell, barcode, text):
    cells, barcodes = ([form.format(bases) for bases in (ONE, TWO)] for form in (cell, barcode))
    rule = chosen(cells, barcodes)
    assert rule.text == text
    assert place(cells, [barcodes[1], "GGGGGGGGGGGGGGGG-1", barcodes[0], barcodes[1]], rule) == [1, -1, 0, 1]


@pytest.mark.parametrize("mark", "#_-:")
def test_a_known_sample_is_put_before_barcodes(mark):
    cells = [f"{ONE}-1", f"{TWO}-1"]
    rule = chosen(cells, [f"s1{mark}{ONE}-1", f"s1{mark}{TWO}-1"], sample="s1")
    assert rule.text == f"'s1{mark}' put before the cells' barcodes"
    assert place(cells, [f"s2{mark}{ONE}-1", f"s1{mark}{TWO}-1"], rule) == [-1, 1]


def test_names_that_fit_in_half_of_the_cells_are_left_as_they_are():
    cells = [f"{ONE}-1", f"{TWO}-1"]
    assert chosen(cells, [f"{ONE}-1", TWO]).text == ""
    three = [*cells, "GATTACAGATTACAGA-1"]
    others = [TWO, "GATTACAGATTACAGA"]
    assert chosen(three, [f"{ONE}-1", *others]).text == "names and barcodes reduced to their bases"


def test_what_several_looks_find_is_added_up():
    trial = RuleSelector([ONE, TWO], None)
    assert trial.share == 0
    trial.look([f"{ONE}-1"])
    assert trial.share == 0.5
    trial.look([f"{ONE}-1"])
    assert trial.share == 0.5
    trial.look([f"{TWO}-1"])
    assert trial.share == 1


def test_of_several_words_of_bases_the_longest_is_the_barcode():
    (bare,) = [rule for rule in rules() if rule.text == "names and barcodes reduced to their bases"]
    assert bare.of_cell(f"ACGTACGT:{ONE}-12") == ONE
    assert bare.of_cell(f"{ONE}-{TWO}") == f"{ONE}-{TWO}", "parts of one barcode"
    assert bare.of_cell("sample#cell_12-1") == "cell_12"
    assert bare.of_cell("CATACGATTACA") == "CATACGATTACA"


def test_what_a_rule_leaves_out_of_the_names_is_listed_once():
    by_text = {rule.text: rule for rule in rules()}
    cells = [f"s1_{ONE}-1", f"s2_{TWO}-1", f"s1_{TWO}-1"]
    assert by_text["the sample removed from the cells' names"].dropped(cells) == ["s1_", "s2_"]
    assert by_text[""].dropped(cells) == []


def test_two_cells_with_one_barcode_are_an_error():
    cells = [f"s1_{ONE}-1", f"s2_{TWO}-1", f"s2_{ONE}-1"]
    (rule,) = [rule for rule in rules() if rule.text == "the sample removed from the cells' names"]
    with pytest.raises(ValueError, match=rf"'s1_{ONE}-1' and 's2_{ONE}-1' would both be its barcode '{ONE}-1'"):
        BarcodeIndex(cells, rule, "a file")


def test_two_barcodes_of_one_cell_are_an_error():
    (rule,) = [rule for rule in rules() if rule.text == "names and barcodes reduced to their bases"]
    index = BarcodeIndex([f"{ONE}-1"], rule, "a file")
    first = pa.chunked_array([[f"a_{ONE}-1", f"a_{ONE}-1"]])
    assert index.cells_of(first).tolist() == [0, 0]
    with pytest.raises(ValueError, match=rf"'a_{ONE}-1' and 'b_{ONE}-1' would both be cell '{ONE}-1'"):
        index.cells_of(pa.chunked_array([[f"b_{ONE}-1"]]))
