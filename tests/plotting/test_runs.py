"""Filled curves, column by column."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.plotting._runs import column_maxima, fill_runs, outline

LIMITS = (100, 400)


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(0, 500), max_size=20), st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 30, 300]))
def test_a_column_has_the_largest_value_of_the_runs_that_share_a_base_with_it(edges, seed, n):
    edges, rng = np.array(sorted(edges), dtype=int), np.random.default_rng(seed)
    kept = rng.random(max(len(edges) - 1, 0)) < 0.7
    starts, ends = edges[:-1][kept], edges[1:][kept]
    if not len(starts):
        return
    values = rng.random(len(starts))
    lefts, rights, heights = column_maxima(starts, ends, values, LIMITS, n)
    np.testing.assert_allclose(np.append(lefts, rights[-1]), LIMITS[0] + np.arange(n + 1) * 300 / n)
    for left, right, height in zip(lefts, rights, heights, strict=True):
        inside = [v for s, e, v in zip(starts, ends, values, strict=True) if s < right and e > left]
        assert height == max(inside, default=0.0)


def test_the_outline_goes_up_and_down_at_both_ends_of_every_run():
    corners = outline(np.array([0, 10]), np.array([5, 12]), np.array([1.0, 3.0]))
    assert corners.tolist() == [[0, 0], [0, 1], [5, 1], [5, 0], [10, 0], [10, 3], [12, 3], [12, 0]]


@pytest.mark.parametrize(
    ("bin_size", "end", "n_corners"), [(32, 32_000, 8), (32, 32_001, 4_000), (64, 64_000, 8), (64, 64_001, 4_000)]
)
def test_runs_are_drawn_as_they_are_until_a_bin_is_narrower_than_a_column(bin_size, end, n_corners):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    starts, ends, values = (pd.Series(column) for column in ([0, 64], [32, 96], [0.5, 0.7]))
    fill_runs(ax, starts, ends, values, (0, end), "red", bin_size=bin_size)
    (artist,) = ax.patches
    assert len(artist.get_xy()) in (n_corners, n_corners + 1)  # matplotlib closes the polygon
    assert artist.get_xy()[:, 1].max() == 0.7
    fill_runs(ax, starts[:0], ends[:0], values[:0], (0, end), "red", bin_size=bin_size)
    assert len(ax.patches) == 1
    plt.close(figure)
