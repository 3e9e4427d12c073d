"""Summaries of values, base by base."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.io import _bigwig_zoom
from scmaxatac.io._bigwig_zoom import FIRST_WINDOW, Summary, ZoomLevel


@st.composite
def runs(draw):
    """Runs with gaps between some of them; starts, ends and values."""
    edges = np.cumsum(draw(st.lists(st.integers(1, 2_000), min_size=2, max_size=14))) - 1
    kept = [i for i in range(len(edges) - 1) if i == 0 or draw(st.booleans())]
    values = np.array([draw(st.integers(-8, 8)) / 4 for _ in kept], np.float32)
    return edges[:-1][kept], edges[1:][kept], values


def expected(runs, window: int) -> list[tuple]:
    """First and last base with a value, their number, smallest, largest, sum and sum of squares in each window."""
    bases = np.concatenate([np.arange(s, e) for s, e, _ in zip(*runs, strict=True)])
    values = np.repeat(runs[2].astype(float), runs[1] - runs[0])
    rows = []
    for number in np.unique(bases // window):
        inside = bases // window == number
        b, v = bases[inside], values[inside]
        rows.append((b.min(), b.max() + 1, len(b), v.min(), v.max(), v.sum(), (v * v).sum()))
    return rows


def rows_of(summary: Summary) -> list[tuple]:
    return list(zip(*(column.tolist() for column in summary), strict=True))


@settings(max_examples=100, deadline=None)
@given(runs(), st.sampled_from([1, 4, 16]))
def test_windows_sum_up_the_bases_that_have_a_value(given_runs, times):
    window = FIRST_WINDOW * times
    summary = Summary.of_values(*given_runs).over(window)
    np.testing.assert_allclose(rows_of(summary), expected(given_runs, window), rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(runs(), st.lists(st.integers(0, 14), max_size=4), st.sampled_from([1, 4]))
def test_a_level_gives_each_window_once_wherever_its_pieces_end(given_runs, cuts, times):
    level = ZoomLevel(FIRST_WINDOW * times)
    bounds = [0, *sorted(min(cut, len(given_runs[0])) for cut in cuts), len(given_runs[0])]
    found = []
    for i in range(len(bounds) - 1):
        part = [column[bounds[i] : bounds[i + 1]] for column in given_runs]
        piece = Summary.of_values(*part) if len(part[0]) else None
        done = level.add(piece, ended=i == len(bounds) - 2)
        found += rows_of(done) if done is not None else []
    np.testing.assert_allclose(found, expected(given_runs, level.window), rtol=1e-12)


@pytest.mark.parametrize("sizes", [[1], [3, 5], [2, 2, 2], [0, 7], [4, 0]])
def test_blocks_have_one_length_but_for_the_last_of_a_chromosome(monkeypatch, sizes):
    monkeypatch.setattr(_bigwig_zoom, "_BLOCK", 3)
    level, n_before, lengths, records = ZoomLevel(FIRST_WINDOW), 0, [], []
    for i, n in enumerate(sizes):
        starts = np.arange(n_before, n_before + n) * FIRST_WINDOW
        piece = Summary.of_values(starts, starts + 5, np.ones(n)) if n else None
        for block in level.blocks(7, piece, ended=i == len(sizes) - 1):
            lengths.append(len(block))
            records.append(block)
        n_before += n
    assert lengths[:-1] == [3] * (len(lengths) - 1)
    assert sum(lengths) == n_before
    every = np.concatenate(records)
    assert (every["chrom"] == 7).all()
    assert every["start"].tolist() == (np.arange(n_before) * FIRST_WINDOW).tolist()
    assert every["sum"].tolist() == [5] * n_before
