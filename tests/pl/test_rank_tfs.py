import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from scmaxatac import get, pl

from ._made_up import ranked
from ._overlaps import texts_in_trouble


def test_a_group_has_a_panel_with_its_first_factors_from_the_top():
    adata = ranked(["B", "CD4/T"], 30)
    figure = pl.rank_tfs(adata, n=7)
    assert [ax.get_label() for ax in figure.axes] == ["B", "CD4/T"]
    for ax in figure.axes:
        table = get.rank_tfs(adata, groups=ax.get_label(), n=7)
        assert [text.get_text() for text in ax.get_yticklabels()] == table["tf"].tolist()
        assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first one is at the top
        (bars,) = ax.collections
        ends = np.array([segment[:, 0] for segment in bars.get_segments()])
        assert np.allclose(ends, table[["low", "high"]])
    assert len({ax.get_xlim() for ax in figure.axes}) == 1


def test_dots_are_filled_where_the_q_value_is_small():
    adata = ranked(["B"], 30)
    table = get.rank_tfs(adata, n=10)
    small = (table["q"] <= 0.05).to_numpy()
    assert 0 < small.sum() < 10
    filled, empty = (line for line in pl.rank_tfs(adata).axes[0].get_lines() if line.get_marker() == "o")
    assert np.allclose(filled.get_xdata(), table["effect"][small])
    assert np.allclose(empty.get_xdata(), table["effect"][~small])
    assert to_hex(empty.get_markerfacecolor()) == "#ffffff"
    untested = pl.rank_tfs(ranked(["B"], 30, tested=False))
    filled, empty = (line for line in untested.axes[0].get_lines() if line.get_marker() == "o")
    assert (len(filled.get_xdata()), len(empty.get_xdata())) == (10, 0)
    assert not any("filled" in text.get_text() for text in untested.texts)


@pytest.mark.parametrize(("n_groups", "n"), [(1, 3), (3, 10), (20, 10), (7, 25)])
def test_no_texts_overlap_or_are_clipped(n_groups, n):
    names = ["CD4/naive T | donor_1", "CD14+ monocytes (classical)", *(f"cluster {i}" for i in range(18))]
    assert texts_in_trouble(pl.rank_tfs(ranked(names[:n_groups], 40), n=n)) == []


@pytest.mark.parametrize("n_groups", [1, 6])
def test_what_the_axes_are_stands_below_the_panels(n_groups):
    figure = pl.rank_tfs(ranked([f"g{i}" for i in range(n_groups)], 20))
    figure.draw_without_rendering()
    (text,) = [text for text in figure.texts if text.get_text().startswith("Score less that of the others")]
    lowest = min(ax.get_tightbbox().y0 for ax in figure.axes)
    box = text.get_window_extent()
    assert box.y1 <= lowest
    assert lowest - box.y1 < 0.2 * figure.dpi


def test_panels_are_drawn_in_the_place_of_an_axes():
    figure, axes = plt.subplots(1, 2, figsize=(12, 5))
    assert pl.rank_tfs(ranked(["A", "B"], 20), ax=axes[1]) is None
    assert [ax.get_label() for ax in axes[1].child_axes] == ["A", "B"]
    assert texts_in_trouble(figure) == []


def test_without_a_ranking_the_call_that_makes_one_is_named(truth):
    with pytest.raises(KeyError, match=r"no ranking of factors under uns\['rank_tfs'\]: call scmaxatac.tl.rank_tfs"):
        pl.rank_tfs(truth.adata)
