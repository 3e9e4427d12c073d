"""Scores of variants against predictions of genomes that have them."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _mini import BLACKLIST, GROUPS, REGIONS

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.containers._mudata import columns_not_pulled

pytestmark = pytest.mark.usefixtures("analytic")

PLACES = [("chr1", 1_700), ("chr1", 3_310), ("chr1", 9_800), ("chr1", 13_300), ("chr2", 1_000), ("chrX", 3_300)]


@pytest.fixture
def every_bin(monkeypatch):
    monkeypatch.setattr(settings, "min_stored_score", 0.0)


@pytest.fixture
def adata(mini, fragment_file, predict, every_bin):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome")
    return adata


def snvs(mini, places=PLACES):
    rows = [(chrom, at + 1, mini.codes[chrom][at]) for chrom, at in places]
    return pd.DataFrame(
        [(chrom, pos, "ACGT"[code], "ACGT"[(code + 1) % 4]) for chrom, pos, code in rows],
        columns=["chrom", "pos", "ref", "alt"],
    )


def largest_stored(adata, chrom, at, tf, group):
    """Largest score that the prediction stored of a bin within 250 bp of a base."""
    bins = sma.get.track(adata, tf, group)
    near = (bins["chrom"] == chrom) & (bins["end"] > at - 250) & (bins["start"] < at + 1 + 250)
    return bins.loc[near, "score"].max()


@pytest.mark.parametrize("regions", ["genome", REGIONS])
@pytest.mark.parametrize("strand", ["forward", "mean"])
def test_reference_scores_are_those_of_the_prediction(mini, fragment_file, predict, every_bin, regions, strand):
    adata = mini.adata(fragment_file)
    predict(adata, regions=regions, strand=strand, include_flanks=True)
    places = PLACES if isinstance(regions, str) else [("chr1", 1_700), ("chr1", 3_310), ("chrX", 3_300)]
    sma.tl.score_variants(adata, snvs(mini, places), genome=mini.genome)
    table = sma.get.variants(adata)
    assert len(table) == len(places) * len(GROUPS) * 2
    for row in table.itertuples():
        expected = largest_stored(adata, row.chrom, row.pos - 1, row.tf, row.group)
        assert row.reference == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("place", PLACES)
def test_alternative_scores_are_those_of_a_genome_that_has_the_base(
    mini, fragment_file, predict, adata, tmp_path, place
):
    chrom, at = place
    sma.tl.score_variants(adata, snvs(mini), genome=mini.genome)
    table = sma.get.variants(adata)
    codes = {name: one.copy() for name, one in mini.codes.items()}
    codes[chrom][at] = (codes[chrom][at] + 1) % 4
    changed = mini.adata(fragment_file)
    genome = sma.Genome.from_codes(codes, blacklist=BLACKLIST)
    predict(changed, regions="genome", genome=genome, out_dir=tmp_path / "changed")
    for row in table[(table["chrom"] == chrom) & (table["pos"] == at + 1)].itertuples():
        expected = largest_stored(changed, chrom, at, row.tf, row.group)
        assert row.alternative == pytest.approx(expected, abs=1e-6)
        assert row.active == max(row.reference, row.alternative)


def test_a_file_scores_as_a_table_and_factors_and_groups_can_be_chosen(mini, adata, tmp_path):
    table = snvs(mini)
    path = tmp_path / "a.vcf"
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines += [f"{v.chrom}\t{v.pos}\trs{i}\t{v.ref}\t{v.alt}\t.\t.\t." for i, v in enumerate(table.itertuples())]
    path.write_text("\n".join(lines) + "\n")
    sma.tl.score_variants(adata, table, genome=mini.genome)
    expected = sma.get.variants(adata, tfs="BBB", groups=["Mono", "B"])
    copied = sma.tl.score_variants(adata, path, genome=mini.genome, tfs="BBB", groups=["Mono", "B"], copy=True)
    found = sma.get.variants(copied)
    assert found["id"].tolist() == [f"rs{i}" for i in range(len(table)) for _ in range(2)]
    pd.testing.assert_frame_equal(found.drop(columns="id"), expected.drop(columns="id"))
    with pytest.raises(KeyError, match="variants were scored for 'BBB'"):
        sma.get.variants(copied, tfs="AAA")


def test_status_follows_the_threshold_of_the_sites(mini, adata):
    sma.tl.score_variants(adata, snvs(mini), genome=mini.genome)
    for threshold in (0.1, 0.3, 0.5):
        sma.tl.call_sites(adata, threshold)
        table = sma.get.variants(adata)
        before, after = table["reference"] >= np.float32(threshold), table["alternative"] >= np.float32(threshold)
        expected = [["none", "gained"], ["lost", "kept"]]
        assert table["status"].tolist() == [expected[b][a] for b, a in zip(before, after, strict=True)]
    strong = sma.get.variants(adata, min_effect=0.05)
    pd.testing.assert_frame_equal(strong, table[table["effect"].abs() >= 0.05].reset_index(drop=True))
    assert 0 < len(strong) < len(table)


def test_what_is_left_out_is_counted_in_one_warning(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, chroms=["chr1"], regions="genome")
    good = snvs(mini, [("chr1", 3_310)])
    wrong = snvs(mini, [("chr1", 3_400)])
    wrong["ref"], wrong["alt"] = wrong["alt"], wrong["ref"]
    n_base = pd.DataFrame({"chrom": ["chr1"], "pos": [9_301], "ref": ["N"], "alt": ["A"]})
    table = pd.concat([good, wrong, snvs(mini, [("chr2", 1_000), ("chr1", 6_010)]), n_base], ignore_index=True)
    with pytest.warns(UserWarning, match="4 of 5 alleles are left out") as caught:
        sma.tl.score_variants(adata, table, genome=mini.genome)
    assert len(caught) == 1
    for part in ("not predicted", "in no window", "REF is not the genome's", "not known"):
        assert f"1 {part}" in str(caught[0].message) or part in str(caught[0].message)
    assert set(sma.get.variants(adata)["pos"]) == {3_311}


def test_variants_outside_the_regions_are_scored_on_request(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, regions=REGIONS)
    table = snvs(mini, [("chr1", 3_310), ("chr1", 11_500)])
    with pytest.warns(UserWarning, match="1 in no window"):
        sma.tl.score_variants(adata, table, genome=mini.genome)
    sma.tl.score_variants(adata, table, genome=mini.genome, outside_regions=True)
    assert len(sma.get.variants(adata, groups="B", tfs="AAA")) == 2


def test_a_genome_with_a_blacklist_that_the_prediction_had_not_is_told(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome", genome=sma.Genome.from_codes(mini.codes))
    with pytest.raises(ValueError, match="but a blacklist, and was predicted without one"):
        sma.tl.score_variants(adata, snvs(mini), genome=mini.genome)


def test_repeated_alleles_are_counted(mini, adata):
    table = pd.concat([snvs(mini), snvs(mini, PLACES[:2])], ignore_index=True)
    chrom, pos, ref, alt = table.iloc[0]
    with pytest.warns(UserWarning, match=rf"2 of {len(table)} alleles are there already.* {chrom}:{pos} {ref}>{alt};"):
        sma.tl.score_variants(adata, table, genome=mini.genome, tfs="AAA", groups="B")
    scores = sma.get.variants(adata)
    pd.testing.assert_frame_equal(scores[:2], scores[-2:].reset_index(drop=True))


def test_bad_input_is_one_clear_error(mini, adata, monkeypatch, tmp_path):
    with pytest.raises(KeyError, match="no variants under"):
        sma.get.variants(adata)
    table = snvs(mini)
    with pytest.raises(ValueError, match="genome is missing"):
        sma.tl.score_variants(adata, table)
    other = sma.Genome.from_codes(mini.codes)
    with pytest.raises(ValueError, match=r"has the sequence that was predicted but no blacklist, and .* with one"):
        sma.tl.score_variants(adata, table, genome=other)
    moved = sma.Genome.from_codes(mini.codes, blacklist=BLACKLIST.assign(start=BLACKLIST["start"] + 1))
    with pytest.raises(ValueError, match=r"but another blacklist, and .* with one"):
        sma.tl.score_variants(adata, table, genome=moved)
    changed = {chrom: np.roll(codes, 1) for chrom, codes in mini.codes.items()}
    with pytest.raises(ValueError, match="another sequence than the one that was predicted"):
        sma.tl.score_variants(adata, table, genome=sma.Genome.from_codes(changed, blacklist=BLACKLIST))
    with pytest.raises(KeyError, match="CCC"):
        sma.tl.score_variants(adata, table, genome=mini.genome, tfs="CCC")
    with pytest.raises(FileNotFoundError, match=r"none\.vcf"):
        sma.tl.score_variants(adata, "none.vcf", genome=mini.genome)
    with pytest.raises(ValueError, match="strand is 'both'"):
        sma.tl.score_variants(adata, table, genome=mini.genome, strand="both")
    with pytest.raises(ValueError, match="there are no variants: the table is empty"):
        sma.tl.score_variants(adata, table.iloc[:0], genome=mini.genome)
    empty = tmp_path / "empty.vcf"
    empty.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    with pytest.raises(ValueError, match=r"there are no variants: the file .*empty\.vcf is empty"):
        sma.tl.score_variants(adata, empty, genome=mini.genome)
    with pytest.raises(ValueError, match=r"variants is \[.*; it has to be the path of one file, or a table"):
        sma.tl.score_variants(adata, ["rs123"], genome=mini.genome)
    monkeypatch.setattr(settings, "max_scores_mb", 1e-6)
    with pytest.raises(ValueError, match=r"more than settings\.max_scores_mb"):
        sma.tl.score_variants(adata, table, genome=mini.genome)
    assert "variants" not in adata.uns["tfbs"]


@pytest.mark.parametrize("container", ["h5ad", "zarr"])
def test_variants_survive_a_file(mini, adata, tmp_path, container):
    with pytest.warns(UserWarning, match="fewer than 39 common alleles"):
        sma.tl.score_variants(adata, snvs(mini), genome=mini.genome, null=snvs(mini))
    expected = sma.get.variants(adata)
    assert {"p", "q", "n_null"} <= set(expected)
    getattr(adata, f"write_{container}")(tmp_path / f"a.{container}")
    back = getattr(ad, f"read_{container}")(tmp_path / f"a.{container}")
    pd.testing.assert_frame_equal(sma.get.variants(back), expected)


def test_variants_in_snapatac2_on_disk_and_in_mudata(mini, fragment_file, predict, adata, tmp_path):
    mudata, snap = pytest.importorskip("mudata"), pytest.importorskip("snapatac2")
    sma.tl.score_variants(adata, snvs(mini), genome=mini.genome)
    expected = sma.get.variants(adata)
    with columns_not_pulled():
        mdata = mudata.MuData({"atac": adata})
        mdata.write_h5mu(tmp_path / "a.h5mu")
        pd.testing.assert_frame_equal(sma.get.variants(mudata.read_h5mu(tmp_path / "a.h5mu")), expected)
    mini.snapatac2().write_h5ad(tmp_path / "a.h5ad")
    backed = snap.read(tmp_path / "a.h5ad")
    try:
        predict(backed, regions="genome", out_dir=tmp_path / "snap")
        sma.tl.score_variants(backed, snvs(mini), genome=mini.genome)
        found = sma.get.variants(backed)
    finally:
        backed.close()
    numbers = ["pos", "reference", "alternative", "effect", "n_windows"]
    pd.testing.assert_frame_equal(found[numbers], expected[numbers], atol=1e-6)
    assert found["status"].tolist() == expected["status"].tolist()
