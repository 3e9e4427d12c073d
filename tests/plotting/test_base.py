"""Numbers, positions and places that plots share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.io._regions import parse_region
from scmaxatac.plotting._base import (
    PanelGrid,
    available_size,
    nice_ceiling,
    position_axis,
    position_unit,
    region_title,
    root_figure,
    short_number,
    text_width,
)

STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1), (1.01, 1.5), (1.5, 1.5), (1.51, 2), (2, 2), (2.5, 3), (3.5, 4), (4.5, 5), (5.5, 6), (6.5, 8), (8, 8),
        (8.5, 10), (9.99, 10), (10, 10), (10.1, 15), (0.1, 0.1), (0.11, 0.15), (0.3, 0.3), (0.7, 0.8), (123, 150),
        (1e-9, 1e-9), (0, 1), (-3, 1), (float("nan"), 1),
    ],
)  # fmt: skip
def test_an_axis_ends_at_the_next_round_number(value, expected):
    assert nice_ceiling(value) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-12, 1e12))
def test_the_ceiling_is_the_smallest_round_number_that_is_not_below(value):
    rounded = [step * 10.0**power for power in range(-13, 13) for step in STEPS]
    assert nice_ceiling(value) == pytest.approx(min(r for r in rounded if r >= value * (1 - 1e-9)), rel=1e-9)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.1234, "0.123"), (7.25, "7.25"), (812, "812"), (999, "999"), (999.4, "999"), (999.5, "1k"),
        (1_000, "1k"), (9_149, "9.1k"), (99_400, "99.4k"), (99_500, "100k"), (310_000, "310k"), (999_499, "999k"),
        (999_500, "1M"), (4_200_000, "4.2M"), (-4_200, "-4.2k"), (2e9, "2G"),
    ],
)  # fmt: skip
def test_counts_are_written_in_about_four_characters(value, text):
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("step", "end", "expected"),
    [
        (1e6, 5e7, ("Mb", 1e6, 0)), (5e5, 5e7, ("Mb", 1e6, 1)), (1e3, 5e7, ("Mb", 1e6, 3)), (500, 5e7, ("kb", 1e3, 1)),
        (1e3, 9e5, ("kb", 1e3, 0)), (100, 9e5, ("kb", 1e3, 1)), (50, 9e5, ("bp", 1.0, 0)), (100, 900, ("bp", 1.0, 0)),
    ],
)  # fmt: skip
def test_positions_have_the_unit_and_decimals_that_tell_neighbours_apart(step, end, expected):
    assert position_unit(step, end) == expected


@pytest.mark.parametrize(
    ("region", "title"),
    [
        (("chr22", 18_712_000, 18_730_000), "chr22:18,712,000-18,730,000 (18 kb)"),
        (("chr1", 1_000_000, 3_500_000), "chr1:1,000,000-3,500,000 (2.5 Mb)"),
        (("chr1", 1_234_567, 1_234_867), "chr1:1,234,567-1,234,867 (300 bp)"),
    ],
)
def test_the_title_is_a_region_that_can_be_pasted_back(region, title):
    assert region_title(*region) == title
    assert parse_region(title.partition(" ")[0]) == region


def test_the_positions_of_an_axis_read_as_numbers_of_its_unit():
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    ax.set_xlim(2_000_000, 2_400_000)
    position_axis(ax, "chr5", 2_000_000, 2_400_000)
    assert ax.get_xlabel() == "Position on chr5 (Mb)"
    formatter, ticks = ax.xaxis.get_major_formatter(), ax.get_xticks()
    assert len({formatter(tick) for tick in ticks}) == len(ticks) >= 4
    np.testing.assert_allclose([float(formatter(tick)) * 1e6 for tick in ticks], ticks)
    plt.close(figure)


def test_panels_lie_where_they_were_put_in_inches_also_in_the_place_of_axes():
    import matplotlib.pyplot as plt

    grid = PanelGrid(None, 8, 4)
    assert grid.figure.get_size_inches().tolist() == [8, 4]
    panel = grid.panel(1, 0.5, 2, 1)
    np.testing.assert_allclose(panel.get_position().bounds, [1 / 8, 2.5 / 4, 2 / 8, 1 / 4])
    outer, ax = plt.subplots(figsize=(10, 10))
    ax.set_position([0.2, 0.1, 0.5, 0.4])
    assert available_size(ax, None) == pytest.approx((5, 4))
    assert available_size(None, (3, 2)) == (3, 2)
    assert available_size(None, None) is None
    inner = PanelGrid(ax, 5, 4).panel(1, 0.5, 2, 1)
    outer.draw_without_rendering()
    box = inner.get_window_extent().transformed(outer.transFigure.inverted())
    np.testing.assert_allclose(box.bounds, [0.2 + 0.1, 0.1 + 0.25, 0.2, 0.1])
    plt.close("all")


def test_axes_without_a_figure_are_an_error():
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    assert root_figure(ax) is figure
    ax.remove()
    with pytest.raises(ValueError, match="removed from their figure"):
        root_figure(ax)
    plt.close(figure)


def test_the_width_of_texts_is_that_of_the_longest_line_and_grows_with_its_size():
    assert text_width([], 8) == text_width(["", " \n"], 8) == 0
    assert text_width(["WWWW\ni", "ii"], 8) == text_width(["WWWW"], 8)
    assert text_width(["WWWW"], 16) == pytest.approx(2 * text_width(["WWWW"], 8), rel=0.01)


@pytest.mark.parametrize("text", ["hematopoietic multipotent progenitor cell", "CTCF >", "B", "1,234"])
def test_the_width_of_a_text_is_the_one_that_it_is_drawn_in(text):
    import matplotlib.pyplot as plt

    figure = plt.figure(dpi=720)
    drawn = figure.text(0, 0, text, fontsize=8).get_window_extent().width / 720
    assert text_width([text], 8) == pytest.approx(drawn, abs=0.02)
    plt.close(figure)
