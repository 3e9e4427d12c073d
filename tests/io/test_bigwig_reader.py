"""Our reading of bigWigs that others wrote, and of damaged ones."""

import pickle
import struct

import numpy as np
import pybigtools
import pyBigWig
import pytest

from scmaxatac.io._bigwig import BigWigWriter, bigwig_sizes, read_bigwig, sizes_with_values

SIZES = {"chr2": 300_000, "chr1": 1_000_000, "chr10": 40_000}
RNG = np.random.default_rng(0)
EDGES = np.unique(RNG.integers(0, 900_000, 20_000))
STARTS, ENDS = EDGES[:-1], EDGES[1:] - (np.diff(EDGES) > 5)
VALUES = RNG.normal(size=len(STARTS)).astype(np.float32)


def by_pybigwig(path):
    """Sections of all three kinds."""
    with pyBigWig.open(str(path), "w") as handle:
        handle.addHeader(list(SIZES.items()))
        handle.addEntries("chr2", 96, values=VALUES[:9_000], span=20, step=32)
        handle.addEntries("chr1", STARTS[:5_000], values=VALUES[:5_000], span=1)
        rest = slice(5_000, None)
        handle.addEntries(["chr1"] * len(STARTS[rest]), STARTS[rest], ends=ENDS[rest], values=VALUES[rest])


def by_pybigtools(path):
    rows = (("chr1", int(s), int(e), float(v)) for s, e, v in zip(STARTS, ENDS, VALUES, strict=True))
    handle = pybigtools.open(str(path), "w")
    handle.write(SIZES, rows)
    handle.close()


@pytest.mark.parametrize("write", [by_pybigwig, by_pybigtools])
def test_files_of_others_are_read_as_pybigtools_reads_them(tmp_path, write):
    path = tmp_path / "a.bw"
    write(path)
    with open(path, "rb") as file:
        handle = pybigtools.open(file)
        assert bigwig_sizes(path) == handle.chroms()
        filled = {"chr1", "chr2"} if write is by_pybigwig else {"chr1"}
        assert sizes_with_values(path) == {chrom: SIZES[chrom] for chrom in SIZES if chrom in filled}
        for chrom, size in handle.chroms().items():
            for low, high in ((0, size), (size // 3 + 1, size // 2), (size // 2, size // 2 + 3), (size - 1, size)):
                columns = list(zip(*handle.records(chrom, low, high), strict=True)) or [(), (), ()]
                for got, expected in zip(read_bigwig(path, chrom, low, high), columns, strict=True):
                    np.testing.assert_array_equal(got, np.array(expected, dtype=got.dtype))


def plain(order: str, *, leaf: int = 1, child: int | None = None) -> bytes:
    """A file of one section that is not compressed, after the tables of the format."""
    section = struct.pack(order + "IIIIIBBH2f", 0, 10, 40, 20, 10, 3, 0, 2, 1.5, -2.0)
    tree = struct.pack(order + "IIIIQQBBH4sII", 0x78CA8C91, 1, 4, 8, 1, 0, 1, 0, 1, b"chrX", 0, 500)
    data = 64 + 40 + len(tree)
    index = data + 8 + len(section)
    bounds = (0, 10, 0, 40)
    header = (0x888FFC26, 4, 0, 104, data, index, 0, 0, 0, 64, 0, 0)
    entry = struct.pack(order + "4IQ", *bounds, data + 8 if child is None else index + child)
    return (
        struct.pack(order + "IHHQQQHHQQIQ", *header)
        + struct.pack(order + "Qdddd", 20, -2, 1.5, -5, 62.5)
        + tree
        + struct.pack(order + "Q", 1)
        + section
        + struct.pack(order + "IIQ4IQIIBBH", 0x2468ACE0, 1, 1, *bounds, index, 1, 0, leaf, 0, 1)
        + entry
        + struct.pack(order + "Q", len(section)) * leaf
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_files_of_either_byte_order_are_read_also_where_they_are_not_compressed(tmp_path, order):
    path = tmp_path / "a.bw"
    path.write_bytes(plain(order))
    with open(path, "rb") as file:
        assert list(pybigtools.open(file).records("chrX")) == [(10, 20, 1.5), (30, 40, -2.0)]
    assert bigwig_sizes(path) == {"chrX": 500}
    assert [column.tolist() for column in read_bigwig(path, "chrX")] == [[10, 30], [20, 40], [1.5, -2.0]]


def test_an_index_that_runs_in_circles_is_an_error(tmp_path):
    path = tmp_path / "a.bw"
    path.write_bytes(plain("<", leaf=0, child=48))
    with pytest.raises(ValueError, match=r"a\.bw is not a bigWig, or is damaged: its index runs in circles"):
        read_bigwig(path, "chrX")


def everything(path):
    return [read_bigwig(path, chrom) for chrom in bigwig_sizes(path)], sizes_with_values(path)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.bw"
    with BigWigWriter(path, SIZES) as writer:
        writer.add_fixed("chr2", 0, VALUES[:9_000])
        writer.add_runs("chr1", STARTS, ENDS, VALUES)
    return path.read_bytes()


@pytest.mark.parametrize("share", np.linspace(0, 0.7, 15))
def test_a_file_without_its_end_is_an_error_that_names_it(tmp_path, good, share):
    path = tmp_path / "cut.bw"
    path.write_bytes(good[: int(len(good) * share)])
    with pytest.raises(ValueError, match=r"cut\.bw is not a bigWig, or is damaged.*download it again"):
        everything(path)


@pytest.mark.parametrize("part", [300, None])
def test_whatever_bytes_are_changed_reading_ends_with_values_or_an_error_that_names_the_file(tmp_path, good, part):
    rng = np.random.default_rng(1)
    path = tmp_path / "flipped.bw"
    errors = []
    for _ in range(300):
        data = np.frombuffer(good, dtype=np.uint8).copy()
        data[rng.integers(0, part or len(data), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(data.tobytes())
        try:
            everything(path)
        except ValueError as error:
            errors.append(str(error))
    assert len(errors) > 100
    assert all(error.startswith(f"{path} is not a bigWig, or is damaged") for error in errors)


def test_an_index_that_names_no_block_where_there_are_some_is_an_error(tmp_path):
    """Otherwise all positions would be without a value."""
    path = tmp_path / "a.bw"
    with BigWigWriter(path, {"chr1": 100}) as writer:
        writer.add_runs("chr1", [0], [10], [1.0])
    data = bytearray(path.read_bytes())
    (index,) = struct.unpack_from("<Q", data, 24)
    data[index + 48 : index + 52] = bytes(4)
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"a\.bw is not a bigWig, or is damaged: its index says that there are 1 blocks"
    ):
        read_bigwig(path, "chr1")


def test_an_index_that_names_fewer_blocks_than_there_are_is_an_error(tmp_path):
    """Otherwise the values of the others would be missing, in silence."""
    path = tmp_path / "a.bw"
    with BigWigWriter(path, {"chr1": 1_000_000}) as writer:
        writer.add_fixed("chr1", 0, np.arange(30_000, dtype=np.float32))
    data = bytearray(path.read_bytes())
    (index,) = struct.unpack_from("<Q", data, 24)
    leaf, _, n = struct.unpack_from("<BBH", data, index + 48)
    assert leaf
    assert n > 2
    struct.pack_into("<H", data, index + 50, n - 1)
    path.write_bytes(data)
    for start in (0, 900_000):
        with pytest.raises(
            ValueError,
            match=rf"a\.bw is .* damaged: its index says that there are {n} blocks of data, and names {n - 1}",
        ):
            read_bigwig(path, "chr1", start)


def test_numbers_of_blocks_that_another_writer_left_out_are_no_damage(tmp_path, good):
    path = tmp_path / "a.bw"
    data = bytearray(good)
    (offset,) = struct.unpack_from("<Q", data, 16)
    struct.pack_into("<Q", data, offset, 0)
    path.write_bytes(data)
    assert [len(column) for column in read_bigwig(path, "chr1")] == [len(VALUES)] * 3


def test_no_bit_of_an_index_can_hide_values(tmp_path):
    path = tmp_path / "a.bw"
    with BigWigWriter(path, {"chr1": 2_000_000, "chr2": 5_000}) as writer:
        writer.add_fixed("chr1", 0, np.arange(20_000, dtype=np.float32))
        writer.add_fixed("chr2", 0, np.arange(100, dtype=np.float32))
    good, values = path.read_bytes(), pickle.dumps(everything(path))
    (index,) = struct.unpack_from("<Q", good, 24)
    (n,) = struct.unpack_from("<H", good, index + 50)
    refused = 0
    for place in range(8 * (index + 48), 8 * (index + 52 + 32 * n)):
        data = bytearray(good)
        data[place // 8] ^= 1 << place % 8
        path.write_bytes(data)
        try:
            assert pickle.dumps(everything(path)) == values
        except ValueError:
            refused += 1
    assert refused > 8 * 10 * n
