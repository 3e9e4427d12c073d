"""Halves of libraries: every fragment in one of two, none in both, none lost."""

import numpy as np
import pytest

from scmaxatac.atac._halves import split_libraries
from scmaxatac.atac._insertions import Insertions


@pytest.fixture
def insertions():
    rng = np.random.default_rng(0)
    positions = {
        name: {chrom: rng.integers(0, 10_000, 2 * n) for chrom, n in (("chr1", 400), ("chr2", 150))} for name in "abc"
    }
    return Insertions.from_positions(positions, n_cells=[10, 20, 30])


def test_halves_share_no_fragment_and_lose_none(insertions):
    found, halves = split_libraries(insertions, ["b"], 1)
    assert halves == {"b": ("b half 1", "b half 2")}
    for chrom in ("chr1", "chr2"):
        both = np.concatenate([found.fragments[found.index(name), chrom] for name in halves["b"]])
        np.testing.assert_array_equal(np.sort(both), np.sort(insertions.fragments[1, chrom]))
        np.testing.assert_array_equal(found.positions("b", chrom), insertions.positions("b", chrom))
    assert found.n_fragments[-2:].sum() == insertions.n_fragments[1]
    np.testing.assert_array_equal(found.n_on_contigs[-2:].sum(axis=0), insertions.n_on_contigs[1])
    assert found.n_cells.tolist() == [10, 20, 30, 20, 20]


def test_a_fragment_is_as_likely_in_either_half(insertions):
    sizes = [split_libraries(insertions, ["a"], seed)[0].n_fragments[-2] for seed in range(200)]
    assert np.mean(sizes) == pytest.approx(275, abs=3)
    assert np.var(sizes) == pytest.approx(550 / 4, rel=0.3)


def test_what_one_library_draws_does_not_depend_on_which_others_are_split(insertions):
    one, _ = split_libraries(insertions, ["c"], 5)
    both, _ = split_libraries(insertions, ["a", "c"], 5)
    np.testing.assert_array_equal(one.positions("c half 1", "chr1"), both.positions("c half 1", "chr1"))
    np.testing.assert_array_equal(
        one.positions("c half 1", "chr1"), split_libraries(insertions, ["c"], 5)[0].positions("c half 1", "chr1")
    )
