import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from _slots import make_truth

from scmaxatac import get, pl
from scmaxatac.results._slots import merge_slots

from ._overlaps import texts_in_trouble

WIDTH = 60


def put(adata, groups, tfs, n, *, shared=False, seed=0):
    """Made-up contributions of `n` sites a factor and group; at the same places in all groups if shared."""
    rng = np.random.default_rng(seed)
    starts = 18_700_000 + 500 * np.arange(n)
    frames = [
        pd.DataFrame({
            "chrom": "chr22", "start": starts + (0 if shared else 7 * i), "site_start": starts, "site_end": starts + 32,
            "bin": starts + 14, "score": rng.random(n).astype(np.float32), "group": group, "tf": tf,
        }) for tf in tfs for i, group in enumerate(groups)
    ]  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    table.insert(2, "end", table["start"] + WIDTH)
    table = table.astype(dict.fromkeys(["chrom", "group", "tf"], "category"))
    codes = rng.integers(0, 5, (len(table), WIDTH)).astype(np.uint8)
    if shared:
        codes[:] = np.tile(codes[:n], (len(frames), 1))
    slots = {
        "contribution_sites": table,
        "contribution_bases": codes,
        "contributions": rng.normal(0, 0.1, (len(table), 4, WIDTH)).astype(np.float32),
        "contribution_params": {
            "method": "mutagenesis", "tfs": tfs, "groups": groups, "width": WIDTH, "strand": "forward",
            "regions": "given" if shared else "sites", "rng": None, "left_out": {}, "made_from": {}, "signal": "held",
        },
    }  # fmt: skip
    slots["contributions"][:, :, 30:36] += 1
    merge_slots(adata, slots, "tfbs")


def heights_of(panel):
    """Letters of a panel: height at each position, 0 where there is none."""
    start, end = map(round, panel.get_xlim())
    heights = np.zeros(end - start)
    for patch in panel.patches:
        if patch.get_label() in tuple("ACGT"):
            vertices = patch.get_path().vertices
            place = np.floor(vertices[:, 0] + 1e-9).astype(int) - start
            for i in np.unique(place):
                y = vertices[place == i][:, 1]
                heights[i] = y[np.abs(y).argmax()]
    return heights


def test_letters_are_as_high_as_the_bases_that_are_there_contribute(truth):
    put(truth.adata, ["B"], ["CTCF"], 3)
    figure = pl.contributions(truth.adata)
    found = get.contributions(truth.adata)
    order = found.sites["score"].to_numpy().argsort()[::-1]
    assert len(figure.axes) == 3
    for panel, i in zip(figure.axes, order, strict=True):
        site = found.sites.iloc[i]
        assert panel.get_xlim() == (site["start"], site["end"])
        np.testing.assert_allclose(heights_of(panel), found.actual[i], atol=1e-6)
        assert f"score {site['score']:.2f}" in panel.get_label()
        shaded = [p for p in panel.patches if p.get_label() not in tuple("ACGT")]
        assert (shaded[0].get_x(), shaded[0].get_width()) == (site["bin"], 32)


def test_groups_of_a_site_stand_below_each_other_with_one_axis(truth):
    put(truth.adata, ["Mono", "B"], ["CTCF", "SPI1"], 4, shared=True)
    figure = pl.contributions(truth.adata, n_sites=2, groups=["B", "Mono"], tfs="SPI1")
    names = [panel.get_label().split("   ") for panel in figure.axes]
    assert [name[0] for name in names] == ["SPI1 in B", "SPI1 in Mono"] * 2
    assert names[0][1].split(",  ")[0].split(", score")[0] == names[1][1].split(", score")[0]
    shown = [panel.xaxis.get_tick_params()["labelbottom"] for panel in figure.axes]
    assert shown == [False, True, False, True]
    both = pd.concat([get.contributions(truth.adata, "SPI1", group).sites for group in ("B", "Mono")])
    best = both.groupby("start")["score"].max().nlargest(2).index.tolist()
    assert [round(panel.get_xlim()[0]) for panel in figure.axes[::2]] == best


def test_regions_and_the_bases_that_contribute_most_can_be_chosen(truth):
    put(truth.adata, ["B"], ["CTCF"], 30)
    assert len(pl.contributions(truth.adata).axes) == 10
    figure = pl.contributions(truth.adata, "chr22:18,700,400-18,701,100", width=12)
    assert sorted(round(panel.get_xlim()[0] - 18_700_000) // 500 for panel in figure.axes) == [1, 2]
    found = get.contributions(truth.adata)
    for panel in figure.axes:
        start, end = map(round, panel.get_xlim())
        i = int((start - 18_700_000) // 500)
        assert end - start == 12
        first = start - found.sites["start"][i]
        sums = [found.actual[i][k : k + 12].sum() for k in range(WIDTH - 11)]
        assert first == int(np.argmax(sums))
        np.testing.assert_allclose(heights_of(panel), found.actual[i][first : first + 12], atol=1e-6)
    everything = pl.contributions(truth.adata, ["chr22:18,700,000-18,720,000"])
    assert len(everything.axes) == 30


def test_all_rows_have_one_range_unless_each_has_its_own(truth):
    put(truth.adata, ["B"], ["CTCF"], 3)
    truth.adata.uns["tfbs"]["contributions"][0] *= 10
    limits = {panel.get_ylim() for panel in pl.contributions(truth.adata).axes}
    assert len(limits) == 1
    own = {panel.get_ylim() for panel in pl.contributions(truth.adata, share_y=False).axes}
    assert len(own) == 3
    actual = get.contributions(truth.adata).actual
    ((low, high),) = limits
    assert low <= actual.min() <= 0 <= actual.max() <= high


def test_rows_of_a_factor_share_a_range_that_another_factor_does_not_flatten(truth):
    put(truth.adata, ["B"], ["CTCF", "SPI1"], 3)
    truth.adata.uns["tfbs"]["contributions"][:3] *= 10
    limits = [panel.get_ylim()[1] for panel in pl.contributions(truth.adata).axes]
    assert len(set(limits[:3])) == len(set(limits[3:])) == 1
    assert limits[0] > 3 * limits[-1]


def test_titles_stay_within_half_a_figure(truth):
    put(truth.adata, truth.groups, ["CTCF"], 2)
    for width in (14, 9, 5):
        figure, axes = plt.subplots(1, 2, figsize=(width, 6))
        pl.contributions(truth.adata, ax=axes[0])
        figure.draw_without_rendering()
        right = axes[1].get_window_extent().x0
        assert max(text.get_window_extent().x1 for text in axes[0].texts) < right
        axes[1].remove()
        assert width == 5 or texts_in_trouble(figure) == []


@pytest.mark.parametrize(("n_groups", "n_sites"), [(1, 1), (3, 2), (1, 20), (4, 6)])
def test_no_texts_overlap_or_are_clipped(tmp_path, n_groups, n_sites):
    groups = [f"{'CD4/naive T | donor_1 | ' * 3}{i}" for i in range(n_groups)]
    truth = make_truth(tmp_path, groups=groups, tfs=["CTCF"])
    put(truth.adata, groups, ["CTCF"], n_sites, shared=True)
    figure = pl.contributions(truth.adata, n_sites=n_sites)
    assert len(figure.axes) == n_groups * n_sites
    assert texts_in_trouble(figure) == []


def test_it_is_drawn_in_the_place_of_an_axes_and_in_a_given_size(truth):
    put(truth.adata, ["B"], ["CTCF"], 4)
    axes = plt.subplots(1, 2, figsize=(14, 6))[1]
    assert pl.contributions(truth.adata, ax=axes[1]) is None
    assert len(axes[1].child_axes) == 4
    assert not axes[0].patches
    assert tuple(pl.contributions(truth.adata, figsize=(9, 5)).get_size_inches()) == (9, 5)


def test_what_cannot_be_drawn_is_said(truth):
    with pytest.raises(KeyError, match=r"call scmaxatac\.tl\.contributions first"):
        pl.contributions(truth.adata)
    put(truth.adata, ["B"], ["CTCF"], 2)
    with pytest.raises(ValueError, match="no contributions to draw in these regions"):
        pl.contributions(truth.adata, "chr21:1-2")
    with pytest.raises(KeyError, match="no TF 'SPI1'; contributions were computed for 'CTCF'"):
        pl.contributions(truth.adata, tfs="SPI1")
    with pytest.raises(ValueError, match="n_sites is 0"):
        pl.contributions(truth.adata, n_sites=0)
    with pytest.raises(ValueError, match="width is -3"):
        pl.contributions(truth.adata, width=-3)


def test_a_site_whose_bin_was_not_kept_has_no_score(truth):
    put(truth.adata, ["B"], ["CTCF"], 1)
    truth.adata.uns["tfbs"]["contribution_sites"]["score"] = np.float32(np.nan)
    assert "score" not in pl.contributions(truth.adata).axes[0].get_label()
