"""Haplotypes against predictions of their written-out sequence."""

import json

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _mini import BLACKLIST, GROUPS

import scmaxatac as sma
from scmaxatac import settings

pytestmark = pytest.mark.usefixtures("analytic")

CHROM, REGION = "chr1", "chr1:1,500-3,600"
SITES = {1_600: "0|1\t1|1", 1_700: "1|0\t0|0", 2_300: "0|1\t1|0", 2_310: "0|1\t0|1", 3_300: "1|1\t0|1"}
LETTERS = "ACGT"


@pytest.fixture
def adata(mini, fragment_file, predict, monkeypatch):
    monkeypatch.setattr(settings, "min_stored_score", 0.0)
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome")
    return adata


def write_vcf(path, mini, sites=SITES, samples=("ann", "bob"), contig=CHROM):
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    if samples:
        lines[1] += "\tFORMAT\t" + "\t".join(samples)
    for at, genotypes in sites.items():
        code = mini.codes[CHROM][at]
        line = f"{contig}\t{at + 1}\t.\t{LETTERS[code]}\t{LETTERS[(code + 1) % 4]}\t.\tPASS\t."
        lines.append(line + (f"\tGT\t{genotypes}" if samples else ""))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(("sample", "haplotype"), [("ann", 1), ("ann", 2), ("bob", 1), ("bob", 2)])
def test_without_indels_a_haplotype_is_predicted_as_its_sequence(
    mini, fragment_file, predict, adata, tmp_path, sample, haplotype
):
    vcf = write_vcf(tmp_path / "a.vcf", mini)
    found = sma.tl.predict_haplotypes(adata, vcf, regions=REGION, genome=mini.genome)
    assert found.shape == (4 * len(GROUPS), (3_616 - 1_472) // 32)
    codes = {chrom: one.copy() for chrom, one in mini.codes.items()}
    for at, genotypes in SITES.items():
        if genotypes.split("\t")[("ann", "bob").index(sample)].split("|")[haplotype - 1] == "1":
            codes[CHROM][at] = (codes[CHROM][at] + 1) % 4
    written = mini.adata(fragment_file)
    genome = sma.Genome.from_codes(codes, blacklist=BLACKLIST)
    predict(written, regions="genome", genome=genome, out_dir=tmp_path / "written")
    for tf in ("AAA", "BBB"):
        for group in GROUPS:
            bins = sma.get.track(written, tf, group, region=REGION)
            row = found[(found.obs["sample"] == sample) & (found.obs["haplotype"] == haplotype)]
            row = row[row.obs["group"] == group]
            assert row.var["start"].tolist() == bins["start"].tolist()
            np.testing.assert_allclose(np.asarray(row.layers[tf])[0], bins["score"], atol=1e-6)


def test_joint_alleles_are_not_the_mean_of_single_ones(mini, adata, tmp_path):
    def logits(sites):
        vcf = write_vcf(tmp_path / "a.vcf", mini, sites, samples=("ann",))
        found = sma.tl.predict_haplotypes(adata, vcf, regions="chr1:2,240-2,400", genome=mini.genome, groups="B")
        return np.log(found.layers["AAA"] / (1 - found.layers["AAA"]))[0]

    without = logits({2_300: "0|0"})
    joint, one, other = (logits(dict.fromkeys(at, "1|1")) for at in ([2_300, 2_304], [2_300], [2_304]))
    assert np.abs(joint - without).max() > 0.01
    assert np.abs((joint - without) - ((one - without) + (other - without)) / 2).max() > 0.01


def test_each_sample_is_scored_with_the_signal_of_its_own_group(mini, adata, tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf", mini)
    every = sma.tl.predict_haplotypes(adata, vcf, regions=REGION, genome=mini.genome, tfs="BBB")
    own = sma.tl.predict_haplotypes(
        adata, vcf, regions=REGION, genome=mini.genome, tfs="BBB", groups={"bob": "Mono", "ann": "CD4/T"}
    )
    assert own.obs_names.tolist() == ["bob|1|Mono", "bob|2|Mono", "ann|1|CD4/T", "ann|2|CD4/T"]
    np.testing.assert_allclose(own.layers["BBB"], every[own.obs_names].layers["BBB"], atol=1e-6)
    params = json.loads(own.uns["haplotypes"])
    assert 0 < params["n_distinct"] < params["n_windows"]


def test_alleles_of_the_bins_and_their_carriers_come_along(mini, adata, tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf", mini)
    groups = {"bob": "Mono", "ann": "B"}
    found = sma.tl.predict_haplotypes(adata, vcf, regions="chr1:1,650-3,200", genome=mini.genome, groups=groups)
    table = found.uns["alleles"]
    inside = [at for at in SITES if at in (1_700, 2_300, 2_310)]
    assert table["start"].tolist() == inside
    assert (table["end"] == table["start"] + 1).all()
    assert "".join(table["ref"]) == "".join(LETTERS[mini.codes[CHROM][at]] for at in inside)
    genotypes = {at: SITES[at].replace("|", "").replace("\t", "") for at in inside}  # ann 1, ann 2, bob 1, bob 2
    for row, place in (("bob|1|Mono", 2), ("bob|2|Mono", 3), ("ann|1|B", 0), ("ann|2|B", 1)):
        expected = [genotypes[at][place] == "1" for at in inside]
        assert found.obsm["alleles"][found.obs_names.get_loc(row)].tolist() == expected
    found.write_h5ad(tmp_path / "a.h5ad")
    back = ad.read_h5ad(tmp_path / "a.h5ad")
    pd.testing.assert_frame_equal(back.uns["alleles"], table, check_dtype=False)
    np.testing.assert_array_equal(back.obsm["alleles"], found.obsm["alleles"])
    table = sma.tl.compare_haplotypes(back, target="ann", reference="bob")
    assert table["rank"].tolist() == [1, 2]


def test_bad_input_is_one_clear_error(mini, adata, tmp_path):
    def call(vcf, **options):
        return sma.tl.predict_haplotypes(adata, vcf, **{"regions": REGION, "genome": mini.genome} | options)

    good = write_vcf(tmp_path / "a.vcf", mini)
    with pytest.raises(ValueError, match="has no samples"):
        call(write_vcf(tmp_path / "b.vcf", mini, samples=()))
    with pytest.raises(KeyError, match="sample 'eve' is not in"):
        call(good, samples="eve")
    with pytest.raises(KeyError, match="no group for sample 'bob'"):
        call(good, samples=["ann", "bob"], groups={"ann": "B"})
    with pytest.raises(ValueError, match="do not match those of"):
        call(write_vcf(tmp_path / "c.vcf", mini, contig="1"))
    loose = write_vcf(tmp_path / "d.vcf", mini, {1_700: "0/1\t0|0"})
    with pytest.raises(ValueError, match=r"1 heterozygous genotypes .* are not phased"):
        call(loose)
    with pytest.raises(ValueError, match="unphased is 'ref'"):
        call(loose, unphased="ref")
    assert call(loose, unphased="alternative").n_obs == 12
    with pytest.raises(ValueError, match="regions='genome' is too much"):
        call(good, regions="genome")
    with pytest.raises(ValueError, match="region 'chr1:200-100' is empty: its end, 100, is not after its start"):
        call(good, regions="chr1:200-100")
    with pytest.raises(ValueError, match=r"vcf is \[.*; it has to be the path of one file"):
        call([good])
    with pytest.raises(ValueError, match="but no blacklist"):
        call(good, genome=sma.Genome.from_codes(mini.codes))
    with pytest.warns(UserWarning, match="no variant of .* lies in the regions"):
        found = call(good, regions=pd.DataFrame({"chrom": ["chrX"], "start": [3_000], "end": [3_200]}))
    assert np.ptp(found[found.obs["group"] == "B"].layers["AAA"], axis=0).max() == 0
