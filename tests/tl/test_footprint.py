"""Footprints of planted sites, in pseudobulks of simulated insertions and in a run."""

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _footprints import (
    PROTECTED,
    Simulation,
    hexamer_counts,
    plain_bias,
    plain_sums,
    preference,
    text_of,
    words_of,
)

import scmaxatac as sma
from scmaxatac import get, tl
from scmaxatac.atac._insertions import Insertions, unpack
from scmaxatac.atac._pseudobulk import make_pseudobulks
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.genome import Genome, Intervals

FEW = "ignore:.* insertions lie outside peaks:UserWarning"
NO_SITE = "ignore:.* footprints can't be taken:UserWarning"


def bulks_of(simulations, genome, n_cells=20):
    insertions = Insertions.from_positions(
        {group: {"chr1": positions} for group, positions in simulations.items()}, n_cells=[n_cells] * len(simulations)
    )
    groups = {group: [group] for group in simulations}
    return make_pseudobulks(insertions, groups, genome, ["chr1"], min_cells=1, min_fragments=10)


@pytest.fixture(scope="module")
def data():
    """Bound, free and closed motifs under a strong preference of Tn5."""
    return Simulation(n=250, strength=0.9, closed=0.5, seed=0)


@pytest.fixture(scope="module")
def bulks(data):
    return bulks_of({"A": data.positions}, Genome.from_codes({"chr1": data.codes}))


def depths_of(bulks, data, kind, **options):
    sites = data.sites[data.sites["kind"] == kind]
    found = tl.footprint(bulks, sites, peaks=data.peaks, tfs=kind, core=12, **options)
    return get.footprint(found, "profiles"), get.footprint(found, "depths").iloc[0]


def misses(profile, column="corrected"):
    """Share of the positions whose interval does not hold the level of a flat curve."""
    level = 0.0 if column == "corrected" else 1.0
    return 1 - ((profile[f"{column}_low"] <= level) & (profile[f"{column}_high"] >= level)).mean()


@pytest.mark.parametrize("kind", ["free", "closed"])
def test_a_motif_that_nothing_binds_is_flat_after_correction_and_not_before(data, bulks, kind):
    profile, row = depths_of(bulks, data, kind)
    middle = profile[profile["position"].between(-7, 6)]
    assert misses(middle, "uncorrected") > 0.4
    assert misses(profile) < 0.1
    assert misses(middle) < 0.2
    assert row["depth_low"] < 0 < row["depth_high"]
    assert row["flank_accessibility_low"] < 0 < row["flank_accessibility_high"]
    assert row["n_sites"] == 250


def test_a_planted_footprint_is_there_after_correction_at_its_depth(data, bulks):
    profile, row = depths_of(bulks, data, "bound", correction="divide")
    assert row["depth"] == pytest.approx(1 - PROTECTED, abs=0.05)
    core = profile[profile["position"].between(-6, 5)]
    np.testing.assert_allclose(core["corrected"], PROTECTED, atol=0.06)
    assert row["depth_low"] > 0.8
    profile, row = depths_of(bulks, data, "bound")
    assert row["depth_low"] > 0.5
    core = profile[profile["position"].between(-6, 5)]
    np.testing.assert_allclose(core["corrected"], -(1 - PROTECTED) * core["expected"], atol=0.1)


@pytest.mark.filterwarnings(FEW)
def test_curves_bias_and_counts_are_those_of_plain_python():
    data = Simulation(n=6, closed=0.4, seed=3)
    genome = Genome.from_codes({"chr1": data.codes})
    bulks = bulks_of({"A": data.positions, "B": data.positions[::2]}, genome)
    found = tl.footprint(bulks, data.sites, peaks=data.peaks, tfs="X", flank=60, outer=20, n_bootstrap=20, shoulder=20)
    text, closed = text_of(data.codes), [(0, int(data.peaks["start"][0]))]
    closed += list(zip(data.peaks["end"], [*data.peaks["start"][1:], len(text)], strict=True))
    both = np.concatenate([data.positions, data.positions[::2]])
    bias = plain_bias(hexamer_counts(text, closed, both), hexamer_counts(text, closed, None))
    for group, positions in (("A", data.positions), ("B", data.positions[::2])):
        observed, expected = plain_sums(text, positions, data.sites, bias, 60)
        profile = get.footprint(found, groups=group)
        ends = np.r_[0:20, 100:120]
        o, e = observed / observed[ends].mean(), expected / expected[ends].mean()
        for name, values in (("uncorrected", o), ("expected", e), ("corrected", o - e)):
            np.testing.assert_allclose(profile[name], values, rtol=1e-5, atol=1e-6)
        row = get.footprint(found, "depths", groups=group).iloc[0]
        assert (row["n_sites"], row["n_insertions"]) == (18, observed.sum())
    table = get.footprint(found, "bias").set_index("hexamer")
    assert table["bias"].loc[list(bias)].to_dict() == pytest.approx(bias)


@pytest.fixture
def adata(mini, fragment_file, predict, analytic):
    adata = mini.adata(fragment_file)
    predict(adata)
    return adata


def motifs(n=12, seed=0):
    rng = np.random.default_rng(seed)
    start = rng.integers(1_200, 4_900, n)
    table = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 11, "strand": rng.choice(["+", "-"], n)})
    return table.assign(tf=np.where(np.arange(n) % 2, "AAA", "BBB"))


SMALL = {"flank": 60, "outer": 20, "shoulder": 20, "n_bootstrap": 30}


@pytest.mark.filterwarnings(FEW)
def test_insertions_of_a_run_are_those_of_its_pseudobulks(adata, mini):
    bulks = sma.pp.pseudobulk(adata, "leiden", genome=mini.genome, min_fragments=100)
    regions = adata.uns["tfbs"]["regions"]
    of_bulks = tl.footprint(bulks, motifs(), peaks=regions, **SMALL)
    tl.footprint(adata, motifs(), genome=mini.genome, **SMALL)
    for level in ("profiles", "depths", "bias"):
        pd.testing.assert_frame_equal(get.footprint(adata, level), get.footprint(of_bulks, level))
    assert get.footprint(adata, "depths")["n_insertions"].min() > 0
    assert of_bulks.obs_names.tolist() == bulks.groups


@pytest.mark.filterwarnings(FEW, NO_SITE)
def test_sites_of_the_run_are_those_that_were_called_in_each_group(adata, mini):
    tl.footprint(adata, genome=mini.genome, **SMALL)
    table = get.footprint(adata, "depths")
    sites = get.sites(adata)
    for row in table.itertuples():
        mine = sites[(sites["tf"] == row.tf) & (sites["group"] == row.group)]
        assert row.n_sites + row.n_left_out == len(mine)


@pytest.mark.filterwarnings(FEW, NO_SITE)
def test_called_only_keeps_the_hits_whose_middle_lies_in_a_site_of_the_group(adata, mini):
    hits = motifs(200)
    tl.footprint(adata, hits, genome=mini.genome, called_only=True, **SMALL)
    table, sites = get.footprint(adata, "depths"), get.sites(adata)
    assert table["n_sites"].sum() > 0
    for row in table.itertuples():
        mine = sites[(sites["tf"] == row.tf) & (sites["group"] == row.group) & (sites["chrom"] == "chr1")]
        middles = (hits["start"] + hits["end"])[hits["tf"] == row.tf] // 2
        inside = [bool(((mine["start"] <= m) & (m < mine["end"])).any()) for m in middles]
        assert row.n_sites + row.n_left_out == sum(inside)


@pytest.mark.filterwarnings(FEW)
def test_a_group_without_a_site_has_a_row_that_says_so(adata, mini):
    hits = motifs().assign(group="B")
    with pytest.warns(UserWarning, match=r"4 of 6 footprints can't be taken: .*AAA in 'CD4/T' \(no sites\)"):
        tl.footprint(adata, hits, genome=mini.genome, **SMALL)
    table = get.footprint(adata, "depths").set_index(["tf", "group"])
    assert len(table) == 6
    assert table.loc[("AAA", "Mono"), "note"] == "no sites"
    assert table.loc[("AAA", "Mono"), "n_sites"] == 0
    assert table["depth"].isna().sum() == 4
    assert set(get.footprint(adata)["group"]) == {"B"}


@pytest.mark.filterwarnings(FEW)
def test_sites_that_are_left_out_are_counted_with_one_warning(adata, mini):
    rows = [
        ("chr1", 1_500, 1_511, "+"), ("chr1", 1_500, 1_511, "+"), ("chr1", 1_500, 1_511, "-"),
        ("chr1", 13_290, 13_300, "."), ("chr1", 9_740, 9_750, "."), ("chr1", 6_100, 6_110, "."),
        ("chr1", 20, 30, "."), ("chrX", 400, 410, "."), ("chr2", 4_700, 4_711, "."),
    ]  # fmt: skip
    hits = pd.DataFrame(rows, columns=["chrom", "start", "end", "strand"])
    message = (
        "6 of 9 sites are left out: 1 there more than once, 1 on contigs without insertions, 2 within reach of an end "
        "of their contig, 1 within reach of unknown bases, 1 within reach of the blacklist"
    )
    bulks = sma.pp.pseudobulk(adata, "leiden", genome=mini.genome, chroms=["chr1", "chr2"], min_fragments=100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = tl.footprint(bulks, hits, peaks=adata.uns["tfbs"]["regions"], **SMALL)
    assert [str(w.message) for w in caught if "left out" in str(w.message)] == [message]
    table = get.footprint(found, "depths")
    assert table["n_sites"].tolist() == [3] * 3
    assert table["n_left_out"].tolist() == [6] * 3


@pytest.mark.filterwarnings(FEW)
@pytest.mark.parametrize("container", ["h5ad", "h5mu", "zarr"])
def test_footprints_survive_files(adata, mini, tmp_path, container):
    tl.footprint(adata, motifs(), genome=mini.genome, **SMALL)
    if container == "h5mu":
        mudata = pytest.importorskip("mudata")
        with columns_not_pulled():
            mudata.MuData({"atac": adata}).write_h5mu(tmp_path / "a.h5mu")
            back = mudata.read_h5mu(tmp_path / "a.h5mu")
    elif container == "h5ad":
        adata.write_h5ad(tmp_path / "a.h5ad")
        back = ad.read_h5ad(tmp_path / "a.h5ad")
    else:
        adata.write_zarr(tmp_path / "a.zarr")
        back = ad.read_zarr(tmp_path / "a.zarr")
    for level in ("profiles", "depths", "bias"):
        pd.testing.assert_frame_equal(get.footprint(back, level), get.footprint(adata, level))


@pytest.mark.filterwarnings(FEW)
def test_a_copy_is_changed_and_the_object_is_not(adata, mini):
    changed = tl.footprint(adata, motifs(), genome=mini.genome, copy=True, key_added="fp", **SMALL)
    assert "fp" in changed.uns
    assert "fp" not in adata.uns
    table = get.footprint(changed, tfs=["BBB", "AAA"], groups="Mono", key="fp")
    assert list(table["tf"].cat.categories) == ["BBB", "AAA"]
    assert table["tf"].iloc[0] == "BBB"
    with pytest.raises(ValueError, match="level is 'sites'"):
        get.footprint(changed, "sites", key="fp")
    with pytest.raises(KeyError, match="no group 'T'"):
        get.footprint(changed, groups="T", key="fp")


def test_what_can_not_be_done_is_one_clear_error_before_any_work(adata, mini, monkeypatch):
    monkeypatch.setattr("scmaxatac.tl._footprint.measure_bias", lambda *_: pytest.fail("work was begun"))
    hits, genome = motifs(), mini.genome
    for options, message in (
        ({"correction": "none"}, "correction is 'none'; it can be 'subtract' or 'divide'"),
        ({"core": 7}, "core is 7; it has to be even"),
        ({"n_bootstrap": -1}, "n_bootstrap is -1"),
        ({"genome": None}, "genome is missing"),
        ({"sites": None, "called_only": True}, "called_only chooses among sites"),
        ({"sites": hits.iloc[:0]}, "sites are empty"),
        ({"peaks": pd.DataFrame({"chrom": [], "start": [], "end": []})}, "peaks are empty; give at least one"),
        ({"sites": hits.assign(strand="x")}, r"sites: row 1 has the strand 'x' \(12 such rows\)"),
        ({"sites": hits.assign(tf=None)}, "sites: 12 of 12 rows have no tf, the first is row 1"),
        ({"sites": hits.drop(columns="tf"), "tfs": ["AAA"]}, "sites have no column 'tf'"),
        ({"sites": hits.assign(chrom="1")}, "sites are on 1, none of which"),
        ({"sites": hits.assign(end=10**6)}, "lies off"),
        ({"peaks": pd.DataFrame({"chrom": ["chr1"], "start": [5], "end": [4]})}, "peaks: row 1 of 1"),
        ({"genome": Genome.from_codes(mini.codes)}, "but no blacklist"),
    ):
        given = {"sites": hits, "genome": genome} | options
        with pytest.raises(ValueError, match=message):
            tl.footprint(adata, given.pop("sites"), **SMALL | given)
    for options, message in (
        ({"tfs": "ZZZ"}, "no TF 'ZZZ'"),
        ({"groups": "T"}, "no group 'T'"),
        ({"sites": hits.assign(group="T")}, "none of the groups of sites"),
        ({"sites": hits.assign(tf="ZZZ"), "called_only": True}, "no TF 'ZZZ'"),
        ({"key": "other"}, "no results under"),
    ):
        given = {"sites": hits, "genome": genome} | options
        with pytest.raises(KeyError, match=message):
            tl.footprint(adata, given.pop("sites"), **SMALL | given)
    adata.uns["footprint"] = "mine"
    with pytest.raises(ValueError, match="holds something else than a set of footprints"):
        tl.footprint(adata, hits, genome=genome)


def test_pseudobulks_need_sites_peaks_and_sequence(bulks, data):
    with pytest.raises(ValueError, match="give sites= and peaks="):
        tl.footprint(bulks, data.sites)
    sizes = Genome.from_sizes({"chr1": len(data.codes)})
    with pytest.raises(ValueError, match="holds no sequence"):
        tl.footprint(bulks, data.sites, peaks=data.peaks, genome=sizes)
    with pytest.raises(ValueError, match=r"key_added is '\.'"):
        tl.footprint(bulks, data.sites, peaks=data.peaks, key_added=".")


def test_peaks_that_leave_no_insertion_are_refused_and_few_insertions_warned_about(data, bulks):
    everything = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [len(data.codes)]})
    with pytest.raises(ValueError, match="no insertion lies outside peaks on chr1"):
        tl.footprint(bulks, data.sites, peaks=everything)
    most = everything.assign(start=10_000)
    with pytest.warns(UserWarning, match=r"[\d,]+ insertions lie outside peaks; .* takes 20,000"):
        tl.footprint(bulks, data.sites[:40], peaks=most, n_bootstrap=5)


@pytest.fixture(scope="module")
def toy_bulks():
    toy = sma.datasets.toy()
    return sma.pp.pseudobulk(toy.adata, "cell_type", genome=toy.genome)


def with_preference(bulks, genome, seed=0):
    """The same pseudobulks as Tn5 with a preference would have left them: insertions that it does not like are lost."""
    rng = np.random.default_rng(seed)
    likes = preference(0.5)
    kept = {}
    for i, group in enumerate(bulks.insertions.libraries):
        kept[group] = {}
        for chrom in bulks.chroms:
            liked = likes[words_of(np.minimum(genome.codes(chrom), 3))] / likes.max()
            first, last = unpack(bulks.insertions.fragments[i, chrom])
            ends = [(first, first), (last, last + 1)]  # an insertion, and the middle of its cut
            parts = [end[rng.random(len(end)) < liked[middle]] for end, middle in ends]
            kept[group][chrom] = np.concatenate(parts)
    insertions = Insertions.from_positions(kept, n_cells=[100] * len(kept))
    return make_pseudobulks(insertions, {group: [group] for group in kept}, genome, bulks.chroms)


def closed_sites(toy):
    """Planted motifs outside of all peaks, each once."""
    outside = ~Intervals.from_frame(toy.peaks).overlapped(toy.sites)
    return toy.sites[outside].drop(columns=["group"]).drop_duplicates(["chrom", "start", "tf"])


@pytest.mark.filterwarnings(NO_SITE)
@pytest.mark.parametrize("preferring", [False, True])
def test_the_toy_shows_its_footprints_and_closed_motifs_are_flat(toy_bulks, preferring):
    toy = sma.datasets.toy()
    bulks = with_preference(toy_bulks, toy.genome) if preferring else toy_bulks
    bound = tl.footprint(bulks, toy.sites[toy.sites["bound"]], peaks=toy.peaks, n_bootstrap=200)
    table = get.footprint(bound, "depths").query("n_sites > 0")
    assert len(table) == 6  # SPI1 and GATA3 are not expressed in every group
    assert (table["depth_low"] > 1).all()
    expected = get.footprint(bound).query("-10 <= position < 10")["expected"]
    assert ((expected - 1).abs().max() > 0.4) == preferring
    closed = tl.footprint(bulks, closed_sites(toy), peaks=toy.peaks, n_bootstrap=200)
    table, profile = get.footprint(closed, "depths"), get.footprint(closed)
    assert (table["n_sites"] > 100).all()
    assert ((table["depth_low"] < 0) & (table["depth_high"] > 0)).sum() >= 8
    middle = profile[profile["position"].between(-10, 9)]
    assert misses(middle) < 0.06


@pytest.mark.filterwarnings(FEW)
def test_the_expectation_is_less_certain_the_fewer_insertions_lie_outside_peaks():
    widths = []
    for closed in (0.01, 1.0):
        data = Simulation(n=60, closed=closed, seed=4)
        bulks = bulks_of({"A": data.positions}, Genome.from_codes({"chr1": data.codes}))
        profile, _ = depths_of(bulks, data, "free")
        middle = profile[profile["position"].between(-6, 5)]
        widths.append((middle["expected_high"] - middle["expected_low"]).mean())
    assert widths[0] > 2 * widths[1]
