"""Plain readings of fragments, to compare the sources with."""

import gzip
from collections import Counter

import numpy as np
import pytest


class BruteForce:
    """Fragments and insertions read in the plainest way."""

    @staticmethod
    def read_fragments(path):
        """All fragments of a file as (chrom, start, end, barcode)."""
        opened = gzip.open(path, "rt") if str(path).endswith(".gz") else open(path, newline="")
        with opened as handle:
            rows = [line.rstrip("\r\n").split("\t") for line in handle if line.strip() and not line.startswith("#")]
        return [(row[0], int(row[1]), int(row[2]), row[3] if len(row) > 3 else "") for row in rows]

    @staticmethod
    def insertions(fragments):
        """How often each (cell, chrom, position) occurs among the fragments' two ends."""
        counts = Counter()
        for chrom, start, end, cell in fragments:
            counts[cell, chrom, start] += 1
            counts[cell, chrom, end - 1] += 1
        return counts

    @staticmethod
    def source_fragments(source, names=None):
        """What a source gives, as sorted (chrom, start, end, cell)."""
        found = []
        for chunk in source.chunks():
            assert len(chunk.cell) == len(chunk.chrom) == len(chunk.start) == len(chunk.end)
            assert {column.dtype for column in chunk[:4]} == {np.dtype(np.int32)}
            cells = ["" if names is None else names[i] for i in chunk.cell.tolist()]
            chroms = [source.chroms[i] for i in chunk.chrom.tolist()]
            found += zip(chroms, chunk.start.tolist(), chunk.end.tolist(), cells, strict=True)
        return sorted(found)

    @staticmethod
    def source_insertions(source, names=None):
        """How often each (cell, chrom, position) occurs among a source's insertions."""
        counts = Counter()
        for chunk in source.chunks():
            for i, c, start, end in zip(*(column.tolist() for column in chunk[:4]), strict=True):
                cell = "" if names is None else names[i]
                counts[cell, source.chroms[c], start] += 1
                if chunk.both_ends:
                    counts[cell, source.chroms[c], end - 1] += 1
        return counts


@pytest.fixture(scope="session")
def brute_force() -> type[BruteForce]:
    return BruteForce
