"""Nested thinning against the thinning of all groups, and against a count of fragments."""

from collections import Counter

import numpy as np
import pytest

from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.atac._thinning import collect_pool, nested_insertions
from scmaxatac.fragments._source import FragmentChunk
from scmaxatac.genome import Genome

pytestmark = pytest.mark.filterwarnings("ignore:.*fragments lie on contigs that chromosome sizes does not have")

SIZES = {"a": 5_000, "b": 3_000}


class Source:
    """Fragments in chunks; the third contig is not in the genome."""

    name = "made up"
    match = None

    def __init__(self, n_cells: int, both_ends: bool, seed: int) -> None:
        self.n_cells, self.both_ends, self.seed = n_cells, both_ends, seed

    @property
    def chroms(self):
        return ["b", "a", "other"]

    def chunks(self):
        rng = np.random.default_rng(self.seed)
        for n in (300, 1, 200):
            chrom = rng.choice(3, n, p=[0.4, 0.5, 0.1]).astype(np.int32)
            start = rng.integers(0, 2_500, n).astype(np.int32)
            end = start + rng.integers(1, 400, n).astype(np.int32)
            yield FragmentChunk(rng.integers(0, self.n_cells, n).astype(np.int32), chrom, start, end, self.both_ends)


@pytest.fixture
def genome():
    return Genome.from_sizes(SIZES)


@pytest.fixture
def sources():
    codes = (np.array([0, 1, 2, -1, 1, 1]), np.array([1, 1, 0, -1]))
    return [(Source(len(code), bool(i == 0), i), code) for i, code in enumerate(codes)]


def of_group(sources, group):
    return [(source, np.where(code == group, 0, -1)) for source, code in sources]


@pytest.mark.parametrize("group", [0, 1, 2])
@pytest.mark.parametrize("size", [1, 17, 60])
def test_the_fragments_are_those_that_thinning_all_groups_keeps(genome, sources, group, size):
    everything = collect_insertions(sources, ["x", "y", "z"], genome, max_fragments=size, rng=5)
    pool = collect_pool(of_group(sources, group), genome)
    rng = np.random.default_rng(5).spawn(3)[group]
    mine = nested_insertions(pool, [size, len(pool)], genome, ["a", "b"], rng)
    name = "xyz"[group]
    assert mine.n_fragments.tolist() == [size, len(pool)]
    for chrom in SIZES:
        np.testing.assert_array_equal(mine.positions(str(size), chrom), everything.positions(name, chrom))


def test_all_fragments_give_all_insertions(genome, sources):
    everything = collect_insertions(sources, ["x", "y", "z"], genome)
    pool = collect_pool(of_group(sources, 1), genome)
    assert len(pool) == everything.n_fragments[1]
    assert (pool.n_cells, pool.n_cells_found) == (everything.n_cells[1], everything.n_cells_found[1])
    mine = nested_insertions(pool, [len(pool)], genome, ["a", "b"], np.random.default_rng(0))
    for chrom in SIZES:
        np.testing.assert_array_equal(mine.positions(str(len(pool)), chrom), everything.positions("y", chrom))


def test_smaller_libraries_are_subsets_of_larger_ones(genome, sources):
    pool = collect_pool(of_group(sources, 1), genome)
    sizes = [5, 40, 100]
    nested = nested_insertions(pool, sizes, genome, ["a"], np.random.default_rng(1))
    assert nested.chroms == ("a",)
    counts = [Counter(nested.positions(str(size), "a").tolist()) for size in sizes]
    assert counts[0] <= counts[1] <= counts[2]
    assert counts[1] != counts[2]
