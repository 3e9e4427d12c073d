"""Headers of BAM files, damaged in each of their bytes."""

import gzip
import sys

import numpy as np
import pytest

from scmaxatac.fragments._bam import BamFragments
from scmaxatac.fragments._bam_header import check_header

pysam = pytest.importorskip("pysam")


@pytest.fixture
def path(tmp_path):
    """A file whose header fills more than one block, without reads."""
    sizes = {f"contig_{i}": int(size) for i, size in enumerate(np.random.default_rng(0).integers(1, 10**9, 3_000))}
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": size} for name, size in sizes.items()]}
    with pysam.AlignmentFile(tmp_path / "x.bam", "wb", header=header):
        return tmp_path / "x.bam"


def test_sound_headers_pass(path, tmp_path):
    check_header(path)
    assert len(gzip.decompress(path.read_bytes())) > 2 * 65_536
    assert len(BamFragments(path).chroms) == 3_000
    for content in (b"", b"@HD\tVN:1.6\n", b"CRAM\3\0"):  # what pysam has to tell
        (tmp_path / "other").write_bytes(content)
        check_header(tmp_path / "other")


@pytest.mark.parametrize("at", [*range(2, 4), *range(10, 18), 60_000])
def test_any_changed_byte_is_one_error_without_a_traceback_beside_it(path, monkeypatch, at):
    beside = []
    monkeypatch.setattr(sys, "unraisablehook", beside.append)
    data = bytearray(path.read_bytes())
    data[min(at, len(data) * 2 // 3)] ^= 0x41
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"x\.bam is not a readable BAM file \(.*x\.bam is (damaged|truncated)"):
        BamFragments(path)
    assert not beside


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.5, 0.99])
def test_a_header_that_is_cut_is_an_error(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: max(20, int(share * len(data)))])
    with pytest.raises(ValueError, match=r"x\.bam is (damaged|truncated)"):
        check_header(path)


def test_what_gzip_compressed_in_one_piece_is_no_bam_file(path):
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))
    with pytest.raises(ValueError, match=r"x\.bam is not a readable BAM file .* was not compressed as BAM files are"):
        BamFragments(path)


def test_a_length_that_no_file_has_ends_with_the_file(path, tmp_path):
    from scmaxatac.io._bgzf import write_bgzf

    write_bgzf(path, b"BAM\1" + b"\xff" * 4 + b"@HD\tVN:1.6\n")
    with pytest.raises(ValueError, match=r"x\.bam is truncated: its header ends too early"):
        check_header(path)
