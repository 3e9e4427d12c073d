import numpy as np
import pytest
from _slots import make_truth

from scmaxatac import get, pl

from ._overlaps import texts_in_trouble


def test_a_line_says_how_many_regions_reach_a_score_and_a_dot_how_many_the_threshold(truth):
    ax = pl.score_distribution(truth.adata, "CTCF")
    scores, thresholds = get.scores(truth.adata, tfs="CTCF"), get.params(truth.adata)["thresholds"]["CTCF"]
    lines, dots = ax.get_lines()[: len(truth.groups)], ax.get_lines()[len(truth.groups) :]
    for group, line, dot in zip(truth.groups, lines, dots, strict=True):
        values = scores[group].layers["CTCF"].ravel()
        values = values[np.isfinite(values)]
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
            assert y <= (values >= x).sum()
        assert line.get_ydata()[-1] == len(values)
        ((x,), (y,)) = dot.get_data()
        assert x == thresholds[group]
        assert y == max((values >= np.float32(thresholds[group])).sum(), 1)
        assert dot.get_color() == line.get_color()


def test_groups_have_the_colours_that_the_object_has_for_them(truth):
    column = get.params(truth.adata)["groupby"]
    names = truth.adata.obs[column].astype("category").cat.categories
    truth.adata.obs[column] = truth.adata.obs[column].astype("category")
    truth.adata.uns[f"{column}_colors"] = [f"#0000{i:02x}" for i in range(len(names))]
    lines = pl.score_distribution(truth.adata, "CTCF").get_lines()[: len(truth.groups)]
    assert {line.get_label(): line.get_color() for line in lines} == {
        group: f"#0000{list(names).index(group):02x}" for group in truth.groups
    }


@pytest.mark.parametrize("n_groups", [1, 6, 30])
def test_no_texts_overlap_or_are_clipped(tmp_path, n_groups):
    groups = ["CD4/naive T | donor_1 | condition", *(f"cluster {i}" for i in range(29))][:n_groups]
    truth = make_truth(tmp_path, groups=groups, tfs=["CTCF"])
    ax = pl.score_distribution(truth.adata, "CTCF")
    assert texts_in_trouble(ax.figure) == []
    assert len({line.get_color() for line in ax.get_lines()[:n_groups]}) == n_groups


def test_a_factor_that_is_not_there_is_named(truth):
    with pytest.raises(KeyError, match="REST"):
        pl.score_distribution(truth.adata, "REST")
