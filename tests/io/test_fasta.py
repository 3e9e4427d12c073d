import gzip

import numpy as np
import pytest

from scmaxatac.io import _fasta
from scmaxatac.io._fasta import read_fasta


def test_names_end_at_the_first_blank_and_letters_keep_their_case(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chr1 some > words\nACgt\nNN\n>chr2\tmore\n>chr3\nTTT")
    assert list(read_fasta(path)) == [("chr1", b"ACgtNN"), ("chr2", b""), ("chr3", b"TTT")]


def test_windows_line_ends_make_no_difference(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_bytes(b">chr1 x\r\nACGT\r\nAC\r\n\r\n>chr2\r\nGG\r\n")
    assert list(read_fasta(path)) == [("chr1", b"ACGTAC"), ("chr2", b"GG")]


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
def test_reading_does_not_depend_on_where_blocks_end(tmp_path, monkeypatch, block):
    rng = np.random.default_rng(0)
    truth = {f"chr{i}": "".join(rng.choice(list("ACGTN"), 50 + i)) for i in range(4)}
    path = tmp_path / "genome.fa"
    lines = (f">{n} text\n" + "\n".join(s[i : i + 13] for i in range(0, len(s), 13)) for n, s in truth.items())
    path.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(_fasta, "_BLOCK", block)
    assert {name: letters.decode() for name, letters in read_fasta(path)} == truth


def test_gzip_of_several_members_is_read_whole(tmp_path):
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(gzip.compress(b">chr1\nAC") + gzip.compress(b"GT\n") + gzip.compress(b">chr2\nTT\n"))
    assert list(read_fasta(path)) == [("chr1", b"ACGT"), ("chr2", b"TT")]


def test_bgzip_gives_what_htslib_gives(data_dir):
    pysam = pytest.importorskip("pysam")
    path = data_dir / "chr22" / "hg38_chr22_partial.fa.gz"
    (name, letters), *others = read_fasta(path)
    assert not others
    with pysam.FastaFile(str(path)) as reference:
        assert letters.decode() == reference.fetch(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACGT\n", "is not a FASTA file: it starts with"),
        ("", "holds no sequence"),
        (">chr1\nAC\n>chr1 again\nGG\n", "'chr1' occurs twice"),
        (">\nAC\n", "header line without a name"),
        ("> chr1\nAC\n", "header line without a name"),
        (">chr1\nAC5T\n", "sequence 'chr1' holds '5'"),
    ],
)
def test_what_is_no_fasta_is_a_clear_error(tmp_path, text, message):
    path = tmp_path / "genome.fa"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        list(read_fasta(path))


def test_truncated_gzip_and_missing_files_are_clear_errors(tmp_path):
    path = tmp_path / "genome.fa.gz"
    rng = np.random.default_rng(0)
    whole = gzip.compress(b">chr1\n" + rng.choice(np.frombuffer(b"ACGT", np.uint8), 10_000).tobytes())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"genome\.fa\.gz is truncated"):
        list(read_fasta(path))
    with pytest.raises(FileNotFoundError, match=r"FASTA file not found: .*none\.fa"):
        list(read_fasta(tmp_path / "none.fa"))
