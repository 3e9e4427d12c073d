"""The two trees of a bigWig, as bytes: chromosomes by name, and data blocks by position.

The format is described in Kent et al. 2010, https://doi.org/10.1093/bioinformatics/btq351, supplementary tables.
"""

import struct
from collections.abc import Mapping

import numpy as np

_CHROM_TREE, _BLOCK_TREE = 0x78CA8C91, 0x2468ACE0
_CHILDREN = 256
"""Most children of a node, as in UCSC's files."""

BLOCK = np.dtype(
    [("chrom", "<u4"), ("start", "<u4"), ("last", "<u4"), ("end", "<u4"), ("offset", "<u8"), ("size", "<u8")]
)
"""Where a block of data lies: id and start of its first value, id and end of its last one, place and size in bytes."""


def chrom_tree(sizes: Mapping[str, int], offset: int) -> bytes:
    """B+ tree from the names of chromosomes to their ids, which are their places in `sizes`, and lengths.

    Parameters
    ----------
    sizes
        Lengths in bp.
    offset
        Where in the file the tree will begin.
    """
    keys = {name.encode(): (i, size) for i, (name, size) in enumerate(sizes.items())}
    width = max(map(len, keys))
    names = sorted(keys)
    header = struct.pack("<IIIIQQ", _CHROM_TREE, min(_CHILDREN, len(names)), width, 8, len(names), 0)
    leaf = [name.ljust(width, b"\0") + struct.pack("<II", *keys[name]) for name in names]
    pointer = np.dtype([("key", f"S{width}"), ("offset", "<u8")])
    firsts = np.array([(name, 0) for name in names], dtype=pointer)
    return header + _tree(leaf, firsts, offset + len(header))


def block_tree(blocks: np.ndarray, offset: int) -> bytes:
    """R-tree of blocks of data.

    Parameters
    ----------
    blocks
        (n,) of type ``BLOCK``, n at least 1, sorted by position.
    offset
        Where in the file the tree will begin, right behind the blocks.
    """
    first, last = blocks[0], blocks[-1]
    bounds = (first["chrom"], first["start"], last["last"], last["end"])
    header = struct.pack("<IIQIIIIQII", _BLOCK_TREE, _CHILDREN, len(blocks), *map(int, bounds), offset, 1, 0)
    pointers = blocks[["chrom", "start", "last", "end", "offset"]].astype(np.dtype(BLOCK.descr[:5]))
    return header + _tree([block.tobytes() for block in blocks], pointers, offset + len(header))


def _tree(items: list[bytes], pointers: np.ndarray, offset: int) -> bytes:
    """Nodes of a tree from the root down, each level behind the one above it.

    `pointers` are what a node above the leaves would hold for each item alone; offsets are filled in. A pointer to
    several items has the first one's key or start and, in an R-tree, the last one's end.
    """
    levels = [[_node(items[i : i + _CHILDREN], leaf=True) for i in range(0, len(items), _CHILDREN)]]
    above = [pointers]
    while len(levels[0]) > 1:
        above.insert(0, _joined(above[0]))
        firsts = range(0, len(above[0]), _CHILDREN)
        # a node has the same length whatever its offsets are, so they can be filled in below
        levels.insert(0, [_node([p.tobytes() for p in above[0][i : i + _CHILDREN]], leaf=False) for i in firsts])
    starts = np.cumsum([offset] + [len(node) for level in levels for node in level])[:-1]
    done, parts = 0, []
    for depth, level in enumerate(levels):
        done += len(level)
        if depth + 1 < len(levels):
            above[depth]["offset"] = starts[done : done + len(levels[depth + 1])]
            rows = [row.tobytes() for row in above[depth]]
            parts += [_node(rows[i : i + _CHILDREN], leaf=False) for i in range(0, len(rows), _CHILDREN)]
        else:
            parts += level
    return b"".join(parts)


def _joined(pointers: np.ndarray) -> np.ndarray:
    """One pointer to every node of neighbouring ones; within a chromosome the last one's end is the largest."""
    first = np.arange(0, len(pointers), _CHILDREN)
    joined = pointers[first]
    if "end" in (pointers.dtype.names or ()):
        last = np.minimum(first + _CHILDREN, len(pointers)) - 1
        joined["last"], joined["end"] = pointers["last"][last], pointers["end"][last]
    return joined


def _node(items: list[bytes], *, leaf: bool) -> bytes:
    return struct.pack("<BBH", leaf, 0, len(items)) + b"".join(items)
