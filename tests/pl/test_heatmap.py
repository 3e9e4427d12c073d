import matplotlib.pyplot as plt
import numpy as np
import pytest
from _slots import make_truth
from matplotlib.axes import Axes

from scmaxatac import get, pl
from scmaxatac.plotting._order import similar_together

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


def test_scaling_is_by_tf(truth):
    activity = get.activity(truth.adata)
    ax = pl.heatmap(truth.adata, scale="minmax", cluster=False)
    assert np.allclose(drawn(ax), (activity - activity.min()) / (activity.max() - activity.min()))
    ax = pl.heatmap(truth.adata, scale="zscore", cluster=False)
    assert np.allclose(drawn(ax), (activity - activity.mean()) / activity.std(ddof=0))
    low, high = ax.images[0].get_clim()
    assert low == -high


@pytest.mark.parametrize("scale", [None, "minmax", "zscore"])
def test_tfs_without_sites_come_last_and_are_told(truth, scale):
    truth.adata.uns["tfbs"]["activity"].insert(0, "NONE", np.nan)
    ax = pl.heatmap(truth.adata, scale=scale)
    assert labels(ax)[1][-1] == "NONE"
    assert np.isnan(drawn(ax)[:, -1]).all()
    assert ax.images[0].colorbar.ax.get_xlabel() == "grey: no sites"


@pytest.mark.parametrize("scale", [None, "minmax", "zscore"])
def test_a_run_without_any_sites_can_be_drawn(truth, scale):
    truth.adata.uns["tfbs"]["activity"][:] = np.nan
    assert np.isnan(drawn(pl.heatmap(truth.adata, scale=scale))).all()


def test_one_group_and_one_tf_can_be_drawn(truth):
    assert drawn(pl.heatmap(truth.adata, groups="B", tfs="CTCF", scale="zscore")).tolist() == [[0.0]]


def test_many_tfs_become_rows_with_readable_labels(tmp_path):
    truth = make_truth(tmp_path, groups=[f"cluster {i}" for i in range(4)], tfs=[f"ZNF{i}" for i in range(41)])
    ax = pl.heatmap(truth.adata)
    assert len(labels(ax)[0]) == 41
    assert min(text.get_fontsize() for text in ax.get_yticklabels()) >= 7
    assert texts_in_trouble(ax.figure) == []


@pytest.mark.parametrize("scale", [None, "minmax", "zscore"])
def test_no_texts_overlap_or_are_clipped(truth, scale):
    assert texts_in_trouble(pl.heatmap(truth.adata, scale=scale).figure) == []


def test_it_is_drawn_into_an_axes(truth):
    figure, ax = plt.subplots()
    assert pl.heatmap(truth.adata, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]


def test_an_unknown_scale_is_told(truth):
    with pytest.raises(ValueError, match="'row' is unknown"):
        pl.heatmap(truth.adata, scale="row")


def test_similar_rows_become_neighbours():
    rng = np.random.default_rng(0)
    kinds = np.array([0, 1, 2] * 4)
    values = kinds[:, None] * 10 + rng.random((12, 5))
    values[5] = np.nan
    order = similar_together(values)
    assert sorted(order) == list(range(12))
    assert order[-1] == 5
    assert (np.diff(kinds[order[:-1]]) != 0).sum() == 2
