"""Ranks of 200-bp bins, counted one bin after the other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.genome import Genome, Intervals
from scmaxatac.scores._ranking import (
    blocks_beside,
    calibration_bins,
    covered_calibration_bins,
    largest_per_calibration_bin,
    nth_largest,
    nth_largest_with_sample,
    uncounted,
)

SIZE = 6_123
UNKNOWN = [(390, 800), (2_000, 2_200), (2_401, 2_599), (6_000, 6_123)]
BLACK = [(999, 1_000), (1_200, 1_201), (5_000, 5_600)]


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    codes = np.random.default_rng(0).integers(0, 4, SIZE).astype(np.uint8)
    for start, end in UNKNOWN:
        codes[start:end] = 4
    return codes


@pytest.fixture(scope="module")
def genome(codes) -> Genome:
    blacklist = pd.DataFrame([("chr1", *pair) for pair in BLACK], columns=["chrom", "start", "end"])
    return Genome.from_codes({"chr1": codes, "chr2": codes[:500]}, blacklist=blacklist)


def is_black(start: int, end: int) -> bool:
    return any(start < e and end > s for s, e in BLACK)


def test_whole_bins_off_the_blacklist_with_a_known_base_count(genome, codes):
    expected = [
        bool((codes[at : at + 200] < 4).any()) and not is_black(at, at + 200) for at in range(0, SIZE - 199, 200)
    ]
    assert calibration_bins(genome, "chr1").tolist() == expected
    assert 5 < sum(expected) < len(expected) - 5


def test_a_genome_without_sequence_counts_the_same_bins_when_the_others_are_its_blacklist(genome):
    bare = Genome.from_sizes(genome.sizes, blacklist=uncounted(genome, genome.chroms))
    for chrom in genome.chroms:
        np.testing.assert_array_equal(calibration_bins(bare, chrom), calibration_bins(genome, chrom))


def test_blocks_beside_regions_have_nothing_of_them_or_of_the_blacklist_within_a_window(genome, codes):
    regions = Intervals.from_frame(pd.DataFrame({"chrom": ["chr1"], "start": [3_000], "end": [3_072]}))
    expected = [
        start
        for start in range(0, SIZE - 1023, 256)
        if start >= 1024 and start + 2048 <= SIZE and (codes[start : start + 1024] < 4).any()
        if not is_black(start - 1024, start + 2048) and not (start - 1024 < 3_072 and start + 2048 > 3_000)
    ]
    assert blocks_beside(genome, "chr1", regions).tolist() == expected
    free = Intervals({})
    everywhere = Genome.from_codes({"chr1": codes})
    assert blocks_beside(everywhere, "chr1", free).tolist() == list(range(1024, SIZE - 2047, 256))


bins_and_scores = st.dictionaries(st.integers(0, 60), st.integers(1, 9), max_size=40).map(
    lambda found: (np.array(sorted(found), dtype=np.int64), np.array([found[b] for b in sorted(found)], np.float32))
)
allowed_bins = st.lists(st.booleans(), max_size=11).map(lambda flags: np.array(flags, dtype=bool))


def overlapping(bins, scores, k):
    return [s for b, s in zip(bins, scores, strict=True) if 32 * b < 200 * k + 200 and 32 * b + 32 > 200 * k]


@settings(max_examples=200, deadline=None)
@given(bins_and_scores, allowed_bins)
def test_a_200_bp_bin_has_the_largest_score_of_the_32_bp_bins_that_overlap_it(found, allowed):
    bins, scores = found
    near = {k: overlapping(bins, scores, k) for k in np.flatnonzero(allowed)}
    assert largest_per_calibration_bin(bins, scores, allowed).tolist() == [max(v) for v in near.values() if v]
    assert covered_calibration_bins(bins, allowed).tolist() == [k for k, v in near.items() if v]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 14))
def test_the_nth_largest_is_that_of_the_sorted_values(values, n):
    expected = np.inf if n == 0 else sorted(values, reverse=True)[n - 1] if n <= len(values) else 0.0
    assert nth_largest(np.array(values, np.float32), n) == expected


def test_the_smallest_of_all_is_the_last_rank_and_one_more_is_0():
    values = np.array([0.5, 0.25, 0.75], np.float32)
    assert [nth_largest(values, n) for n in (1, 2, 3, 4)] == [0.75, 0.5, 0.25, 0.0]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, 9), max_size=8),
    st.lists(st.integers(1, 9), max_size=5),
    st.integers(1, 4),
    st.integers(0, 30),
)
def test_a_value_of_a_sample_counts_as_often_as_the_sample_is_thinned(values, sample, times, n):
    """A sample of one in `times` values: its rank is that among all, each repeated."""
    found = nth_largest_with_sample(np.array(values, np.float32), np.array(sample, np.float32), times * len(sample), n)
    assert found == nth_largest(np.array([*values, *np.repeat(sample, times)], np.float32), n)


def test_sums_of_fractions_reach_whole_ranks():
    """Ten values that stand for 0.1 each are one."""
    sample = np.linspace(0.9, 0.1, 9).astype(np.float32)
    found = nth_largest_with_sample(np.array([0.05], np.float32), np.append(sample, np.float32(0.08)), 1, 1)
    assert found == pytest.approx(0.08)
    assert nth_largest_with_sample(np.array([0.05], np.float32), sample, 0, 1) == pytest.approx(0.05)
