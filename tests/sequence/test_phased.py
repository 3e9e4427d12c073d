"""Which haplotype carries which allele."""

import numpy as np
import pytest

from scmaxatac.genome._genome import Genome
from scmaxatac.io._vcf import read_vcf
from scmaxatac.sequence._alleles import Allele, to_codes
from scmaxatac.sequence._phased import phase_alleles

SEQUENCE = "ACGTTGCAACGTACGGTTAA" * 70
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\n"


@pytest.fixture(scope="module")
def genome():
    return Genome.from_codes({"chr1": to_codes(SEQUENCE), "chr2": to_codes(SEQUENCE)})


@pytest.fixture
def records(tmp_path):
    def read(*rows):
        path = tmp_path / "a.vcf"
        lines = [f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{a}\t{b}\n" for chrom, pos, ref, alt, a, b in rows]
        path.write_text(HEAD + "".join(lines))
        return read_vcf(path, samples=None)

    return read


def test_alleles_lie_on_the_haplotypes_of_their_genotypes(genome, records):
    found, lost = phase_alleles(
        records(
            ("chr1", 9, "A", "C,G", "0|1", "2|1"),
            ("chr1", 2, "CG", "C", "1|1", "0|0"),
            ("chr2", 1, "A", "T", "1|1", "0|0"),
            ("chr2", 5, "T", "A", "0|0", "0|0"),
        ),
        genome,
    )
    assert lost == {}
    assert found["chr1"].alleles == (Allele(2, "G", ""), Allele(8, "A", "C"), Allele(8, "A", "G"))
    assert found["chr1"].carried.astype(int).tolist() == [[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    assert found["chr2"].alleles == (Allele(0, "A", "T"),)  # what nobody has is gone
    assert found["chr2"].carried.astype(int).tolist() == [[1, 1, 0, 0]]


def test_haploid_genotypes_stand_for_both_haplotypes_with_one_warning(genome, records):
    rows = [("chr1", 1, "A", "T", "1", "0|0"), ("chr1", 2, "C", "T", "0", "."), ("chr1", 3, "G", "T", "0|1", "1")]
    message = r"a\.vcf: 1 missing genotypes, taken as the reference, 3 haploid genotypes, taken for both haplotypes$"
    with pytest.warns(UserWarning, match=message) as seen:
        found, lost = phase_alleles(records(*rows), genome)
    assert len(seen) == 1
    assert found["chr1"].carried.astype(int).tolist() == [[1, 1, 0, 0], [0, 1, 1, 1]]
    assert lost["haploid genotypes, taken for both haplotypes"] == 3


def test_without_phase_the_user_says_what_a_heterozygous_genotype_is(genome, records):
    rows = [("chr1", 9, "A", "C", "0/1", "1/1"), ("chr1", 2, "C", "T", "0|1", "1/0")]
    message = r"2 heterozygous genotypes of .*a\.vcf are not phased, the first chr1:9 of s1, chr1:2 of s2; phase the"
    with pytest.raises(ValueError, match=message):
        phase_alleles(records(*rows), genome)
    found, _ = phase_alleles(records(*rows), genome, unphased="reference")
    assert found["chr1"].carried.astype(int).tolist() == [[0, 1, 0, 0], [0, 0, 1, 1]]
    found, _ = phase_alleles(records(*rows), genome, unphased="alternative")
    assert found["chr1"].carried.astype(int).tolist() == [[0, 1, 1, 1], [1, 1, 1, 1]]
    with pytest.raises(ValueError, match="unphased is 'both'; it can be"):
        phase_alleles(records(*rows), genome, unphased="both")


def test_missing_genotypes_and_overlaps_are_counted(genome, records):
    rows = [
        ("chr1", 2, "CGTTG", "C", "1|0", "0|0"),  # deletes positions 2 to 5
        ("chr1", 4, "T", "A", "1|1", "0|0"),  # within it on the first haplotype
        ("chr1", 7, "C", "G", "1|0", ".|."),  # right behind it
        ("chr1", 9, "A", "AT", "1|0", "0|0"),
        ("chr1", 9, "A", "AG", "1|1", "0|0"),  # another insertion at the same place
    ]
    with pytest.warns(UserWarning, match=r"a\.vcf: 2 that overlap another one on their haplotype, 1 missing genotypes"):
        found, lost = phase_alleles(records(*rows), genome)
    assert found["chr1"].carried[:, :2].astype(int).tolist() == [[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]]
    assert sorted(lost.values()) == [1, 2]


def test_of_two_records_at_one_position_the_first_is_carried_and_the_other_counted(genome, records):
    rows = [("chr1", 9, "A", "G", "1|1", "0|1"), ("chr1", 9, "A", "C", "1|0", "1|0")]
    with pytest.warns(UserWarning, match="1 that overlap another one on their haplotype"):
        found, _ = phase_alleles(records(*rows), genome)
    assert found["chr1"].alleles == (Allele(8, "A", "G"), Allele(8, "A", "C"))
    assert found["chr1"].carried.astype(int).tolist() == [[1, 1, 0, 1], [0, 0, 1, 0]]


def test_real_haplotypes_differ_where_the_genotypes_do(data_dir, tmp_path):
    genome = Genome(data_dir / "haplotypes" / "hg38_chr21_37Mb.fa.gz", cache_dir=tmp_path)
    records = read_vcf(data_dir / "haplotypes" / "NA12878_chr21_37Mb.phased.vcf.gz", samples=None)
    with pytest.warns(UserWarning, match="overlap"):
        found, lost = phase_alleles(records, genome, unphased="reference")
    carried = found["chr21"].carried
    calls = records.alleles[:, 0]
    phased = records.phased[:, 0]
    expected = np.array([(calls[phased, h] > 0).sum() for h in (0, 1)])
    np.testing.assert_array_equal(carried.sum(axis=0) + 0, expected - _overlapping(lost, expected, carried))


def _overlapping(lost, expected, carried):
    """What overlaps is all that is missing."""
    missing = expected - carried.sum(axis=0)
    assert missing.sum() == sum(n for reason, n in lost.items() if "overlap" in reason)
    return missing
