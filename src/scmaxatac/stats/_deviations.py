"""Deviations of sets of regions in cells from what chance gives, in closed form."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from scmaxatac.stats._background import Background, make_background


class Deviations(NamedTuple):
    """Bias-corrected deviations of cells.

    Attributes
    ----------
    scores
        (cells, TFs) float64: share by which a cell has more counts in a factor's regions than expected, less what
        background regions have. NaN where fewer than one count is expected.
    z
        (cells, TFs) float64: scores in standard deviations of the background's; NaN too where these are 0.
    """

    scores: np.ndarray
    z: np.ndarray


@dataclass(frozen=True)
class DeviationModel:
    """All that the deviations of a cell depend on beside its own counts; made by :func:`deviation_model`.

    For a cell with counts x of total n, with the regions' shares e of all counts and the background's kernel K, S1 and
    S2 are the sums of weights and of squared weights in each bin. The background deviation is the mean over draws,
    (sum of K A1 - n K E1 with S1) / (n K E1 with S1), where A1 and E1 are the bins' means of x and e; its variance is
    that of independently drawn residuals x - n e.

    Attributes
    ----------
    weights
        (regions, TFs) CSR, rows of regions that are left out are empty.
    bin_of
        (regions,) bin of each region, -1 for those that are left out.
    kernel
        (bins, bins) CSR, K with its columns divided by the bins' sizes.
    share
        (regions,) e, 0 for regions that are left out.
    drawn_share
        (bins,) K E1.
    means, squares
        (bins, TFs), transposed K times S1 and times S2, divided by the bins' sizes.
    weights_squared
        (bins, TFs), S2.
    constants
        (4, TFs): sum of weighted shares; the same of drawn regions; mean square of drawn shares with S2; sum of the
        unweighted shares of the regions with a weight.
    """

    weights: sparse.csr_matrix
    bin_of: np.ndarray
    kernel: sparse.csr_matrix
    share: np.ndarray
    drawn_share: np.ndarray
    means: np.ndarray
    squares: np.ndarray
    weights_squared: np.ndarray
    constants: np.ndarray

    def of_cells(self, counts: sparse.csr_matrix) -> Deviations:
        """Compute the deviations of some cells.

        Parameters
        ----------
        counts
            (cells, regions) CSR, an entry a region at most.
        """
        from scmaxatac.stats._kernels import deviate

        scores, z = np.empty((2, counts.shape[0], self.weights.shape[1]))
        deviate(
            _arrays(counts),
            _arrays(self.weights),
            _arrays(self.kernel),
            self.bin_of,
            self.share,
            self.drawn_share,
            self.means,
            self.squares,
            self.weights_squared,
            self.constants,
            scores,
            z,
        )
        return Deviations(scores, z)


def deviation_model(totals: np.ndarray, weights: sparse.csr_matrix, background: Background) -> DeviationModel:
    """Gather what the deviations of all cells have in common.

    Parameters
    ----------
    totals
        (regions,) counts of each region in all cells.
    weights
        (regions, TFs) CSR: weight of each region in a factor's set, 1 or another positive number; 0 outside.
    background
        Bins of these regions. What it leaves out counts nowhere.
    """
    share = np.where(background.kept, totals, 0).astype(np.float64)
    share /= share.sum()
    weights = sparse.csr_matrix(sparse.diags(background.kept.astype(np.float64)) @ weights)
    weights.eliminate_zeros()
    members = weights.copy()
    members.data = np.ones_like(members.data)
    first, second = background.bin_sums(weights), background.bin_sums(weights.multiply(weights).tocsr())
    drawn, drawn_square = background.drawn_means(share), background.drawn_means(share**2)
    kernel = sparse.csr_matrix(background.kernel @ sparse.diags(1 / background.sizes))
    constants = [share @ weights, drawn @ first, drawn_square @ second, share @ members]
    return DeviationModel(
        weights,
        background.bin_of,
        kernel,
        share,
        drawn,
        kernel.T @ first,
        kernel.T @ second,
        second,
        np.array(constants, dtype=np.float64),
    )


def deviations(
    counts: sparse.csr_matrix,
    weights: sparse.csr_matrix,
    gc: np.ndarray | None = None,
    *,
    background: Background | None = None,
    block_size: int = 512,
    n_jobs: int = 1,
) -> Deviations:
    """Bias-corrected deviations and z-scores of chromVAR, with the mean and variance of its random draws.

    Instead of drawing background regions some fifty times, their mean and variance are computed: those of the
    numerator exactly, those of the ratio with its denominator at its mean. So there is no noise of drawing, and the
    result is the same for any number of threads and size of blocks, bit for bit.

    Parameters
    ----------
    counts
        (cells, regions), of single cells or of samples.
    weights
        (regions, TFs): weight of each region in a factor's set, 0 outside.
    gc
        (regions,) share of G and C; without it accessibility alone decides which regions are drawn.
    background
        Bins to draw from; by default made of the counts and `gc`.
    block_size
        Cells that are computed at once.
    n_jobs
        Threads.

    Raises
    ------
    ValueError
        If no region has counts.

    References
    ----------
    Schep et al. 2017, Nat Methods 14:975 (deviations); Ulirsch et al. 2019, Nat Genet 51:683 (weights).
    """
    if not counts.has_canonical_format:
        counts = counts.copy()  # which some of scipy's functions would otherwise change in place
        counts.sum_duplicates()
    counts = sparse.csr_matrix(counts)
    totals = np.asarray(counts.sum(axis=0, dtype=np.float64)).ravel()
    model = deviation_model(totals, weights, make_background(totals, gc) if background is None else background)
    blocks = (counts[first : first + block_size] for first in range(0, counts.shape[0], block_size))
    parts = list(deviations_of_blocks(model, blocks, n_jobs))
    return Deviations(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def deviations_of_blocks(
    model: DeviationModel, blocks: Iterable[sparse.csr_matrix], n_jobs: int
) -> Iterator[Deviations]:
    """Deviations of one block of cells after the other; as many are at work as there are threads."""
    with ThreadPoolExecutor(n_jobs) as pool:
        waiting: deque[Future[Deviations]] = deque()
        for block in blocks:
            waiting.append(pool.submit(model.of_cells, block))
            if len(waiting) > n_jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _arrays(matrix: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix.indptr, matrix.indices, matrix.data
