"""Bins of a block of the genome on as many points as can be seen."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.io._regions import format_regions, parse_region

_POINTS = 900
"""Most points along a block."""


class BlockGrid(NamedTuple):
    """Neighbouring bins, and the point of a picture that each is drawn in.

    Attributes
    ----------
    chrom, start, end
        The block; 0-based, half-open.
    columns
        (bins,) rows of the bins in their table.
    point
        (bins,) int64, point of each bin, ascending.
    n_points
        Number of points.
    """

    chrom: str
    start: int
    end: int
    columns: npt.NDArray[np.int64]
    point: npt.NDArray[np.int64]
    n_points: int

    def most_different(self, sizes: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Bin that stands for each point, the one with the largest size; (rows, points), -1 for points without bins.

        Parameters
        ----------
        sizes
            (rows, bins); NaN is the smallest.
        """
        out = np.full((len(sizes), self.n_points), -1, dtype=np.int64)
        ranks = np.where(np.isnan(sizes), -1.0, sizes)
        order = np.lexsort((ranks, np.broadcast_to(self.point, ranks.shape)), axis=1)
        for row, by_size in enumerate(order):
            out[row, self.point[by_size]] = by_size  # the last of a point, the largest, stays
        return out

    def draw(self, values: npt.NDArray[np.float64], chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Values (rows, bins) of the bins that stand for the points; (rows, points), NaN without."""
        picked: npt.NDArray[np.float64] = np.take_along_axis(values, np.maximum(chosen, 0), axis=1)
        return np.where(chosen < 0, np.nan, picked)


def block_of(bins: pd.DataFrame, region: str | None) -> BlockGrid:
    """The bins of a region, or all if they are neighbours.

    Parameters
    ----------
    bins
        chrom, start, end; sorted, of one width.
    region
        Region that is drawn; None for all bins.

    Raises
    ------
    ValueError
        If there are no bins in the region, or, without one, they lie in several places.
    """
    chroms, starts, ends = bins["chrom"].astype(str).to_numpy(), bins["start"].to_numpy(), bins["end"].to_numpy()
    here = np.ones(len(bins), dtype=bool)
    if region is not None:
        chrom, start, end = parse_region(region)
        here = (chroms == chrom) & (ends > start) & (starts < end)
        if not here.any():
            raise ValueError(f"no bins were predicted in region {region!r}")
    breaks = np.flatnonzero((chroms[1:] != chroms[:-1]) | (starts[1:] != ends[:-1]))
    if region is None and len(breaks):
        first, last = np.append(0, breaks + 1), np.append(breaks, len(bins) - 1)
        places = format_regions(pd.DataFrame({"chrom": chroms[first], "start": starts[first], "end": ends[last]}))
        raise ValueError(f"haplotypes were predicted in {len(first)} places ({abbreviate(places)}); name one: region=")
    columns = np.flatnonzero(here)
    start, end = int(starts[columns[0]]), int(ends[columns[-1]])
    number = (starts[columns] - start) // int(ends[columns[0]] - starts[columns[0]])
    n_bins = int(number[-1]) + 1
    n_points = min(n_bins, _POINTS)
    return BlockGrid(str(chroms[columns[0]]), start, end, columns, number * n_points // n_bins, n_points)
