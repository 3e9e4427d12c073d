import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib.colors import same_color

from scmaxatac import get, pl
from scmaxatac.results._entries import write_entry
from scmaxatac.results._entry import FOOTPRINT

from ._overlaps import texts_in_trouble

FLANK, CURVES = 100, ("uncorrected", "expected", "corrected")


def footprints(tfs, groups, *, without=(), correction="subtract", colors=None):
    """An object with footprints of random curves."""
    rng = np.random.default_rng(0)
    parts, rows = [], []
    for tf in tfs:
        for group in groups:
            missing = (tf, group) in without
            rows.append({"tf": tf, "group": group, "n_sites": 0 if missing else len(rows) + 1_000, "note": ""})
            if not missing:
                columns = {"tf": tf, "group": group, "position": np.arange(-FLANK, FLANK)}
                for name in CURVES:
                    curve = rng.normal(0 if name == "corrected" else 1, 0.1, 2 * FLANK)
                    columns |= {name: curve, f"{name}_low": curve - 0.2, f"{name}_high": curve + 0.3}
                parts.append(pd.DataFrame(columns))
    adata = AnnData(obs=pd.DataFrame({"leiden": pd.Categorical(groups)}, index=[f"c{i}" for i in range(len(groups))]))
    if colors is not None:
        adata.uns["leiden_colors"] = colors
    tables = {"profiles": pd.concat(parts), "depths": pd.DataFrame(rows), "bias": pd.DataFrame({"hexamer": ["A"]})}
    params = {"tfs": list(tfs), "groups": list(groups), "groupby": "leiden", "core": 20, "flank": FLANK}
    write_entry([adata], FOOTPRINT, "footprint", tables, params | {"correction": correction})
    return adata


def panel(figure, label):
    return next(ax for ax in figure.findobj(plt.Axes) if ax.get_label() == label)


def test_lines_and_bands_are_the_means_of_the_tables_positions():
    adata = footprints(["CTCF", "SPI1"], ["B", "T"])
    figure = pl.footprint(adata, smooth=3)
    assert [ax.get_label() for ax in figure.axes] == ["CTCF", "CTCF expected", "SPI1", "SPI1 expected"]
    for tf in ("CTCF", "SPI1"):
        for label, column in ((tf, "corrected"), (f"{tf} expected", "expected")):
            ax = panel(figure, label)
            for line, group in zip(ax.lines, ["B", "T"], strict=True):
                table = get.footprint(adata, tfs=tf, groups=group)
                mean = table[column].rolling(3, center=True, min_periods=1).mean()
                np.testing.assert_allclose(line.get_xdata(), table["position"] + 0.5)
                np.testing.assert_allclose(line.get_ydata(), mean)
            assert len(ax.collections) == 2
    raw = pl.footprint(adata, smooth=1).axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(raw, get.footprint(adata, tfs="CTCF", groups="B")["corrected"])


def test_curve_and_groups_can_be_chosen_and_groups_keep_their_colours():
    adata = footprints(["CTCF"], ["B", "T"], colors=["#112233", "#445566"], correction="divide")
    figure = pl.footprint(adata, groups="T", curve="uncorrected", smooth=1, intervals=False)
    (line,) = figure.axes[0].lines
    assert same_color(line.get_color(), "#445566")
    np.testing.assert_allclose(line.get_ydata(), get.footprint(adata, groups="T")["uncorrected"])
    assert not figure.axes[0].collections
    texts = [text.get_text() for text in figure.texts]
    assert "Observed" in texts
    assert "1,001 sites" in texts
    assert "Observed\n/ expected" in [text.get_text() for text in pl.footprint(adata).texts]


def test_groups_without_a_footprint_are_left_out_and_a_factor_without_any_says_so():
    adata = footprints(["CTCF", "SPI1"], ["B", "T"], without=[("CTCF", "B"), ("SPI1", "B"), ("SPI1", "T")])
    figure = pl.footprint(adata)
    assert [line.get_label() for line in panel(figure, "CTCF").lines] == ["T"]
    assert not panel(figure, "SPI1").lines
    assert [text.get_text() for text in panel(figure, "SPI1").texts] == ["none"]
    assert "0\N{EN DASH}1,001 sites" in [text.get_text() for text in figure.texts]


def test_of_many_groups_there_are_no_bands_and_wide_intervals_do_not_hide_the_curves():
    adata = footprints(["CTCF"], [f"group {i}" for i in range(7)])
    assert not pl.footprint(adata).axes[0].collections
    adata = footprints(["CTCF"], ["B"])
    adata.uns["footprint"]["profiles"]["corrected_high"] += 50
    ax = pl.footprint(adata).axes[0]
    line = ax.lines[0].get_ydata()
    assert ax.get_ylim()[1] < line.max() + 0.5 * (line.max() - line.min())


def test_a_group_that_no_curve_is_drawn_of_has_no_line_in_the_legend():
    figure = pl.footprint(footprints(["CTCF", "SPI1"], ["B", "T"], without=[("CTCF", "B"), ("SPI1", "B")]))
    texts = [text.get_text() for text in figure.texts]
    assert "B (no sites)" in texts
    assert "T" in texts
    assert texts.count("\N{HORIZONTAL BAR}") == 1


@pytest.mark.parametrize("names", [["B", "T"], ["CD4 naive T", "CD8 memory T", "Monocytes CD14 | donor_1"]])
def test_the_legend_of_a_small_figure_lies_beside_the_panel(names):
    figure = pl.footprint(footprints(["CTCF"], names, without=[("CTCF", names[0])]), figsize=(3, 2))
    assert texts_in_trouble(figure) == []
    right = max(ax.get_window_extent().x1 for ax in figure.axes)
    lines = [text for text in figure.texts if text.get_text() == "\N{HORIZONTAL BAR}"]
    assert min(text.get_window_extent().x0 for text in lines) > right


@pytest.mark.parametrize(("n_tfs", "n_groups"), [(1, 1), (1, 20), (5, 3), (9, 33)])
def test_no_texts_overlap_however_many_factors_and_groups_there_are(n_tfs, n_groups):
    groups = [f"CD4 naive T {i} | donor_{i}" for i in range(n_groups)]
    figure = pl.footprint(footprints([f"FACTOR{i}" for i in range(n_tfs)], groups))
    assert texts_in_trouble(figure) == []


def test_it_is_drawn_in_the_place_of_axes_and_at_a_size():
    adata = footprints(["CTCF", "SPI1"], ["B", "T"])
    figure, axes = plt.subplots(1, 2, figsize=(11, 4))
    assert pl.footprint(adata, ax=axes[0]) is None
    assert texts_in_trouble(figure) == []
    assert pl.footprint(adata, figsize=(5, 3)).get_size_inches().tolist() == [5, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"smooth": 4}, "smooth is 4; it has to be odd"),
        ({"smooth": 201}, "smooth is 201; footprints have only 200 positions"),
        ({"curve": "x"}, "curve is 'x'"),
    ],
)
def test_options_that_can_not_be_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        pl.footprint(footprints(["CTCF"], ["B"]), **options)


def test_a_figure_can_be_saved_and_a_wrong_name_is_refused_first(tmp_path):
    adata = footprints(["CTCF"], ["B"])
    assert pl.footprint(adata, save=tmp_path / "a.png").axes
    assert (tmp_path / "a.png").stat().st_size > 1_000
    before = plt.get_fignums()
    with pytest.raises(ValueError, match="its ending has to be"):
        pl.footprint(adata, save="a.nothing")
    assert plt.get_fignums() == before


def test_a_notebook_shows_the_figure_once(monkeypatch):
    monkeypatch.setattr(plt, "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    figure = pl.footprint(footprints(["CTCF"], ["B"]))
    assert figure.number not in plt.get_fignums()
