"""Insertions of cells in regions, counted one by one."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from scmaxatac import Genome
from scmaxatac.atac._region_counts import RegionCounts
from scmaxatac.fragments._source import FragmentChunk

SIZES = {"chr1": 1000, "chr2": 400}
REGIONS = pd.DataFrame(
    [("chr2", 0, 100), ("chr1", 100, 300), ("chr1", 250, 400), ("chr1", 260, 270), ("chr9", 0, 10)],
    columns=["chrom", "start", "end"],
)


class Fragments:
    """Random fragments in chunks, on contigs in an order of their own."""

    name = "fragments in memory"
    match = None
    chroms = ("chr2", "chr1")

    def __init__(self, n_cells: int, n: int, seed: int, both_ends: bool = True) -> None:
        rng = np.random.default_rng(seed)
        self.n_cells, self.both_ends, self.reads = n_cells, both_ends, 0
        self.cell, self.chrom = (rng.integers(0, k, n).astype(np.int32) for k in (n_cells, 2))
        self.start = rng.integers(0, 300, n).astype(np.int32)
        self.end = self.start + rng.integers(1, 100, n).astype(np.int32)

    def chunks(self) -> Iterator[FragmentChunk]:
        self.reads += 1
        for part in np.array_split(np.arange(len(self.cell)), 5):
            columns = (column[part] for column in (self.cell, self.chrom, self.start, self.end))
            yield FragmentChunk(*columns, self.both_ends)


def counted(source: Fragments, index: np.ndarray, n_cells: int) -> np.ndarray:
    counts = np.zeros((n_cells, len(REGIONS)))
    for cell, chrom, start, end in zip(source.cell, source.chrom, source.start, source.end, strict=True):
        for position in (start, end - 1) if source.both_ends else (start,):
            for r, region in enumerate(REGIONS.itertuples()):
                if index[cell] >= 0 and source.chroms[chrom] == region.chrom and region.start <= position < region.end:
                    counts[index[cell], r] += 1
    return counts


@pytest.mark.parametrize(("most", "reads"), [(10_000, 1), (150, None)])
def test_insertions_are_counted_whether_they_fit_into_memory_or_not(most, reads):
    sources = [(Fragments(4, 200, 0), np.array([0, 1, -1, 2])), (Fragments(3, 150, 1, False), np.array([3, 5, 6]))]
    counts = RegionCounts(sources, 8, REGIONS, Genome.from_sizes(SIZES), most=most)
    expected = sum(counted(source, index, 8) for source, index in sources)
    of_region, of_cell = counts.totals()
    assert np.array_equal(of_region, expected.sum(axis=0))
    assert np.array_equal(of_cell, expected.sum(axis=1))
    for size in (1, 3, 100):
        blocks = list(counts.blocks(size))
        assert all(block.shape[0] <= size for block in blocks)
        assert np.array_equal(np.concatenate([block.toarray() for block in blocks]), expected)
    assert sources[0][0].reads == reads or (reads is None and sources[0][0].reads > 4)


def test_fragments_of_another_genome_are_told():
    counts = RegionCounts([(Fragments(2, 50, 0), np.arange(2))], 2, REGIONS, Genome.from_sizes({"1": 1000}))
    with pytest.raises(ValueError, match="do not match those of"):
        counts.totals()
