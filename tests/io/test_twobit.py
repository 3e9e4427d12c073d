import os
import struct

import numpy as np
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


def write_twobit(path, sequences: dict[str, str], *, order: str = "<", version: int = 0) -> None:
    """A 2bit file after UCSC's description of the format."""
    records = []
    for sequence in sequences.values():
        record = struct.pack(f"{order}I", len(sequence))
        for runs in (_blocks(sequence, lambda c: c in "Nn"), _blocks(sequence, str.islower)):
            record += struct.pack(f"{order}I", len(runs))
            record += b"".join(struct.pack(f"{order}I", start) for start, _ in runs)
            record += b"".join(struct.pack(f"{order}I", length) for _, length in runs)
        record += struct.pack(f"{order}I", 0)
        codes = ["TCAG".find(c) if c in "TCAG" else 0 for c in sequence.upper()]
        codes += [0] * (-len(codes) % 4)
        record += bytes((a << 6) | (b << 4) | (c << 2) | d for a, b, c, d in zip(*[iter(codes)] * 4, strict=True))
        records.append(record)
    at = "Q" if version else "I"
    offset = 16 + sum(1 + len(name) + struct.calcsize(order + at) for name in sequences)
    index = b""
    for name, record in zip(sequences, records, strict=True):
        index += struct.pack("<B", len(name)) + name.encode() + struct.pack(order + at, offset)
        offset += len(record)
    path.write_bytes(struct.pack(f"{order}IIII", 0x1A412743, version, len(sequences), 0) + index + b"".join(records))


TRUTH = {"chr1": "ACGTNNNNacgtACGTA", "chr2": "TTTGGGc", "empty": ""}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [0, 1])
def test_sequences_come_back_with_their_case_and_ns(tmp_path, order, version):
    path = tmp_path / "genome.2bit"
    write_twobit(path, TRUTH, order=order, version=version)
    assert {name: letters.decode() for name, letters in read_sequences(path)} == TRUTH


def test_py2bit_reads_the_same(tmp_path):
    py2bit = pytest.importorskip("py2bit")
    rng = np.random.default_rng(0)
    truth = {f"chr{i}": "".join(rng.choice(list("ACGTacgtN"), n)) for i, n in enumerate([1, 4, 1001, 5000])}
    path = tmp_path / "genome.2bit"
    write_twobit(path, truth)
    theirs = py2bit.open(str(path), True)
    assert {name: theirs.sequence(name) for name in theirs.chroms()} == truth
    assert {name: letters.decode() for name, letters in read_twobit(path)} == truth


def test_sequences_of_many_pieces_come_back(tmp_path, monkeypatch):
    monkeypatch.setattr("scmaxatac.io._twobit._PIECE", 2)
    path = tmp_path / "genome.2bit"
    write_twobit(path, TRUTH)
    assert {name: letters.decode() for name, letters in read_twobit(path)} == TRUTH


def test_fasta_and_twobit_are_told_by_content(tmp_path):
    path = tmp_path / "genome.2bit"
    path.write_text(">chr1\nACGT\n")
    assert list(read_sequences(path)) == [("chr1", b"ACGT")]


def test_what_is_no_twobit_is_a_clear_error(tmp_path):
    path = tmp_path / "genome.2bit"
    path.write_bytes(b"nothing of the kind" * 10)
    with pytest.raises(ValueError, match=r"genome\.2bit is not a 2bit file"):
        list(read_twobit(path))


@pytest.mark.parametrize("names", [("chr1", "chr2", "empty"), ("empty", "chr1", "chr2")])
def test_a_file_cut_anywhere_is_an_error_before_the_first_sequence(tmp_path, names):
    """Within the bases of the last sequence too, if it has any: only its length tells that some are missing."""
    path = tmp_path / "genome.2bit"
    write_twobit(path, {name: TRUTH[name] for name in names})
    whole = path.read_bytes()
    for size in range(4, len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"genome\.2bit is truncated or damaged"):
            next(read_twobit(path))
    path.write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match="its sequences end at byte"):
        next(read_twobit(path))


def test_a_file_that_loses_its_end_while_it_is_read_is_an_error(tmp_path):
    path = tmp_path / "genome.2bit"
    write_twobit(path, {"chr1": "ACGT", "chr2": "ACGT" * 50_000})
    sequences = read_twobit(path)
    assert next(sequences) == ("chr1", b"ACGT")
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(ValueError, match=r"genome\.2bit is truncated or damaged: it ends within chr2"):
        next(sequences)


def test_a_changed_byte_is_an_error_unless_it_is_a_name_a_base_or_a_block_that_fits(tmp_path):
    path = tmp_path / "genome.2bit"
    write_twobit(path, TRUTH)
    whole = path.read_bytes()
    messages = []
    for place in range(4, len(whole)):
        for change in (0x01, 0x80, 0xFF):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :])
            try:
                found = dict(read_twobit(path))
            except ValueError as error:
                messages.append(str(error))
            else:
                assert [len(letters) for letters in found.values()] == [17, 7, 0]
    assert len(messages) > len(whole)
    assert all(message.startswith(f"{path} is truncated or damaged: ") for message in messages)
