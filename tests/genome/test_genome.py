import gzip
import os
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from _small_disk import file_size_limit

from scmaxatac import settings
from scmaxatac.genome import Genome, Intervals
from scmaxatac.genome import _codes as codes_module
from scmaxatac.io._disk import DiskFullError
from scmaxatac.io._temporary import temporary_name

SEQUENCES = {"chr1": "ACGTNacgtnRY" * 5 + "A", "chr2": "T" * 37, "chrUn_1": "NNNN"}
CODES = {letter: code for code, letters in enumerate(("Aa", "Cc", "Gg", "Tt")) for letter in letters}


def fasta_text(sequences: dict[str, str] = SEQUENCES, width: int = 20) -> bytes:
    lines = []
    for name, sequence in sequences.items():
        lines += [f">{name} a description", *(sequence[i : i + width] for i in range(0, len(sequence), width))]
    return ("\n".join(lines) + "\n").encode()


def bgzip(data: bytes) -> bytes:
    """Two blocks and the end marker, after section 4.1 of the SAM specification."""
    blocks = b""
    for part in (data[:50], data[50:], b""):
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(part) + packer.flush()
        header = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, 18 + len(body) + 8 - 1)
        blocks += header + body + struct.pack("<2I", zlib.crc32(part), len(part))
    return blocks


def check_codes(genome: Genome, sequences: dict[str, str] = SEQUENCES) -> None:
    assert genome.sizes == {name: len(sequence) for name, sequence in sequences.items()}
    for name, sequence in sequences.items():
        assert genome.codes(name).tolist() == [CODES.get(letter, 4) for letter in sequence]
        assert genome.codes(name).dtype == np.uint8


@pytest.mark.parametrize(("name", "pack"), [("g.fa", bytes), ("g.fa.gz", gzip.compress), ("g.fa.bgz", bgzip)])
def test_letters_become_codes_from_plain_gzip_and_bgzip(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(fasta_text()))
    check_codes(Genome(path, cache_dir=tmp_path / "cache"))


def test_2bit_gives_what_fasta_gives(tmp_path):
    py2bit = pytest.importorskip("py2bit")
    sequences = {"chr1": "ACGTNNNNacgtnnT", "chr2": "GATTACA"}
    path = tmp_path / "g.2bit"
    path.write_bytes(_twobit(sequences))
    assert py2bit.open(str(path)).sequence("chr2") == "GATTACA"
    genome = Genome(path, cache_dir=tmp_path / "cache")
    check_codes(genome, sequences)
    (tmp_path / "g.fa").write_bytes(fasta_text(sequences))
    assert Genome(tmp_path / "g.fa", cache_dir=tmp_path / "cache").fingerprint == genome.fingerprint


def _twobit(sequences: dict[str, str]) -> bytes:
    """UCSC's format: header, index, then for each sequence length, N blocks, mask blocks, packed bases."""
    records = []
    for sequence in sequences.values():
        unknown = np.array([letter in "Nn" for letter in sequence])
        edges = np.flatnonzero(np.diff(np.concatenate([[0], unknown.astype(int), [0]])))
        starts, lengths = edges[::2], edges[1::2] - edges[::2]
        packed = [max("TCAG".find(letter), 0) for letter in sequence.upper()]
        packed += [0] * (-len(packed) % 4)
        body = bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in np.reshape(packed, (-1, 4)).tolist())
        blocks = struct.pack(f"<{2 * len(starts)}I", *starts, *lengths)
        records.append(struct.pack("<2I", len(sequence), len(starts)) + blocks + struct.pack("<2I", 0, 0) + body)
    out = struct.pack("<4I", 0x1A412743, 0, len(sequences), 0)
    offset = len(out) + sum(5 + len(name) for name in sequences)
    for name, record in zip(sequences, records, strict=True):
        out += struct.pack("<B", len(name)) + name.encode() + struct.pack("<I", offset)
        offset += len(record)
    return out + b"".join(records)


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta_text())
    return path


@pytest.fixture
def count_encodings(monkeypatch) -> list[str]:
    """A list that gets longer with every FASTA file that is encoded."""
    encoded: list[str] = []
    encode = codes_module._encode
    monkeypatch.setattr(codes_module, "_encode", lambda path, root: encoded.append(str(path)) or encode(path, root))
    return encoded


def test_a_file_is_encoded_once(fasta, tmp_path, count_encodings):
    for _ in range(2):
        check_codes(Genome(fasta, cache_dir=tmp_path / "cache"))
    assert len(count_encodings) == 1


def test_the_cache_is_in_the_settings_folder(fasta, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "cache_dir", tmp_path / "elsewhere")
    Genome(fasta)
    assert (tmp_path / "elsewhere" / "genomes").is_dir()


def test_the_same_content_elsewhere_shares_its_codes(fasta, tmp_path):
    copy = tmp_path / "copy.fa.gz"
    copy.write_bytes(gzip.compress(fasta_text(width=7)))
    one, other = (Genome(path, cache_dir=tmp_path / "cache") for path in (fasta, copy))
    folders = [path for path in (tmp_path / "cache" / "genomes").iterdir() if (path / "index.json").exists()]
    assert len(folders) == 1
    assert one.fingerprint == other.fingerprint


def test_a_changed_file_is_read_again(fasta, tmp_path, count_encodings):
    before = Genome(fasta, cache_dir=tmp_path / "cache")
    changed = {**SEQUENCES, "chr2": "G" * 37}
    fasta.write_bytes(fasta_text(changed))
    os.utime(fasta, ns=(0, 10**18))
    after = Genome(fasta, cache_dir=tmp_path / "cache")
    check_codes(after, changed)
    assert len(count_encodings) == 2
    assert before.fingerprint != after.fingerprint
    check_codes(before)


def test_a_damaged_file_leaves_nothing_in_the_cache(tmp_path):
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(gzip.compress(fasta_text())[:-20])
    with pytest.raises(ValueError, match=r"genome\.fa\.gz is truncated"):
        Genome(path, cache_dir=tmp_path / "cache")
    assert list((tmp_path / "cache" / "genomes").iterdir()) == []


@pytest.mark.parametrize("size", [0, -5, 1.5, "x", None])
def test_a_size_that_is_no_length_is_refused(size):
    with pytest.raises(
        ValueError, match=r"chromosome sizes: 'chr2' has .*; a length is a whole number of bp, at least 1"
    ):
        Genome.from_sizes({"chr1": 10, "chr2": size})


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.fa"):
        Genome(tmp_path / "nowhere.fa")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.bed"):
        Genome.from_sizes({"chr1": 10}, blacklist=tmp_path / "nowhere.bed")


@pytest.mark.parametrize("kind", ["path", "table", "categories", "intervals"])
def test_a_blacklist_comes_as_file_table_or_intervals(tmp_path, kind):
    frame = pd.DataFrame({"chrom": ["chr1", "chr1", "other"], "start": [5, 30, 0], "end": [10, 200, 9]})
    frame.to_csv(tmp_path / "black.bed", sep="\t", header=False, index=False)
    blacklist = {
        "path": tmp_path / "black.bed",
        "table": frame,
        "categories": frame.astype({"chrom": "category"}),
        "intervals": Intervals.from_frame(frame),
    }[kind]
    genome = Genome.from_sizes({"chr1": 100, "chr2": 50}, blacklist=blacklist)
    assert genome.blacklist.frame().to_numpy().tolist() == [["chr1", 5, 10], ["chr1", 30, 100]]
    assert genome.allowed_bases("chr1") == 25
    assert genome.allowed_bases("chr2") == 50


def test_a_blacklist_of_other_names_is_an_error_that_shows_both():
    frame = pd.DataFrame({"chrom": ["1"], "start": [0], "end": [10]})
    with pytest.raises(ValueError, match=r"share no chromosome: the blacklist has 1, .* has chr1"):
        Genome.from_sizes({"chr1": 100}, blacklist=frame)
    with pytest.raises(ValueError, match=r"the blacklist: no column chrom among 'contig', 'start', 'end'"):
        Genome.from_sizes({"chr1": 100}, blacklist=frame.rename(columns={"chrom": "contig"}))


def test_chromosome_sizes_are_enough_without_sequence(tmp_path):
    path = tmp_path / "small.chrom.sizes"
    path.write_text("chr1\t100\nchr2\t50\n")
    genome = Genome.from_sizes(path)
    assert genome.sizes == {"chr1": 100, "chr2": 50}
    assert not genome.has_sequence
    with pytest.raises(ValueError, match=r"small\.chrom\.sizes holds no sequence"):
        genome.codes("chr1")
    with pytest.raises(ValueError, match="holds no chromosome"):
        Genome.from_sizes({})


@pytest.mark.parametrize(
    ("asked", "hint"), [("1", "did you mean 'chr1'"), ("chrM", "has chr1, chr2"), ("chrUn", "has chr1")]
)
def test_an_unknown_chromosome_is_an_error_with_a_hint(asked, hint):
    genome = Genome.from_codes({"chr1": np.zeros(5, np.uint8), "chr2": np.zeros(5, np.uint8)})
    with pytest.raises(KeyError, match=f"chromosome '{asked}' is not in .*{hint}"):
        genome.select_chroms([asked])
    with pytest.raises(KeyError, match=hint):
        genome.codes(asked)


def test_autosomes_and_x_with_sequence_are_chosen_by_default():
    names = ["chr1", "chr10", "chrX", "chrY", "chrM", "chr1_KI270706v1_random", "chrUn_GL000195v1", "chr22"]
    assert Genome.from_sizes(dict.fromkeys(names, 10)).select_chroms() == ["chr1", "chr10", "chrX", "chr22"]
    codes = {name: np.full(10, 4 if name == "chr10" else 0, np.uint8) for name in names}
    assert Genome.from_codes(codes).select_chroms() == ["chr1", "chrX", "chr22"]
    plain = ["1", "2", "X", "Y", "MT", "GL000219.1"]
    assert Genome.from_sizes(dict.fromkeys(plain, 10)).select_chroms() == ["1", "2", "X"]
    fly = ["chr2L", "chr2R", "chr3L", "chrX", "chrY", "chrUn_CP007081v1"]
    assert Genome.from_sizes(dict.fromkeys(fly, 10)).select_chroms() == ["chr2L", "chr2R", "chr3L", "chrX"]
    yeast = ["chrI", "chrIV", "chrM"]
    assert Genome.from_sizes(dict.fromkeys(yeast, 10)).select_chroms() == ["chrI", "chrIV"]


def test_contigs_of_unusual_names_are_all_chosen_with_a_warning():
    with pytest.warns(UserWarning, match="no contig of .* is named like an autosome or X; all 2 are used"):
        chosen = Genome.from_sizes({"scaffold_1": 10, "scaffold_2": 20}).select_chroms()
    assert chosen == ["scaffold_1", "scaffold_2"]


def test_chosen_chromosomes_keep_their_order_and_come_once():
    genome = Genome.from_sizes({"chr1": 10, "chr2": 10, "chrY": 10})
    assert genome.select_chroms(["chrY", "chr1", "chrY"]) == ["chrY", "chr1"]
    assert genome.select_chroms("chr2") == ["chr2"]
    with pytest.raises(ValueError, match="chroms is empty"):
        genome.select_chroms([])


@pytest.mark.parametrize("chroms", [5, [5], "5", ["5"]])
def test_a_chromosome_may_be_named_by_its_number(chroms):
    assert Genome.from_sizes({"4": 10, "5": 10}).select_chroms(chroms) == ["5"]


def test_genomes_travel_to_other_processes(fasta, tmp_path):
    blacklist = Intervals({"chr1": (np.array([3]), np.array([9]))})
    genome = Genome(fasta, blacklist=blacklist, cache_dir=tmp_path / "cache")
    genome.codes("chr1")
    sent = pickle.dumps(genome)
    assert len(sent) < 5000
    back = pickle.loads(sent)
    check_codes(back)
    assert back.fingerprint == genome.fingerprint
    assert back.blacklist.total("chr1") == 6


def test_the_fingerprint_tells_sequence_and_blacklist_apart():
    codes = {"chr1": np.zeros(50, np.uint8), "chr2": np.ones(50, np.uint8)}
    black = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [5, 6], "end": [9, 9]})
    genomes = [
        Genome.from_codes(codes),
        Genome.from_codes({**codes, "chr2": np.zeros(50, np.uint8)}),
        Genome.from_codes(codes, blacklist=black),
        Genome.from_codes(codes, blacklist=black.assign(end=10)),
        Genome.from_sizes({"chr1": 50, "chr2": 50}),
    ]
    assert len({genome.fingerprint for genome in genomes}) == len(genomes)
    assert Genome.from_codes(codes, blacklist=black[::-1]).fingerprint == genomes[2].fingerprint


@pytest.mark.parametrize(
    ("sizes", "human", "assembly"),
    [
        ({"chr1": 248_956_422}, True, "hg38"),
        ({"1": 249_250_621, "2": 10}, True, "hg19"),
        ({"chr1": 248_387_328}, True, "T2T-CHM13"),
        ({"chr22": 50_818_468}, True, ""),
        ({"chr1": 195_471_971, "chr22": 1}, False, ""),
        ({"chrI": 230_218}, False, ""),
    ],
)
def test_human_genomes_are_known_by_chromosome_1(sizes, human, assembly):
    genome = Genome.from_sizes(sizes)
    assert genome.looks_human is human
    assert genome.human_assembly == assembly


def test_real_sequence_and_blacklist_have_their_known_size(data_dir, tmp_path):
    genome = Genome(
        data_dir / "chr22" / "hg38_chr22_partial.fa.gz",
        blacklist=data_dir / "maxatac" / "hg38_maxatac_blacklist.bed",
        cache_dir=tmp_path,
    )
    assert genome.sizes == {"chr22": 50_818_468}
    assert int((genome.codes("chr22") < 4).sum()) == 5_025_304
    assert genome.blacklist.total("chr22") == 15_428_045
    assert genome.select_chroms() == ["chr22"]


def test_a_full_disk_is_named_and_an_encoding_leaves_nothing_there(tmp_path):
    path, cache = tmp_path / "genome.fa", tmp_path / "cache"
    path.write_bytes(fasta_text({"chr1": "ACGT" * 5_000}))
    with file_size_limit(10_000), pytest.raises(DiskFullError, match=r"genomes.* can't be written: it would be larger"):
        codes_module.encode_fasta(path, cache)
    assert [part for part in cache.rglob("*") if part.name != "genomes"] == []
    assert codes_module.encode_fasta(path, cache).sizes == {"chr1": 20_000}


def test_an_encoding_that_was_killed_is_removed_by_the_next_one(tmp_path):
    path, root = tmp_path / "genome.fa", tmp_path / "cache" / "genomes"
    path.write_bytes(fasta_text())
    left = root / temporary_name("encoding").replace(f".{os.getpid()}.", ".4194305.")  # no process has this number
    left.mkdir(parents=True)
    (left / "0.codes").touch()
    folder = codes_module.encode_fasta(path, tmp_path / "cache").folder
    assert {part.name for part in root.iterdir()} == {folder.name, "seen"}


def _cut(folder, index):
    (folder / "0.codes").write_bytes(bytes(5))


def _longer(folder, index):
    (folder / "0.codes").write_bytes((folder / "0.codes").read_bytes() + b"\0")


def _gone(folder, index):
    (folder / "0.codes").unlink()


def _one_byte(folder, index):
    data = bytearray((folder / "0.codes").read_bytes())
    data[3] = 0
    (folder / "0.codes").write_bytes(data)


def _zeros_at_the_end(folder, index):
    (folder / "0.codes").write_bytes((folder / "0.codes").read_bytes()[:10] + bytes(10))


def _half_an_index(folder, index):
    index.write_bytes(index.read_bytes()[:30])


def _no_index(folder, index):
    index.unlink()


def _another_size(folder, index):
    index.write_text(index.read_text().replace("20", "19"))


def _index_of_lists(folder, index):
    index.write_text("[[]]")


def _no_text(folder, index):
    index.write_bytes(b"\xff" * 40)


DAMAGES = [_cut, _longer, _gone, _one_byte, _zeros_at_the_end, _half_an_index, _no_index, _another_size,
           _index_of_lists, _no_text]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_codes_are_made_anew_and_the_log_says_so(tmp_path, caplog, damage):
    path = tmp_path / "x.fa"
    path.write_text(">chr1\n" + "ACGT" * 5 + "\n")
    folder = codes_module.encode_fasta(path, tmp_path / "cache").folder
    damage(folder, folder / "index.json")
    genome = Genome(path, cache_dir=tmp_path / "cache")
    assert genome.codes("chr1").tolist() == [0, 1, 2, 3] * 5
    assert "damaged" in caplog.text
    assert f"the folder is made anew from {path}" in caplog.text
    assert {part.name for part in folder.parent.iterdir()} == {folder.name, "seen"}
    caplog.clear()
    assert Genome(path, cache_dir=tmp_path / "cache").codes("chr1").tolist() == [0, 1, 2, 3] * 5


@pytest.mark.parametrize("package", ["pyfaidx", "pysam"])
@pytest.mark.parametrize("form", [str, os.fsencode, Path])
def test_an_object_of_another_package_is_read_from_the_path_that_it_names(tmp_path, package, form):
    """Without the packages: by what they call their file, in any form that a path has."""
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta_text())
    opened = type("Fasta", (), {"__module__": f"{package}.some.part", "filename": form(path)})()
    genome = Genome(opened, cache_dir=tmp_path / "cache")
    assert genome.source == str(path)
    check_codes(genome)


@pytest.mark.parametrize(("package", "name"), [("pyfaidx", "Fasta"), ("pysam", "FastaFile")])
def test_a_fasta_that_another_package_opened_is_read_from_its_path(tmp_path, package, name):
    opener = getattr(pytest.importorskip(package), name)
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta_text())
    with opener(str(path)) as opened:
        genome = Genome(opened, cache_dir=tmp_path / "cache")
    assert genome.source == str(path)
    check_codes(genome)


def test_what_names_no_fasta_is_refused_and_a_genome_of_snapatac2_gets_a_hint():
    class Assembly:
        __module__ = "snapatac2.genome"

    with pytest.raises(
        ValueError, match=r"^fasta is a Assembly; .* a genome of SnapATAC2 has one in its attribute fasta"
    ):
        Genome(Assembly())
    for wrong in (None, 5, ["genome.fa"], b"genome.fa"):
        with pytest.raises(ValueError, match=r"^fasta is a .*; give the path of a FASTA or 2bit file$"):
            Genome(wrong)


def test_codes_that_are_damaged_and_whose_file_is_another_one_are_an_error(tmp_path):
    path = tmp_path / "x.fa"
    path.write_text(">chr1\n" + "ACGT" * 5 + "\n")
    genome = Genome(path, cache_dir=tmp_path / "cache")
    _one_byte(genome._codes.folder, None)
    path.write_text(">chr1\n" + "ACGA" * 5 + "\n")
    with pytest.raises(ValueError, match=r"0\.codes is damaged: .*, and .*x\.fa is another genome now"):
        genome.codes("chr1")


@pytest.mark.parametrize("how", ["replaced", "in place"])
def test_another_file_of_the_same_size_and_time_is_read(tmp_path, how):
    path, other = tmp_path / "x.fa", tmp_path / "y.fa"
    for file, letter in ((path, "A"), (other, "C")):
        file.write_text(f">chr1\n{letter * 4}\n")
        os.utime(file, ns=(10**18, 10**18))
    assert Genome(path, cache_dir=tmp_path / "cache").codes("chr1").tolist() == [0] * 4
    if how == "replaced":
        os.replace(other, path)
    else:
        path.write_bytes(other.read_bytes())
        os.utime(path, ns=(10**18, 10**18))
    assert Genome(path, cache_dir=tmp_path / "cache").codes("chr1").tolist() == [1] * 4


def test_another_content_is_seen_where_times_and_places_are_the_same(tmp_path, monkeypatch):
    path = tmp_path / "x.fa"
    stat = os.stat(tmp_path)
    monkeypatch.setattr(type(path), "stat", lambda self, **_: stat)
    digests = set()
    for text in ("ACGT", "ACGA"):
        with open(path, "w") as handle:
            handle.write(text)
        digests.add(codes_module._identity(path))
    assert len(digests) == 2


@pytest.mark.parametrize("note", [b"", b"\xff\xfe", b"../.. x", b"seen seen", b"0" * 32])
def test_a_damaged_note_of_what_was_seen_is_not_believed(tmp_path, note):
    path = tmp_path / "x.fa"
    path.write_text(">chr1\nACGT\n")
    Genome(path, cache_dir=tmp_path / "cache")
    (seen,) = (tmp_path / "cache" / "genomes" / "seen").iterdir()
    seen.write_bytes(note)
    assert Genome(path, cache_dir=tmp_path / "cache").codes("chr1").tolist() == [0, 1, 2, 3]


def test_the_note_of_another_file_is_not_believed(tmp_path):
    for name, letter in (("x", "A"), ("y", "C")):
        (tmp_path / f"{name}.fa").write_text(f">chr1\n{letter * 4}\n")
        Genome(tmp_path / f"{name}.fa", cache_dir=tmp_path / "cache")
    one, other = (tmp_path / "cache" / "genomes" / "seen").iterdir()
    texts = one.read_text(), other.read_text()
    one.write_text(texts[1])
    other.write_text(texts[0])
    assert Genome(tmp_path / "x.fa", cache_dir=tmp_path / "cache").codes("chr1").tolist() == [0] * 4


def test_paths_may_begin_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.fa").write_text(">chr1\nACGT\n")
    assert Genome("~/x.fa", cache_dir="~/c").sizes == {"chr1": 4}
    assert {path.name for path in tmp_path.iterdir()} == {"x.fa", "c"}


@pytest.mark.parametrize("size", [0, -5, 2.5, "long", True, None, float("nan")])
def test_sizes_that_are_none_are_refused(size):
    with pytest.raises(ValueError, match=r"chromosome sizes: 'chr2' has .*whole number of bp, at least 1"):
        Genome.from_sizes({"chr1": 10, "chr2": size})
    assert Genome.from_sizes({"chr1": np.int64(10), "chr2": 5.0}).sizes == {"chr1": 10, "chr2": 5}
