import gzip
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from _counted_names import CountedName
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.atac import Insertions
from scmaxatac.atac._insertions import collect_insertions, pack, unpack
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.fragments._source import FragmentChunk
from scmaxatac.genome import Genome

SIZES = {"chr1": 500, "chr2": 300}
GENOME = Genome.from_sizes(SIZES)


class ArraySource:
    """Fragments in memory, given in chunks of any size."""

    match = None

    def __init__(self, fragments, *, n_cells: int, chroms=("chr1", "chr2"), chunk: int = 10, both_ends: bool = True):
        self.name = "fragments of the test"
        self.n_cells = n_cells
        self.chroms = list(chroms)
        self._table = np.array(fragments, dtype=np.int32).reshape(-1, 4)
        self._chunk = chunk
        self._both_ends = both_ends

    def chunks(self) -> Iterator[FragmentChunk]:
        for i in range(0, len(self._table), self._chunk):
            yield FragmentChunk(*self._table[i : i + self._chunk].T.copy(), both_ends=self._both_ends)


@st.composite
def fragments(draw, n_cells: int = 4):
    rows = []
    for _ in range(draw(st.integers(0, 30))):
        chrom = draw(st.integers(0, 1))
        start = draw(st.integers(0, list(SIZES.values())[chrom] - 1))
        end = draw(st.integers(start + 1, list(SIZES.values())[chrom]))
        rows.append((draw(st.integers(0, n_cells - 1)), chrom, start, end))
    return rows


@settings(max_examples=100, deadline=None)
@given(fragments(), st.integers(1, 12), st.booleans())
def test_insertions_are_the_first_and_the_last_base_of_each_fragment_of_a_group(rows, chunk, both_ends):
    group_of_cell = np.array([1, -1, 0, 1])
    source = ArraySource(rows, n_cells=4, chunk=chunk, both_ends=both_ends)
    insertions = collect_insertions([(source, group_of_cell)], ["A", "B/C"], GENOME)
    assert insertions.libraries == ("A", "B/C")
    assert insertions.n_cells.tolist() == [1, 2]
    for g, group in enumerate(insertions.libraries):
        mine = [row for row in rows if group_of_cell[row[0]] == g]
        assert insertions.n_fragments[g] == len(mine)
        assert insertions.n_cells_found[g] == len({row[0] for row in mine})
        for c, chrom in enumerate(SIZES):
            expected = [p for _, i, start, end in mine if i == c for p in ((start, end - 1) if both_ends else (start,))]
            positions = insertions.positions(group, chrom)
            assert positions.tolist() == sorted(expected)
            assert positions.dtype == np.int32
        assert insertions.n_insertions(group) == len(mine) * (1 + both_ends)


def test_several_sources_pool_their_groups():
    one = ArraySource([(0, 0, 10, 20)], n_cells=1)
    two = ArraySource([(0, 1, 5, 9), (1, 1, 0, 1)], n_cells=2, chroms=["chr2", "chr1"])
    insertions = collect_insertions([(one, np.array([0])), (two, np.array([0, 1]))], ["A", "B"], GENOME)
    assert insertions.positions("A", "chr1").tolist() == [5, 8, 10, 19]
    assert insertions.positions("B", "chr1").tolist() == [0, 0]
    assert insertions.n_cells.tolist() == [2, 1]


def test_only_the_chosen_chromosomes_are_kept_but_all_fragments_are_counted():
    source = ArraySource([(0, 0, 10, 20), (0, 1, 5, 9), (0, 1, 6, 9)], n_cells=1, chunk=1)
    insertions = collect_insertions([(source, np.array([0]))], ["A"], GENOME, chroms=["chr2"])
    assert insertions.chroms == ("chr2",)
    assert insertions.n_fragments.tolist() == [3]
    assert insertions.n_insertions("A") == 4


def test_contigs_of_another_style_are_an_error_that_shows_both():
    source = ArraySource([(0, 0, 10, 20)], n_cells=1, chroms=["1", "2"])
    with pytest.raises(ValueError, match=r"fragments of the test: its contigs \(1\) do not match.*\(chr1, chr2\)"):
        collect_insertions([(source, np.array([0]))], ["A"], GENOME)


def test_contigs_of_another_style_are_noticed_before_all_is_read():
    class Endless(ArraySource):
        def chunks(self) -> Iterator[FragmentChunk]:
            while True:
                yield from super().chunks()

    source = Endless([(0, 0, 10, 20)], n_cells=1, chroms=["1"])
    with pytest.raises(ValueError, match="do not match"):
        collect_insertions([(source, np.array([0]))], ["A"], GENOME)


def test_some_unknown_contigs_are_left_out_with_a_warning():
    source = ArraySource([(0, 0, 10, 20), (0, 1, 10, 20)], n_cells=1, chroms=["chr1", "GL000219.1"])
    with pytest.warns(UserWarning, match=r"1 of 2 fragments lie on contigs .* \(GL000219\.1\) and are left out"):
        insertions = collect_insertions([(source, np.array([0]))], ["A"], GENOME)
    assert insertions.n_fragments.tolist() == [1]


def test_a_fragment_past_the_end_of_its_chromosome_is_an_error_that_shows_it():
    at_the_end = ArraySource([(0, 1, 10, 300)], n_cells=1)
    assert collect_insertions([(at_the_end, np.array([0]))], ["A"], GENOME).n_insertions("A") == 2
    source = ArraySource([(0, 1, 10, 301)], n_cells=1)
    with pytest.raises(ValueError, match=r"chr2:10-301 reaches past the end of chr2, which has 300 bp"):
        collect_insertions([(source, np.array([0]))], ["A"], GENOME)


def test_an_unknown_group_is_an_error_that_lists_the_known_ones():
    insertions = Insertions.from_positions({"A": {"chr1": np.array([1])}})
    with pytest.raises(KeyError, match="no insertions of 'B'; there are 'A'"):
        insertions.positions("B", "chr1")
    assert insertions.positions("A", "chr9").tolist() == []


def test_groups_of_real_cells_have_the_insertions_of_their_lines(data_dir):
    table = pd.read_csv(data_dir / "pbmc10k" / "barcode_celltype.tsv", sep="\t")
    labels = pd.Categorical(table["celltype"])
    source = FragmentFile(data_dir / "pbmc10k" / "pbmc10ktiny_50loci.fragments.tsv.gz", table["barcode"].tolist())
    genome = Genome.from_sizes(data_dir / "maxatac" / "hg38.chrom.sizes")
    insertions = collect_insertions([(source, labels.codes)], labels.categories, genome)

    group_of_barcode = dict(zip(table["barcode"], table["celltype"], strict=True))
    counted: dict[tuple[str, str], list[int]] = {}
    with gzip.open(data_dir / "pbmc10k" / "pbmc10ktiny_50loci.fragments.tsv.gz", "rt") as handle:
        for line in handle:
            chrom, start, end, barcode = line.split("\t")[:4]
            if barcode in group_of_barcode:
                counted.setdefault((group_of_barcode[barcode], chrom), []).extend((int(start), int(end) - 1))
    assert insertions.n_fragments.sum() == 811_980
    assert insertions.n_cells.sum() == 10_291
    assert insertions.n_cells_found.sum() == 10_248
    assert sum(map(len, counted.values())) == 2 * 811_980
    for group in insertions.libraries:
        for chrom in insertions.chroms:
            np.testing.assert_array_equal(insertions.positions(group, chrom), sorted(counted.get((group, chrom), [])))


def test_a_fragment_takes_eight_bytes():
    rng = np.random.default_rng(0)
    start = rng.integers(0, 299, 5000)
    rows = np.stack([rng.integers(0, 4, 5000), rng.integers(0, 2, 5000), start, start + 1], axis=1)
    insertions = collect_insertions([(ArraySource(rows, n_cells=4), np.array([0, 0, 1, 1]))], ["A", "B"], GENOME)
    assert sum(array.nbytes for array in insertions.fragments.values()) == 8 * 5000
    assert all(array.base is None for array in insertions.fragments.values())


def test_fragments_come_back_as_they_were_packed_and_sort_by_first_and_last():
    first = np.array([7, 2**31 - 2, 0, 7, 7], dtype=np.int32)
    last = np.array([9, 2**31 - 1, -1, 7, -1], dtype=np.int32)
    packed = pack(first, last)
    for packed_in, back in zip((first, last), unpack(packed), strict=True):
        assert back.dtype == np.int32
        np.testing.assert_array_equal(back, packed_in)
    paired = last >= 0
    np.testing.assert_array_equal(np.argsort(packed[paired]), np.lexsort((last[paired], first[paired])))


def test_fragments_on_chromosomes_that_are_not_held_are_counted():
    rows = np.array([[0, 0, 5, 10], [0, 1, 5, 10], [1, 1, 5, 10], [1, 1, 6, 10]])
    source = ArraySource(rows, n_cells=2)
    insertions = collect_insertions([(source, np.array([0, 1]))], ["A", "B"], GENOME, chroms=["chr1"])
    assert insertions.contigs == tuple(GENOME.chroms)
    counted = dict(zip(insertions.contigs, insertions.n_on_contigs.T.tolist(), strict=True))
    assert counted["chr1"] == [1, 0]
    assert counted["chr2"] == [1, 2]
    assert {chrom for _, chrom in insertions.fragments} == {"chr1"}


def test_positions_in_any_order_are_insertions_of_fragments():
    given = np.array([9, 3, 3, 5, 1])
    insertions = Insertions.from_positions({"A": {"chr1": given}, "B": {}})
    assert insertions.positions("A", "chr1").tolist() == sorted(given)
    assert insertions.n_insertions("A") == 5
    assert insertions.n_fragments.tolist() == [3, 0]


def test_libraries_are_looked_up_without_comparing_each_with_all():
    names = [f"AAACGAAAGAGCGAAA-{i}" for i in range(1_000)]
    insertions = Insertions.from_positions({CountedName(name): {} for name in names})
    CountedName.compared.clear()
    assert [insertions.index(name) for name in names] == list(range(len(names)))
    assert 0 < len(CountedName.compared) <= 10 * len(names)
