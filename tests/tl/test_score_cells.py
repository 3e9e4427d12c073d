"""Scores of cells: from fragments and matrices, with predicted and given sites; what is told, and what is kept."""

import json
import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _mini import REGIONS
from scipy import sparse

import scmaxatac as sma
from scmaxatac import Genome
from scmaxatac.stats._deviations import deviations

TF, OTHER = "AAA", "BBB"
QUIET = "ignore:.*(have no counts|are NaN|no site in any|no known sequence):UserWarning"


@pytest.fixture
def predicted(analytic, predict, mini, fragment_file) -> ad.AnnData:
    adata = mini.adata(fragment_file)
    predict(adata, threshold=0.2)
    return adata


def insertions(mini, regions: pd.DataFrame) -> np.ndarray:
    """Cells x regions, counted one fragment after the other."""
    counts = np.zeros((len(mini.obs), len(regions)))
    row = {name: i for i, name in enumerate(mini.obs.index)}
    for fragment in mini.fragments.itertuples():
        if fragment.barcode in row:
            for position in (fragment.start, fragment.end - 1):
                inside = (regions["chrom"] == fragment.chrom) & (regions["start"] <= position)
                counts[row[fragment.barcode]] += (inside & (position < regions["end"])).to_numpy()
    return counts


def with_site(sites: pd.DataFrame, regions: pd.DataFrame, tf: str) -> np.ndarray:
    """Which regions overlap a site of a factor."""
    mine = sites[sites["tf"] == tf]
    return np.array(
        [
            ((mine["chrom"] == r.chrom) & (mine["start"] < r.end) & (mine["end"] > r.start)).any()
            for r in regions.itertuples()
        ]
    )


def gc_of(mini, regions: pd.DataFrame) -> np.ndarray:
    pieces = [mini.codes[r.chrom][r.start : r.end] for r in regions.itertuples()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.array([np.isin(piece[piece < 4], [1, 2]).mean() for piece in pieces])


@pytest.mark.filterwarnings(QUIET)
def test_predicted_sites_are_scored_on_the_union_of_all_groups(predicted, mini):
    sma.tl.score_cells(predicted, genome=mini.genome, weighted=False)
    regions = predicted.uns["tfbs"]["regions"]
    sites = sma.get.sites(predicted)
    weights = np.stack([with_site(sites, regions, tf) for tf in (TF, OTHER)], axis=1).astype(float)
    counts = sparse.csr_matrix(insertions(mini, regions))
    expected = deviations(counts, sparse.csr_matrix(weights), gc_of(mini, regions))
    for slot, values in (("score_tfbs", expected.scores), ("score_z_tfbs", expected.z)):
        table = predicted.obsm[slot]
        assert table.columns.tolist() == [TF, OTHER]
        assert table.index.equals(predicted.obs_names)
        np.testing.assert_allclose(table.to_numpy(), values, rtol=1e-5, atol=1e-6)
    params = json.loads(predicted.uns["score_tfbs"])
    assert params["tfs"] == [TF, OTHER]
    assert params["weighted"] is False
    assert params["gc"] is True


@pytest.mark.filterwarnings(QUIET)
def test_no_cell_is_scored_by_its_own_groups_sites_alone(predicted, mini):
    """Sites that only one group has count for the cells of all others, and for cells without a group."""
    sma.tl.score_cells(predicted, genome=mini.genome)
    before = predicted.obsm["score_tfbs"].copy()
    predicted.obs["leiden"] = predicted.obs["leiden"].cat.rename_categories({"B": "Mono", "Mono": "B"})
    with pytest.warns(UserWarning, match="no longer fits the object"):
        sma.tl.score_cells(predicted, genome=mini.genome)
    pd.testing.assert_frame_equal(predicted.obsm["score_tfbs"], before)
    ungrouped = predicted.obs["leiden"].isna().to_numpy()
    assert np.isfinite(before[ungrouped].to_numpy()).any()


@pytest.mark.filterwarnings(QUIET)
def test_fragments_and_the_matrix_of_their_counts_score_alike(predicted, mini):
    predicted.X = sparse.csr_matrix(insertions(mini, REGIONS).astype(np.float32))
    sma.tl.score_cells(predicted, genome=mini.genome, counts="X", key_added="matrix")
    sma.tl.score_cells(predicted, genome=mini.genome, regions=REGIONS)
    np.testing.assert_allclose(predicted.obsm["score_z_matrix"], predicted.obsm["score_z_tfbs"], rtol=1e-5)
    predicted.layers["raw"] = predicted.X.copy()
    predicted.X = predicted.X * 0.37
    sma.tl.score_cells(predicted, genome=mini.genome, counts="raw", key_added="layer", n_jobs=1, block_size=5)
    pd.testing.assert_frame_equal(predicted.obsm["score_layer"], predicted.obsm["score_matrix"])


@pytest.mark.filterwarnings(QUIET)
@pytest.mark.parametrize("whole", [False, True])
def test_columns_that_were_not_predicted_are_left_out(analytic, predict, mini, fragment_file, whole):
    """They score as the matrix without them, and as the fragments in the predicted regions."""
    adata = mini.adata(fragment_file)
    chosen = (REGIONS["chrom"] == "chr2").to_numpy()
    predict(adata, threshold=0.2, chroms="chr2", regions="genome" if whole else REGIONS)
    adata.X = sparse.csr_matrix(insertions(mini, REGIONS).astype(np.float32))
    by_hand = adata[:, chosen].copy()
    sma.tl.score_cells(by_hand, genome=mini.genome, counts="X")
    left_out = f"{(~chosen).sum()} of {len(REGIONS)} regions were not predicted under 'tfbs' and are left out"
    with pytest.warns(UserWarning, match=left_out):
        sma.tl.score_cells(adata, genome=mini.genome, counts="X")
    pd.testing.assert_frame_equal(adata.obsm["score_z_tfbs"], by_hand.obsm["score_z_tfbs"])
    assert json.loads(adata.uns["score_tfbs"])["n_left_out"] == (~chosen).sum()
    assert json.loads(by_hand.uns["score_tfbs"])["n_left_out"] == 0
    with pytest.warns(UserWarning, match=left_out):
        sma.tl.score_cells(adata, genome=mini.genome, regions=REGIONS, key_added="fragments")
    pd.testing.assert_frame_equal(adata.obsm["score_z_fragments"], by_hand.obsm["score_z_tfbs"])
    with pytest.raises(ValueError, match="none of the 10 regions lies in what was predicted under 'tfbs'"):
        sma.tl.score_cells(adata[:, ~chosen].copy(), genome=mini.genome, counts="X")
    sites = sma.get.sites(adata)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sma.tl.score_cells(adata, sites=sites, genome=mini.genome, counts="X", key_added="given")
    assert not any("not predicted" in str(one.message) for one in caught)
    assert json.loads(adata.uns["score_given"])["n_left_out"] == 0


@pytest.mark.filterwarnings(QUIET)
def test_scores_of_earlier_sites_are_told_until_they_are_made_anew(predicted, mini, tmp_path):
    sma.tl.score_cells(predicted, genome=mini.genome)
    sma.tl.rank_tfs(predicted)
    predicted.write_h5ad(tmp_path / "scored.h5ad")
    for adata in (predicted, ad.read_h5ad(tmp_path / "scored.h5ad")):
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            sma.get.cell_scores(adata)
            sma.get.rank_tfs(adata)
        sma.tl.call_sites(adata, 0.3)
        with pytest.warns(UserWarning, match="sites at other thresholds .* call scmaxatac.tl.score_cells again"):
            sma.get.cell_scores(adata)
        with pytest.warns(UserWarning, match="sites at other thresholds .* call scmaxatac.tl.rank_tfs again"):
            sma.get.rank_tfs(adata)
        sma.tl.score_cells(adata, genome=mini.genome)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            sma.tl.rank_tfs(adata)
            sma.get.cell_scores(adata)
            sma.get.rank_tfs(adata)


@pytest.mark.filterwarnings(QUIET)
def test_weights_change_scores_and_are_the_default(predicted, mini):
    for weighted, name in ((None, "default"), (True, "yes"), (False, "no")):
        sma.tl.score_cells(predicted, genome=mini.genome, weighted=weighted, key_added=name)
    pd.testing.assert_frame_equal(predicted.obsm["score_default"], predicted.obsm["score_yes"])
    assert not np.allclose(predicted.obsm["score_yes"], predicted.obsm["score_no"], equal_nan=True)


@pytest.mark.filterwarnings(QUIET)
@pytest.mark.parametrize("as_dict", [False, True])
def test_several_objects_have_one_expectation(predicted, predict, mini, fragment_file, as_dict):
    sma.tl.score_cells(predicted, genome=mini.genome)
    adata = mini.adata(fragment_file)
    parts = [adata[:20].copy(), adata[20:].copy()]
    data = dict(zip("ab", parts, strict=True)) if as_dict else parts
    predict(data, threshold=0.2)
    sma.tl.score_cells(data, genome=mini.genome)
    together = pd.concat([part.obsm["score_z_tfbs"] for part in parts])
    pd.testing.assert_frame_equal(together, predicted.obsm["score_z_tfbs"])


@pytest.mark.filterwarnings(QUIET)
def test_a_mudata_gets_them_in_its_atac_modality_and_a_copy_leaves_it(predicted, mini):
    mudata = pytest.importorskip("mudata")
    mdata = mudata.MuData({"atac": predicted})
    changed = sma.tl.score_cells(mdata, genome=mini.genome, copy=True)
    assert "score_tfbs" not in mdata["atac"].obsm
    assert "score_tfbs" in changed["atac"].obsm


@pytest.mark.filterwarnings(QUIET)
def test_slots_survive_h5ad_h5mu_and_zarr(predicted, mini, tmp_path):
    mudata = pytest.importorskip("mudata")
    sma.tl.score_cells(predicted, genome=mini.genome)
    predicted.write_h5ad(tmp_path / "a.h5ad")
    predicted.write_zarr(tmp_path / "a.zarr")
    mudata.MuData({"atac": predicted}).write(tmp_path / "a.h5mu")
    expected = sma.get.cell_scores(predicted)
    for read in (
        ad.read_h5ad(tmp_path / "a.h5ad"),
        ad.read_zarr(tmp_path / "a.zarr"),
        mudata.read_h5mu(tmp_path / "a.h5mu"),
    ):
        found = sma.get.cell_scores(read)
        assert found.var_names.tolist() == expected.var_names.tolist()
        np.testing.assert_array_equal(found.X, expected.X)
        np.testing.assert_array_equal(
            sma.get.cell_scores(read, z=True).X, predicted.obsm["score_z_tfbs"].to_numpy(), strict=True
        )


@pytest.mark.filterwarnings(QUIET)
def test_snapatac2_on_disk(analytic, predict, mini, tmp_path, predicted):
    snap = pytest.importorskip("snapatac2")
    memory = mini.snapatac2()
    memory.obs = memory.obs[["leiden"]]
    memory.write_h5ad(tmp_path / "snap.h5ad")
    adata = snap.read(tmp_path / "snap.h5ad", backed="r+")
    predict(adata, regions=REGIONS, threshold=0.2)
    sma.tl.score_cells(adata, genome=mini.genome)
    sma.tl.scores_to_obs(adata, OTHER)
    found = sma.get.cell_scores(adata, tfs=OTHER)
    sma.tl.score_cells(predicted, genome=mini.genome)
    expected = sma.get.cell_scores(predicted, tfs=OTHER)
    np.testing.assert_array_equal(found.X, expected.X)
    np.testing.assert_array_equal(np.asarray(adata.obs["BBB_tfbs"]), expected.X[:, 0])
    adata.close()


@pytest.fixture
def counted() -> ad.AnnData:
    """A matrix with regions of two factors, and no prediction."""
    rng = np.random.default_rng(0)
    names = [f"chr1:{start}-{start + 100}" for start in range(0, 12_000, 120)]
    counts = rng.poisson(rng.lognormal(0, 0.7, len(names)), (30, len(names)))
    return ad.AnnData(sparse.csr_matrix(counts.astype(np.float32)), var=pd.DataFrame(index=names))


def hits(n: int = 25) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    start = 120 * rng.permutation(100)[:n]
    return pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 20, "tf": ["X1", "X2"] * (n // 2) + ["X1"]})


@pytest.mark.filterwarnings(QUIET)
def test_given_sites_need_no_prediction(counted, mini):
    table = hits()
    sma.tl.score_cells(counted, sites=table, counts="X", genome=mini.genome)
    regions = pd.DataFrame({"chrom": "chr1", "start": range(0, 12_000, 120), "end": range(100, 12_100, 120)})
    weights = np.stack([with_site(table, regions, tf) for tf in ("X1", "X2")], axis=1).astype(float)
    expected = deviations(counted.X, sparse.csr_matrix(weights), gc_of(mini, regions))
    np.testing.assert_allclose(counted.obsm["score_z_sites"], expected.z, rtol=1e-4)
    sma.tl.score_cells(counted, sites=table.assign(score=2.0), counts="X", genome=mini.genome, weighted=True)
    np.testing.assert_allclose(counted.obsm["score_z_sites"], expected.z, rtol=1e-4)
    sma.tl.score_cells(counted, sites=table, tfs="X2", counts="X", genome=mini.genome, key_added="one")
    np.testing.assert_allclose(counted.obsm["score_z_one"]["X2"], expected.z[:, 1], rtol=1e-4)


@pytest.mark.parametrize("column", ["var", "interval"])
def test_regions_may_stand_in_columns_of_var(counted, column):
    expected = counted.copy()
    regions = counted.var_names.to_series()
    if column == "interval":
        counted.var["interval"] = regions.to_numpy()
    else:
        for name, place in (("chrom", 0), ("start", 1), ("end", 2)):
            counted.var[name] = regions.str.split("[:-]").str[place].to_numpy()
    counted.var_names = [f"peak{i}" for i in range(counted.n_vars)]
    for adata in (counted, expected):
        with pytest.warns(UserWarning, match="there is no genome, so the background is matched in accessibility alone"):
            sma.tl.score_cells(adata, sites=hits(), counts="X")
    pd.testing.assert_frame_equal(counted.obsm["score_sites"], expected.obsm["score_sites"])


def test_what_could_not_be_used_is_counted(counted, mini):
    counts = counted.X.toarray()
    counts[:3] = 0
    counts[4, 1:] = 0
    counts[:, [7, 9]] = 0
    counts[4, 0] = 1
    counted.X = sparse.csr_matrix(counts)
    absent = pd.DataFrame({"chrom": ["chr1"], "start": [119], "end": [120], "tf": ["X3"]})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sma.tl.score_cells(counted, sites=pd.concat([hits(), absent]), counts="X", genome=mini.genome)
    told = [str(warning.message) for warning in caught]
    assert told == [
        "1 of 3 factors have no site in any region and get no score: X3",
        "3 of 30 cells have no counts in the regions and get no score",
        "2 of 100 regions have no counts in any cell and are left out",
        "6 of 100 regions have no known sequence, so no GC content, and are left out",
        "2 of 54 scores (3.7%) in 1 cells are NaN: less than one count is expected in the factor's regions there",
    ]
    assert all(warning.filename == __file__ for warning in caught)
    scores = counted.obsm["score_sites"]
    assert scores.columns.tolist() == ["X1", "X2"]
    assert scores.isna().all(axis=1).to_numpy().nonzero()[0].tolist() == [0, 1, 2, 4]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"counts": None}, ValueError, "genome is missing: counting fragments needs it"),
        ({"counts": None, "genome": Genome.from_sizes({"chr1": 13_345})}, ValueError, "no regions to count in"),
        ({"sites": None}, KeyError, r"no results under uns\['tfbs'\]: call scmaxatac.tl.predict_tfbs first"),
        ({"counts": "raw"}, KeyError, "no layer 'raw'; the object has no layers"),
        ({"regions": hits()}, ValueError, "give either counts= or regions="),
        ({"tfs": "GATA3"}, KeyError, "no TF 'GATA3'; sites have 'X1', 'X2'"),
        ({"tfs": []}, ValueError, "no TF is asked for"),
        ({"n_jobs": 0}, ValueError, "at least 1"),
        ({"block_size": 0}, ValueError, "at least 1"),
        ({"weighted": True}, ValueError, "sites have no column 'score'"),
        ({"sites": hits().drop(columns="tf")}, ValueError, "sites have no column 'tf'"),
        ({"sites": hits().assign(tf=None)}, ValueError, "25 of 25 rows have no tf"),
        ({"sites": hits().assign(score=-1.0), "weighted": True}, ValueError, "25 of 25 scores are missing or negative"),
        ({"sites": hits().assign(chrom="chr7")}, ValueError, "none of the 25 sites of X1, X2 lies in one of the 100"),
        (
            {"sites": hits().assign(chrom="1")},
            ValueError,
            r"none of the 25 sites .*: sites are on '1', regions on 'chr1'.*Are the names of the same style",
        ),
        ({"sites": hits().head(0)}, ValueError, "sites are empty; give at least one"),
        ({"key_added": "a/b"}, ValueError, "without '/'"),
    ],
)
def test_wrong_options_are_told_before_the_work(counted, monkeypatch, options, error, match):
    monkeypatch.setattr("scmaxatac.tl._score_cells.score_sources", lambda *_, **__: pytest.fail("scored"))
    before = set(counted.uns), set(counted.obsm)
    with pytest.raises(error, match=match):
        sma.tl.score_cells(counted, **{"sites": hits(), "counts": "X"} | options)
    assert (set(counted.uns), set(counted.obsm)) == before


def test_normalised_values_are_no_counts(counted, mini):
    counted.layers["counts"] = counted.X.copy()
    counted.X.data = np.log1p(counted.X.data)
    with pytest.raises(ValueError, match=r"X holds 1\.09861 .*is a fraction, as after normalising.*layers: 'counts'"):
        sma.tl.score_cells(counted, sites=hits(), counts="X", genome=mini.genome)
    assert "score_sites" not in counted.obsm


def test_columns_that_are_no_regions_and_objects_that_differ_in_theirs(counted):
    other = counted[:, ::-1].copy()
    with pytest.raises(ValueError, match="the columns of object 2 are other regions than those of object 1"):
        sma.tl.score_cells([counted, other], sites=hits(), counts="X")
    counted.var_names = [f"gene{i}" for i in range(counted.n_vars)]
    with pytest.raises(ValueError, match=r"columns of the matrix are no regions.*gene0"):
        sma.tl.score_cells(counted, sites=hits(), counts="X")


def test_a_matrix_without_counts(counted, mini):
    counted.X = sparse.csr_matrix(counted.shape, dtype=np.float32)
    with pytest.raises(ValueError, match="none of the 100 regions has counts"):
        sma.tl.score_cells(counted, sites=hits(), counts="X", genome=mini.genome)


def test_somebody_elses_entries_are_not_replaced(counted, mini):
    counted.uns["score_mine"] = {"method": "wilcoxon"}
    with pytest.raises(ValueError, match=r"uns\['score_mine'\] holds something else"):
        sma.tl.score_cells(counted, sites=hits(), counts="X", genome=mini.genome, key_added="mine")
    counted.obsm["score_sites"] = np.ones((30, 2))
    with pytest.raises(ValueError, match=r"something else in obsm\['score_sites'\]"):
        sma.tl.score_cells(counted, sites=hits(), counts="X", genome=mini.genome)


def test_a_genome_predicted_without_regions_needs_them(analytic, predict, mini, fragment_file):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome")
    with pytest.raises(ValueError, match="or the whole genome without regions; give them as regions="):
        sma.tl.score_cells(adata, genome=mini.genome)


def test_factors_of_some_clusters_separate_them_and_the_constitutive_one_does_not():
    from sklearn.metrics import roc_auc_score

    toy = sma.datasets.toy()
    mdata = toy.mdata
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sma.tl.predict_tfbs(mdata, "cell_type", genome=toy.genome, models="demo", step=1024)
    sma.tl.score_cells(mdata, genome=toy.genome)
    scores = sma.get.cell_scores(mdata[mdata.obs["cell_type"].notna().to_numpy()].copy())
    cell_type, scores = scores.obs["cell_type"], scores.to_df()
    assert roc_auc_score(cell_type == "CD4/T", scores["GATA3"]) >= 0.9
    assert roc_auc_score(cell_type != "CD4/T", scores["SPI1"]) >= 0.9
    for cluster in toy.clusters:
        assert 0.45 <= roc_auc_score(cell_type == cluster, scores["CTCF"]) <= 0.55
