"""The bigBeds that we write, read by two readers that know nothing of our writer."""

import struct

import numpy as np
import pandas as pd
import pybigtools
import pyBigWig
import pytest
from _small_disk import file_size_limit

from scmaxatac.io._bed import read_bed, write_bed
from scmaxatac.io._bigbed import NARROW_PEAK, write_bigbed
from scmaxatac.io._disk import DiskFullError

SIZES = {"chr2": 700_000, "chr1": 3_000_000, "chr10": 50_000, "chrM": 3_000}


def sites(n=4000, seed=0) -> pd.DataFrame:
    """Sites that don't overlap, on three of the chromosomes, in no order."""
    rng = np.random.default_rng(seed)
    parts = []
    for chrom, size, share in (("chr2", 700_000, 0.3), ("chr1", 3_000_000, 0.6), ("chr10", 50_000, 0.1)):
        start = np.sort(rng.choice(size // 64, int(n * share), replace=False)) * 64
        parts.append(pd.DataFrame({"chrom": chrom, "start": start, "end": start + 32 * rng.integers(1, 3, len(start))}))
    frame = pd.concat(parts, ignore_index=True)
    frame["end"] = np.minimum(frame["end"], frame["chrom"].map(SIZES))
    value = rng.random(len(frame)).astype(np.float32)
    score = np.round(value * 1000).astype(int)
    frame = frame.assign(name="CTCF", score=score, strand=".", value=value, p=-1, q=-1, peak=-1)
    return frame.sample(frac=1, random_state=0).reset_index(drop=True)


def write(path, frame):
    write_bigbed(path, frame, SIZES, table="bigNarrowPeak", fields=NARROW_PEAK, n_standard=6)


def test_two_readers_find_all_fields(tmp_path):
    frame = sites()
    write(tmp_path / "a.bb", frame)
    with pyBigWig.open(str(tmp_path / "a.bb")) as one:
        assert one.isBigBed()
        assert one.chroms() == SIZES
        assert one.SQL().decode().startswith("table bigNarrowPeak\n")
        assert not one.entries("chrM", 0, 3_000)
        two = pybigtools.open(str(tmp_path / "a.bb"))
        assert two.chroms() == SIZES
        for chrom in ("chr1", "chr2", "chr10"):
            rows = frame[frame["chrom"] == chrom].sort_values("start")
            expected = [
                (start, end, f"CTCF\t{score}\t.\t{value:.6g}\t-1\t-1\t-1")
                for start, end, score, value in zip(
                    rows["start"], rows["end"], rows["score"], rows["value"], strict=True
                )
            ]
            assert one.entries(chrom, 0, SIZES[chrom]) == expected
            assert [(start, end, "\t".join(rest)) for start, end, *rest in two.records(chrom)] == expected


def test_the_header_says_which_fields_are_those_of_bed(tmp_path):
    write(tmp_path / "a.bb", sites())
    head = (tmp_path / "a.bb").read_bytes()[:64]
    magic, version, levels, *_, n_fields, n_standard, _, _, _, _ = struct.unpack("<IHHQQQHHQQIQ", head)
    assert (magic, version, levels, n_fields, n_standard) == (0x8789F2EB, 4, 5, 10, 6)
    fields = [name for _, name, _ in NARROW_PEAK]
    assert [field for field in fields if f" {field};" in pyBigWig.open(str(tmp_path / "a.bb")).SQL().decode()] == fields


def test_any_interval_is_found_by_the_index(tmp_path):
    frame = sites()
    write(tmp_path / "a.bb", frame)
    rows = frame[frame["chrom"] == "chr1"].sort_values("start")
    rng = np.random.default_rng(1)
    with pyBigWig.open(str(tmp_path / "a.bb")) as handle:
        for start in rng.integers(0, SIZES["chr1"] - 5_000, 100).tolist():
            expected = rows[(rows["end"] > start) & (rows["start"] < start + 5_000)]["start"].tolist()
            found = handle.entries("chr1", start, start + 5_000) or []
            assert [entry[0] for entry in found] == expected


def test_zoom_levels_say_how_many_bases_are_covered(tmp_path):
    frame = sites()
    write(tmp_path / "a.bb", frame)
    handle = pybigtools.open(str(tmp_path / "a.bb"))
    width = frame["end"] - frame["start"]
    assert handle.info()["summary"]["basesCovered"] == width.sum()
    assert sorted(handle.zooms()) == [1024, 4096, 16384, 65536, 262144]
    for window in handle.zooms():
        for chrom in ("chr1", "chr2", "chr10"):
            records = list(handle.zoom_records(window, chrom))
            assert sum(summary["bases_covered"] for _, _, summary in records) == width[frame["chrom"] == chrom].sum()


def test_the_order_of_rows_changes_no_byte(tmp_path):
    frame = sites()
    write(tmp_path / "a.bb", frame)
    write(tmp_path / "b.bb", frame.sort_values(["start", "chrom"]))
    assert (tmp_path / "a.bb").read_bytes() == (tmp_path / "b.bb").read_bytes()


def test_it_says_what_the_bed_file_says(tmp_path):
    frame = sites()
    write(tmp_path / "a.bb", frame)
    write_bed(tmp_path / "a.bed", frame)
    bed = read_bed(tmp_path / "a.bed").sort_values(["chrom", "start"])
    with pyBigWig.open(str(tmp_path / "a.bb")) as handle:
        rows = [
            (chrom, start, end, *rest.split("\t"))
            for chrom in sorted(SIZES)
            for start, end, rest in handle.entries(chrom, 0, SIZES[chrom]) or []
        ]
    assert [row[:5] for row in rows] == [
        (row.chrom, row.start, row.end, row.name_, str(int(row.score)))
        for row in bed.rename(columns={"name": "name_"}).itertuples()
    ]


@pytest.mark.parametrize(("change", "says"), [
    (lambda f: f.iloc[:0], "no intervals to write"),
    (lambda f: f.assign(chrom="chr7"), "chromosome 'chr7' is not among chr1"),
    (lambda f: f.assign(start=f["end"]), "empty or lies outside"),
    (lambda f: f.assign(end=f["end"] + 3_000_000), "empty or lies outside"),
    (lambda f: pd.concat([f, f]), "overlap"),
    (lambda f: f.iloc[:, :9], "of 10 fields starts with"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path, change, says):
    with pytest.raises(ValueError, match=says):
        write(tmp_path / "a.bb", change(sites(50)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.9, 0.999])
def test_a_full_disk_is_an_error_and_no_file(tmp_path, share):
    write(tmp_path / "whole.bb", sites())
    whole = (tmp_path / "whole.bb").read_bytes()
    limit = min(int(len(whole) * share), len(whole) - 1)
    with file_size_limit(limit), pytest.raises(DiskFullError):
        write(tmp_path / "a.bb", sites())
    assert [path.name for path in tmp_path.iterdir()] == ["whole.bb"]
