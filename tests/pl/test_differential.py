import numpy as np
import pytest
from matplotlib.colors import to_hex

from scmaxatac import get, pl

from ._made_up import compared
from ._overlaps import texts_in_trouble


def panels(figure):
    return {ax.get_label(): ax for ax in figure.axes}


def test_factors_stand_where_effect_and_p_value_put_them_and_say_whether_they_are_significant():
    adata = compared(["Mono vs B"], 60)
    table = get.differential(adata)
    selected = table["q"] <= 0.05
    figure = pl.differential(adata)
    drawn = panels(figure)["factors"]
    dots = [line for line in drawn.get_lines() if line.get_marker() == "o"]
    for line, mask in zip(dots, (~selected, selected), strict=True):
        assert mask.any()
        assert np.allclose(line.get_xdata(), table["effect"][mask])
        assert np.allclose(line.get_ydata(), -np.log10(table["p"][mask]))
    colours = {line.get_color() for line in dots}
    assert len(colours) == 2
    bars = {to_hex(bar.get_facecolor()) for bar in panels(figure)["sites"].patches}
    assert not colours & bars, "a colour means one thing"
    named = {text.get_text() for text in drawn.texts}
    assert named
    assert named <= set(table["tf"][selected])
    assert any("q \N{LESS-THAN OR EQUAL TO} 0.05" in text.get_text() for text in figure.texts)


def test_factors_that_are_not_significant_are_named_if_there_is_room_and_pale():
    adata = compared(["Mono vs B"], 4)
    adata.uns["differential"]["factors"]["q"] = [0.01, np.nan, 0.2, 0.04]
    drawn = panels(pl.differential(adata))
    colours = {text.get_text(): text.get_color() for text in drawn["factors"].texts}
    assert {"TF0", "TF1", "ZNF143"} <= set(colours)  # the fourth stands where a name is already
    assert colours["TF0"] == colours["ZNF143"] != colours["TF1"]
    opacity = [bar.get_facecolor()[3] for bar in drawn["sites"].patches]
    assert opacity[:4] == opacity[4:]
    assert [value == 1 for value in opacity[:4]] == [True, False, False, True]
    plain = panels(pl.differential(compared(["Mono vs B"], 4, tested=False)))["sites"]
    assert {bar.get_facecolor()[3] for bar in plain.patches} == {1}


def test_sites_that_are_gained_stand_right_of_those_that_are_lost():
    adata = compared(["Mono vs B"], 30)
    drawn = panels(pl.differential(adata, n=6))["sites"]
    first = get.differential(adata).head(6)
    assert [text.get_text() for text in drawn.get_yticklabels()] == first["tf"].tolist()
    widths = [bar.get_width() for bar in drawn.patches]
    assert widths == [*first["gained"], *(-first["lost"])]


def test_a_comparison_without_replicates_has_bars_alone():
    assert list(panels(pl.differential(compared(["a vs b"], 20, tested=False)))) == ["sites"]


def test_of_several_comparisons_one_has_to_be_chosen():
    adata = compared(["a vs b", "a vs c"], 20)
    with pytest.raises(ValueError, match="there are 2 comparisons; choose one: 'a vs b', 'a vs c'"):
        pl.differential(adata)
    with pytest.raises(KeyError, match="a vs d"):
        pl.differential(adata, "a vs d")
    assert any(text.get_text() == "a vs c" for text in pl.differential(adata, "a vs c").texts)


@pytest.mark.parametrize(("n_tfs", "n", "tested"), [(3, 15, True), (127, 15, True), (127, 40, True), (20, 5, False)])
def test_no_texts_overlap_or_are_clipped(n_tfs, n, tested):
    figure = pl.differential(compared(["CD14+ monocytes (classical) vs rest"], n_tfs, tested=tested), n=n)
    assert texts_in_trouble(figure) == []


def with_null(adata, n):
    factors = adata.uns["differential"]["factors"]
    rng = np.random.default_rng(2)
    factors["null_effect"], factors["null_gained"], factors["null_lost"] = (
        rng.random(n), rng.poisson(3, n), rng.poisson(4, n)
    )  # fmt: skip
    return adata


@pytest.mark.parametrize("n_tfs", [2, 60])
def test_what_halves_of_samples_differ_by_is_drawn_where_it_is_there(n_tfs):
    adata = with_null(compared(["Mono vs B"], n_tfs), n_tfs)
    figure = pl.differential(adata)
    factors, sites = figure.axes
    table = adata.uns["differential"]["factors"]
    (band,) = [patch for patch in factors.patches if patch.get_label() == "null"]
    assert band.get_x() == -table["null_effect"].max()
    assert band.get_width() == 2 * table["null_effect"].max()
    lines = {lines.get_label(): [line[0][0] for line in lines.get_segments()] for lines in sites.collections}
    assert lines["null_gained"] == table["null_gained"].head(15).tolist()
    assert lines["null_lost"] == (-table["null_lost"].head(15)).tolist()
    assert any("halves of the same samples" in text.get_text() for text in figure.texts)
    assert texts_in_trouble(figure) == []


def test_without_a_null_nothing_is_said_of_halves():
    for adata in (compared(["Mono vs B"], 3), with_null(compared(["Mono vs B"], 3), 3)):
        adata.uns["differential"]["factors"] = adata.uns["differential"]["factors"].assign(null_effect=np.nan)
        figure = pl.differential(adata)
        assert not figure.axes[0].patches
        assert not any("halves" in text.get_text() for text in figure.texts)


def test_all_factors_lie_within_the_axes():
    figure = pl.differential(compared(["Mono vs B"], 2))
    low, high = figure.axes[0].get_ylim()
    heights = np.concatenate([line.get_ydata() for line in figure.axes[0].get_lines() if line.get_marker() == "o"])
    assert low == 0
    assert (heights < high).all()
