"""Fragments by cell, against a list."""

import numpy as np
import pytest

from scmaxatac.atac._cell_fragments import collect_fragments
from scmaxatac.fragments._source import FragmentChunk
from scmaxatac.genome import Genome

GENOME = Genome.from_sizes({"a": 900, "b": 500})
CONTIGS = ["b", "a", "other"]


class Source:
    """Fragments as rows of cell, contig, start and end, given in two chunks."""

    name, match = "made up", None
    chroms = CONTIGS

    def __init__(self, rows) -> None:
        self.rows, self.n_cells = rows, 3

    def chunks(self):
        for part in (self.rows[:4], self.rows[4:]):
            columns = (np.array(column, dtype=np.int32) for column in np.reshape(part, (-1, 4)).T)
            yield FragmentChunk(*columns, both_ends=True)


@pytest.fixture
def rows() -> list[tuple[int, int, int, int]]:
    rng = np.random.default_rng(3)
    starts = rng.integers(0, 400, 40)
    return [(int(rng.integers(3)), int(rng.integers(3)), int(s), int(s + rng.integers(1, 90))) for s in starts]


def expected(sources, chroms):
    found = [
        (code[cell], GENOME.chroms.index(CONTIGS[contig]), start, end)
        for rows, code in sources
        for cell, contig, start, end in rows
        if CONTIGS[contig] in chroms and code[cell] >= 0
    ]
    return sorted(found, key=lambda row: row[:3])


@pytest.mark.filterwarnings("ignore:.*fragments lie on contigs that chromosome sizes does not have")
@pytest.mark.parametrize("chroms", [None, ["a"], ["b"], ["b", "a"]])
def test_fragments_of_all_sources_are_sorted_by_cell_chromosome_and_start(rows, chroms):
    pairs = [(rows[:25], np.array([1, -1, 0])), (rows[25:], np.array([2, 1, -1]))]
    found = collect_fragments([(Source(part), code) for part, code in pairs], GENOME, chroms=chroms)
    table = list(zip(found.cell, found.chrom, found.start, found.end, strict=True))
    wanted = expected(pairs, chroms or GENOME.chroms)
    assert [row[:3] for row in table] == [row[:3] for row in wanted]
    assert sorted(table) == sorted(wanted)
    assert all(column.dtype == np.int32 for column in found)


def test_fragments_on_contigs_that_the_genome_lacks_are_counted_in_a_warning(rows):
    n = sum(CONTIGS[contig] == "other" for _, contig, _, _ in rows)
    with pytest.warns(UserWarning, match=rf"{n} of 40 fragments lie on contigs .* \(other\) and are left out"):
        collect_fragments([(Source(rows), np.zeros(3, dtype=int))], GENOME)


def test_without_sources_there_are_no_fragments():
    assert [len(column) for column in collect_fragments([], GENOME)] == [0, 0, 0, 0]
