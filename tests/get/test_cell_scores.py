"""Scores of cells as scanpy takes them."""

import anndata as ad
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma

sc = pytest.importorskip("scanpy")

pytestmark = pytest.mark.filterwarnings("ignore:::scanpy")


@pytest.fixture(scope="module")
def scored():
    """Toy data with an embedding, colours, and scores of the known sites."""
    toy = sma.datasets.toy()
    mdata = toy.mdata.copy()
    mdata.obsm["X_umap"] = np.random.default_rng(0).normal(size=(mdata.n_obs, 2))
    mdata.uns["cell_type_colors"] = ["#1f77b4", "#ff7f0e", "#2ca02c"]
    sma.tl.score_cells(mdata, sites=toy.chip_peaks, counts="X", genome=toy.genome, key_added="tfbs")
    return mdata


def test_umap_is_coloured_by_the_factor(scored):
    scores = sma.get.cell_scores(scored)
    axes = sc.pl.umap(scores, color="SPI1", show=False)
    dots = axes.collections[0]
    at = pd.DataFrame(scored.obsm["X_umap"], index=scored.obs_names).loc[scored["atac"].obs_names].to_numpy()
    order = np.argsort(scored["atac"].obsm["score_tfbs"]["SPI1"].to_numpy(), kind="stable")
    np.testing.assert_allclose(np.sort(dots.get_array()), scored["atac"].obsm["score_tfbs"]["SPI1"].to_numpy()[order])
    np.testing.assert_allclose(dots.get_offsets(), at[order], rtol=1e-5)
    plt.close("all")


def test_matrixplot_shows_the_means_of_the_clusters(scored):
    scores = sma.get.cell_scores(scored)
    scores = scores[scores.obs["cell_type"].notna().to_numpy()].copy()
    plot = sc.pl.matrixplot(scores, ["SPI1", "GATA3"], groupby="cell_type", return_fig=True)
    table = scored["atac"].obsm["score_tfbs"].loc[scores.obs_names]
    expected = table.groupby(scores.obs["cell_type"], observed=True).mean()[["SPI1", "GATA3"]]
    np.testing.assert_allclose(plot.values_df, expected, rtol=1e-5)
    plt.close("all")


def test_ranking_finds_the_factor_of_each_cluster(scored):
    scores = sma.get.cell_scores(scored, fill_na=0)
    scores = scores[scores.obs["cell_type"].notna().to_numpy()].copy()
    sc.tl.rank_genes_groups(scores, "cell_type", method="t-test")
    top = pd.DataFrame(scores.uns["rank_genes_groups"]["names"]).iloc[0]
    assert top["CD4/T"] == "GATA3"
    assert top["Mono"] == "SPI1"
    sc.pp.pca(scores, n_comps=2)
    assert scores.obsm["X_pca"].shape == (len(scores), 2)


def test_annotation_embeddings_and_colours_come_along(scored):
    scores = sma.get.cell_scores(scored, tfs=["GATA3", "CTCF"], z=True)
    assert scores.var_names.tolist() == ["GATA3", "CTCF"]
    assert scores.X.dtype == np.float32
    np.testing.assert_array_equal(scores[:, "CTCF"].X[:, 0], scored["atac"].obsm["score_z_tfbs"]["CTCF"])
    assert scores.obs_names.equals(scored["atac"].obs_names)
    assert scores.obs["cell_type"].equals(scored.obs["cell_type"].loc[scores.obs_names])
    assert list(scores.uns["cell_type_colors"]) == scored.uns["cell_type_colors"]
    assert "X_umap" in scores.obsm


def test_scores_that_are_na_may_be_filled(scored):
    atac = scored["atac"].copy()
    atac.obsm["score_tfbs"].iloc[3, 0] = np.nan
    assert np.isnan(sma.get.cell_scores(atac).X).sum() == 1
    filled = sma.get.cell_scores(atac, fill_na=0).X
    assert filled[3, 0] == 0
    assert np.isfinite(filled).all()


@pytest.mark.parametrize("as_dict", [False, True])
def test_cells_of_several_objects_follow_each_other(scored, as_dict):
    atac = scored["atac"]
    first, second = atac[:10].copy(), atac[5:25].copy()
    first.obsm["X_umap"] = np.ones((10, 2))
    scores = sma.get.cell_scores({"d1": first, "d2": second} if as_dict else [first, second])
    assert scores.shape == (30, 3)
    assert scores.obs_names.is_unique
    assert scores.obs_names[0] == f"{atac.obs_names[0]}-{'d1' if as_dict else '0'}"
    np.testing.assert_array_equal(scores.X[10:], second.obsm["score_tfbs"].to_numpy())
    assert scores.obs["cell_type"].astype(object).tolist()[10:] == second.obs["cell_type"].astype(object).tolist()
    assert np.isnan(scores.obsm["X_umap"][10:]).all()


def test_what_is_not_there_is_told(scored):
    with pytest.raises(KeyError, match=r"obsm\['score_tfbs'\]: call scmaxatac.tl.score_cells first"):
        sma.get.cell_scores(ad.AnnData(np.ones((2, 2), np.float32)))
    with pytest.raises(KeyError, match=r"no TF 'XYZ'; obsm.* has 'SPI1'"):
        sma.get.cell_scores(scored, tfs="XYZ")


def test_activities_are_plotted_by_scanpy(truth):
    truth.adata.uns["leiden_colors"] = [f"#00000{i}" for i in range(len(truth.adata.obs["leiden"].cat.categories))]
    activity = sma.get.activity(truth.adata, as_anndata=True)
    table = sma.get.activity(truth.adata)
    np.testing.assert_allclose(activity.to_df(), table, rtol=1e-6)
    assert activity.obs["n_fragments"].tolist() == sma.get.qc(truth.adata).loc[truth.groups, "n_fragments"].tolist()
    categories = truth.adata.obs["leiden"].cat.categories.tolist()
    expected = [truth.adata.uns["leiden_colors"][categories.index(group)] for group in truth.groups]
    assert activity.uns["leiden_colors"].tolist() == expected
    plot = sc.pl.matrixplot(activity, activity.var_names, groupby="leiden", return_fig=True)
    np.testing.assert_allclose(plot.values_df.loc[truth.groups, truth.tfs], table, rtol=1e-6)
    plt.close("all")


def test_region_scores_are_taken_by_pca(truth):
    truth.adata.uns["tfbs"]["scores"][0, 0, :] = np.nan
    scores = sma.get.scores(truth.adata)
    layers = np.stack([scores.layers[tf] for tf in truth.tfs])
    assert np.isnan(layers[:, 0, 0]).all()
    np.testing.assert_allclose(scores.X, np.nan_to_num(layers).mean(axis=0), rtol=1e-6)
    sc.pp.pca(scores, n_comps=1)
    assert scores.obsm["X_pca"].shape == (len(truth.groups), 1)
