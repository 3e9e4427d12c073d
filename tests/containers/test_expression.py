import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scmaxatac.containers._expression import group_expression
from scmaxatac.containers._mudata import columns_not_pulled

LABELS = np.array(["a", "b", None, "a", "b", "b"], dtype=object)


def with_rna(matrix, name="rna"):
    import mudata

    cells = [f"c{i}" for i in range(6)]
    rna = ad.AnnData(matrix, obs=pd.DataFrame(index=cells), var=pd.DataFrame(index=["X", "Y"]))
    atac = ad.AnnData(np.zeros((6, 1), np.float32), obs=pd.DataFrame(index=cells[::-1]), var=pd.DataFrame(index=["p"]))
    with columns_not_pulled():
        data = mudata.MuData({name: rna, "atac": atac})
    data.obs["type"] = pd.Series(LABELS, index=cells).reindex(data.obs_names)
    return data


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_counts_are_pooled_and_normalised_values_averaged(form):
    counts = np.array([[1, 3], [2, 0], [9, 9], [0, 4], [5, 5], [0, 0]], dtype=np.float32)
    found = group_expression(with_rna(form(counts)), "type", ["b", "a", "c"], None)
    assert found.columns.tolist() == ["X", "Y"]
    sums = np.array([[7.0, 5.0], [1.0, 7.0]])
    np.testing.assert_allclose(found.loc[["b", "a"]], np.log1p(1e4 * sums / sums.sum(axis=1, keepdims=True)))
    assert found.loc["c"].isna().all()
    logs = np.log1p(counts * 1.5)
    found = group_expression(with_rna(form(logs)), "type", ["a", "b"], "rna")
    np.testing.assert_allclose(found.loc["a"], logs[[0, 3]].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.loc["b"], logs[[1, 4, 5]].mean(axis=0), rtol=1e-6)


def test_what_is_no_expression_is_told():
    with pytest.raises(ValueError, match="modality 'gex' holds negative values, such as those of scaled genes"):
        group_expression(with_rna(np.full((6, 2), -0.5), "gex"), "type", ["a"], None)
    with pytest.raises(ValueError, match=r"found a MuData with \['protein', 'atac'\]"):
        group_expression(with_rna(np.ones((6, 2)), "protein"), "type", ["a"], None)
    with pytest.raises(KeyError, match="no modality 'rna' with expression"):
        group_expression(with_rna(np.ones((6, 2)), "protein"), "type", ["a"], "rna")
