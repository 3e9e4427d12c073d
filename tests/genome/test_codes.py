"""Base codes in a folder."""

import json
import os
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from scmaxatac.genome import _codes as codes_module
from scmaxatac.genome._codes import CachedCodes, codes_of, encode_fasta, write_codes

CODES = {"chr1": np.array([0, 1, 2, 3, 4, 4], np.uint8), "empty": np.zeros(0, np.uint8)}
TWO = {"chr1": CODES["chr1"], "chr2": CODES["chr1"][::-1].copy()}


def test_every_byte_has_the_code_of_its_letter():
    expected = [{"A": 0, "C": 1, "G": 2, "T": 3}.get(chr(byte).upper(), 4) if byte < 128 else 4 for byte in range(256)]
    assert codes_of(bytes(range(256))).tolist() == expected


def test_codes_are_read_as_they_were_written(tmp_path):
    written = write_codes(CODES, tmp_path / "name")
    assert (written.key, written.sizes) == ("name", {"chr1": 6, "empty": 0})
    assert written.known_bases == {"chr1": 4, "empty": 0}
    for chrom, codes in CODES.items():
        np.testing.assert_array_equal(written[chrom], codes)
        assert written[chrom] is written[chrom], "opened once"


def test_what_is_there_under_a_name_is_not_written_again(tmp_path):
    write_codes(CODES, tmp_path / "name")
    before = (tmp_path / "name" / "0.codes").stat().st_mtime_ns
    again = write_codes({"other": CODES["chr1"]}, tmp_path / "name")
    assert list(again.sizes) == ["chr1", "empty"]
    assert (tmp_path / "name" / "0.codes").stat().st_mtime_ns == before


def test_they_travel_as_a_path_and_are_opened_once_a_process(tmp_path):
    codes = write_codes(CODES, tmp_path / "name")
    text = pickle.dumps(codes)
    assert len(text) < 500
    one, other = pickle.loads(text), pickle.loads(text)
    assert one is other
    np.testing.assert_array_equal(one["chr1"], CODES["chr1"])


def test_the_name_of_a_sequence_is_part_of_its_key(tmp_path):
    keys = set()
    for i, text in enumerate((b">a\nACGT\n", b">b\nACGT\n", b">a\nACGA\n", b">a\nACG\n>b\nT\n", b">a\nacgt\n")):
        path = tmp_path / f"{i}.fa"
        path.write_bytes(text)
        keys.add(encode_fasta(path, tmp_path / "cache").key)
    assert len(keys) == 4, "small letters are the same sequence"


def test_an_index_of_another_layout_is_not_taken(tmp_path, monkeypatch):
    path = tmp_path / "g.fa"
    path.write_bytes(b">a\nACGT\n")
    first = encode_fasta(path, tmp_path / "cache")
    monkeypatch.setattr(codes_module, "_FORMAT", codes_module._FORMAT + 1)
    second = encode_fasta(path, tmp_path / "cache")
    assert second.folder != first.folder
    assert json.loads((second.folder / "index.json").read_text())["key"] == second.key


@pytest.mark.parametrize("change", ["a row with the file of another", "a row less", "another name"])
def test_an_index_that_was_changed_is_damaged(tmp_path, change):
    index = (
        write_codes({"chr1": CODES["chr1"], "chr2": CODES["chr1"][::-1].copy()}, tmp_path / "name").folder
        / "index.json"
    )
    table = json.loads(index.read_text())
    rows = table["chroms"]
    if change == "another name":
        rows[0]["name"] = "chr3"
    else:
        last = rows.pop()
        rows[0] |= {"file": last["file"], "sha256": last["sha256"]} if "file" in change else {}
    index.write_text(json.dumps(table))
    with pytest.raises(ValueError, match=r"index\.json is missing or damaged"):
        CachedCodes(index.parent)


def test_an_index_of_earlier_versions_has_no_checksum_and_names_files_in_order(tmp_path):
    index = (
        write_codes({"chr1": CODES["chr1"], "chr2": CODES["chr1"][::-1].copy()}, tmp_path / "name").folder
        / "index.json"
    )
    table = json.loads(index.read_text())
    del table["rows"]
    index.write_text(json.dumps(table))
    assert CachedCodes(index.parent)["chr1"].tolist() == CODES["chr1"].tolist()
    del table["chroms"][0]
    index.write_text(json.dumps(table))
    with pytest.raises(ValueError, match=r"index\.json is missing or damaged"):
        CachedCodes(index.parent)


def test_a_file_that_was_cut_is_damaged(tmp_path):
    write_codes(CODES, tmp_path / "name")
    (tmp_path / "name" / "0.codes").write_bytes(b"\0" * 5)
    with pytest.raises(ValueError, match=r"0\.codes is damaged: it holds 5 bases of chr1, which has 6"):
        CachedCodes(tmp_path / "name")["chr1"]


def test_damaged_codes_of_a_genome_in_memory_are_written_again(tmp_path):
    write_codes(CODES, tmp_path / "name")
    (tmp_path / "name" / "0.codes").write_bytes(b"\0" * 6)
    with pytest.raises(ValueError, match=r"0\.codes is damaged: it is not what was written"):
        CachedCodes(tmp_path / "name")["chr1"]
    assert write_codes(CODES, tmp_path / "name")["chr1"].tolist() == CODES["chr1"].tolist()


@pytest.mark.parametrize("fact", ["st_size", "st_mtime_ns", "st_ctime_ns", "st_ino"])
def test_size_times_and_place_each_tell_a_file_from_an_earlier_one(tmp_path, monkeypatch, fact):
    path = tmp_path / "x.fa"
    path.write_bytes(b">a\nACGT\n")
    digests = set()
    for change in (0, 0, 1):
        facts = {"st_size": 8, "st_mtime_ns": 1, "st_ctime_ns": 1, "st_ino": 1}
        facts[fact] += change
        stat = SimpleNamespace(**facts)
        monkeypatch.setattr(type(path), "stat", lambda self, found=stat, **_: found)
        digests.add(codes_module._identity(path))
    assert len(digests) == 2


@pytest.mark.parametrize("how", ["in place", "replaced"])
def test_a_base_between_the_samples_is_seen_where_size_and_time_are_those_of_before(tmp_path, how):
    path = tmp_path / "x.fa"
    changed = path if how == "in place" else tmp_path / "y.fa"
    text = b">a\n" + b"A" * 200_000
    path.write_bytes(text)
    os.utime(path, ns=(10**18, 10**18))
    assert not encode_fasta(path, tmp_path / "cache")["a"].any()
    before = path.stat()
    changed.write_bytes(text[:10_000] + b"C" + text[10_001:])
    os.utime(changed, ns=(10**18, 10**18))
    while changed.stat().st_ctime_ns == before.st_ctime_ns:  # the clock of the file system goes by steps
        os.utime(changed, ns=(10**18, 10**18))
    os.replace(changed, path)
    now = path.stat()
    assert (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    np.testing.assert_array_equal(np.flatnonzero(encode_fasta(path, tmp_path / "cache")["a"]), [10_000 - len(">a\n")])
