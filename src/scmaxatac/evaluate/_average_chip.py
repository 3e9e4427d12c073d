"""Mean ChIP-seq signal of several cell types, bin by bin."""

from collections.abc import Sequence

import numpy as np

from scmaxatac._types import Float64s
from scmaxatac.atac._average import Runs
from scmaxatac.genome._intervals import Intervals


def largest_mean_arcsinh(tracks: Sequence[Runs], start: int, n_bins: int, bin_size: int) -> np.ndarray:
    """Mean over tracks of the arcsinh of their values at every base, and the largest of it in each bin.

    Parameters
    ----------
    tracks
        Each track's runs on one chromosome; what lies outside the bins is left out, NaN counts as 0.
    start
        Start of the first bin in bp.
    n_bins, bin_size
        Number of bins and their width in bp.

    Returns
    -------
    (n_bins,) float32.
    """
    total = np.zeros(n_bins * bin_size)
    for starts, ends, values in tracks:
        low, high = (np.clip(edge.astype(np.int64) - start, 0, len(total)) for edge in (starts, ends))
        lengths = high - low
        bases = np.repeat(low - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        total[bases] += np.repeat(np.arcsinh(np.nan_to_num(values)), lengths)
    largest: Float64s = total.reshape(n_bins, bin_size).max(axis=1) / len(tracks)
    return largest.astype(np.float32)


def share_with_peak(peaks: Sequence[Intervals], chrom: str, n_bins: int, bin_size: int) -> np.ndarray:
    """Share of the cell types that have a peak in each bin, overlapping it by at least 1 bp.

    Parameters
    ----------
    peaks
        Peaks of each cell type.
    chrom
        The chromosome.
    n_bins, bin_size
        Number of bins from 0 and their width in bp.

    Returns
    -------
    (n_bins,) float32.
    """
    starts = np.arange(n_bins, dtype=np.int64) * bin_size
    share: Float64s = np.mean([p.overlaps(chrom, starts, starts + bin_size) for p in peaks], axis=0)
    return share.astype(np.float32)
