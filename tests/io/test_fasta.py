import gzip

import numpy as np
import pytest

from scmaxatac.io import _fasta
from scmaxatac.io._bgzf import write_bgzf
from scmaxatac.io._fasta import read_fasta


def test_names_end_at_the_first_blank_and_letters_keep_their_case(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chr1 some > words\nACgt\nNN\n>chr2\tmore\nr\n>chr3\nTTT")
    assert list(read_fasta(path)) == [("chr1", b"ACgtNN"), ("chr2", b"r"), ("chr3", b"TTT")]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("block", [1, 2, 3, 1 << 10])
def test_line_ends_of_any_system_make_no_difference(tmp_path, monkeypatch, line_end, block):
    monkeypatch.setattr(_fasta, "_BLOCK", block)
    path = tmp_path / "genome.fa"
    path.write_bytes(b">chr1 x\nACGT\nAC\n\n>chr2\nGG\n".replace(b"\n", line_end))
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
        (">chr1\nACQT\n", "sequence 'chr1' holds 'Q'"),
        (">chr1\nAC>T\n", "a '>' stands within a line"),
        (">chr1\nAC\n>chr2\n", "sequence 'chr2' has no bases"),
        (">chr1\n>chr2\nAC\n", "sequence 'chr1' has no bases"),
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


def test_a_file_that_was_cut_between_lines_is_told_by_its_index(tmp_path):
    path = tmp_path / "genome.fa"
    text = ">chr1\nACGT\nAC\n>chr2\nGG\n"
    (tmp_path / "genome.fa.fai").write_text("chr1\t6\t6\t4\t5\nchr2\t2\t20\t2\t3\n")
    path.write_text(text)
    assert len(list(read_fasta(path))) == 2
    path.write_text(text[:-9])
    with pytest.raises(ValueError, match=r"genome\.fa has nothing of 'chr2', and its index genome\.fa\.fai 2 bases"):
        list(read_fasta(path))
    path.write_text(text[:11])
    with pytest.raises(ValueError, match=r"has 4 bases of 'chr1', and its index genome\.fa\.fai 6 bases: the file is"):
        list(read_fasta(path))
    path.write_text(f"{text}>chr3\nA\n")
    with pytest.raises(ValueError, match=r"has 1 bases of 'chr3', and its index genome\.fa\.fai nothing"):
        list(read_fasta(path))


def test_an_index_that_cannot_be_read_is_a_warning(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chr1\nACGT\n")
    (tmp_path / "genome.fa.fai").write_text("chr1\tx\n")
    with pytest.warns(UserWarning, match=r"genome\.fa\.fai, line 1: expected .*the index beside .* is not used"):
        assert list(read_fasta(path)) == [("chr1", b"ACGT")]


def test_a_bgzip_file_cut_between_blocks_is_warned_about(tmp_path):
    path = tmp_path / "genome.fa.gz"
    write_bgzf(path, b">chr1\nACGT\n")
    assert list(read_fasta(path)) == [("chr1", b"ACGT")]
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.warns(UserWarning, match=r"genome\.fa\.gz lacks bgzip's end marker"):
        list(read_fasta(path))
