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


def test_there_is_a_panel_for_cells_depth_match_rate_scale_and_bins_called(truth):
    figure = pl.qc(truth.adata)
    assert isinstance(figure, Figure)
    assert list(panels(figure.axes)) == ["n_cells", "n_fragments", "match_rate", "p99", "called_to_expected"]
    assert all(ax.get_xlabel() for ax in figure.axes)


def test_bars_are_the_values_of_the_table(truth):
    drawn = panels(pl.qc(truth.adata).axes)
    table = get.qc(truth.adata)
    for name, factor in (("n_cells", 1), ("n_fragments", 1), ("match_rate", 100), ("p99", 1)):
        widths = [bar.get_width() for bar in drawn[name].patches]
        assert np.allclose(widths, table[name] * factor, equal_nan=True)
    assert drawn["n_fragments"].get_xscale() == "log"
    assert [label.get_text() for label in drawn["n_cells"].get_yticklabels()] == table.index.tolist()
    assert drawn["p99"].texts[-1].get_text() == "\N{EN DASH}"


def test_groups_with_warnings_and_skipped_ones_are_marked_and_the_reasons_written(truth):
    figure = pl.qc(truth.adata)
    table = get.qc(truth.adata)
    bars = dict(zip(table.index, panels(figure.axes)["p99"].patches, strict=True))
    for group in truth.groups:
        warned = bool(table.loc[group, "warnings"])
        assert same_color(bars[group].get_facecolor(), WARNING if warned else PALETTE[0])
    assert not any(same_color(bars["Platelets"].get_facecolor(), colour) for colour in (WARNING, PALETTE[0]))
    texts = [text.get_text() for text in figure.texts]
    assert "Platelets: skipped: 812 fragments, min_fragments is 10,000" in texts
    assert {"predicted", "with a warning", "skipped"} <= set(texts)


def test_limits_that_skip_groups_are_lines_and_within_the_axes(truth):
    drawn = panels(pl.qc(truth.adata).axes)
    for panel, limit in (("n_cells", 10), ("n_fragments", 10_000)):
        (line,) = drawn[panel].get_lines()
        assert list(line.get_xdata()) == [limit, limit]
        low, high = drawn[panel].get_xlim()
        assert low < limit < high
    assert "min_fragments 10k" in [text.get_text() for text in drawn["n_fragments"].texts]


def test_without_limits_and_cells_there_are_no_lines_and_no_panel_of_cells(truth):
    slots = truth.adata.uns["tfbs"]
    slots["params"] = slots["params"].replace('"min_fragments": 10000', '"min_fragments": 0')
    slots["qc"]["n_cells"] = 0
    drawn = panels(pl.qc(truth.adata).axes)
    assert "n_cells" not in drawn
    assert not drawn["n_fragments"].get_lines()


def test_fragments_in_use_stand_before_all_of_them(truth):
    truth.adata.uns["tfbs"]["qc"].loc["B", "n_fragments_used"] = 50_000
    figure = pl.qc(truth.adata)
    panel = panels(figure.axes)["n_fragments"]
    table = get.qc(truth.adata)
    pale, *used = panel.patches
    assert pale.get_width() == table.loc["B", "n_fragments"]
    assert [bar.get_width() for bar in used] == table["n_fragments_used"].tolist()
    row = table.index.get_loc("B")
    assert pale.get_y() == used[row].get_y()
    assert f"50k of {short_number(table.loc['B', 'n_fragments'])}" in [text.get_text() for text in panel.texts]
    assert texts_in_trouble(figure) == []


def test_each_factor_has_a_dot_at_its_bins_called_over_expected_beside_the_median(truth):
    table = truth.adata.uns["tfbs"]["qc"]
    table.loc["B", ["called_to_expected_CTCF", "called_to_expected_SPI1"]] = [0.0, 0.3]
    panel = panels(pl.qc(truth.adata).axes)["called_to_expected"]
    columns = ["called_to_expected_CTCF", "called_to_expected_SPI1"]
    dots = [line for line in panel.get_lines() if line.get_marker() == "o"]
    lowest = panel.get_xlim()[0]
    for group, line in zip(truth.groups, dots, strict=True):
        assert np.allclose(line.get_xdata(), table.loc[group, columns].to_numpy(float).clip(lowest))
        assert np.allclose(line.get_ydata(), table.index.get_loc(group), atol=0.3)
    medians = [lines.get_segments()[0][0][0] for lines in panel.collections]
    assert np.allclose(medians, table.loc[truth.groups, columns].median(axis=1).clip(lowest))
    assert [text.get_text() for text in panel.texts] == ["\N{EN DASH}"]  # the group that was skipped
    table[columns] = np.nan
    assert "called_to_expected" not in panels(pl.qc(truth.adata).axes)


@pytest.mark.parametrize("warning", ["", "a warning; " * 9 + "a very long warning that has to be broken " * 5])
def test_no_texts_overlap_or_are_clipped(truth, warning):
    truth.adata.uns["tfbs"]["qc"].loc["B", "warnings"] = warning
    assert texts_in_trouble(pl.qc(truth.adata)) == []


def test_panels_are_drawn_in_the_place_of_an_axes(truth):
    _figure, axes = plt.subplots(2, 1, figsize=(9, 8))
    assert pl.qc(truth.adata, ax=axes[1]) is None
    assert list(panels(axes[1].child_axes)) == ["n_cells", "n_fragments", "match_rate", "p99", "called_to_expected"]


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
