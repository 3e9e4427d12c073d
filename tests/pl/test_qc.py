import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from scmaxatac import get, pl
from scmaxatac.plotting._base import PALETTE, WARNING, nice_ceiling, position_unit, short_number

from ._overlaps import texts_in_trouble


def panels(axes):
    return {ax.get_label(): ax for ax in axes}


def test_there_is_a_panel_for_depth_match_rate_and_scale(truth):
    figure = pl.qc(truth.adata)
    assert isinstance(figure, Figure)
    assert list(panels(figure.axes)) == ["n_fragments", "match_rate", "p99"]
    assert all(ax.get_xlabel() for ax in figure.axes)


def test_bars_are_the_values_of_the_table(truth):
    drawn = panels(pl.qc(truth.adata).axes)
    table = get.qc(truth.adata)
    for name, factor in (("n_fragments", 1), ("match_rate", 100), ("p99", 1)):
        widths = [bar.get_width() for bar in drawn[name].patches]
        assert np.allclose(widths, table[name] * factor, equal_nan=True)
    assert drawn["n_fragments"].get_xscale() == "log"
    assert [label.get_text() for label in drawn["n_fragments"].get_yticklabels()] == table.index.tolist()
    assert drawn["p99"].texts[-1].get_text() == "\N{EN DASH}"


def test_groups_with_warnings_are_marked_and_the_warnings_written(truth):
    figure = pl.qc(truth.adata)
    table = get.qc(truth.adata)
    for bar, warning in zip(panels(figure.axes)["n_fragments"].patches, table["warnings"], strict=True):
        assert same_color(bar.get_facecolor(), WARNING if warning else PALETTE[0])
    assert any("Platelets: skipped: 812 fragments" in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("warning", ["", "a warning; " * 9 + "a very long warning that has to be broken " * 5])
def test_no_texts_overlap_or_are_clipped(truth, warning):
    truth.adata.uns["tfbs"]["qc"].loc["B", "warnings"] = warning
    assert texts_in_trouble(pl.qc(truth.adata)) == []


def test_panels_are_drawn_in_the_place_of_an_axes(truth):
    _figure, axes = plt.subplots(2, 1, figsize=(9, 8))
    assert pl.qc(truth.adata, ax=axes[1]) is None
    assert list(panels(axes[1].child_axes)) == ["n_fragments", "match_rate", "p99"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(812, "812"), (999.9, "1k"), (1000, "1k"), (9123, "9.1k"), (310_200, "310k"), (20e6, "20M"), (4.21e9, "4.2G")],
)
def test_numbers_are_short(value, text):
    assert short_number(value) == text


def test_ranges_end_in_round_numbers():
    assert [nice_ceiling(value) for value in (0, 0.07, 0.99, 1.0, 1.2, 13, float("nan"))] == pytest.approx(
        [1, 0.08, 1, 1, 1.5, 15, 1]
    )


def test_positions_have_the_unit_and_decimals_that_tell_them_apart():
    assert [position_unit(step, 18e6)[::2] for step in (5e6, 2e5, 1000, 500, 100, 50)] == [
        ("Mb", 0), ("Mb", 1), ("Mb", 3), ("kb", 1), ("kb", 1), ("bp", 0)
    ]  # fmt: skip
    assert position_unit(5000, 20_456)[::2] == ("kb", 0)
