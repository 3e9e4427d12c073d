import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from scmaxatac import settings
from scmaxatac.fragments import _bam
from scmaxatac.fragments._bam import BamFragments

pysam = pytest.importorskip("pysam")
pytestmark = pytest.mark.filterwarnings("ignore:.*no read is marked as a duplicate")

SIZES = {"chr1": 5_000, "chr2": 3_000}
CIGARS = ["36M", "5S31M", "20M3D16M", "20M2I14M", "30M6S"]
BARCODES = ["AAACGAAAGACTCGGA-1", "AAACGAACAAGTAACA-1", "TTTGGCCAGTAACTCA-1"]


def make_read(name, flag, chrom, start, cigar="36M", mapq=60, mate=None, tlen=0, barcode=None):
    read = pysam.AlignedSegment()
    read.query_name, read.flag, read.reference_id, read.reference_start = name, flag, chrom, start
    read.mapping_quality, read.cigarstring = mapq, cigar
    read.query_sequence = "A" * read.infer_query_length() if cigar else "A" * 36
    if mate is not None:
        read.next_reference_id, read.next_reference_start = mate
    read.template_length = tlen
    if barcode is not None:
        read.set_tag("CB", barcode)
    return read


def pair(name, chrom, start, rng, length, flags=(0, 0), mapq=(60, 60), barcode=None):
    """Both reads of a pair in forward-reverse orientation; either of them may be the first."""
    cigars = rng.choice(CIGARS, 2)
    reverse_start = max(0, start + length - 36)
    first = rng.integers(2)
    bits = [0x1 | 0x2 | 0x20, 0x1 | 0x2 | 0x10]
    bits[first] |= 0x40
    bits[1 - first] |= 0x80
    plus = make_read(
        name, bits[0] | flags[0], chrom, start, cigars[0], mapq[0], (chrom, reverse_start), length, barcode
    )
    minus = make_read(
        name, bits[1] | flags[1], chrom, reverse_start, cigars[1], mapq[1], (chrom, start), -length, barcode
    )
    return [plus, minus]


def simulate(rng, n=400):
    reads = []
    for i in range(n):
        chrom = int(rng.integers(2))
        start = int(rng.integers(0, list(SIZES.values())[chrom] - 700))
        flags = [int(rng.choice([0, 0, 0, 0, 0, 0x400, 0x200, 0x100, 0x800])) for _ in range(2)]
        mapq = [int(rng.choice([60, 60, 60, 30, 29, 0])) for _ in range(2)]
        barcode = rng.choice([*BARCODES, "GGGGGGGGGGGGGGGG-1", ""]) or None
        reads += pair(f"read{i}", chrom, start, rng, int(rng.integers(30, 600)), flags, mapq, barcode)
    for i in range(50):
        start = int(rng.integers(0, 2_000))
        reads.append(make_read(f"single{i}", 0x10 * int(rng.integers(2)), int(rng.integers(2)), start))
        reads.append(make_read(f"improper{i}", 0x1 | 0x40 | 0x10 * (i % 2), 0, start, mate=(1, 5)))
        reads.append(make_read(f"unmapped{i}", 0x4, 0, start, cigar=None))
    # near the ends of the chromosome, where the shift may leave it
    reads += [make_read("left", 0x10, 0, 0, "4M"), make_read("right", 0, 0, 4_997, "3M")]
    reads += [make_read("left5", 0x10, 0, 0, "5M"), make_read("right5", 0, 0, 4_995, "5M")]
    return reads


def write(path, reads, order):
    order_name = {"coordinate": "coordinate", "name": "queryname", "random": "unsorted"}[order]
    keys = {"coordinate": lambda r: (r.reference_id, r.reference_start), "name": lambda r: r.query_name}
    if order == "random":
        reads = [reads[i] for i in np.random.default_rng(7).permutation(len(reads))]
    else:
        reads = sorted(reads, key=keys[order])
    header = {"HD": {"VN": "1.6", "SO": order_name}, "SQ": [{"SN": c, "LN": n} for c, n in SIZES.items()]}
    with pysam.AlignmentFile(path, "wb", header=header) as handle:
        for read in reads:
            handle.write(read)
    return path


def by_read(path, min_mapq=30, keep_duplicates=False, only_proper_pairs=True):
    """Insertions of a BAM file's reads, taken one by one."""
    counts = Counter()
    with pysam.AlignmentFile(path, "rb") as handle:
        for read in handle:
            if read.is_unmapped or read.is_secondary or read.is_supplementary or read.is_qcfail:
                continue
            if (read.is_duplicate and not keep_duplicates) or read.mapping_quality < min_mapq:
                continue
            if read.is_paired and only_proper_pairs and not read.is_proper_pair:
                continue
            position = read.reference_end - 5 if read.is_reverse else read.reference_start + 4
            if 0 <= position < SIZES[read.reference_name]:
                cell = read.get_tag("CB") if read.has_tag("CB") else ""
                counts[cell, read.reference_name, position] += 1
    return counts


def pooled(counts):
    total = Counter()
    for (_, chrom, position), n in counts.items():
        total["", chrom, position] += n
    return total


@pytest.mark.parametrize("order", ["coordinate", "name", "random"])
@pytest.mark.parametrize(
    "options", [{}, {"min_mapq": 0}, {"keep_duplicates": True}, {"only_proper_pairs": False, "min_mapq": 60}]
)
def test_insertions_are_those_of_the_reads_taken_one_by_one(tmp_path, brute_force, order, options):
    path = write(tmp_path / "x.bam", simulate(np.random.default_rng(0)), order)
    source = BamFragments(path, **options)
    assert source.chroms == ["chr1", "chr2"]
    assert source.n_cells == 1
    truth = by_read(path, **options)
    assert truth.total() > 300
    assert brute_force.source_insertions(source) == pooled(truth)
    assert brute_force.source_insertions(source) == pooled(truth), "a second reading gives the same"


def test_a_pair_is_one_fragment_from_insertion_to_insertion(tmp_path, brute_force):
    reads = pair("a", 0, 100, np.random.default_rng(0), 200)
    for read in reads:
        read.cigarstring = "36M"
        read.query_sequence = "A" * 36
    path = write(tmp_path / "x.bam", reads, "coordinate")
    # reads at 100-136 (+) and 264-300 (-): insertions at 104 and 295
    assert brute_force.source_fragments(BamFragments(path)) == [("chr1", 104, 296, "")]


@pytest.mark.parametrize("order", ["coordinate", "name"])
def test_a_fragment_file_made_of_pairs_gives_the_same_fragments(tmp_path, brute_force, order):
    from scmaxatac.fragments._fragment_file import FragmentFile

    rng = np.random.default_rng(1)
    reads = [r for i in range(100) for r in pair(f"r{i}", i % 2, int(rng.integers(2_000)), rng, 300)]
    source = BamFragments(write(tmp_path / "x.bam", reads, order))
    fragments = brute_force.source_fragments(source)
    assert len(fragments) == 100
    (tmp_path / "x.tsv").write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e, _ in fragments))
    bulk = FragmentFile(tmp_path / "x.tsv", None)
    assert brute_force.source_insertions(bulk) == brute_force.source_insertions(source)


def test_reads_are_assigned_to_cells_by_their_tag(tmp_path, brute_force):
    path = write(tmp_path / "x.bam", simulate(np.random.default_rng(2)), "coordinate")
    truth = Counter({key: n for key, n in by_read(path).items() if key[0] in BARCODES})
    source = BamFragments(path, BARCODES)
    assert brute_force.source_insertions(source, BARCODES) == truth
    assert source.match.n_matched == 3
    bare = [barcode[:-2] for barcode in BARCODES]
    assert brute_force.source_insertions(BamFragments(path, bare), BARCODES) == truth
    with pytest.raises(ValueError, match=r"no read .* has the tag XX, .*settings\.bam_barcode to the tag"):
        list(BamFragments(path, BARCODES, tag="XX").chunks())


@pytest.mark.parametrize(("where", "place"), [
    ("DB", "tag"), ("^[^:]+", "name"), (r":([ACGT]+-1)$", "end of name"),
])  # fmt: skip
def test_barcodes_are_taken_from_where_the_settings_say(tmp_path, brute_force, monkeypatch, where, place):
    reads = simulate(np.random.default_rng(2))
    usual = write(tmp_path / "usual.bam", reads, "coordinate")
    expected = brute_force.source_insertions(BamFragments(usual, BARCODES), BARCODES)
    assert expected
    for read in reads:
        barcode = dict(read.get_tags()).get("CB", "none")
        read.set_tag("CB", None)
        if place == "tag":
            read.set_tag("DB", barcode)
        else:
            read.query_name = f"{barcode}:{read.query_name}" if place == "name" else f"{read.query_name}:{barcode}"
    path = write(tmp_path / "x.bam", reads, "coordinate")
    with pytest.raises(ValueError, match=r"no read .* has the tag CB"):
        list(BamFragments(path, BARCODES).chunks())
    monkeypatch.setattr(settings, "bam_barcode", where)
    assert brute_force.source_insertions(BamFragments(path, BARCODES), BARCODES) == expected


@pytest.mark.parametrize(("where", "message"), [
    ("", "it has to be a tag such as 'CB'"), (None, "it has to be a tag"), ("(x", "which is no regular expression"),
])  # fmt: skip
def test_a_place_of_barcodes_that_is_none_is_refused_before_anything_is_read(tmp_path, monkeypatch, where, message):
    path = write(tmp_path / "x.bam", simulate(np.random.default_rng(2)), "coordinate")
    monkeypatch.setattr(settings, "bam_barcode", where)
    with pytest.raises(ValueError, match=rf"settings\.bam_barcode is .*{message}"):
        BamFragments(path, BARCODES)


def test_chunks_are_bounded(tmp_path, brute_force, monkeypatch):
    monkeypatch.setattr(_bam, "_CHUNK", 10)
    path = write(tmp_path / "x.bam", simulate(np.random.default_rng(3)), "coordinate")
    source = BamFragments(path)
    assert max(len(chunk.cell) for chunk in source.chunks()) == 10
    assert brute_force.source_insertions(source) == pooled(by_read(path))


def test_unmarked_duplicates_are_warned_about(tmp_path):
    reads = pair("a", 0, 100, np.random.default_rng(0), 200)
    source = BamFragments(write(tmp_path / "x.bam", reads, "coordinate"))
    with pytest.warns(UserWarning, match="no read is marked as a duplicate"):
        list(source.chunks())


def test_files_without_usable_reads_are_errors(tmp_path):
    path = write(tmp_path / "x.bam", [make_read("a", 0, 0, 100, mapq=5)], "coordinate")
    with pytest.raises(ValueError, match=r"no read that passes the filters \(mapping quality >= 30, proper pairs"):
        list(BamFragments(path).chunks())
    assert len(list(BamFragments(path, min_mapq=5).chunks())) == 1


def test_what_is_no_bam_file_is_a_clear_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"BAM file not found: .*none\.bam"):
        BamFragments(tmp_path / "none.bam")
    path = tmp_path / "x.bam"
    path.write_text("chr1\t1\t5\n")
    with pytest.raises(ValueError, match=r"x\.bam is not a readable BAM file"):
        BamFragments(path)


def test_truncated_and_damaged_bam_files_are_clear_errors(tmp_path):
    path = write(tmp_path / "x.bam", simulate(np.random.default_rng(4), 5000), "random")
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle])
    with pytest.raises(ValueError, match=r"x\.bam is not a readable BAM file \(.*truncated"):
        BamFragments(path)
    path.write_bytes(whole[:middle] + bytes(1000) + whole[middle + 1000 :])
    with pytest.raises(ValueError, match=r"x\.bam is truncated or damaged"):
        list(BamFragments(path).chunks())


READ = "import sys; from scmaxatac.fragments._bam import BamFragments; list(BamFragments(sys.argv[1]).chunks())"


def test_a_file_damaged_in_its_first_block_is_an_error_and_no_hang(tmp_path):
    """With two threads htslib waits for ever."""
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 100_000}]}
    path = tmp_path / "a.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header):
        pass
    data = bytearray(path.read_bytes())
    data[16:18] = b"\x10\x00"  # the length of the first block
    path.write_bytes(data)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=100)
    assert f"ValueError: {path} is not a readable BAM file" in done.stderr


def test_mapped_reads_without_an_alignment_or_a_chromosome_are_left_out(tmp_path):
    reads = [make_read("whole", 0x10, 0, 100)]
    reads += [make_read(f"no alignment {flag}", flag, 0, 200, cigar=None) for flag in (0, 0x10)]
    reads += [make_read(f"nowhere {flag}", flag, -1, -1) for flag in (0, 0x10)]
    (chunk,) = BamFragments(write(tmp_path / "x.bam", reads, "name")).chunks()
    assert (chunk.chrom.tolist(), chunk.start.tolist()) == ([0], [100 + 36 - 5])


def test_a_header_with_a_line_that_is_no_such_is_one_of_a_file_that_is_not_sorted(tmp_path):
    (tmp_path / "x.sam").write_text(
        "@SQ\tSN:chr1\tLN:3000\r@HD\tVN:1.6\tSO:coordinate\nr\t0\tchr1\t10\t60\t4M\t*\t0\t0\tACGT\t*\n"
    )
    (chunk,) = BamFragments(tmp_path / "x.sam").chunks()
    assert chunk.start.tolist() == [9 + 4]
