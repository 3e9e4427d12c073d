import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from scmaxatac import pl

from ._overlaps import texts_in_trouble


def made_up(sizes, tfs=("CTCF", "SPI1"), *, peaks=True):
    rows = []
    for t, tf in enumerate(tfs):
        for size in sizes:
            depth = np.log(size) / np.log(max(sizes)) * (0.9 - 0.05 * t)
            row = {
                "tf": tf,
                "n_fragments": size,
                "n_cells": round(size / 5000),
                "n_sites": size,
                "ap_vs_full_depth": depth,
            }
            if peaks:
                row |= {"average_precision": depth / 2, "ap_low": depth / 2 - 0.05, "ap_high": depth / 2 + 0.05}
                row |= {"motif_average_precision": 0.1}
            rows.append(row)
    return pd.DataFrame(rows)


def curves(ax):
    return {line.get_label(): line for line in ax.get_lines() if not line.get_label().startswith("_")}


def test_a_line_is_the_column_of_its_factor():
    table = made_up([10_000, 100_000, 1_000_000])
    ax = pl.downsampling_curve(table)
    assert isinstance(ax, Axes)
    assert list(curves(ax)) == ["CTCF", "SPI1", "motif scan"]
    for tf, rows in table.groupby("tf"):
        np.testing.assert_array_equal(curves(ax)[tf].get_xdata(), rows["n_fragments"])
        np.testing.assert_array_equal(curves(ax)[tf].get_ydata(), rows["average_precision"])
    assert len(ax.collections) == 2
    assert ax.get_xscale() == "log"


def repeated(sizes, tfs=("CTCF", "SPI1"), n=3):
    """All sizes but the largest are drawn several times."""
    tables = [made_up(sizes if i == 0 else sizes[:-1], tfs).assign(repeat=i + 1) for i in range(n)]
    for i, table in enumerate(tables):
        smaller = table["n_fragments"] < max(sizes)
        table.loc[smaller, "average_precision"] += 0.03 * i
    return pd.concat(tables, ignore_index=True)


def test_repeats_are_points_a_mean_and_a_band_from_the_smallest_to_the_largest():
    table = repeated([10_000, 100_000, 1_000_000])
    ax = pl.downsampling_curve(table)
    mean = table[table["tf"] == "CTCF"].groupby("n_fragments")["average_precision"].mean()
    np.testing.assert_allclose(curves(ax)["CTCF"].get_ydata(), mean)
    points, band = ax.collections[:2]
    assert len(points.get_offsets()) == 7
    edges = band.get_paths()[0].vertices
    at = edges[np.isclose(edges[:, 0], 10_000), 1]
    np.testing.assert_allclose(
        [at.min(), at.max()],
        table.query("tf == 'CTCF' and n_fragments == 10_000")["average_precision"].agg(["min", "max"]),
    )
    assert texts_in_trouble(ax.figure) == []


def test_without_peaks_the_average_precision_against_full_depth_is_drawn():
    ax = pl.downsampling_curve(made_up([10_000, 100_000], peaks=False), tfs="SPI1")
    assert list(curves(ax)) == ["SPI1"]
    assert ax.get_ylabel() == "Average precision against the sites\nfrom all fragments"
    assert not ax.collections


def test_the_axis_at_the_top_counts_cells():
    ax = pl.downsampling_curve(made_up([100_000, 1_000_000, 10_000_000]))
    ax.figure.draw_without_rendering()
    top = ax.child_axes[0]
    assert "Cells" in top.get_xlabel()
    assert np.allclose(np.array(ax.get_xlim()) / 5000, top.get_xlim())


@pytest.mark.parametrize("value", [None, "ap_vs_full_depth", "n_sites"])
@pytest.mark.parametrize(
    "sizes", [[17_000, 20_000, 40_000], [5_000, 10_000, 100_000, 450_000], [1e5, 1e6, 1e7, 1e8, 1e9], [300_000]]
)
def test_no_texts_overlap_or_are_clipped(sizes, value):
    ax = pl.downsampling_curve(made_up([int(s) for s in sizes]), value=value)
    assert texts_in_trouble(ax.figure) == []


def test_intervals_that_could_not_be_told_are_not_drawn():
    table = made_up([10_000, 100_000, 1_000_000])
    table[["ap_low", "ap_high"]] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        ax = pl.downsampling_curve(table)
        assert texts_in_trouble(ax.figure) == []
    assert list(curves(ax)) == ["CTCF", "SPI1", "motif scan"]
    assert not any(len(area.get_paths()) for area in ax.collections)
    assert ax.get_ylim() == (0, 1.02)


def test_many_factors_differ_in_colour_or_marker():
    ax = pl.downsampling_curve(made_up([10_000, 100_000], [f"TF{i}" for i in range(14)]))
    styles = {(line.get_color(), line.get_marker()) for name, line in curves(ax).items() if name != "motif scan"}
    assert len(styles) == 14


def test_it_is_drawn_into_given_axes():
    _, axes = plt.subplots(1, 2)
    assert pl.downsampling_curve(made_up([10_000, 100_000]), ax=axes[1]) is axes[1]
    assert not axes[0].lines


def test_unknown_columns_and_factors_are_errors():
    table = made_up([10_000, 100_000])
    with pytest.raises(KeyError, match="no column 'f1'"):
        pl.downsampling_curve(table, value="f1")
    with pytest.raises(KeyError, match="no TF 'MYC'; the table holds 'CTCF', 'SPI1'"):
        pl.downsampling_curve(table, tfs="MYC")
