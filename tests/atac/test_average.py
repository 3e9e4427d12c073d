"""Means of tracks, their minimum and percentile, base by base."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.atac._average import average_runs, minimum_and_percentile
from scmaxatac.genome import Genome

LENGTH = 120
BLACK = [(30, 41), (100, 120)]


@pytest.fixture(scope="module")
def genome() -> Genome:
    blacklist = pd.DataFrame([("chr1", *pair) for pair in BLACK], columns=["chrom", "start", "end"])
    return Genome.from_sizes({"chr1": LENGTH, "chr2": 50}, blacklist=blacklist)


@st.composite
def track(draw):
    """Runs that don't overlap, with gaps, as starts, ends and values."""
    edges = sorted(draw(st.sets(st.integers(0, LENGTH), max_size=12)))
    pairs = [(low, high) for low, high in pairwise(edges) if draw(st.booleans())]
    values = [draw(st.integers(0, 8)) / 2 for _ in pairs]
    return np.array([p[0] for p in pairs], int), np.array([p[1] for p in pairs], int), np.array(values, float)


def dense(runs) -> np.ndarray:
    bases = np.zeros(LENGTH)
    for start, end, value in zip(*runs, strict=True):
        bases[start:end] = value
    return bases


@settings(max_examples=150, deadline=None)
@given(st.lists(track(), min_size=1, max_size=3))
def test_the_mean_of_each_base_and_whether_it_is_blacklisted(genome, tracks):
    breaks, mean, black = average_runs(tracks, "chr1", genome)
    lengths = np.diff(breaks)
    assert (breaks[0], breaks[-1]) == (0, LENGTH)
    assert (lengths > 0).all()
    np.testing.assert_allclose(np.repeat(mean, lengths), np.mean([dense(runs) for runs in tracks], axis=0), atol=1e-12)
    bad = np.zeros(LENGTH, dtype=bool)
    for start, end in BLACK:
        bad[start:end] = True
    np.testing.assert_array_equal(np.repeat(black, lengths), bad)


@settings(max_examples=150, deadline=None)
@given(st.lists(track(), min_size=1, max_size=3))
def test_minimum_over_all_allowed_bases_and_percentile_over_those_above_0(genome, tracks):
    allowed = np.ones(LENGTH, dtype=bool)
    for start, end in BLACK:
        allowed[start:end] = False
    bases = np.concatenate([dense(runs)[allowed] for runs in tracks])  # each as a chromosome of its own
    minimum, percentile = minimum_and_percentile(average_runs([runs], "chr1", genome) for runs in tracks)
    assert minimum == bases.min()
    if (bases > 0).any():
        assert percentile == pytest.approx(np.percentile(bases[bases > 0], 99))
    else:
        assert np.isnan(percentile)


def test_without_a_blacklist_no_base_is_blacklisted():
    _, _, black = average_runs(
        [(np.array([3]), np.array([9]), np.array([1.0]))], "chr1", Genome.from_sizes({"chr1": 20})
    )
    assert not black.any()
