"""Factors that mark groups, from scores of cells that are made up and from activities of a run."""

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled

TFS = ("SPI1", "GATA3", "CTCF")


@pytest.fixture
def scored():
    """Cells of three groups and four donors with scores: SPI1 in B, GATA3 in T."""
    rng = np.random.default_rng(0)
    group = np.repeat(["B", "T", "Mono"], [60, 80, 50])
    donor = np.array([f"d{i % 4}" for i in range(len(group))])
    mean = {"B": (1.0, 0.0, 0.2), "T": (0.0, 1.0, 0.2), "Mono": (0.3, 0.0, 0.2)}
    of_donor = dict(zip(np.unique(donor), rng.normal(0, 0.3, (4, 3)), strict=True))
    scores = np.array([np.add(mean[g], of_donor[d]) for g, d in zip(group, donor, strict=True)])
    adata = ad.AnnData(obs=pd.DataFrame({"group": group, "donor": donor}, index=[f"c{i}" for i in range(len(group))]))
    values = scores + rng.normal(0, 0.5, scores.shape)
    adata.obsm["score_tfbs"] = pd.DataFrame(values, index=adata.obs_names, columns=list(TFS))
    return adata


def test_factors_are_ranked_by_the_effect_over_its_error(scored):
    sma.tl.rank_tfs(scored, "group")
    table = sma.get.rank_tfs(scored)
    scores = scored.obsm["score_tfbs"]
    assert table.groupby("group", observed=True)["tf"].first().to_dict() == {"B": "SPI1", "T": "GATA3", "Mono": "CTCF"}
    for row in table.itertuples():
        means = scores.groupby(scored.obs["group"])[row.tf].agg(["mean", "sem"])
        others = means.drop(index=row.group)
        effect = means.loc[row.group, "mean"] - others["mean"].mean()
        error = np.sqrt(means.loc[row.group, "sem"] ** 2 + (others["sem"] ** 2).sum() / 4)
        assert row.effect == pytest.approx(effect)
        assert row.score == pytest.approx(effect / error)
        assert row.high - row.low == pytest.approx(2 * stats.norm.ppf(0.975) * error, rel=1e-6)
    assert not {"p", "q"} & set(table)
    assert (table.groupby("group", observed=True)["rank"].apply(list).apply(lambda r: r == [1, 2, 3])).all()
    assert table["n_sites"].isna().all()


def test_donors_are_the_replicates_where_they_are_named(scored):
    sma.tl.rank_tfs(scored, "group", replicate_key="donor")
    table = sma.get.rank_tfs(scored, groups="B").set_index("tf")
    assert table.loc["SPI1", "q"] < 0.05
    means = scored.obsm["score_tfbs"].groupby([scored.obs["donor"], scored.obs["group"]]).mean()["SPI1"].unstack()
    expected = (means["B"] - means[["T", "Mono"]].mean(axis=1)).mean()
    assert table.loc["SPI1", "effect"] == pytest.approx(expected)


def test_groups_without_cells_in_a_donor_are_named(scored):
    few = scored[(scored.obs["donor"] != "d0") | (scored.obs["group"] != "B")].copy()
    with pytest.warns(UserWarning, match=r"groups without cells in some donors, 'B' \(in 1 of 4\)"):
        sma.tl.rank_tfs(few, "group", replicate_key="donor")


def test_expression_of_the_factors_gene_and_its_correlation(scored):
    mudata = pytest.importorskip("mudata")
    rng = np.random.default_rng(1)
    level = {"B": 8.0, "T": 0.5, "Mono": 3.0}
    counts = np.column_stack(
        [
            rng.poisson([level[g] for g in scored.obs["group"]]),
            rng.poisson(20, scored.n_obs),
            rng.poisson(50, scored.n_obs),
        ]
    ).astype(np.float32)
    rna = ad.AnnData(counts, obs=scored.obs[["group"]].copy(), var=pd.DataFrame(index=["spi1", "CTCF", "ACTB"]))
    with columns_not_pulled():
        mdata = mudata.MuData({"rna": rna, "atac": scored})
        sma.tl.rank_tfs(mdata, "group")
    table = sma.get.rank_tfs(mdata).set_index(["group", "tf"])
    pooled = {g: counts[(scored.obs["group"] == g).to_numpy()].sum(axis=0) for g in level}
    for g, total in pooled.items():
        assert table.loc[(g, "SPI1"), "expression"] == pytest.approx(np.log1p(1e4 * total[0] / total.sum()), rel=1e-5)
        assert np.isnan(table.loc[(g, "GATA3"), "expression"])
    expected = np.corrcoef(
        [table.loc[(g, "SPI1"), "mean"] for g in level], [table.loc[(g, "SPI1"), "expression"] for g in level]
    )[0, 1]
    assert table.loc[("T", "SPI1"), "correlation"] == pytest.approx(expected)


@pytest.mark.parametrize("container", ["h5ad", "zarr"])
def test_the_ranking_survives_files(scored, tmp_path, container):
    sma.tl.rank_tfs(scored, "group", replicate_key="donor")
    if container == "h5ad":
        scored.write_h5ad(tmp_path / "a.h5ad")
        back = ad.read_h5ad(tmp_path / "a.h5ad")
    else:
        scored.write_zarr(tmp_path / "a.zarr")
        back = ad.read_zarr(tmp_path / "a.zarr")
    pd.testing.assert_frame_equal(sma.get.rank_tfs(back), sma.get.rank_tfs(scored))


def test_a_part_of_the_ranking(scored):
    changed = sma.tl.rank_tfs(scored, "group", tfs=["SPI1", "CTCF"], copy=True)
    assert "rank_tfs" not in scored.uns
    assert set(sma.get.rank_tfs(changed)["tf"]) == {"SPI1", "CTCF"}
    assert len(sma.get.rank_tfs(changed, groups=["B", "T"], n=1)) == 2
    assert len(sma.get.rank_tfs(changed, tfs="CTCF")) == 3
    with pytest.raises(KeyError, match="no group 'NK'; the ranking has 'B', "):
        sma.get.rank_tfs(changed, groups="NK")


def test_what_is_missing_is_told(scored):
    with pytest.raises(KeyError, match=r"call scmaxatac\.tl\.rank_tfs first"):
        sma.get.rank_tfs(scored)
    with pytest.raises(ValueError, match="groupby is missing"):
        sma.tl.rank_tfs(scored)
    with pytest.raises(ValueError, match="source is 'motifs'"):
        sma.tl.rank_tfs(scored, "group", source="motifs")
    with pytest.raises(ValueError, match="activities are of groups, not of donors"):
        sma.tl.rank_tfs(scored, source="activity", replicate_key="donor")
    with pytest.raises(KeyError, match="no results under"):
        sma.tl.rank_tfs(scored, source="activity")
    scored.obs["one"] = "x"
    with pytest.raises(ValueError, match=r"replicate_key names 1 donors \('x'\)"):
        sma.tl.rank_tfs(scored, "group", replicate_key="one")
    with pytest.raises(ValueError, match="there is one group, 'x'"):
        sma.tl.rank_tfs(scored, "one")
    del scored.obsm["score_tfbs"]
    with pytest.raises(KeyError, match=r"call scmaxatac\.tl\.score_cells first"):
        sma.tl.rank_tfs(scored, "group")
    scored.uns["rank_tfs"] = 1
    with pytest.raises(ValueError, match="holds something else than a ranking"):
        sma.tl.rank_tfs(scored, "group")


@pytest.mark.usefixtures("analytic")
@pytest.mark.filterwarnings("ignore:intervals of activities are too narrow")
def test_activities_are_compared_with_intervals_over_blocks_of_sites(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, max_fragments="match")
    sma.tl.rank_tfs(adata, source="activity", block_size=1_000)
    table = sma.get.rank_tfs(adata).set_index(["group", "tf"])
    activity = sma.get.activity(adata)
    for (group, tf), row in table.iterrows():
        assert row["mean"] == pytest.approx(activity.loc[group, tf])
        assert row["effect"] == pytest.approx(activity.loc[group, tf] - activity.drop(index=group)[tf].mean())
        assert row["low"] <= row["effect"] <= row["high"]
        assert row["n_sites"] == len(sma.get.sites(adata, groups=group, tfs=tf))
    intervals = sma.get.activity(adata, interval=True, block_size=1_000).set_index(["group", "tf"])
    assert table["n_blocks"].to_dict() == intervals["n_blocks"].to_dict()


@pytest.mark.usefixtures("analytic")
@pytest.mark.filterwarnings("ignore:intervals of activities are too narrow")
def test_activities_of_groups_of_other_depths_are_warned_of(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    mono = np.flatnonzero(adata.obs["leiden"] == "Mono")
    few = adata[np.setdiff1d(np.arange(adata.n_obs), mono[:9])].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predict(few, min_cells=1)
    with pytest.warns(UserWarning, match='activities rise with depth: predict with max_fragments="match"'):
        sma.tl.rank_tfs(few, source="activity")


@pytest.mark.usefixtures("analytic")
def test_intervals_over_few_blocks_are_warned_of(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, max_fragments="match")
    n_blocks = sma.get.sites(adata, tfs="AAA").drop_duplicates(["chrom"])["chrom"].nunique()
    with pytest.warns(UserWarning, match=rf"too narrow where fewer than 10 blocks .*AAA: {n_blocks}"):
        sma.tl.rank_tfs(adata, source="activity", tfs="AAA", block_size=10**9)
