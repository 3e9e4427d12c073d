"""Names of files, tracks and tags that are made of any names of groups."""

import re

import pytest

from scmaxatac.io._browser_track import BrowserTrack, file_pieces, label_of, symbols

NASTY = [
    "CD4/T", "CD4:T", "CD4 T", "cd4_t", "CD4_T_2", "../x", "..", "", "a.b", "a_b", "β", "δ", "a\nb", "x" * 300, "CD4+",
    "CD4-",
]  # fmt: skip


@pytest.mark.parametrize("make", [file_pieces, symbols])
def test_all_pieces_differ_also_without_regard_to_case(make):
    pieces = make(NASTY)
    assert list(pieces) == NASTY
    assert len({piece.casefold() for piece in pieces.values()}) == len(NASTY)


def test_pieces_of_files_are_safe_and_read():
    pieces = file_pieces(NASTY)
    assert all(re.fullmatch(r"[A-Za-z0-9_+-]+", piece) for piece in pieces.values())
    assert [pieces[name] for name in NASTY[:5]] == ["CD4_T", "CD4_T_2", "CD4_T_3", "cd4_t_4", "CD4_T_2_2"]
    assert file_pieces(["signal", "CTCF"], taken=["signal"]) == {"signal": "signal_2", "CTCF": "CTCF"}


def test_symbols_are_words_without_two_underscores_in_a_row():
    words = symbols(NASTY)
    assert all(re.fullmatch(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*", word) for word in words.values())
    assert words["CD4+"] == "CD4"
    assert words["CD4-"] == "CD4_2"


def test_the_same_name_twice_is_one():
    assert file_pieces(["B", "B"]) == {"B": "B"}


def test_labels_are_one_line_that_can_be_printed():
    assert label_of("  CD4\tT\n\x00cells β ") == "CD4 T cells β"


def test_colours_are_written_as_browsers_take_them():
    assert BrowserTrack("signal", "B", "", "B.bw", "B", (0, 114, 178)).rgb == "0,114,178"
