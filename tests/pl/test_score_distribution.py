import json

import numpy as np
import pytest
from _slots import make_truth

from scmaxatac import get, pl
from scmaxatac.plotting._base import GREY

from ._overlaps import texts_in_trouble


def test_a_line_says_how_many_regions_reach_a_score_and_a_dashed_one_where_each_threshold_is(truth):
    params = get.params(truth.adata)
    scores, (first, *others) = get.scores(truth.adata, tfs="CTCF"), truth.groups
    params["thresholds"]["CTCF"] = {first: 0.3, **dict.fromkeys(others, 0.5)}
    truth.adata.uns["tfbs"]["params"] = json.dumps(params)
    ax = pl.score_distribution(truth.adata, "CTCF").axes[0]
    lines, thresholds = ax.get_lines()[: len(truth.groups)], ax.get_lines()[len(truth.groups) :]
    for group, line in zip(truth.groups, lines, strict=True):
        values = scores[group].layers["CTCF"].ravel()
        values = values[np.isfinite(values)]
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
            assert y <= (values >= x).sum()
        assert line.get_ydata()[-1] == len(values)
    drawn = [(line.get_xdata()[0], line.get_color()) for line in thresholds]
    assert drawn == [(0.3, lines[0].get_color()), (0.5, GREY)]
    assert all(line.is_dashed() for line in thresholds)


def test_a_threshold_out_of_reach_has_no_line(truth):
    params = get.params(truth.adata)
    params["thresholds"]["CTCF"] = dict.fromkeys(truth.groups, float("inf"))
    truth.adata.uns["tfbs"]["params"] = json.dumps(params)
    assert len(pl.score_distribution(truth.adata, "CTCF").axes[0].get_lines()) == len(truth.groups)


def test_groups_have_the_colours_that_the_object_has_for_them(truth):
    column = get.params(truth.adata)["groupby"]
    names = truth.adata.obs[column].astype("category").cat.categories
    truth.adata.obs[column] = truth.adata.obs[column].astype("category")
    truth.adata.uns[f"{column}_colors"] = [f"#0000{i:02x}" for i in range(len(names))]
    lines = pl.score_distribution(truth.adata, "CTCF").axes[0].get_lines()[: len(truth.groups)]
    assert {line.get_label(): line.get_color() for line in lines} == {
        group: f"#0000{list(names).index(group):02x}" for group in truth.groups
    }


@pytest.mark.parametrize("n_groups", [1, 6, 30])
def test_no_texts_overlap_or_are_clipped(tmp_path, n_groups):
    groups = ["CD4/naive T | donor_1 | condition", *(f"cluster {i}" for i in range(29))][:n_groups]
    truth = make_truth(tmp_path, groups=groups, tfs=["CTCF"])
    figure = pl.score_distribution(truth.adata, "CTCF")
    assert texts_in_trouble(figure) == []
    assert len({line.get_color() for line in figure.axes[0].get_lines()[:n_groups]}) == n_groups


def test_several_factors_have_a_panel_each_by_default_those_with_most_sites(tmp_path):
    truth = make_truth(tmp_path, groups=["B", "Mono"], tfs=[f"ZNF{i}" for i in range(9)])
    figure = pl.score_distribution(truth.adata, ["ZNF3", "ZNF1"], groups="Mono")
    assert [ax.get_label() for ax in figure.axes] == ["ZNF3", "ZNF1"]
    assert [line.get_label() for line in figure.axes[1].get_lines()[:1]] == ["Mono"]
    figure = pl.score_distribution(truth.adata, n_tfs=4)
    most = get.sites(truth.adata)["tf"].value_counts().nlargest(4)
    assert {ax.get_label() for ax in figure.axes} == set(most.index)
    assert texts_in_trouble(figure) == []
    with pytest.raises(ValueError, match="n_tfs"):
        pl.score_distribution(truth.adata, n_tfs=0)


def test_a_factor_that_is_not_there_is_named(truth):
    with pytest.raises(KeyError, match="REST"):
        pl.score_distribution(truth.adata, "REST")
