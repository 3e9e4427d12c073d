"""The two trees of a bigWig, walked as the format describes them."""

import struct

import numpy as np
import pytest

from scmaxatac.io import _bigwig_index
from scmaxatac.io._bigwig_index import BLOCK, block_tree, chrom_tree


def leaves(data: bytes, base: int, at: int, item: str, pointer: str) -> list[tuple]:
    """Items of all leaves from left to right; offsets count from the file's beginning, where `data` lie at `base`."""
    is_leaf, _, n = struct.unpack_from("<BBH", data, at - base)
    form = item if is_leaf else pointer
    rows = [struct.unpack_from(form, data, at - base + 4 + i * struct.calcsize(form)) for i in range(n)]
    if is_leaf:
        return rows
    return [row for *_, below in rows for row in leaves(data, base, below, item, pointer)]


@pytest.mark.parametrize("children", [2, 3, 256])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 30])
def test_chromosomes_are_found_by_name_with_their_number_and_length(monkeypatch, children, n):
    monkeypatch.setattr(_bigwig_index, "_CHILDREN", children)
    sizes = {f"chr{i}": 1_000 + i for i in range(n)}
    data = chrom_tree(sizes, 64)
    magic, block, width, value, count, _ = struct.unpack_from("<IIIIQQ", data)
    assert (magic, block, width, value, count) == (0x78CA8C91, min(children, n), len(f"chr{n - 1}"), 8, n)
    rows = leaves(data, 64, 64 + 32, f"<{width}sII", f"<{width}sQ")
    names = [name.rstrip(b"\0").decode() for name, _, _ in rows]
    assert names == sorted(sizes)
    assert [(i, size) for _, i, size in rows] == [(list(sizes).index(name), sizes[name]) for name in names]


@pytest.mark.parametrize("children", [2, 3, 256])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 30])
def test_blocks_are_found_from_left_to_right_and_each_node_covers_what_lies_below(monkeypatch, children, n):
    monkeypatch.setattr(_bigwig_index, "_CHILDREN", children)
    blocks = np.zeros(n, dtype=BLOCK)
    blocks["chrom"] = blocks["last"] = np.arange(n) // 4
    blocks["start"], blocks["end"] = np.arange(n) % 4 * 100, np.arange(n) % 4 * 100 + 90
    blocks["offset"], blocks["size"] = 1_000 + 7 * np.arange(n), 7
    data = block_tree(blocks, 5_000)
    magic, per_node, count, *bounds, end_of_data, _, _ = struct.unpack_from("<IIQIIIIQII", data)
    assert (magic, per_node, count, end_of_data) == (0x2468ACE0, children, n, 5_000)
    assert bounds == [0, 0, (n - 1) // 4, blocks["end"][-1]]
    found = leaves(data, 5_000, 5_000 + 48, "<IIIIQQ", "<IIIIQ")
    assert found == blocks.tolist()

    def check(at: int, low: tuple, high: tuple) -> None:
        is_leaf, _, m = struct.unpack_from("<BBH", data, at - 5_000)
        for i in range(m):
            form = "<IIIIQQ" if is_leaf else "<IIIIQ"
            chrom, start, last, end, below, *_ = struct.unpack_from(
                form, data, at - 5_000 + 4 + i * struct.calcsize(form)
            )
            assert low <= (chrom, start)
            assert (last, end) <= high
            if not is_leaf:
                check(below, (chrom, start), (last, end))

    check(5_000 + 48, (0, 0), (bounds[2], bounds[3]))
