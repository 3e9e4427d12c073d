"""What goes along with the cells: annotation, embeddings and colours, from all places that a MuData has."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scmaxatac.containers._cells import cells_of


def annotated(names: list[str], **obs: list) -> ad.AnnData:
    return ad.AnnData(np.ones((len(names), 2), np.float32), obs=pd.DataFrame(obs, index=names))


def test_of_an_anndata_dense_embeddings_and_colours_of_its_columns():
    adata = annotated(["a", "b"], leiden=pd.Categorical(["0", "1"]))
    adata.obsm["X_umap"] = np.arange(4.0).reshape(2, 2)
    adata.obsm["X_tfbs"] = pd.DataFrame({"CTCF": [0.0, 1.0]}, index=adata.obs_names)
    adata.obsm["fragment_paired"] = np.ones((2, 3))
    adata.uns |= {"leiden_colors": np.array(["#ff0000", "#00ff00"]), "gone_colors": ["#000000"], "log1p": {}}
    cells = cells_of(adata)
    assert list(cells.obsm) == ["X_umap"]
    assert list(cells.uns) == ["leiden_colors"]
    pd.testing.assert_frame_equal(cells.obs, adata.obs)
    cells.obs["new"] = 1
    cells.obsm["X_umap"][:] = 0
    assert "new" not in adata.obs
    assert adata.obsm["X_umap"].any()


def test_of_a_mudata_its_own_come_first_then_the_modality_then_other_embeddings():
    mudata = pytest.importorskip("mudata")
    atac, rna = annotated(["a", "b", "c"], leiden=["x", "y", "z"], depth=[1, 2, 3]), annotated(["c", "d", "a"])
    rna.var_names = ["gene1", "gene2"]
    atac.obsm["X_lsi"] = np.arange(9.0).reshape(3, 3)
    atac.obsm["X_umap"] = np.zeros((3, 2))
    rna.obsm["X_tsne"] = np.array([[3.0, 3], [4, 4], [1, 1]], dtype=np.float32)
    mdata = mudata.MuData({"rna": rna, "atac": atac})
    place = {name: i for i, name in enumerate(mdata.obs_names)}
    mdata.obsm["X_umap"] = np.arange(8.0).reshape(4, 2)
    mdata.obs["leiden"] = pd.Categorical(["joint"] * 4)
    mdata.uns["leiden_colors"], atac.uns["leiden_colors"] = ["#111111"], ["#222222"] * 3
    cells = cells_of(mdata)
    assert cells.obs.index.tolist() == ["a", "b", "c"]
    assert cells.obs["leiden"].tolist() == ["joint"] * 3
    assert cells.obs["depth"].tolist() == [1, 2, 3]
    assert np.array_equal(cells.obsm["X_umap"], [mdata.obsm["X_umap"][place[name]] for name in "abc"])
    assert np.array_equal(cells.obsm["X_lsi"], atac.obsm["X_lsi"])
    assert np.array_equal(cells.obsm["X_tsne"], [[1, 1], [np.nan, np.nan], [3, 3]], equal_nan=True)
    assert cells.uns["leiden_colors"] == ["#111111"]
    assert set(cells.obsm) == {"X_umap", "X_lsi", "X_tsne"}


def test_of_snapatac2(tmp_path):
    snap = pytest.importorskip("snapatac2")
    adata = annotated(["a", "b"], leiden=pd.Categorical(["0", "1"]))
    adata.obsm["X_umap"] = np.arange(4.0).reshape(2, 2)
    adata.write_h5ad(tmp_path / "a.h5ad")
    backed = snap.read(tmp_path / "a.h5ad", backed="r")
    cells = cells_of(backed)
    assert cells.obs["leiden"].tolist() == ["0", "1"]
    assert np.array_equal(cells.obsm["X_umap"], adata.obsm["X_umap"])
    backed.close()
