"""``scmaxatac variants`` prints what the functions give."""

import gzip
import io

import pandas as pd
import pytest
from _mini import GROUPS

import scmaxatac as sma
from scmaxatac.cli import main

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def files(mini, fragment_file, predict, tmp_path):
    fasta, blacklist, vcf, h5ad = (tmp_path / name for name in ("g.fa", "b.bed", "v.vcf", "a.h5ad"))
    fasta.write_text("".join(f">{c}\n{''.join('ACGTN'[b] for b in codes)}\n" for c, codes in mini.codes.items()))
    frame = pd.DataFrame({"chrom": ["chr1"], "start": [6_000], "end": [6_050]})
    frame.to_csv(blacklist, sep="\t", header=False, index=False)
    adata = mini.adata(fragment_file)
    predict(adata, genome=sma.Genome(fasta, blacklist=blacklist), regions="genome")
    adata.write_h5ad(h5ad)
    ref = "ACGT"[mini.codes["chr1"][1_700]]
    alt = "A" if ref != "A" else "C"
    vcf.write_text(f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
                   f"chr1\t1701\trs1\t{ref}\t{alt},{ref}AA\t.\t.\t.\n")  # fmt: skip
    return [str(path) for path in (h5ad, vcf)], ["--genome", str(fasta), "--blacklist", str(blacklist)], adata


def test_the_table_is_that_of_the_functions(files, capsys):
    (h5ad, vcf), genome, adata = files
    assert main(["variants", h5ad, vcf, *genome, "--tfs", "AAA", "--quiet"]) == 0
    printed = pd.read_csv(io.StringIO(capsys.readouterr().out), sep="\t")
    assert len(printed) == 2 * len(GROUPS)
    sma.tl.score_variants(adata, vcf, genome=sma.Genome(genome[1], blacklist=genome[3]), tfs="AAA")
    expected = sma.get.variants(adata)
    assert printed["status"].tolist() == expected["status"].tolist()
    for name in ("reference", "alternative", "effect"):
        assert printed[name].to_numpy() == pytest.approx(expected[name].to_numpy(), rel=1e-5, abs=1e-6)


def test_a_vcf_file_is_that_of_the_functions(files, capsys, tmp_path):
    (h5ad, vcf), genome, adata = files
    common = tmp_path / "common.vcf"
    lines = []
    codes = sma.Genome(genome[1]).codes("chr1")
    for at in range(1_500, 3_500, 10):
        ref, alt = ("ACGT"[(codes[at] + k) % 4] for k in (0, 1))
        lines.append(f"chr1\t{at + 1}\t.\t{ref}\t{alt}\t.\t.\tMAF=0.3\n")
    common.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(lines))
    options = ["--tfs", "AAA", "--null", str(common), "--frequency", "MAF", "--quiet", "--out"]
    assert main(["variants", h5ad, vcf, *genome, *options, str(tmp_path / "a.vcf.gz")]) == 0
    assert capsys.readouterr().out == ""
    options = {"genome": sma.Genome(genome[1], blacklist=genome[3]), "tfs": "AAA"}
    sma.tl.score_variants(adata, vcf, **options, null=common, frequency="MAF")
    expected = sma.tl.write_variants(adata, tmp_path / "b.vcf.gz").read_bytes()
    assert (tmp_path / "a.vcf.gz").read_bytes() == expected
    assert b"SMA_Q_AAA_CD4_T=" in gzip.decompress(expected)


def test_bad_input_is_one_line(files, capsys):
    (h5ad, vcf), genome, _ = files
    assert main(["variants", h5ad, vcf, *genome[:2]]) == 1
    assert "no blacklist, and was predicted with one" in capsys.readouterr().err
    assert main(["variants", h5ad, vcf, *genome[:2]]) == 1
    assert "--blacklist" in capsys.readouterr().err
    assert main(["variants", h5ad, vcf + "x", *genome]) == 1
    assert "v.vcfx" in capsys.readouterr().err
    assert main(["variants", h5ad, vcf, *genome, "--out", "a.csv"]) == 1
    assert "a.csv ends neither as a VCF file nor as a table" in capsys.readouterr().err
    assert main(["variants", h5ad, vcf, *genome, "--null", "none.vcf"]) == 1
    assert "VCF file of common variants not found: none.vcf" in capsys.readouterr().err


def test_the_table_goes_to_a_file_that_is_nobody_elses(files, capsys, tmp_path):
    (h5ad, vcf), genome, _ = files
    out = tmp_path / "new" / "variants.tsv"
    assert main(["variants", h5ad, vcf, *genome, "--tfs", "AAA", "--quiet"]) == 0
    printed = capsys.readouterr().out
    for _ in range(2):
        assert main(["variants", h5ad, vcf, *genome, "--tfs", "AAA", "--quiet", "--out", str(out)]) == 0
        assert capsys.readouterr().out == ""
        assert out.read_text() == printed
    out.write_text("mine")
    assert main(["variants", h5ad, vcf, *genome, "--tfs", "AAA", "--quiet", "--out", str(out)]) == 1
    assert "is in the way" in capsys.readouterr().err
    assert out.read_text() == "mine"
