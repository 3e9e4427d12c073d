import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from _slots import make_truth
from matplotlib.axes import Axes
from matplotlib.colors import same_color

from scmaxatac import get, pl
from scmaxatac.plotting._base import PALETTE, short_number

from ._overlaps import texts_in_trouble


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()], [t.get_text() for t in ax.get_xticklabels()]


def drawn(ax):
    return ax.images[0].get_array().filled(np.nan)


@pytest.mark.parametrize("cluster", [True, False])
@pytest.mark.parametrize("swap_axes", [None, True])
def test_drawn_values_are_the_activities_of_their_labels(truth, cluster, swap_axes):
    ax = pl.heatmap(truth.adata, cluster=cluster, swap_axes=swap_axes)
    assert isinstance(ax, Axes)
    activity = get.activity(truth.adata)
    rows, columns = labels(ax)
    expected = activity.loc[columns, rows].T if swap_axes else activity.loc[rows, columns]
    assert np.allclose(drawn(ax), expected)
    assert sorted(rows if not swap_axes else columns) == sorted(truth.groups)


def test_without_clustering_the_order_is_the_one_asked_for(truth):
    ax = pl.heatmap(truth.adata, cluster=False, groups=["Mono", "B"], tfs=["SPI1", "CTCF"])
    assert labels(ax) == (["Mono", "B"], ["SPI1", "CTCF"])


@pytest.mark.parametrize("axis", ["tf", "group"])
def test_scaling_is_by_tf_or_by_group(truth, axis):
    activity = get.activity(truth.adata)
    by = activity if axis == "tf" else activity.T
    ax = pl.heatmap(truth.adata, standard_scale=axis, cluster=False)
    expected = (by - by.min()) / (by.max() - by.min())
    assert np.allclose(drawn(ax), expected if axis == "tf" else expected.T)
    ax = pl.heatmap(truth.adata, z_score=axis, cluster=False)
    expected = (by - by.mean()) / by.std(ddof=0)
    assert np.allclose(drawn(ax), expected if axis == "tf" else expected.T)
    low, high = ax.images[0].get_clim()
    assert low == -high
    assert f"of each {'TF' if axis == 'tf' else 'group'}" in ax.images[0].colorbar.ax.get_ylabel()


@pytest.mark.parametrize("scale", [{}, {"standard_scale": "tf"}, {"z_score": "group"}])
def test_tfs_without_sites_come_last_and_are_told(truth, scale):
    truth.adata.uns["tfbs"]["activity"].insert(0, "NONE", np.nan)
    ax = pl.heatmap(truth.adata, **scale)
    assert labels(ax)[1][-1] == "NONE"
    assert np.isnan(drawn(ax)[:, -1]).all()
    assert ax.images[0].colorbar.ax.get_xlabel() == "grey: no sites"


@pytest.mark.parametrize("scale", [{}, {"standard_scale": "tf"}, {"z_score": "group"}])
def test_a_run_without_any_sites_can_be_drawn(truth, scale):
    truth.adata.uns["tfbs"]["activity"][:] = np.nan
    assert np.isnan(drawn(pl.heatmap(truth.adata, **scale))).all()


def test_one_group_and_one_tf_can_be_drawn(truth):
    assert drawn(pl.heatmap(truth.adata, groups="B", tfs="CTCF", z_score="tf")).tolist() == [[0.0]]


def test_many_tfs_become_rows_with_readable_labels(tmp_path):
    truth = make_truth(tmp_path, groups=[f"cluster {i}" for i in range(4)], tfs=[f"ZNF{i}" for i in range(41)])
    ax = pl.heatmap(truth.adata, n_tfs=None)
    assert len(labels(ax)[0]) == 41
    assert min(text.get_fontsize() for text in ax.get_yticklabels()) >= 7
    assert texts_in_trouble(ax.figure) == []


def test_twenty_groups_and_127_factors_fit_into_a_notebook(tmp_path):
    names = [f"CD4/T naive (donor {i})" for i in range(20)]
    truth = make_truth(tmp_path, groups=names, tfs=[f"ZNF{i}" for i in range(127)], n_cells=2)
    truth.adata.obs["condition"] = truth.adata.obs["leiden"].astype(str).str[-3:]
    ax = pl.heatmap(truth.adata, annotate=["condition", "p99"])
    assert len(labels(ax)[1]) == 40
    assert ax.get_xlabel() == "40 of 127 TFs, those that differ most between groups"
    assert ax.figure.get_size_inches()[0] < 14
    assert min(text.get_fontsize() for text in ax.get_xticklabels()) >= 7
    assert texts_in_trouble(ax.figure) == []


def test_of_many_tfs_those_that_differ_most_are_drawn(tmp_path):
    truth = make_truth(tmp_path, groups=["a", "b", "c"], tfs=[f"ZNF{i}" for i in range(9)])
    spread = get.activity(truth.adata).std()
    ax = pl.heatmap(truth.adata, n_tfs=3)
    assert set(labels(ax)[1]) == set(spread.nlargest(3).index)
    named = ["ZNF1", "ZNF2", "ZNF3", "ZNF4"]
    assert labels(pl.heatmap(truth.adata, tfs=named, n_tfs=3, cluster=False))[1] == named
    highest = get.activity(truth.adata, groups="a").iloc[0].nlargest(2).index
    assert set(labels(pl.heatmap(truth.adata, groups="a", n_tfs=2))[1]) == set(highest)


@pytest.mark.parametrize("scale", [{}, {"standard_scale": "tf"}, {"z_score": "group"}])
def test_no_texts_overlap_or_are_clipped(truth, scale):
    assert texts_in_trouble(pl.heatmap(truth.adata, **scale).figure) == []


def test_it_is_drawn_into_an_axes(truth):
    figure, ax = plt.subplots()
    assert pl.heatmap(truth.adata, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]


def panels(ax):
    return {panel.get_label(): panel for panel in ax.child_axes}


@pytest.mark.parametrize("swap_axes", [False, True])
def test_dots_and_numbers_are_the_fragments_used_by_the_group_beside_them(truth, swap_axes):
    ax = pl.heatmap(truth.adata, swap_axes=swap_axes)
    groups = labels(ax)[swap_axes]
    panel = panels(ax)["Fragments used"]
    used = get.qc(truth.adata).loc[groups, "n_fragments_used"]
    (dots,) = [line for line in panel.get_lines() if line.get_marker() == "o"]
    ends, middles = dots.get_data()[::-1] if swap_axes else dots.get_data()
    assert np.allclose(ends, used)
    assert np.allclose(middles, range(len(groups)))
    numbers = {text.xy[not swap_axes]: text.get_text() for text in panel.texts}
    assert numbers == {i: short_number(count) for i, count in enumerate(used)}
    long_axis = (panel.get_xlim(), ax.get_xlim()) if swap_axes else (panel.get_ylim(), ax.get_ylim())
    assert long_axis[0] == long_axis[1]
    assert texts_in_trouble(ax.figure) == []
    assert "Fragments used" not in panels(pl.heatmap(truth.adata, depth=False))


def test_ends_of_the_colours_can_be_given_so_that_figures_compare(truth):
    highest = get.activity(truth.adata).to_numpy().max()

    def drawn_with(**options):
        image = pl.heatmap(truth.adata, **options).images[0]
        return *image.get_clim(), image.colorbar.extend

    assert drawn_with() == (0, highest, "neither")
    assert drawn_with(vmin=-1, vmax=1) == (-1, 1, "neither")
    assert drawn_with(vmax=highest / 2) == (0, highest / 2, "max")
    assert drawn_with(z_score="tf", vmin=-0.1, vmax=0.1) == (-0.1, 0.1, "both")
    assert drawn_with(vmin=2) == (2, 3, "min")
    with pytest.raises(ValueError, match=r"vmin is 1 and vmax 0\.5; vmin has to be below vmax"):
        pl.heatmap(truth.adata, vmin=1, vmax=0.5)
    with pytest.raises(ValueError, match="vmax is inf; it has to be a finite number"):
        pl.heatmap(truth.adata, vmax=np.inf)


def test_trees_join_neighbours_and_are_left_out_without_clustering(truth):
    ax = pl.heatmap(truth.adata)
    lines = panels(ax)["tree of groups"].collections[0].get_segments()
    assert len(lines) == len(truth.groups) - 1
    leaves = {y for line in lines for x, y in line if x == 0}
    assert leaves == {0.0, 1.0, 2.0}
    assert "tree of tfs" not in panels(ax)  # two are too few
    assert "tree of groups" not in panels(pl.heatmap(truth.adata, dendrogram=False))
    assert "tree of groups" not in panels(pl.heatmap(truth.adata, cluster=False))


def field_colours(ax, name):
    return panels(ax)[name].images[0].get_array().reshape(-1, 4)


def test_groups_have_the_colours_of_their_annotation(truth):
    adata = truth.adata
    of_group = {"B": "lymphoid", "Mono": "myeloid", "CD4/naive T | donor_1": "lymphoid", "Platelets": "other"}
    adata.obs["lineage"] = pd.Categorical(adata.obs["leiden"].astype(str).map(of_group))
    adata.uns["lineage_colors"] = ["#112233", "#445566", "#778899"]
    ax = pl.heatmap(adata, annotate="lineage", groups=["Mono", "B"], cluster=False)
    assert all(same_color(*pair) for pair in zip(field_colours(ax, "lineage"), ["#445566", "#112233"], strict=True))
    table = pd.DataFrame({"arm": ["x", None, "x"]}, index=["B", "Mono", truth.groups[0]])
    ax = pl.heatmap(adata, annotate=table, groups=["Mono", "B"], cluster=False)
    assert not same_color(*field_colours(ax, "arm"))
    assert same_color(field_colours(ax, "arm")[1], PALETTE[0])


def test_numbers_are_darker_the_larger_they_are(truth):
    ax = pl.heatmap(truth.adata, annotate="n_fragments", cluster=False)
    darkness = -field_colours(ax, "n_fragments")[:, 0]
    counts = get.qc(truth.adata)["n_fragments"].loc[labels(ax)[0]]
    assert np.argsort(darkness).tolist() == np.argsort(counts.to_numpy()).tolist()


def test_an_annotation_has_to_be_known_and_of_groups(truth):
    truth.adata.obs["batch"] = ["x", "y"] * (truth.adata.n_obs // 2)
    with pytest.raises(ValueError, match=r"'batch' has 2 values in the group 'CD4/naive T . donor_1', such as x and y"):
        pl.heatmap(truth.adata, annotate="batch")
    with pytest.raises(KeyError, match=r"no column 'btch'; did you mean 'batch'\?"):
        pl.heatmap(truth.adata, annotate="btch")
    with pytest.raises(KeyError, match="annotate has no row for the group 'B'"):
        pl.heatmap(truth.adata, groups="B", annotate=pd.DataFrame({"arm": ["x"]}, index=["Mono"]))
    with pytest.raises(ValueError, match="annotate has several rows for 'B'"):
        pl.heatmap(truth.adata, groups="B", annotate=pd.DataFrame({"arm": ["x", "y"]}, index=["B", "B"]))
    assert plt.get_fignums() == []


def test_scales_are_checked(truth):
    with pytest.raises(ValueError, match="standard_scale is 'row'; it can be 'tf', 'group' or None"):
        pl.heatmap(truth.adata, standard_scale="row")
    with pytest.raises(ValueError, match="give one of them"):
        pl.heatmap(truth.adata, standard_scale="tf", z_score="tf")
    with pytest.raises(ValueError, match="n_tfs"):
        pl.heatmap(truth.adata, n_tfs=0)
