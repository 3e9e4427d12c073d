import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from scmaxatac.plotting._base import PALETTE
from scmaxatac.plotting._colours import distinct_colours, group_colours


@pytest.fixture
def adata():
    return AnnData(obs=pd.DataFrame({"leiden": pd.Categorical(["a", "b", "a"])}, index=list("xyz")))


def test_colours_of_the_object_are_used_where_it_has_all_of_them(adata):
    assert group_colours(adata, "leiden", ["a", "b"], "atac") == {"a": PALETTE[0], "b": PALETTE[1]}
    adata.uns["leiden_colors"] = np.array(["#112233", "#445566"], dtype=object)
    assert group_colours(adata, "leiden", ["b", "a"], "atac") == {"b": "#445566", "a": "#112233"}
    assert group_colours(adata, "leiden", ["a", "c"], "atac") == {"a": PALETTE[0], "c": PALETTE[1]}
    assert group_colours(adata, None, ["a"], "atac") == {"a": PALETTE[0]}
    assert group_colours(adata, ["leiden", "donor"], ["a"], "atac") == {"a": PALETTE[0]}


@pytest.mark.parametrize("n", [0, 1, 6, 7, 20, 21, 60])
def test_colours_differ_however_many_groups_there_are(adata, n):
    groups = [f"group {i}" for i in range(n)]
    colors = group_colours(adata, "leiden", groups, "atac")
    assert colors == distinct_colours(groups)
    assert list(colors) == groups
    assert len(set(colors.values())) == n
