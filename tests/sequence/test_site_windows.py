"""Windows around sites, and their other strand."""

import numpy as np

from scmaxatac.genome._bases import reverse_complement
from scmaxatac.genome._windows import Grid
from scmaxatac.sequence._site_windows import SiteWindows, over_strands, turned

GRID = Grid(64, 8)


def some(n=3, width=10, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 5, (n, GRID.window)).astype(np.uint8)
    signal = rng.random((n, GRID.window), dtype=np.float32)
    return SiteWindows(codes, signal, rng.integers(0, 8, n), rng.integers(0, GRID.window - width, n), width)


def test_bases_are_those_of_the_columns():
    sites = some()
    for bases, codes, first in zip(sites.bases, sites.codes, sites.first, strict=True):
        np.testing.assert_array_equal(bases, codes[first : first + 10])


def test_the_reverse_strand_has_the_same_bin_and_bases_and_turned_twice_is_the_same():
    sites = some()
    other = sites.on_reverse_strand(GRID)
    np.testing.assert_array_equal(reverse_complement(other.bases), sites.bases)
    for mine, theirs, here, there in zip(sites.signal, other.signal, sites.bins, other.bins, strict=True):
        np.testing.assert_array_equal(mine.reshape(8, 8)[here], theirs.reshape(8, 8)[there][::-1])
    for before, after in zip(sites[:4], other.on_reverse_strand(GRID)[:4], strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_mean_over_strands_gives_each_base_its_own_contribution():
    sites = some()

    def weigh_a_by_place(windows):
        """A contributes where it would stand counted from the window's start, T nothing."""
        out = np.zeros((len(windows.codes), 4, windows.width), dtype=np.float32)
        out[:, 0] = windows.columns
        return out

    forward = over_strands(weigh_a_by_place, sites, GRID, "forward")
    np.testing.assert_array_equal(forward, weigh_a_by_place(sites))
    mean = over_strands(weigh_a_by_place, sites, GRID, "mean")
    np.testing.assert_array_equal(mean[:, 0], sites.columns / 2)
    np.testing.assert_array_equal(mean[:, 3], (GRID.window - 1 - sites.columns) / 2)
    np.testing.assert_array_equal(mean[:, 1:3], 0)
    np.testing.assert_array_equal(turned(turned(mean)), mean)
