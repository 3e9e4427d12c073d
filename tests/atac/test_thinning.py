"""Thinning against a count of fragments, one by one, and shares against all ways to share."""

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest

from scmaxatac.atac._insertions import collect_insertions, unpack
from scmaxatac.atac._thinning import even_shares, generators_of, nested_libraries, thin_groups
from scmaxatac.fragments._source import FragmentChunk
from scmaxatac.genome import Genome

pytestmark = pytest.mark.filterwarnings("ignore:.*fragments lie on contigs that chromosome sizes does not have")

GENOME = Genome.from_sizes({"a": 5_000, "b": 3_000})
NAMES = ["x", "y", "z"]


class Source:
    """Fragments in chunks; the third contig is not in the genome."""

    name = "made up"
    match = None
    chroms = ("b", "a", "other")

    def __init__(self, rows: np.ndarray, n_cells: int, both_ends: bool, chunk: int) -> None:
        self.rows, self.n_cells, self.both_ends, self.chunk = rows, n_cells, both_ends, chunk

    def chunks(self):
        for at in range(0, len(self.rows), self.chunk):
            columns = self.rows[at : at + self.chunk].astype(np.int32).T
            yield FragmentChunk(*(column.copy() for column in columns), self.both_ends)


CODES = (np.array([0, 1, 2, -1, 1, 1]), np.array([1, 1, 0, -1]))


def read(chunk: int = 100, order: int | None = None, chroms=None):
    """The same fragments, in chunks of some size and in some order."""
    sources = []
    for i, code in enumerate(CODES):
        rng = np.random.default_rng(i)
        start = rng.integers(0, 2_500, 500)
        chrom = rng.choice(3, 500, p=[0.4, 0.5, 0.1])
        rows = np.stack([rng.integers(0, len(code), 500), chrom, start, start + rng.integers(1, 400, 500)], axis=1)
        if order is not None:
            rows = np.random.default_rng(order).permutation(rows)
        sources.append((Source(rows, len(code), i == 0, chunk), code))
    return collect_insertions(sources, NAMES, GENOME, chroms=chroms)


GROUPS = {"one": ["x"], "two": ["y", "z"]}


def fragments_of(insertions, name) -> Counter:
    """Fragments of a library with how often each occurs."""
    i = insertions.index(name)
    found: Counter = Counter()
    for (library, chrom), packed in insertions.fragments.items():
        if library == i:
            found.update((chrom, *pair) for pair in zip(*(ends.tolist() for ends in unpack(packed)), strict=True))
    return found


@pytest.mark.parametrize("size", [1, 40, 150, 10_000])
def test_whole_fragments_are_kept_and_so_many(size):
    everything = read()
    thinned = thin_groups(everything, GROUPS, size, 5)
    for libraries in GROUPS.values():
        kept = [fragments_of(thinned, name) for name in libraries]
        all_of_it = [fragments_of(everything, name) for name in libraries]
        assert all(part <= whole for part, whole in zip(kept, all_of_it, strict=True))
        total = sum(whole.total() for whole in all_of_it)
        assert sum(part.total() for part in kept) == min(size, total)
    np.testing.assert_array_equal(thinned.n_fragments, everything.n_fragments)
    assert thinned.n_fragments_used.tolist() == [fragments_of(thinned, name).total() for name in NAMES]
    for name in NAMES:
        ends = Counter()
        for (chrom, first, last), n in fragments_of(thinned, name).items():
            ends.update({(chrom, end): n for end in (first, last) if end >= 0 and first != last})
            ends.update({(chrom, first): 2 * n} if first == last else {})
        positions = Counter((chrom, int(p)) for chrom in "ab" for p in thinned.positions(name, chrom))
        assert positions == ends


def test_a_smaller_number_gives_a_subset():
    everything = read()
    sizes = [thin_groups(everything, GROUPS, size, 3) for size in (10, 60, 61, 200)]
    for name in NAMES:
        counts = [fragments_of(insertions, name) for insertions in sizes]
        assert all(small <= large for small, large in pairwise(counts))


def test_neither_chunks_nor_the_order_in_a_file_nor_other_groups_change_what_is_drawn():
    one = thin_groups(read(), GROUPS, 70, 3)
    for other in (
        thin_groups(read(chunk=7), GROUPS, 70, 3),
        thin_groups(read(order=4), GROUPS, 70, np.random.default_rng(3)),
        thin_groups(read(), {"one": ["x"]}, 70, 3),
    ):
        assert fragments_of(one, "x") == fragments_of(other, "x")
    assert fragments_of(one, "x") != fragments_of(thin_groups(read(), GROUPS, 70, 4), "x")


def test_chromosomes_that_are_not_held_count_as_well():
    whole, part = (thin_groups(read(chroms=chroms), GROUPS, 70, 3) for chroms in (["a", "b"], ["b"]))
    np.testing.assert_array_equal(whole.n_on_contigs, part.n_on_contigs)
    for name in NAMES:
        on_b = Counter({key: n for key, n in fragments_of(whole, name).items() if key[0] == "b"})
        assert fragments_of(part, name) == on_b


@pytest.mark.parametrize("counted", [["b"], ["a"], ["a", "b"]])
def test_only_fragments_on_the_chromosomes_that_count_are_counted(counted):
    everything = read()
    sizes = [thin_groups(everything, GROUPS, size, 3, chroms=counted) for size in (0, 5, 20, 21, 60, 10_000)]
    for size, thinned in zip((0, 5, 20, 21, 60, 10_000), sizes, strict=True):
        for libraries in GROUPS.values():
            on = [
                sum(sum(n for key, n in fragments_of(data, name).items() if key[0] in counted) for name in libraries)
                for data in (thinned, everything)
            ]
            assert on[0] == min(size, on[1])
    for name in NAMES:
        counts = [fragments_of(insertions, name) for insertions in sizes]
        assert all(small <= large for small, large in pairwise(counts))
    held = thin_groups(read(chroms=["b"]), GROUPS, 20, 3, chroms=counted)
    np.testing.assert_array_equal(held.n_on_contigs, sizes[2].n_on_contigs)


def test_chromosomes_that_do_not_count_are_thinned_to_the_same_share():
    everything, n_draws = read(), 300
    i = everything.index("y")
    a, b = (int(everything.n_fragments_on([chrom])[i]) for chrom in "ab")
    drawn = (thin_groups(everything, {"y": ["y"]}, b // 3, seed, chroms=["b"]) for seed in range(n_draws))
    n = [thinned.n_fragments_on(["a"])[i] for thinned in drawn]
    expected = a * (b // 3) / (b + 1)  # a fragment comes before the k-th of b others with probability k / (b + 1)
    assert abs(np.mean(n) - expected) < 5 * np.std(n) / np.sqrt(n_draws)


def test_every_fragment_is_drawn_as_often():
    everything = read()
    n, size, n_draws = int(everything.n_fragments_used[1]), 100, 300
    drawn = Counter()
    for seed in range(n_draws):
        drawn += fragments_of(thin_groups(everything, {"y": ["y"]}, size, seed), "y")
    expected = {key: count * n_draws * size / n for key, count in fragments_of(everything, "y").items()}
    observed = np.array([drawn[key] for key in expected])
    share = np.array(list(expected.values()))
    assert abs((observed - share) / np.sqrt(share)).max() < 5
    assert abs(((observed - share) ** 2 / share).mean() / (1 - size / n) - 1) < 0.3


def test_libraries_of_several_sizes_are_those_of_groups_that_were_thinned():
    everything = read()
    sizes = [5, 40, 100]
    generators = generators_of(everything, 9)
    nested, libraries = nested_libraries(everything, GROUPS["two"], sizes, [generators[1:]])
    assert libraries == {str(size): [f"{size} y", f"{size} z"] for size in sizes}
    for size in sizes:
        thinned = thin_groups(everything, GROUPS, size, 9)
        for mine, name in zip(libraries[str(size)], GROUPS["two"], strict=True):
            assert fragments_of(nested, mine) == fragments_of(thinned, name)
            i, j = nested.index(mine), thinned.index(name)
            assert nested.n_fragments_used[i] == thinned.n_fragments_used[j]
            assert (nested.n_cells[i], nested.n_cells_found[i]) == (thinned.n_cells[j], thinned.n_cells_found[j])
    alone, names = nested_libraries(everything, ["x"], [30], [generators[:1]])
    assert names == {"30": ["30"]}
    assert fragments_of(alone, "30") == fragments_of(thin_groups(everything, GROUPS, 30, 9), "x")


def test_repeats_are_drawn_apart_nested_in_themselves_and_all_fragments_come_once_and_last():
    everything = read()
    total = int(everything.n_fragments_used[everything.index("x")])
    seeds = [[np.random.default_rng(seed)] for seed in (1, 2)]
    nested, libraries = nested_libraries(everything, ["x"], [10, 30, total], seeds)
    assert list(libraries) == ["10", "30", "10 (2)", "30 (2)", str(total)]
    held = {name: Counter(fragments_of(nested, name)) for name in libraries}
    for repeat in ("", " (2)"):
        assert held[f"10{repeat}"] <= held[f"30{repeat}"] <= held[str(total)]
        assert held[f"30{repeat}"].total() == 30
    assert held["30"] != held["30 (2)"]
    again, _ = nested_libraries(everything, ["x"], [10, 30, total], [[np.random.default_rng(2)]])
    assert fragments_of(again, "30") == fragments_of(nested, "30 (2)")


def test_shares_are_as_even_as_can_be():
    for available in product(range(5), repeat=3):
        before = np.zeros(3, dtype=np.int64)
        for total in range(14):
            shares = even_shares(np.array(available), total)
            assert shares.sum() == min(total, sum(available))
            assert (shares <= available).all()
            assert (shares >= before).all(), "a larger total takes no less of any"
            best = min(
                sum(one**2 for one in way)
                for way in product(*(range(n + 1) for n in available))
                if sum(way) == shares.sum()
            )
            assert (shares**2).sum() == best
            before = shares
