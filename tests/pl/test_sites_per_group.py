import numpy as np
import pytest
from _slots import make_truth

from scmaxatac import get, pl

from ._overlaps import texts_in_trouble


def test_colours_and_numbers_are_those_of_the_sites(truth):
    ax = pl.sites_per_group(truth.adata)
    sites = get.sites(truth.adata)
    expected = [[((sites["group"] == g) & (sites["tf"] == tf)).sum() for tf in truth.tfs] for g in truth.groups]
    assert ax.images[0].get_array().filled(0).tolist() == expected
    assert [text.get_text() for text in ax.texts] == [str(count) for row in expected for count in row]
    assert [text.get_text() for text in ax.get_xticklabels()] == truth.tfs


def test_none_is_grey_and_a_zero(truth):
    sites = truth.adata.uns["tfbs"]["sites"]
    truth.adata.uns["tfbs"]["sites"] = sites[sites["tf"] != "SPI1"].reset_index(drop=True)
    ax = pl.sites_per_group(truth.adata)
    assert ax.images[0].get_array().mask[:, 1].all()
    assert [text.get_text() for text in ax.texts][1::2] == ["0"] * 3


@pytest.mark.parametrize(("n_groups", "n_tfs"), [(1, 1), (3, 20), (20, 60)])
def test_no_texts_overlap_or_are_clipped(tmp_path, n_groups, n_tfs):
    truth = make_truth(
        tmp_path, groups=[f"cell type {i}" for i in range(n_groups)], tfs=[f"T{i}" for i in range(n_tfs)]
    )
    ax = pl.sites_per_group(truth.adata)
    assert texts_in_trouble(ax.figure) == []
    assert np.prod(ax.images[0].get_array().shape) == n_groups * n_tfs
