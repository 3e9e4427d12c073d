"""Which records windows hold."""

import numpy as np
import pytest

from scmaxatac.io._vcf import read_vcf
from scmaxatac.sequence._reaching_records import reaching_records

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts\n"
STARTS = {"chr1": np.array([1000, 1050]), "chr2": np.array([], dtype=np.int64)}


def kept(tmp_path, *rows):
    """IDs of the records (0-based start, ref, alt, genotype) that windows of 100 bp hold."""
    path = tmp_path / "a.vcf"
    lines = [f"{c}\t{at + 1}\t{name}\t{ref}\t{alt}\t.\t.\t.\tGT\t{call}\n" for c, at, name, ref, alt, call in rows]
    path.write_text(HEAD + "".join(lines))
    records = reaching_records(read_vcf(path, samples=None), STARTS, 100)
    assert len(records.alts) == len(records.frequencies) == len(records.alleles) == len(records)
    return records.name.tolist()


def test_records_that_overlap_a_window_are_kept_in_the_order_of_the_file(tmp_path):
    rows = [
        ("chr1", 1149, "last", "A", "C", "0|1"),
        ("chr1", 1150, "behind", "A", "C", "0|1"),
        ("chr1", 999, "before", "A", "C", "0|1"),
        ("chr1", 997, "into", "ACGT", "A", "1|1"),
        ("chr1", 1000, "first", "A", "<DEL>", "0|0"),
        ("chr2", 1000, "no window", "A", "C", "0|1"),
        ("chr3", 1000, "not scored", "A", "C", "0|1"),
    ]
    assert kept(tmp_path, *rows) == ["last", "into", "first"]


@pytest.mark.parametrize(("call", "expected"), [("0|1", True), ("0|0", False), (".|.", False)])
def test_carried_deletions_let_windows_reach_further(tmp_path, call, expected):
    rows = [
        ("chr1", 1100, "deletion", "A" * 21, "A", call),
        ("chr1", 1165, "next", "A" * 11, "A", call),
        ("chr1", 1179, "reached", "A", "C", "0|1"),
        ("chr1", 1180, "behind", "A", "C", "0|1"),
    ]
    assert kept(tmp_path, *rows) == ["deletion"] + ["next", "reached"] * expected
