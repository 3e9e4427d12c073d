"""Deviations of the cells of one or several sources of counts."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from scipy import sparse

from scmaxatac.stats._background import make_background
from scmaxatac.stats._deviations import deviation_model, deviations_of_blocks


class CountSource(Protocol):
    """Something that holds counts of cells in regions and gives them in blocks of cells.

    Attributes
    ----------
    shape
        Numbers of cells and of regions.
    """

    shape: tuple[int, int]

    def totals(self) -> tuple[np.ndarray, np.ndarray]:
        """Counts of each region, (regions,), and of each cell, (cells,)."""
        ...

    def blocks(self, size: int) -> Iterator[sparse.csr_matrix]:
        """Counts of at most `size` cells after the other, (cells, regions) CSR."""
        ...


class CellScores(NamedTuple):
    """Deviations of all cells, and what could not be used.

    Attributes
    ----------
    scores, z
        (cells, TFs) float32; see :class:`~scmaxatac.stats._deviations.Deviations`.
    cell_counts
        (cells,) counts in the regions.
    region_counts
        (regions,) counts in the cells.
    n_regions
        (TFs,) regions of each factor's set that have counts.
    """

    scores: np.ndarray
    z: np.ndarray
    cell_counts: np.ndarray
    region_counts: np.ndarray
    n_regions: np.ndarray


def score_sources(
    sources: Sequence[CountSource],
    weights: sparse.csr_matrix,
    gc: np.ndarray | None,
    *,
    block_size: int,
    n_jobs: int,
) -> CellScores:
    """Deviations of the cells of several sources, with one background for all.

    Parameters
    ----------
    sources
        Counts in the same regions.
    weights
        (regions, TFs): weight of each region in a factor's set, 0 outside.
    gc
        (regions,) share of G and C, NaN where unknown; without it accessibility alone decides which regions are drawn.
    block_size
        Cells that are computed at once.
    n_jobs
        Threads.

    Raises
    ------
    ValueError
        If no region has counts.
    """
    of_regions, of_cells = zip(*(source.totals() for source in sources), strict=True)
    region_counts = np.stack(of_regions).sum(axis=0, dtype=np.float64)
    cell_counts = np.concatenate(of_cells)
    model = deviation_model(region_counts, weights, make_background(region_counts, gc))
    scores, z = np.empty((2, len(cell_counts), weights.shape[1]), dtype=np.float32)
    blocks = (block for source in sources for block in source.blocks(block_size))
    first = 0
    for part in deviations_of_blocks(model, blocks, n_jobs):
        rows = slice(first, first + len(part.scores))
        scores[rows], z[rows] = part
        first = rows.stop
    return CellScores(scores, z, cell_counts, region_counts, np.diff(model.weights.tocsc().indptr))
