"""Which regions stand for a region by chance: those of about its accessibility and GC content."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

GRID = 50
"""Bins along each axis of the grid (Schep et al. 2017, chromVAR's default)."""

SPREAD = 0.1
"""Standard deviation of the distance from which background regions are drawn, in whitened units (chromVAR's)."""

_NEGLIGIBLE = 1e-16
"""Weights below this part of a row's largest are beneath double precision and taken as 0."""


@dataclass(frozen=True)
class Background:
    """Bins of regions of about the same accessibility and GC content, and how likely one stands for another.

    In place of a region, a bin is drawn with the probabilities of its bin's row of `kernel`, and within that bin each
    region is as likely. Made by :func:`make_background`.

    Attributes
    ----------
    bin_of
        (regions,) int32, bin of each region, -1 for those that are left out.
    sizes
        (bins,) int64, regions of each bin, none of them 0.
    kernel
        (bins, bins) float64 CSR; rows sum to 1.
    """

    bin_of: np.ndarray
    sizes: np.ndarray
    kernel: sparse.csr_matrix

    @property
    def kept(self) -> np.ndarray:
        """Which regions are not left out, (regions,) bool."""
        return self.bin_of >= 0

    def bin_sums(self, values: np.ndarray | sparse.csr_matrix) -> np.ndarray:
        """Sums of the regions' values in each bin.

        Parameters
        ----------
        values
            (regions,) or (regions, k); regions that are left out are not looked at.

        Returns
        -------
        (bins,) or (bins, k) float64.
        """
        rows = np.flatnonzero(self.kept)
        where = (np.ones(len(rows)), (self.bin_of[rows], rows))
        sums = sparse.csr_matrix(where, shape=(len(self.sizes), len(self.bin_of))) @ values
        return np.asarray(sums.toarray() if sparse.issparse(sums) else sums, dtype=np.float64)

    def drawn_means(self, values: np.ndarray) -> np.ndarray:
        """Mean of a value over what is drawn in place of a region of each bin.

        Parameters
        ----------
        values
            (regions,).

        Returns
        -------
        (bins,) float64.
        """
        return np.asarray(self.kernel @ (self.bin_sums(values) / self.sizes), dtype=np.float64)


def make_background(
    counts: np.ndarray, gc: np.ndarray | None = None, *, grid: int = GRID, spread: float = SPREAD
) -> Background:
    """Sort regions into bins of accessibility and GC content, as chromVAR does for its background peaks.

    The two are made uncorrelated and of unit variance (by Cholesky's factor of their covariance, accessibility first);
    a region belongs to the nearest point of a grid that spans their ranges. Bin b' stands for bin b with a probability
    proportional to the normal density of the distance between the two, over the bins that have regions.

    Parameters
    ----------
    counts
        (regions,) counts of each region in all cells. Regions without counts are left out: their logarithm would
        swamp the variance.
    gc
        (regions,) share of G and C in each region's sequence; regions where it is NaN are left out. Without it
        accessibility alone decides.
    grid
        Points along each axis.
    spread
        Standard deviation of the normal density.

    Raises
    ------
    ValueError
        If no region is left.

    References
    ----------
    Schep AN, Wu B, Buenrostro JD, Greenleaf WJ. chromVAR: inferring transcription-factor-associated accessibility from
    single-cell epigenomic data. Nat Methods 2017;14:975-978.
    """
    counts = np.asarray(counts, dtype=np.float64)
    kept = counts > 0 if gc is None else (counts > 0) & np.isfinite(gc)
    if not kept.any():
        known = "" if gc is None else " and a known GC content"
        raise ValueError(f"none of the {len(counts)} regions has counts{known}, so there is no background")
    first = _scaled(np.log10(counts[kept]))
    second = np.zeros_like(first)
    if gc is not None:
        second = _scaled(np.asarray(gc, dtype=np.float64)[kept])
        n = max(len(first) - 1, 1)
        second = _scaled(second - (first @ second / n) * first)
    columns = [_nearest(axis, grid) for axis in (first, second)]
    cell = columns[0][0] * grid + columns[1][0]
    used, bin_of_kept, sizes = np.unique(cell, return_inverse=True, return_counts=True)
    centres = np.stack([columns[0][1][used // grid], columns[1][1][used % grid]], axis=1)
    bin_of = np.full(len(counts), -1, dtype=np.int32)
    bin_of[kept] = bin_of_kept
    return Background(bin_of, sizes.astype(np.int64), _kernel(centres, spread))


def _scaled(values: np.ndarray) -> np.ndarray:
    """Values of mean 0 and variance 1; all 0 where they hardly differ."""
    centred = values - values.mean()
    sd = np.sqrt((centred**2).sum() / max(len(values) - 1, 1))
    return centred / sd if sd > 1e-9 * max(1.0, np.abs(values).max()) else np.zeros_like(values)


def _nearest(values: np.ndarray, grid: int) -> tuple[np.ndarray, np.ndarray]:
    """Number of the nearest of the points from the least to the largest value, and the points."""
    points = np.linspace(values.min(), values.max(), grid)
    step = points[1] - points[0] if grid > 1 else 0.0
    nearest = np.rint((values - points[0]) / step).astype(np.int64) if step > 0 else np.zeros(len(values), np.int64)
    return nearest, points


def _kernel(centres: np.ndarray, spread: float) -> sparse.csr_matrix:
    """Probabilities of drawing each bin (columns) in place of each (rows)."""
    squares = sum((centres[:, i, None] - centres[None, :, i]) ** 2 for i in range(2))
    density = np.exp(squares / (-2 * spread**2))
    density[density < _NEGLIGIBLE] = 0
    return sparse.csr_matrix(density / density.sum(axis=1, keepdims=True))
