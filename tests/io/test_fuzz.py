"""Whatever a file holds, its reader gives a result or one ValueError that names the file; hypothesis looks for others.

Lines are put together from fields that such files have and fields that they should not have. ``benchmarks/fuzz.py``
runs the same tests with many more examples and another seed each time.
"""

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.genome import Genome
from scmaxatac.io._bed import read_bed
from scmaxatac.io._bigwig import bigwig_sizes
from scmaxatac.io._fasta import read_fasta
from scmaxatac.io._gtf import read_gtf
from scmaxatac.io._motifs import read_motifs
from scmaxatac.io._regions import looks_like_region, parse_region
from scmaxatac.io._sizes import read_chrom_sizes
from scmaxatac.io._twobit import read_twobit
from scmaxatac.io._vcf import read_vcf
from scmaxatac.zoo import Calibration

FUZZ = settings(
    max_examples=int(os.environ.get("SCMAXATAC_FUZZ_EXAMPLES", "40")),
    derandomize="SCMAXATAC_FUZZ_EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ODD = [
    "", " ", ".", "-", "-1", "1e5", "1.5", "nan", "inf", "9" * 30, "chr1:1-2", "#", ">", "\x00", "é", '"', "0x10",
    "1,000",
]  # fmt: skip
NUMBERS = ["0", "1", "7", "100", "2500", "99999"]
CHROMS = ["chr1", "chr2", "1", "chrUn_KI270302v1"]


def lines_of(
    *columns: list[str], separators: str = "\t\t\t, ", heads: tuple[str, ...] = ()
) -> st.SearchStrategy[bytes]:
    """Files of a few lines whose fields are mostly of their column, sometimes odd, missing or too many."""
    field = [st.one_of(*[st.sampled_from(column)] * 6, st.sampled_from(ODD)) for column in columns]
    line = st.builds(
        lambda fields, cut, more, separator: separator.join([*fields[: len(fields) - cut], *more]),
        st.tuples(*field),
        st.sampled_from([0] * 8 + [1, 2]),
        st.sampled_from([[]] * 8 + [["x"], [""]]),
        st.sampled_from(separators),
    )
    other = st.sampled_from([*heads, "# a comment", "", "track type=bedGraph", "\ufeff"])
    text = st.builds(
        lambda head, rows, end, last: end.join([*head, *rows]) + (end if last else ""),
        st.lists(other, max_size=2),
        st.lists(st.one_of(*[line] * 6, other), max_size=8),
        st.sampled_from(["\n"] * 4 + ["\r\n", "\r"]),
        st.booleans(),
    )
    return st.one_of(*[text.map(str.encode)] * 9, st.binary(max_size=80))


GTF = 'gene_id "G1"; gene_name "CD19";'
VCF = ("##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1")
MEME = (
    "MEME version 4", "MOTIF M1 CTCF", "letter-probability matrix: alength= 4 w= 2 nsites= 20",
    "0.25 0.25 0.25 0.25",
)  # fmt: skip
BASES = ["A", "C", "ACGT", "acgtn", "NNNN", "<DEL>", "*"]

READERS: dict[str, tuple[Callable[[Path], object], st.SearchStrategy[bytes]]] = {
    "BED": (read_bed, lines_of(CHROMS, NUMBERS, NUMBERS, ["peak1"], ["0", "12.5"], ["+", "-"])),
    "BED of three columns": (read_bed, lines_of(CHROMS, NUMBERS, NUMBERS)),
    "fragments": (
        lambda path: list(FragmentFile(path, ["A-1"]).chunks()),
        lines_of(CHROMS, NUMBERS, NUMBERS, ["A-1", "B-1"], ["1"], separators="\t\t\t\t "),
    ),
    "bulk fragments": (lambda path: list(FragmentFile(path, None).chunks()), lines_of(CHROMS, NUMBERS, NUMBERS)),
    "GTF": (
        read_gtf,
        lines_of(CHROMS, ["x"], ["gene", "exon", "CDS"], NUMBERS, NUMBERS, ["."], ["+", "-"], ["."], [GTF, "ID=g1"]),
    ),
    "VCF": (
        lambda path: read_vcf(path, samples=None),
        lines_of(CHROMS, NUMBERS, ["."], BASES, [*BASES, "A,C"], ["."], ["PASS"], ["."], ["GT"], ["0|1", "1", "./."],
                 separators="\t", heads=VCF),
    ),
    "chromosome sizes": (read_chrom_sizes, lines_of(CHROMS, NUMBERS)),
    "sizes of a genome": (Genome.from_sizes, lines_of(CHROMS, NUMBERS)),
    "motifs in MEME's format": (
        read_motifs, lines_of(["0.1"], ["0.2"], ["0.3"], ["0.4"], separators=" ", heads=MEME),
    ),
    "motifs in JASPAR's format": (
        read_motifs,
        lines_of(["A", "C", "G", "T"], ["["], NUMBERS, NUMBERS, ["]"], separators=" ", heads=(">MA1 CTCF",)),
    ),
    "FASTA": (lambda path: list(read_fasta(path)), lines_of(BASES, heads=(">chr1", ">chr2 x"))),
    "2bit": (lambda path: list(read_twobit(path)), st.binary(max_size=60).map(b"\x43\x27\x41\x1a".__add__)),
    "bigWig": (bigwig_sizes, st.binary(max_size=120).map(b"\x26\xfc\x8f\x88\x04\x00".__add__)),
    "calibration": (
        Calibration.read,
        lines_of(["0.1", "0.5"], ["0.2"], ["0.3"], ["0.4"], ["0.5"], NUMBERS,
                 heads=("threshold\tprecision\trecall\tf1\tlog2fc\tn", "Standard_Thresh\tMonotonic_Avg_Precision")),
    ),
}  # fmt: skip


def refusal(read: Callable[..., object], given: object) -> str | None:
    """Message of the ValueError that a call raises, if it does; any other error goes through."""
    try:
        read(given)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", READERS)
def test_a_reader_gives_a_result_or_an_error_that_names_the_file(tmp_path, name):
    read, contents = READERS[name]
    path = tmp_path / "the_file.txt"

    @FUZZ
    @given(contents)
    def look(data):
        path.write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", UserWarning)  # ours
            message = refusal(read, path)
        assert message is None or "the_file.txt" in message

    look()


@FUZZ
@given(
    st.lists(st.tuples(st.sampled_from(CHROMS), st.integers(0, 10**9), st.integers(1, 10**6)), min_size=1, max_size=20),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_every_interval_of_a_bed_file_is_read_as_it_stands(tmp_path_factory, rows, end, last):
    path = tmp_path_factory.mktemp("bed") / "x.bed"
    text = end.join(f"{chrom}\t{start}\t{start + length}" for chrom, start, length in rows) + (end if last else "")
    path.write_bytes(text.encode())
    table = read_bed(path)
    expected = [(chrom, start, start + length) for chrom, start, length in rows]
    assert list(table[["chrom", "start", "end"]].itertuples(index=False, name=None)) == expected


@FUZZ
@given(st.text("chrX_M127:-,. #\té", max_size=40))
def test_a_text_is_a_region_or_one_error_that_shows_it(text):
    assert isinstance(looks_like_region(text), bool)
    message = refusal(parse_region, text)
    if message is not None:
        assert repr(text) in message
        return
    chrom, start, end = parse_region(text)
    assert chrom
    assert 0 <= start < end <= np.iinfo(np.int32).max
