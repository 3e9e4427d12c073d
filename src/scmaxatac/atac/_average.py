"""Averaging tracks that are intervals of equal value, and their min-max scaling."""

from collections.abc import Iterable, Sequence

import numpy as np

from scmaxatac._constants import PERCENTILE
from scmaxatac.atac._coverage import weighted_percentile
from scmaxatac.genome._genome import Genome

Runs = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Starts, ends (0-based, half-open, sorted, not overlapping) and values of a track; 0 between them."""


def average_runs(tracks: Sequence[Runs], chrom: str, genome: Genome) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Average tracks of one chromosome with equal weight.

    Parameters
    ----------
    tracks
        Each track's runs on the chromosome.
    chrom
        The chromosome.
    genome
        Its size and the blacklist.

    Returns
    -------
    Breakpoints (m + 1,) int64 from 0 to the chromosome's length, the mean of each run (m,) float64, and whether it is
    blacklisted (m,) bool.
    """
    length = genome.sizes[chrom]
    edges = [np.array([0, length]), *(edge for starts, ends, _ in tracks for edge in (starts, ends))]
    if genome.blacklist is not None:
        edges += [genome.blacklist.starts(chrom), genome.blacklist.ends(chrom)]
    breaks = np.unique(np.concatenate(edges)).astype(np.int64)
    mean = np.zeros(len(breaks) - 1)
    for starts, ends, values in tracks:
        if len(starts):
            run = np.searchsorted(starts, breaks[:-1], side="right") - 1
            inside = (run >= 0) & (breaks[:-1] < ends[run])
            mean[inside] += values[run[inside]] / len(tracks)
    black = np.zeros(len(mean), dtype=bool)
    if genome.blacklist is not None:
        black = genome.blacklist.overlaps(chrom, breaks[:-1], breaks[1:])
    return breaks, mean, black


def minimum_and_percentile(averaged: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Find the smallest value over the bases off the blacklist and the 99th percentile over those above 0.

    Parameters
    ----------
    averaged
        For each chromosome what :func:`average_runs` gives.

    Returns
    -------
    Minimum and percentile; NaN when nothing is above 0.
    """
    minimum = np.inf
    values, bases = [], []
    for breaks, mean, black in averaged:
        allowed, lengths = mean[~black], np.diff(breaks)[~black]
        minimum = min(minimum, float(allowed.min(initial=np.inf)))
        distinct, which = np.unique(allowed[allowed > 0], return_inverse=True)
        values.append(distinct)
        bases.append(np.bincount(which, weights=lengths[allowed > 0], minlength=len(distinct)).astype(np.int64))
    percentile = weighted_percentile(np.concatenate(values), np.concatenate(bases), PERCENTILE)
    return minimum, percentile
