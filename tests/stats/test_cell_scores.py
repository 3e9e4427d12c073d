"""Scores of the cells of several sources of counts."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from scmaxatac.stats._cell_scores import score_sources
from scmaxatac.stats._deviations import deviations


class Held:
    """Counts in memory."""

    def __init__(self, counts: sparse.csr_matrix) -> None:
        self.shape = counts.shape
        self._counts = counts

    def totals(self) -> tuple[np.ndarray, np.ndarray]:
        return tuple(np.asarray(self._counts.sum(axis=axis)).ravel() for axis in (0, 1))

    def blocks(self, size: int) -> Iterator[sparse.csr_matrix]:
        for first in range(0, self.shape[0], size):
            yield self._counts[first : first + size]


def test_several_sources_have_one_background_and_one_expectation():
    rng = np.random.default_rng(0)
    counts = sparse.csr_matrix(rng.poisson(rng.lognormal(0, 1, 200), (40, 200)) * (np.arange(200) != 9))
    weights, gc = sparse.csr_matrix(rng.random((200, 4)) < 0.2, dtype=float), rng.random(200)
    gc[3] = np.nan
    found = score_sources([Held(counts[:15]), Held(counts[15:])], weights, gc, block_size=6, n_jobs=2)
    expected = deviations(counts, weights, gc)
    assert np.array_equal(found.scores, expected.scores.astype(np.float32))
    assert np.array_equal(found.z, expected.z.astype(np.float32))
    assert np.array_equal(found.cell_counts, np.asarray(counts.sum(axis=1)).ravel())
    assert np.array_equal(found.region_counts, np.asarray(counts.sum(axis=0)).ravel())
    used = np.setdiff1d(np.arange(200), [3, 9])
    assert np.array_equal(found.n_regions, np.asarray((weights[used] > 0).sum(axis=0)).ravel())
