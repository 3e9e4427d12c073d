"""Cells found in batches of barcodes."""

import logging

import numpy as np
import pyarrow as pa
import pytest

from scmaxatac import settings
from scmaxatac.fragments._barcode_matcher import BarcodeMatcher

CELLS = [f"{bases}-1" for bases in ("AAACGAAAGACTCGGA", "AAACGAACAAGTAACA", "GATTACAGATTACAGA", "TTTGGCCAGTAACTCA")]


def batch(*names: str) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(names, pa.string())])


def run(matcher, *batches):
    return [(given.to_pylist(), cell.tolist()) for given, cell in matcher.match(iter(batches), lambda b: b)]


def test_every_batch_is_given_once_with_the_cell_of_each_barcode():
    matcher = BarcodeMatcher(CELLS, "a file")
    batches = [batch(CELLS[2], "nobody", CELLS[0]), batch(CELLS[1]), batch("nobody"), batch(CELLS[3], CELLS[3])]
    found = run(matcher, *batches)
    assert found == [(b.to_pylist(), [CELLS.index(n) if n in CELLS else -1 for n in b.to_pylist()]) for b in batches]
    assert (matcher.report.n_cells, matcher.report.n_matched, matcher.report.rule) == (4, 4, "")
    assert run(matcher, *batches) == found, "a second reading uses the same rule"


def test_batches_before_the_first_cell_hold_none_and_are_left_out():
    matcher = BarcodeMatcher(CELLS, "a file")
    found = run(matcher, batch("GGGGGGGG-1"), batch("CCCCCCCC-1"), batch(*CELLS))
    assert found == [(CELLS, [0, 1, 2, 3])]


@pytest.mark.parametrize(("n", "warned"), [(9, False), (8, True)])
def test_fewer_than_nine_tenths_of_the_cells_are_warned_of(n, warned, caplog, recwarn):
    rng = np.random.default_rng(0)
    cells = ["".join(rng.choice(list("ACGT"), 16)) + "-1" for _ in range(10)]
    with caplog.at_level(logging.INFO, "scmaxatac"):
        run(BarcodeMatcher(cells, "a file"), batch(*cells[:n]))
    text = f"only {n} of the object's 10 cells ({n / 10:.1%}) were found in a file; the others have no fragments"
    assert (text in caplog.text) is not warned
    assert [str(warning.message) for warning in recwarn] == [text] * warned


@pytest.mark.parametrize(("rate", "fits"), [(0.5, True), (0.51, False)])
def test_exactly_the_smallest_share_of_the_cells_is_enough(rate, fits, monkeypatch):
    monkeypatch.setattr(settings, "min_match_rate", rate)
    matcher = BarcodeMatcher(CELLS, "a file")
    if fits:
        with pytest.warns(UserWarning, match="only 2 of the object's 4 cells"):
            run(matcher, batch(*CELLS[:2]))
        return
    with pytest.raises(
        ValueError, match=r"only 2 of the object's 4 cells \(50\.0%\).*min_match_rate \(51%\).*barcodes"
    ):
        run(matcher, batch(*CELLS[:2]))


def test_without_any_cell_the_error_shows_names_of_both():
    with pytest.raises(ValueError, match=rf"only 0 of .*'{CELLS[0]}' and '{CELLS[1]}'.*barcodes 'GGGG' and 'CCCC'"):
        run(BarcodeMatcher(CELLS, "a file"), batch("GGGG", "CCCC", "TTTT"), batch("AAAA"))


def test_a_rule_is_told_in_the_log_and_samples_that_it_ignores_in_a_warning(caplog):
    names = [f"s{i}_{name}" for i, name in enumerate(CELLS)]
    matcher = BarcodeMatcher(names, "a file")
    with (
        caplog.at_level(logging.INFO, "scmaxatac"),
        pytest.warns(UserWarning, match=r"cells of 4 samples \('s0_', 's1_', 's2_', \.\.\. \(4 in all\)\)"),
    ):
        assert run(matcher, batch(*CELLS)) == [(CELLS, [0, 1, 2, 3])]
    assert "matched with the sample removed from the cells' names (cells such as 's0_" in caplog.text
    run(matcher, batch(*CELLS))  # which is no news


def test_cells_have_to_exist_and_to_differ():
    with pytest.raises(ValueError, match="no cells were asked for from a file"):
        BarcodeMatcher([], "a file")
    with pytest.raises(ValueError, match="cell 'b' occurs 2 times"):
        BarcodeMatcher(["a", "b", "b"], "a file")
