import builtins
import struct

import pytest

from scmaxatac.io._sequences import read_sequences
from scmaxatac.io._twobit import read_twobit


def _blocks(sequence: str, inside) -> list[tuple[int, int]]:
    runs, start = [], None
    for i, letter in enumerate([*sequence, None]):
        hit = letter is not None and inside(letter)
        if hit and start is None:
            start = i
        if not hit and start is not None:
            runs.append((start, i - start))
            start = None
    return runs


def write_twobit(path, sequences: dict[str, str]) -> None:
    """A 2bit file after UCSC's description of the format."""
    records = []
    for sequence in sequences.values():
        record = struct.pack("<I", len(sequence))
        for runs in (_blocks(sequence, lambda c: c in "Nn"), _blocks(sequence, str.islower)):
            record += struct.pack("<I", len(runs))
            record += b"".join(struct.pack("<I", start) for start, _ in runs)
            record += b"".join(struct.pack("<I", length) for _, length in runs)
        record += struct.pack("<I", 0)
        codes = ["TCAG".find(c) if c in "TCAG" else 0 for c in sequence.upper()]
        codes += [0] * (-len(codes) % 4)
        record += bytes((a << 6) | (b << 4) | (c << 2) | d for a, b, c, d in zip(*[iter(codes)] * 4, strict=True))
        records.append(record)
    offset = 16 + sum(1 + len(name) + 4 for name in sequences)
    index = b""
    for name, record in zip(sequences, records, strict=True):
        index += struct.pack("<B", len(name)) + name.encode() + struct.pack("<I", offset)
        offset += len(record)
    path.write_bytes(struct.pack("<IIII", 0x1A412743, 0, len(sequences), 0) + index + b"".join(records))


def test_sequences_come_back_with_their_case_and_ns(tmp_path):
    pytest.importorskip("py2bit")
    truth = {"chr1": "ACGTNNNNacgtACGTA", "chr2": "TTTGGGc"}
    path = tmp_path / "genome.2bit"
    write_twobit(path, truth)
    assert {name: letters.decode() for name, letters in read_sequences(path)} == truth


def test_fasta_and_twobit_are_told_by_content(tmp_path):
    path = tmp_path / "genome.2bit"
    path.write_text(">chr1\nACGT\n")
    assert list(read_sequences(path)) == [("chr1", b"ACGT")]


def test_what_is_no_twobit_is_a_clear_error(tmp_path):
    pytest.importorskip("py2bit")
    path = tmp_path / "genome.2bit"
    path.write_bytes(b"nothing of the kind" * 10)
    with pytest.raises(ValueError, match=r"genome\.2bit is not a 2bit file"):
        list(read_twobit(path))


def test_without_py2bit_the_error_says_what_to_install(tmp_path, monkeypatch):
    real_import = builtins.__import__

    def without_py2bit(name, *args, **kwargs):
        if name == "py2bit":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    path = tmp_path / "genome.2bit"
    write_twobit(path, {"chr1": "ACGT"})
    monkeypatch.setattr(builtins, "__import__", without_py2bit)
    with pytest.raises(ImportError, match=r"pip install 'scmaxatac\[twobit\]'"):
        list(read_twobit(path))
