"""Which alleles are kept, in which form, and what is told about the others."""

import warnings

import numpy as np
import pandas as pd
import pytest

from scmaxatac.genome._genome import Genome
from scmaxatac.io._vcf import read_vcf
from scmaxatac.sequence._alleles import to_codes
from scmaxatac.sequence._variant_records import records_of_frame, records_of_vcf
from scmaxatac.sequence._variant_table import make_variants

SEQUENCE = "GACACATTTG" + "N" * 5 + "ACGT" * 600


@pytest.fixture(scope="module")
def genome():
    return Genome.from_codes({"chr1": to_codes(SEQUENCE)})


def variants(genome, *rows, **options):
    frame = pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt"])
    return make_variants(records_of_frame(frame), genome, **options)


def test_alleles_are_trimmed_moved_left_and_written_as_vcf_does(genome):
    found = variants(genome, ("chr1", 3, "CAC", "C"), ("chr1", 7, "TTT", "TT,TTTT"), ("chr1", 16, "ACGT", "ACCT"))
    columns = ["pos", "ref", "alt", "kind", "record", "allele"]
    assert found.table[columns].to_numpy().tolist() == [
        [1, "GAC", "G", "deletion", 0, 1],
        [6, "AT", "A", "deletion", 1, 1],
        [6, "A", "AT", "insertion", 1, 2],
        [18, "G", "C", "SNV", 2, 1],
    ]
    assert variants(genome, ("chr1", 3, "CAC", "C"), align=False).table["pos"].tolist() == [2]


def test_what_can_not_be_scored_is_counted_by_reason_in_one_warning(genome):
    rows = [
        ("chr1", 20, "A", "C"), ("chr1", 21, "A", "C"), ("chr9", 1, "A", "C"), ("chr1", 20, "A", "<DEL>"),
        ("chr1", 20, "A", "*"), ("chr1", 12, "N", "C"), ("chr1", 99_999, "A", "C"), ("chr1", 20, "A", "A"),
        ("chr1", 20, "A", "A" * 1025), ("chr1", 20, "A", "A[chr1:5["), ("chr1", 20, "A", "]chr1:5]A"),
        ("chr1", 20, "A", "."), ("chr1", 20, "A", "A."), ("chr1", 2415, "TA", "T"),
    ]  # fmt: skip
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        found = variants(genome, *rows)
    assert len(found) == 1
    assert sum(found.left_out.values()) == 13
    (message,) = [str(one.message) for one in seen]
    assert message.startswith("13 of 14 alleles are left out: 6 symbolic, breakends or missing")
    for part in (
        "1 longer than a window",
        "1 whose ALT is their REF",
        "1 whose REF is not the genome's",
        "1 on contigs",
        "1 in sequence that is not known",
        "2 past the end",
    ):
        assert part in message
    assert "REF: chr1:21 A, not C (variants: row 2 of 14)" in message
    assert "Contigs: chr9" in message


def test_another_assembly_and_other_contig_names_are_errors(genome):
    with pytest.raises(ValueError, match=r"25 of 25 reference alleles are not those of codes.*another assembly"):
        variants(genome, *[("chr1", 20 + 4 * i, "T", "C") for i in range(25)])
    with pytest.raises(ValueError, match=r"contigs \(1\) do not match those of codes in memory \(chr1\)"):
        variants(genome, ("1", 20, "A", "C"))


@pytest.mark.parametrize(
    ("n", "n_wrong", "fails"),
    [(2, 2, False), (3, 1, False), (3, 2, True), (13, 6, False), (13, 11, True), (19, 9, False), (19, 10, True),
     (20, 4, False), (20, 5, True), (40, 9, True)],
)  # fmt: skip
def test_most_of_few_or_a_fifth_of_many_wrong_bases_is_an_error(genome, n, n_wrong, fails):
    rows = [("chr1", 20 + 4 * i, "T" if i < n_wrong else "A", "C") for i in range(n)]
    if fails:
        with pytest.raises(ValueError, match=f"{n_wrong} of {n} reference alleles are not those of"):
            variants(genome, *rows)
    else:
        with pytest.warns(UserWarning, match=f"{n_wrong} whose REF is not the genome's"):
            assert len(variants(genome, *rows)) == n - n_wrong


@pytest.mark.parametrize(("ref", "alt"), [("A", "N"), ("A", "ANNNN"), ("A", "R"), ("A", "y"), ("A", "nan")])
def test_alternative_alleles_with_unknown_bases_are_left_out(genome, tmp_path, ref, alt):
    path = tmp_path / "a.vcf"
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    path.write_text(f"{head}chr1\t20\t.\t{ref}\t{alt},C\t.\t.\t.\n")
    table = pd.DataFrame({"chrom": ["chr1"], "pos": [20], "ref": [ref], "alt": [f"{alt},C"]})
    for records in (records_of_frame(table), records_of_vcf(read_vcf(path))):
        with pytest.warns(UserWarning, match="1 of 2 alleles are left out: 1 whose ALT has unknown bases") as seen:
            found = make_variants(records, genome)
        assert len(seen) == 1
        assert found.table["alt"].tolist() == ["C"]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, "."])
def test_a_missing_alternative_allele_is_left_out_as_missing(genome, missing):
    table = pd.DataFrame({"chrom": "chr1", "pos": 20, "ref": "A", "alt": pd.Series([missing, "C"], dtype=object)})
    with pytest.warns(UserWarning, match="1 of 2 alleles are left out: 1 symbolic, breakends or missing"):
        assert make_variants(records_of_frame(table), genome).table["alt"].tolist() == ["C"]


def test_a_reference_allele_with_unknown_bases_is_left_out_where_the_genome_is_known(genome):
    with pytest.warns(UserWarning, match="1 in sequence that is not known"):
        assert len(variants(genome, ("chr1", 20, "N", "C"), ("chr1", 20, "A", "C"))) == 1


def test_real_records_agree_with_the_genome(data_dir, tmp_path):
    """1,560 ClinVar alleles lie in the known sequence; all of their reference alleles agree. One ALT has an N."""
    genome = Genome(data_dir / "chr22" / "hg38_chr22_partial.fa.gz", cache_dir=tmp_path)
    n = n_unknown = 0
    for name in ("benign", "pathogenic"):
        records = read_vcf(data_dir / "chr22" / f"clinvar_hg38_chr22_{name}.vcf.gz")
        with pytest.warns(UserWarning, match="in sequence that is not known") as seen:
            found = make_variants(records_of_vcf(records), genome)
        assert "REF" not in str(seen[0].message)
        n += len(found) + sum(count for reason, count in found.left_out.items() if "longer" in reason)
        n_unknown += sum(count for reason, count in found.left_out.items() if "unknown bases" in reason)
    assert (n, n_unknown) == (1559, 1)
