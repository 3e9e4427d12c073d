import gzip
from collections import Counter
from collections.abc import Callable

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma


@pytest.fixture(scope="module")
def bulks(pbmc, hg38) -> sma.pp.Pseudobulks:
    return sma.pp.pseudobulk(pbmc, "celltype", genome=hg38, min_fragments=1000)


def test_thirteen_real_cell_types_are_counted_as_line_by_line(bulks, pbmc, pbmc_insertions, pbmc_kept):
    assert len(bulks.groups) == 13
    assert "CD4/naive T" in bulks.groups
    chosen = [f"chr{i}" for i in [*range(1, 23), "X"]]
    for group, cells in pbmc.obs.groupby("celltype", observed=True).groups.items():
        insertions = pbmc_insertions[pbmc_insertions["barcode"].isin(cells)]
        row = bulks.qc.loc[group]
        assert row["n_cells"] == len(cells)
        assert row["n_fragments"] == len(insertions) / 2
        n_chosen = int(insertions["chrom"].isin(chosen).sum())
        assert row["n_insertions"] == n_chosen == bulks.insertions.n_insertions(group)
        assert row["n_insertions_kept"] == ((pbmc_kept["group"] == group) & pbmc_kept["chrom"].isin(chosen)).sum()
        assert row["match_rate"] == pytest.approx(cells.isin(insertions["barcode"]).mean())
    assert bulks.qc["n_fragments"].sum() == 811_980


def test_the_percentile_is_numpys_over_covered_bases(bulks, pbmc_kept):
    coverage: Counter[tuple[str, int]] = Counter()
    for row in pbmc_kept[pbmc_kept["group"] == "Plasma"].itertuples():
        coverage.update((row.chrom, base) for base in range(row.position - 20, row.position + 21))
    p99 = np.percentile(list(coverage.values()), 99)
    assert bulks.qc.loc["Plasma", "p99"] == pytest.approx(p99)
    (chrom, base), most = coverage.most_common(1)[0]
    assert bulks.signal("Plasma").values(chrom, base, base + 1)[0] == pytest.approx(most / p99, rel=1e-6)


def test_groups_below_the_limits_are_skipped_with_a_warning(pbmc, hg38):
    with pytest.warns(UserWarning, match=r"group 'Plasma' is skipped: 26 cells, min_cells is 50"):
        few = sma.pp.pseudobulk(pbmc, "celltype", genome=hg38, min_cells=50, min_fragments=1, chroms="chr1")
    assert "Plasma" not in few.groups
    assert few.qc.loc["Plasma", "warnings"] == "skipped: 26 cells, min_cells is 50"
    with pytest.raises(ValueError, match=r"no group is left.*min_cells"), pytest.warns(UserWarning, match="skipped"):
        sma.pp.pseudobulk(pbmc, "celltype", genome=hg38, min_cells=10_000)


def test_replicates_are_kept_apart_and_weigh_the_same(pbmc, hg38):
    bulks = sma.pp.pseudobulk(pbmc, "celltype", genome=hg38, min_fragments=1000, replicate_key="donor", chroms="chr1")
    assert len(bulks.libraries["CD4/naive T"]) == 2
    assert bulks.qc.loc["CD4/naive T", "n_cells"] == 1519
    joined = sma.pp.pseudobulk(pbmc, ["celltype", "donor"], genome=hg38, min_fragments=1000, chroms="chr1")
    parts = [joined.insertions.positions(f"CD4/naive T|{donor}", "chr1") for donor in ("d1", "d2")]
    for library, positions in zip(bulks.libraries["CD4/naive T"], parts, strict=True):
        np.testing.assert_array_equal(bulks.insertions.positions(library, "chr1"), positions)
    breaks, levels = bulks.signal("CD4/naive T").scaled_runs("chr1")
    parts_scaled = [joined.signal(f"CD4/naive T|{donor}").scaled_runs("chr1") for donor in ("d1", "d2")]
    mean = np.mean([lev[np.searchsorted(brk, breaks[:-1], side="right") - 1] for brk, lev in parts_scaled], axis=0)
    np.testing.assert_allclose(levels, mean)


def test_cells_without_a_replicate_are_left_out_with_a_warning(simulated):
    adata = simulated.adata.copy()
    adata.obs["donor"] = np.where(np.arange(adata.n_obs) % 2 == 0, "a", "b")
    adata.obs.loc[adata.obs_names[:50], "donor"] = None
    labelled = adata.obs["cell_type"].notna()
    n_lost = int((labelled & adata.obs["donor"].isna()).sum())
    with pytest.warns(UserWarning, match=rf"{n_lost} cells have a group but no replicate in obs\['donor'\]"):
        bulks = sma.pp.pseudobulk(adata, "cell_type", genome=simulated.genome, replicate_key="donor")
    assert bulks.qc["n_cells"].sum() == int(labelled.sum()) - n_lost


def test_every_source_of_fragments_gives_the_same(simulated, tmp_path):
    adata = simulated.adata
    samples = np.where(np.arange(adata.n_obs) % 2 == 0, "s1", "s2")
    halves = {sample: adata[samples == sample].copy() for sample in ("s1", "s2")}
    bare = ad.AnnData(obs=adata.obs.assign(sample=samples))
    path = simulated.fragments
    calls: dict[str, Callable[..., sma.pp.Pseudobulks]] = {
        "muon": lambda f, **o: f(adata, **o),
        "mudata": lambda f, **o: f(simulated.mdata, **o),
        "snapatac2": lambda f, **o: f(simulated.snapatac2, **o),
        "path": lambda f, **o: f(bare, fragments=path, **o),
        "samples": lambda f, **o: f(bare, fragments={"s1": path, "s2": str(path)}, sample_key="sample", **o),
        "list": lambda f, **o: f(list(halves.values()), **o),
        "dict": lambda f, **o: f(halves, fragments={"s1": path, "s2": path}, **o),
    }
    expected = None
    for name, call in calls.items():
        bulks = call(sma.pp.pseudobulk, groupby="cell_type", genome=simulated.genome)
        if expected is None:
            expected = bulks
            continue
        pd.testing.assert_frame_equal(bulks.qc, expected.qc, obj=name)
        for group in expected.groups:
            for chrom in expected.chroms:
                np.testing.assert_array_equal(
                    bulks.insertions.positions(group, chrom), expected.insertions.positions(group, chrom)
                )


def test_groups_are_thinned_to_the_same_number_reproducibly(simulated):
    options = {"genome": simulated.genome, "max_fragments": 20_000}
    one, same, other = (
        sma.pp.pseudobulk(simulated.adata, "cell_type", rng=rng, **options) for rng in (1, np.random.default_rng(1), 2)
    )
    assert one.qc["n_fragments_used"].tolist() == [20_000] * 3
    assert (one.qc["n_fragments"] > 100_000).all()
    np.testing.assert_array_equal(one.insertions.positions("B", "chr1"), same.insertions.positions("B", "chr1"))
    assert not np.array_equal(one.insertions.positions("B", "chr1"), other.insertions.positions("B", "chr1"))


def test_replicates_are_thinned_to_one_size_each(simulated):
    adata = simulated.adata.copy()
    labels = adata.obs["cell_type"].cat.codes.to_numpy()
    adata.obs["donor"] = np.where(np.arange(adata.n_obs) % 5 == 0, "small", "large")
    adata.obs.loc[labels == 1, "donor"] = "large"
    bulks = sma.pp.pseudobulk(adata, "cell_type", genome=simulated.genome, replicate_key="donor", chroms="chr5")
    thinned = sma.pp.pseudobulk(bulks, max_fragments="match")
    on_chr5 = dict(zip(bulks.insertions.libraries, bulks.insertions.n_fragments_on(["chr5"]).tolist(), strict=True))
    least = min(sum(map(on_chr5.get, libraries)) for libraries in bulks.libraries.values())
    assert thinned.thinned_to == least
    assert (thinned.qc["n_fragments_used"] == least).all()
    used = dict(zip(thinned.insertions.libraries, thinned.insertions.n_fragments_on(["chr5"]).tolist(), strict=True))
    for group, libraries in thinned.libraries.items():
        small = [library for library in libraries if library.endswith("small")]
        for library in small:
            assert used[library] == min(on_chr5[library], least // 2)
        assert sum(used[library] for library in libraries) == least, group
    again = sma.pp.pseudobulk(thinned, chroms="chr5", signal_chroms="chr5", genome=sma.Genome(
        simulated.fasta, blacklist=simulated.blacklist))  # fmt: skip
    pd.testing.assert_frame_equal(again.qc, thinned.qc)


def test_match_takes_the_smallest_group_that_is_kept(simulated):
    adata = simulated.adata.copy()
    adata.obs["part"] = adata.obs["cell_type"].astype(object)
    few = np.flatnonzero(adata.obs["part"] == "B")
    adata.obs.iloc[few[:5], adata.obs.columns.get_loc("part")] = "five cells"
    adata.obs.iloc[few[5:45], adata.obs.columns.get_loc("part")] = "forty cells"
    with pytest.warns(UserWarning, match="'five cells' is skipped"):
        bulks = sma.pp.pseudobulk(adata, "part", genome=simulated.genome, chroms="chr1", max_fragments="match")
    kept = bulks.qc.drop(index="five cells")
    large = adata[adata.obs["part"] != "five cells"].copy()
    deep = sma.pp.pseudobulk(large, "part", genome=simulated.genome, chroms="chr1")
    smallest = len(deep.insertions.fragments[deep.insertions.index("forty cells"), "chr1"])
    assert (kept["n_fragments_used"] == smallest).all()
    assert bulks.qc.loc["five cells", "n_fragments"] > bulks.qc.loc["five cells", "n_fragments_used"] > 0


def test_groups_are_equally_deep_on_the_chromosomes_of_the_signal(simulated):
    options = {"genome": simulated.genome, "chroms": ["chr1", "chr5"], "signal_chroms": "chr5"}
    full = sma.pp.pseudobulk(simulated.adata, "cell_type", **options)
    direct = sma.pp.pseudobulk(simulated.adata, "cell_type", max_fragments="match", **options)
    later = sma.pp.pseudobulk(full, max_fragments="match")
    pd.testing.assert_frame_equal(direct.qc, later.qc)
    held = {group: len(direct.insertions.fragments[direct.insertions.index(group), "chr5"]) for group in direct.groups}
    assert len(set(held.values())) == 1
    assert direct.qc["n_fragments_used"].to_dict() == held
    assert direct.qc["n_insertions"].max() <= 1.02 * direct.qc["n_insertions"].min()
    for group in direct.groups:
        i = direct.insertions.index(group)
        share = held[group] / len(full.insertions.fragments[i, "chr5"])
        n, whole = len(direct.insertions.fragments[i, "chr1"]), len(full.insertions.fragments[i, "chr1"])
        assert n == pytest.approx(whole * share, rel=0.05), "other chromosomes are thinned to the same share"


@pytest.mark.parametrize("ratio", [1.9, 2.1])
def test_groups_of_different_depth_are_warned_about_once(tmp_path, ratio, recwarn):
    n = {"A": 100, "B": round(100 * ratio)}
    lines = [f"chr1\t{1000 + i}\t{1100 + i}\t{name}{i % 10}\t1" for name in n for i in range(n[name])]
    adata = write_fragments(tmp_path / "f.tsv", lines)
    adata.obs["group"] = [name[0] for name in adata.obs_names]
    genome = sma.Genome.from_sizes({"chr1": 10_000}, blacklist=pd.DataFrame({"chrom": ["chr1"], "start": 0, "end": 9}))
    options = {"genome": genome, "fragments": tmp_path / "f.tsv", "min_fragments": 10}
    sma.pp.pseudobulk(adata, "group", **options)
    sma.pp.pseudobulk(adata, "group", max_fragments="match", **options)
    said = [text for w in recwarn if "times as deep" in (text := str(w.message))]
    assert said == [
        "group 'B' is 2.1 times as deep as 'A' (210 and 100 fragments), and scores, sites and activities rise with "
        'depth: to compare groups, thin them to one depth with max_fragments="match"'
    ] * (ratio > 2)


def test_a_group_that_the_blacklist_empties_is_warned_about(tmp_path, recwarn):
    lines = [f"chr1\t{start + i}\t{start + 50 + i}\t{name}{i % 10}\t1"
             for name, start in (("A", 100), ("B", 5000)) for i in range(100)]  # fmt: skip
    lines += [f"chr1\t{8000 + i}\t{8050 + i}\tA{i % 10}\t1" for i in range(25)]
    adata = write_fragments(tmp_path / "f.tsv", sorted(lines))
    adata.obs["group"] = [name[0] for name in adata.obs_names]
    black = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [1000]})
    genome = sma.Genome.from_sizes({"chr1": 10_000}, blacklist=black)
    bulks = sma.pp.pseudobulk(adata, "group", genome=genome, fragments=tmp_path / "f.tsv", min_fragments=10)
    (said,) = [text for w in recwarn if "blacklist" in (text := str(w.message))]
    assert said.startswith("1 of 2 groups lose most of their insertions to the blacklist ('A' keeps 50 of 250)")
    assert "the blacklist takes 80% of its insertions" in bulks.qc.loc["A", "warnings"]
    assert "blacklist" not in bulks.qc.loc["B", "warnings"]


def test_columns_that_hold_no_groups_are_refused_before_anything_is_read(simulated, monkeypatch):
    from scmaxatac.fragments._fragment_file import FragmentFile

    def chunks(self):
        raise AssertionError("fragments were read")

    monkeypatch.setattr(FragmentFile, "chunks", chunks)
    adata = simulated.adata.copy()
    adata.obs["score"] = np.random.default_rng(0).random(adata.n_obs)
    with pytest.raises(ValueError, match=r"'score' has 594 different values.*0 have at least 10 cells.*continuous"):
        sma.pp.pseudobulk(adata, "score", genome=simulated.genome)
    names = [f"c{i}" for i in range(100_000)]
    many = ad.AnnData(obs=pd.DataFrame({"barcode": ["c0"] * 20 + names[20:]}, index=names))
    with pytest.raises(ValueError, match=r"'barcode' has 99,98\d different values.*1 have at least 10 cells"):
        sma.pp.pseudobulk(many, "barcode", genome=simulated.genome, fragments=simulated.fragments)


def test_many_skipped_groups_are_one_warning(simulated, recwarn):
    adata = simulated.adata.copy()
    adata.obs["part"] = [f"p{i % 40}" for i in range(adata.n_obs)]
    adata.obs.loc[adata.obs_names[:100], "part"] = "large"
    bulks = sma.pp.pseudobulk(adata, "part", genome=simulated.genome, chroms="chr5", min_cells=50)
    (said,) = [text for w in recwarn if "skipped" in (text := str(w.message))]
    assert said.startswith("40 of 41 groups are skipped ('p0': ")
    assert bulks.groups == ["large"]
    assert bulks.qc["warnings"].str.startswith("skipped").sum() == 40


def test_paths_that_are_none_are_errors_that_say_what_to_give(simulated):
    for given in ([simulated.fragments] * 2, {"s": None}, 5):
        with pytest.raises(
            ValueError, match=r"fragments is or holds (a \w+|2 files); give the path of one file, or {sample: path}"
        ):
            sma.pp.pseudobulk(simulated.adata, "cell_type", genome=simulated.genome, fragments=given)
    adata = simulated.adata.copy()
    adata.uns["files"] = {"fragments": [str(simulated.fragments)] * 2}
    with pytest.raises(ValueError, match=r"uns\['files'\]\['fragments'\] is or holds 2 files"):
        sma.pp.pseudobulk(adata, "cell_type", genome=simulated.genome)
    with pytest.raises(KeyError, match=r"'5' is not in .*did you mean 'chr5'"):
        sma.pp.pseudobulk(simulated.adata, "cell_type", genome=simulated.genome, chroms=[5])


def test_the_table_survives_h5ad(simulated, tmp_path):
    adata = simulated.adata.copy()
    adata.uns["qc"] = sma.pp.pseudobulk(adata, "cell_type", genome=simulated.genome).qc
    adata.write_h5ad(tmp_path / "a.h5ad")
    pd.testing.assert_frame_equal(ad.read_h5ad(tmp_path / "a.h5ad").uns["qc"], adata.uns["qc"], check_dtype=False)


# Errors: each names the thing, what was found, and what would do.


def write_fragments(path, lines: list[str]) -> ad.AnnData:
    """A fragment file, and an object whose cells are its barcodes."""
    path.write_text("".join(line + "\n" for line in lines))
    barcodes = sorted({line.split("\t")[3] for line in lines})
    return ad.AnnData(obs=pd.DataFrame({"group": "A"}, index=barcodes))


def test_no_fragments_anywhere_is_an_error_that_names_every_place(hg38):
    adata = ad.AnnData(obs=pd.DataFrame({"group": ["A"]}, index=["AAACGAAAGAAACGCC-1"]))
    with pytest.raises(ValueError, match=r"fragments=.*fragment_paired.*uns\['files'\]\['fragments'\]"):
        sma.pp.pseudobulk(adata, "group", genome=hg38)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.tsv"):
        sma.pp.pseudobulk(adata, "group", genome=hg38, fragments="nowhere.tsv")


def test_a_column_that_does_not_exist_is_an_error_with_similar_names(pbmc, hg38):
    with pytest.raises(KeyError, match=r"no column 'cell_type'.*'celltype'"):
        sma.pp.pseudobulk(pbmc, "cell_type", genome=hg38)
    with pytest.raises(KeyError, match="no column 'donors'"):
        sma.pp.pseudobulk(pbmc, "celltype", genome=hg38, replicate_key="donors")


def test_barcodes_that_do_not_match_are_an_error_with_examples_of_both_sides(pbmc_path, hg38):
    names = [f"cell{i}" for i in range(50)]
    adata = ad.AnnData(obs=pd.DataFrame({"group": "A"}, index=names))
    with pytest.raises(
        ValueError, match=r"only 0 of the object's 50 cells.*'cell0' and 'cell1'.*'[ACGT]{16}-1' and '[ACGT]{16}-1'"
    ):
        sma.pp.pseudobulk(adata, "group", genome=hg38, fragments=pbmc_path)


def test_contigs_of_another_style_are_an_error_that_shows_both(tmp_path, hg38):
    adata = write_fragments(tmp_path / "f.tsv", [f"1\t{i}\t{i + 50}\tAAACGAAAGAAACGCC-1\t1" for i in range(100, 200)])
    with pytest.raises(ValueError, match=r"contigs \(1\) do not match.*chr1"):
        sma.pp.pseudobulk(adata, "group", genome=hg38, fragments=tmp_path / "f.tsv")


def test_a_fragment_past_the_end_of_its_chromosome_is_an_error_that_shows_it(tmp_path, hg38):
    adata = write_fragments(tmp_path / "f.tsv", ["chr22\t50818400\t50818469\tAAACGAAAGAAACGCC-1\t1"])
    with pytest.raises(ValueError, match=r"chr22:50818400-50818469 reaches past the end of chr22.*50818468"):
        sma.pp.pseudobulk(adata, "group", genome=hg38, fragments=tmp_path / "f.tsv")


def test_a_truncated_gzip_is_an_error_that_says_so(tmp_path, simulated):
    path = tmp_path / "f.tsv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(simulated.fragments.read_bytes()))[:-50_000])
    with pytest.raises(ValueError, match=r"f\.tsv\.gz is truncated"):
        sma.pp.pseudobulk(simulated.adata, "cell_type", genome=simulated.genome, fragments=path)


def test_an_unknown_chromosome_is_an_error_before_anything_is_read(pbmc, hg38):
    with pytest.raises(KeyError, match=r"'22' is not in .*did you mean 'chr22'"):
        sma.pp.pseudobulk(pbmc, "celltype", genome=hg38, chroms=["22"])


def test_thinning_below_the_limit_is_an_error(pbmc, hg38):
    with pytest.raises(ValueError, match=r"max_fragments is 500, below min_fragments \(10000\)"):
        sma.pp.pseudobulk(pbmc, "celltype", genome=hg38, max_fragments=500)


def test_a_sample_without_a_file_is_an_error_that_names_it(simulated):
    objects = {"s1": simulated.adata, "s2": simulated.adata}
    with pytest.raises(KeyError, match="no path for sample 's2'; it has 's1'"):
        sma.pp.pseudobulk(objects, "cell_type", genome=simulated.genome, fragments={"s1": simulated.fragments})


def test_a_missing_blacklist_is_warned_about(simulated):
    genome = sma.Genome.from_sizes(simulated.genome.sizes)
    with pytest.warns(UserWarning, match="has no blacklist") as caught:
        sma.pp.pseudobulk(simulated.adata, "cell_type", genome=genome, chroms="chr1")
    assert caught[0].filename == __file__
