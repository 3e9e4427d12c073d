"""Records and genotypes of VCF files, and what is told about damaged ones."""

import gzip
import warnings

import numpy as np
import pytest

from scmaxatac.io._bgzf import write_bgzf
from scmaxatac.io._vcf import ABSENT, MISSING, read_vcf

HEAD = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n"
NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


def write(path, *rows, samples=(), head=HEAD):
    names = NAMES + "".join(f"\t{name}" for name in (("FORMAT", *samples) if samples else ()))
    text = head + names + "\n" + "".join("\t".join(row.split(" ")) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz"])
def test_records_come_in_order_with_positions_from_0(tmp_path, name):
    path = write(
        tmp_path / name,
        "chr1 10 rs1 A C . PASS .",
        "chr1 5 . ac G,<DEL>,* . q10 AF=0.5",
        "chr2 7 . G . . . .",
    )
    found = read_vcf(path)
    assert found.chrom.tolist() == ["chr1", "chr1", "chr2"]
    assert found.start.tolist() == [9, 4, 6]
    assert found.name.tolist() == ["rs1", ".", "."]
    assert found.ref.tolist() == ["A", "AC", "G"]
    assert found.alts == (("C",), ("G", "<DEL>", "*"), ())
    assert found.passes.tolist() == [True, False, True]
    assert found.line.tolist() == [4, 5, 6]
    assert found.alleles.shape == (3, 0, 2)


def test_genotypes_of_chosen_samples(tmp_path):
    path = write(
        tmp_path / "a.vcf",
        "chr1 1 . A C,G . . . GT:DP 0|1:3 2/1:4 1/1:2 .",
        "chr1 2 . A C . . . DP:GT 3:1 4:./. 2:.|1 9:0/1",
        samples=("s1", "s2", "s3", "s4"),
    )
    found = read_vcf(path, samples=None)
    assert found.samples == ("s1", "s2", "s3", "s4")
    assert found.alleles.tolist() == [
        [[0, 1], [2, 1], [1, 1], [MISSING, ABSENT]],
        [[1, ABSENT], [MISSING, MISSING], [MISSING, 1], [0, 1]],
    ]
    assert found.phased.tolist() == [[True, False, True, True], [True, True, True, False]]
    some = read_vcf(path, samples=["s3", "s1"])
    np.testing.assert_array_equal(some.alleles, found.alleles[:, [2, 0]])


def test_frequencies_are_those_of_the_alleles(tmp_path):
    rows = (
        "chr1 1 . A C,G . . DP=3;AF=0.25,.",
        "chr1 2 . A C . . .",
        "chr1 3 . A C . . MAF=0.5;AF=1e-3",
        "chr1 4 . A . . . .",
    )
    path = write(tmp_path / "a.vcf", *rows)
    assert str(read_vcf(path, frequency="AF").frequencies) == "((0.25, nan), (nan,), (0.001,), ())"
    assert read_vcf(path).frequencies == ((), (), (), ())
    for value in ("0.1", "0.1,2", "0.1,x", "-1,0"):
        bad = write(tmp_path / "b.vcf", f"chr1 1 . A C,G . . AF={value}")
        with pytest.raises(
            ValueError, match=f"b.vcf, line 4: AF is '{value}'; expected a number from 0 to 1 for each of"
        ):
            read_vcf(bad, frequency="AF")


@pytest.mark.parametrize("cut", [28, 60])
def test_a_bgzip_file_that_was_cut_is_told(tmp_path, cut):
    """Between two blocks nothing but the missing end marker shows it, within one the data end too early."""
    text = HEAD + NAMES + "\n" + "".join(f"chr1\t{i + 1}\t.\tA\tC\t.\t.\t.\n" for i in range(9))
    path = tmp_path / "a.vcf.gz"
    write_bgzf(path, text.encode())
    path.write_bytes(path.read_bytes()[:-cut])
    if cut == 28:
        with pytest.warns(UserWarning, match="lacks bgzip's end marker: it may be truncated"):
            assert len(read_vcf(path)) == 9
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decompressors notice the damage before or after the missing marker
            with pytest.raises(ValueError, match=r"a\.vcf\.gz is (truncated|damaged)"):
                read_vcf(path)


def test_records_elsewhere_are_passed_over(tmp_path):
    path = write(tmp_path / "a.vcf", "chr1 10 . ACG A . . .", "chr1 20 . A C . . .", "chr2 20 . A C . . .")
    seen = []

    def wanted(chrom, start, end):
        seen.append((chrom, start, end))
        return chrom == "chr1" and start > 15

    assert read_vcf(path, wanted=wanted).line.tolist() == [5]
    assert seen == [("chr1", 9, 12), ("chr1", 19, 20), ("chr2", 19, 20)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1 10 . A", "line 4: has 4 columns, not 10"),
        ("chr1 10 . A C . . . GT", "line 4: has 9 columns, not 10"),
        ("chr1 ten . A C . . . GT 0|1", "line 4: has a POS that is no number"),
        ("chr1 0 . A C . . . GT 0|1", "line 4: has a POS of 0"),
        ("chr1 1 . <DEL> C . . . GT 0|1", "line 4: has a REF that is not made of bases, '<DEL>'"),
        ("chr1 1 . A C . . . DP 3", "line 4: has no GT in its FORMAT"),
        ("chr1 1 . A C . . . GT 0|2", "line 4: genotype '0|2' names an allele that ALT does not have"),
        ("chr1 1 . A C . . . GT 0|0|1", "line 4: '0|0|1' has more than two alleles"),
        ("chr1 1 . A C . . . GT x", "line 4: 'x' is no genotype"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, row, message):
    path = write(tmp_path / "bad.vcf", row, samples=("s1",))
    with pytest.raises(ValueError, match="bad.vcf, " + message.replace("|", r"\|")):
        read_vcf(path, samples=["s1"])


def test_what_is_no_vcf_is_told(tmp_path):
    path = tmp_path / "a.vcf"
    for content, message in [
        (b"BCF\x02\x02", "is a BCF file; write it as VCF with: bcftools view"),
        (b"chr1\t1\t2\n", r"is not a VCF file: it starts with 'chr1\\t1\\t2'"),
        (b"", "has no line of column names"),
        (HEAD.encode(), "has no line of column names"),
        (HEAD.encode() + b"#CHROM\tPOS\n", "line 3: expected the column names #CHROM POS ID"),
        (HEAD.encode() + NAMES.encode() + b"\tFORMAT\ta\ta\n", "names a sample more than once: a"),
        (HEAD.encode() + NAMES.encode() + b"\nchr1\t1\t\xe9\tA\tC\t.\t.\t.\n", "line 4: is not UTF-8 text"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_vcf(path)
    with pytest.raises(FileNotFoundError, match="VCF file not found"):
        read_vcf(tmp_path / "none.vcf")
    whole = write(tmp_path / "b.vcf.gz", *[f"chr1 {i + 1} . A C . . ." for i in range(999)])
    whole.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"b\.vcf\.gz is truncated"):
        read_vcf(whole)


def test_a_sample_that_is_not_there_is_told(tmp_path):
    path = write(tmp_path / "a.vcf", "chr1 1 . A C . . . GT 0|1", samples=("NA12878",))
    with pytest.raises(
        KeyError, match=r"sample 'NA12879' is not in .*a\.vcf, which has NA12878; did you mean 'NA12878'"
    ):
        read_vcf(path, samples=["NA12879"])
    with pytest.raises(ValueError, match="has no samples, so there are no genotypes of 's'"):
        read_vcf(write(tmp_path / "b.vcf", "chr1 1 . A C . . ."), samples=["s"])


def test_real_phased_genotypes(data_dir):
    found = read_vcf(data_dir / "haplotypes" / "NA12878_chr21_37Mb.phased.vcf.gz", samples=None)
    assert len(found) == 2142
    heterozygous = (np.sort(found.alleles[:, 0], axis=1) == [0, 1]).all(axis=1)
    assert (heterozygous & found.phased[:, 0]).sum() == 1321
