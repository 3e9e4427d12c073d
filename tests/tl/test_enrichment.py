import numpy as np
import pandas as pd
import pytest
from _slots import END, START, make_truth
from scipy.stats import false_discovery_control, norm

from scmaxatac import get, tl
from scmaxatac.genome import Genome
from scmaxatac.results._accessibility import insertions_in
from scmaxatac.results._reader import find_results

GROUPS, TFS = ["CD4/naive T | donor_1", "B", "Mono"], ["CTCF", "SPI1"]


N = 250


@pytest.fixture
def truth(tmp_path):
    """A prediction with 250 regions of different lengths and many insertions."""
    truth = make_truth(tmp_path / "run", groups=GROUPS, tfs=TFS, seed=4)
    rng = np.random.default_rng(0)
    start = START + 160 * np.arange(N)
    regions = pd.DataFrame({"chrom": "chr22", "start": start, "end": start + rng.integers(100, 160, N)})
    slots = truth.adata.uns["tfbs"]
    slots["regions"] = regions.astype({"chrom": "category"})
    slots["scores"] = np.zeros((3, N, 2), np.float32)
    store = find_results(truth.adata, "tfbs", "atac").store
    for group in GROUPS:
        (positions,), scales, span = store.read_insertions(group, "chr22")
        more = np.repeat(start, rng.poisson(rng.gamma(2, 4, N) + 1)) + 50
        store.write_insertions(group, "chr22", [np.sort(np.append(positions, more)).astype(np.int32)], scales, span)
    store.finish(get.params(truth.adata)["run"], [])
    return truth


@pytest.fixture
def genome():
    codes = np.full(18_800_000, 4, np.uint8)
    codes[START:END] = np.random.default_rng(0).integers(0, 4, END - START)
    return Genome.from_codes({"chr22": codes})


def regions_of(truth):
    return truth.adata.uns["tfbs"]["regions"].astype({"chrom": str})


def bases(truth, tf, groups=GROUPS):
    """Bases of each region in sites of a factor, counted one by one."""
    covered = np.zeros(END + 1000, bool)
    for site in get.sites(truth.adata, tfs=tf, groups=groups).itertuples():
        covered[site.start : site.end] = True
    return np.array([covered[row.start : row.end].sum() for row in regions_of(truth).itertuples()])


def test_insertions_of_a_region_are_those_of_all_groups(truth):
    results = find_results(truth.adata, "tfbs", "atac")
    regions = regions_of(truth).sample(frac=1, random_state=0)
    counts = insertions_in(regions, results.store, GROUPS)
    for count, row in zip(counts, regions.itertuples(), strict=True):
        expected = 0
        for group in GROUPS:
            (positions,), _, _ = results.store.read_insertions(group, "chr22")
            expected += int(((positions >= row.start) & (positions < row.end)).sum())
        assert count == expected
    assert counts.sum() > 0


def test_regions_and_bases_that_count_are_those_of_the_background(truth, genome):
    everything = regions_of(truth)
    rows = np.arange(N) % 9 == 2
    points = everything[rows].assign(start=lambda frame: frame["end"] - 1)  # one base of each is enough
    table = tl.enrichment(truth.adata, points, genome=genome).set_index("tf")
    for tf in TFS:
        covered = bases(truth, tf)
        assert table.loc[tf, "n_regions"] == rows.sum()
        assert table.loc[tf, "n_with_sites"] == (covered[rows] > 0).sum()
        assert table.loc[tf, "bp"] == covered[rows].sum()
    of_b = tl.enrichment(truth.adata, points, genome=genome, groups="B", tfs="SPI1")
    assert of_b["bp"].tolist() == [bases(truth, "SPI1", ["B"])[rows].sum()]


def test_expectation_is_that_of_draws_from_like_regions(truth, genome):
    """Draws that are made here, from chromVAR's rule."""
    from scmaxatac.genome._gc_content import gc_content
    from scmaxatac.stats._background import make_background

    results = find_results(truth.adata, "tfbs", "atac")
    everything, rng = regions_of(truth), np.random.default_rng(1)
    chosen = everything.iloc[np.sort(rng.choice(N, 15, replace=False))]
    table = tl.enrichment(truth.adata, chosen, genome=genome).set_index("tf")
    background = make_background(insertions_in(everything, results.store, GROUPS), gc_content(everything, genome))
    kernel, bin_of = background.kernel.toarray(), background.bin_of
    length = (everything["end"] - everything["start"]).to_numpy()
    for tf in TFS:
        covered = bases(truth, tf)
        draws = {"covered": [], "length": []}
        for _ in range(3000):
            rows = [
                rng.choice(np.flatnonzero(bin_of == rng.choice(len(kernel), p=kernel[bin_of[row]])))
                for row in chosen.index
            ]
            draws["covered"].append(covered[rows].sum())
            draws["length"].append(length[rows].sum())
        mean, sd = np.mean(draws["covered"]), np.std(draws["covered"])
        assert table.loc[tf, "expected_bp"] == pytest.approx(mean, abs=4 * sd / np.sqrt(3000) + 1e-9)
        seen, drawn = covered[chosen.index].sum(), length[chosen.index].sum()
        odds = [(bp + 16) / (total - bp + 16) for bp, total in ((seen, drawn), (mean, np.mean(draws["length"])))]
        assert table.loc[tf, "log2_odds"] == pytest.approx(np.log2(odds[0] / odds[1]), abs=0.05)


@pytest.mark.filterwarnings("ignore:without genome")
def test_regions_with_the_sites_of_a_factor_are_enriched_in_it(truth):
    everything, sites = regions_of(truth), truth.adata.uns["tfbs"]["sites"]
    more = everything.iloc[3::6].assign(
        end=lambda frame: frame["start"] + 64, group="B", tf="CTCF", score=np.float32(0.9)
    )
    more = pd.concat([sites, more], ignore_index=True)
    truth.adata.uns["tfbs"]["sites"] = more.astype(dict.fromkeys(["chrom", "group", "tf"], "category"))
    with_sites = bases(truth, "CTCF") > 0
    table = tl.enrichment(truth.adata, everything[with_sites]).set_index("tf")
    assert table.loc["CTCF", "z"] > 3
    assert table.loc["CTCF", "log2_odds"] > 1
    np.testing.assert_allclose(table["q"], false_discovery_control(table["p"]))
    np.testing.assert_allclose(table["p"], 2 * norm.sf(table["z"].abs()))
    others = tl.enrichment(truth.adata, everything[~with_sites]).set_index("tf")
    assert others.loc["CTCF", "z"] < -3
    assert others.loc["CTCF", "bp"] == 0
    assert np.isfinite(others.loc["CTCF", "log2_odds"])


def test_several_sets_are_tested_apart(truth, genome):
    everything = regions_of(truth)
    sets = {"B/up": everything.iloc[:20], "B/down": everything.iloc[30:55]}
    both = tl.enrichment(truth.adata, sets, genome=genome)
    assert both.columns[0] == "regions"
    for name, rows in sets.items():
        alone = tl.enrichment(truth.adata, rows, genome=genome)
        here = both[both["regions"] == name].drop(columns="regions").reset_index(drop=True)
        pd.testing.assert_frame_equal(here, alone)
        assert alone["z"].dropna().is_monotonic_decreasing


def test_the_background_may_be_another(truth, genome):
    everything = regions_of(truth)
    chosen = everything.iloc[:20]
    some = pd.concat([chosen, everything.iloc[40:70], pd.DataFrame([("chr22", 100, 400)], columns=everything.columns)])
    with pytest.warns(UserWarning, match="background: 1 of 51 regions lie on none of the regions that were predicted"):
        table = tl.enrichment(truth.adata, chosen, background=some, genome=genome).set_index("tf")
    assert (table["n_regions"] == 20).all()
    del truth.adata.uns["tfbs"]["regions"]
    del truth.adata.uns["tfbs"]["scores"]
    with pytest.raises(ValueError, match=r"predicted without regions, .* give background="):
        tl.enrichment(truth.adata, chosen, genome=genome)
    again = tl.enrichment(truth.adata, chosen, background=some.iloc[:-1], genome=genome).set_index("tf")
    pd.testing.assert_frame_equal(again, table)


def test_the_table_is_stored_and_found_again(truth, genome, tmp_path):
    import anndata as ad

    with pytest.raises(KeyError, match=r"no test of enrichment under uns\['tfbs_enrichment'\]"):
        get.enrichment(truth.adata)
    table = tl.enrichment(truth.adata, regions_of(truth).iloc[:20], genome=genome, store=True)
    pd.testing.assert_frame_equal(get.enrichment(truth.adata), table)
    truth.adata.write_h5ad(tmp_path / "data.h5ad")
    found = get.enrichment(ad.read_h5ad(tmp_path / "data.h5ad"))
    pd.testing.assert_frame_equal(found.astype({"tf": table["tf"].dtype}), table)


def test_what_is_left_out_is_told(truth, genome):
    everything = regions_of(truth)
    chosen = everything.iloc[:20]
    with pytest.warns(UserWarning, match="matched by accessibility alone"):
        tl.enrichment(truth.adata, chosen)
    far = pd.concat([chosen, pd.DataFrame([("chr22", 100, 400)], columns=everything.columns)])
    with pytest.warns(UserWarning, match="regions: 1 of 21 overlap no region of the background"):
        tl.enrichment(truth.adata, far, genome=genome)
    with pytest.warns(UserWarning, match="regions of 'few': with 4 regions the normal distribution"):
        tl.enrichment(truth.adata, {"few": chosen.iloc[:4]}, genome=genome)
    unknown = Genome.from_codes(
        {"chr22": np.where(np.arange(18_800_000) < chosen["end"].iloc[1], 4, genome.codes("chr22"))}
    )
    with pytest.warns(UserWarning, match="regions: 2 of 20 regions have no insertions or no known sequence"):
        table = tl.enrichment(truth.adata, chosen, genome=unknown)
    assert (table["n_regions"] == 18).all()


def test_what_cannot_be_tested_is_told(truth, genome, tmp_path):
    everything = regions_of(truth)
    with pytest.raises(ValueError, match=r"regions: none of 250 overlaps the background .* on chr22"):
        tl.enrichment(truth.adata, everything.assign(chrom="22"), genome=genome)
    with pytest.raises(ValueError, match="regions of 'x': they overlap all 250 regions of the background"):
        tl.enrichment(truth.adata, {"x": everything}, genome=genome)
    with pytest.raises(ValueError, match="regions holds no set"):
        tl.enrichment(truth.adata, {}, genome=genome)
    with pytest.raises(ValueError, match=r"regions of 'x': row 1 of 1 \(chr22, 5, 5\) is no interval"):
        tl.enrichment(truth.adata, {"x": pd.DataFrame({"chrom": ["chr22"], "start": [5], "end": [5]})}, genome=genome)
    with pytest.raises(FileNotFoundError, match=r"none\.bed"):
        tl.enrichment(truth.adata, tmp_path / "none.bed", genome=genome)
    with pytest.raises(KeyError, match="SPI2"):
        tl.enrichment(truth.adata, everything.iloc[:20], tfs="SPI2", genome=genome)
    with pytest.raises(ValueError, match="background: none of its 1 regions lies on regions that were predicted"):
        tl.enrichment(truth.adata, everything.iloc[:20], genome=genome,
                      background=pd.DataFrame({"chrom": ["chr22"], "start": [5], "end": [9]}))  # fmt: skip


def test_a_factor_without_sites_has_neither_odds_nor_z(truth, genome):
    sites = truth.adata.uns["tfbs"]["sites"]
    truth.adata.uns["tfbs"]["sites"] = sites[sites["tf"] != "SPI1"]
    some = regions_of(truth)[np.arange(N) % 9 == 2]
    table = tl.enrichment(truth.adata, some, genome=genome).set_index("tf")
    assert table.loc["SPI1", ["log2_odds", "z", "p", "q"]].isna().all()
    assert table.loc["CTCF", ["log2_odds", "z", "p", "q"]].notna().all()
    assert table.loc["SPI1", "bp"] == 0


def test_regions_can_be_named(truth, genome):
    table = regions_of(truth).iloc[2:40:3]
    names = [f"{row.chrom}:{row.start}-{row.end}" for row in table.itertuples()]
    expected = tl.enrichment(truth.adata, table, genome=genome)
    pd.testing.assert_frame_equal(tl.enrichment(truth.adata, names, genome=genome), expected)
    with pytest.warns(UserWarning, match="with 1 regions the normal distribution"):
        assert set(tl.enrichment(truth.adata, names[0], genome=genome)["n_regions"]) == {1}
