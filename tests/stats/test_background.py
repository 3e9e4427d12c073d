"""The grid of chromVAR's background, against its definition."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from scipy.stats import norm

from scmaxatac.stats._background import make_background


@pytest.fixture
def regions() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    counts = np.round(rng.lognormal(4, 1, 800)) + 1
    return counts, np.clip(0.4 + 0.04 * np.log(counts) + rng.normal(0, 0.07, 800), 0.1, 0.9)


def drawn_probabilities(counts: np.ndarray, gc: np.ndarray) -> np.ndarray:
    """chromVAR's own steps with dense matrices: how likely each region (columns) stands for each (rows)."""
    traits = np.stack([np.log10(counts), gc], axis=1)
    white = np.linalg.solve(np.linalg.cholesky(np.cov(traits.T)), traits.T).T
    first, second = (np.linspace(axis.min(), axis.max(), 50) for axis in white.T)
    points = np.stack([np.repeat(first, 50), np.tile(second, 50)], axis=1)
    nearest = cdist(white, points).argmin(axis=1)
    density = norm.pdf(cdist(points, points), 0, 0.1)[nearest][:, nearest] / np.bincount(nearest)[nearest]
    return density / density.sum(axis=1, keepdims=True)


def test_regions_are_drawn_with_the_probabilities_of_chromvar(regions):
    background = make_background(*regions)
    kernel, b = background.kernel.toarray(), background.bin_of
    assert np.allclose(kernel[b][:, b] / background.sizes[b], drawn_probabilities(*regions), rtol=1e-9, atol=1e-15)


def test_regions_without_counts_or_gc_change_nothing_for_the_others(regions):
    counts, gc = regions
    expected = make_background(counts, gc)
    more = make_background(np.append(counts, [0, 50]), np.append(gc, [0.5, np.nan]))
    assert more.bin_of[-2:].tolist() == [-1, -1]
    assert np.array_equal(more.bin_of[:-2], expected.bin_of)
    assert (more.kernel != expected.kernel).nnz == 0


def test_without_gc_only_accessibility_decides(regions):
    counts, _ = regions
    background = make_background(counts)
    order = np.argsort(counts)
    assert np.all(np.diff(background.bin_of[order]) >= 0)
    assert len(background.sizes) <= 50
    constant = make_background(counts, np.full(len(counts), 0.4))
    assert np.array_equal(constant.bin_of, background.bin_of)


def test_gc_that_follows_accessibility_adds_nothing(regions):
    counts, _ = regions
    background = make_background(counts, 0.3 + 0.1 * np.log10(counts))
    assert np.array_equal(background.bin_of, make_background(counts).bin_of)


def test_equal_regions_are_one_bin():
    background = make_background(np.full(7, 3.0), np.full(7, 0.5))
    assert background.sizes.tolist() == [7]
    assert background.kernel.toarray().tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("gc", "match"),
    [(None, "none of the 4 regions has counts, so"), (np.full(4, np.nan), "counts and a known GC content")],
)
def test_without_regions_there_is_no_background(gc, match):
    with pytest.raises(ValueError, match=match):
        make_background(np.zeros(4), gc)


def test_sums_of_bins_and_means_of_what_is_drawn(regions):
    counts, gc = regions
    counts = np.append(counts, 0)
    background = make_background(counts, np.append(gc, 0.5))
    values = np.arange(len(counts), dtype=float)
    sums = np.array([values[background.bin_of == b].sum() for b in range(len(background.sizes))])
    assert np.allclose(background.bin_sums(values), sums)
    table = sparse.csr_matrix(np.stack([values, values**2], axis=1))
    assert np.allclose(background.bin_sums(table)[:, 0], sums)
    likely = drawn_probabilities(*regions)
    assert np.allclose(background.drawn_means(values)[background.bin_of[:-1]], likely @ values[:-1])
