"""Scores of samples in the units that are compared: 200-bp bins, or sites, in the union of the samples' sites."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac.atac._insertions import Insertions
from scmaxatac.genome._intervals import Intervals
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._log_odds import logit
from scmaxatac.scores._sites import max_per_interval

Unit = Literal["bins", "sites"]


class UnitScores(NamedTuple):
    """Scores of one transcription factor.

    Attributes
    ----------
    units
        chrom, start, end (0-based, half-open); sorted.
    logits
        (units, samples) float64, log odds of the largest score in the unit.
    called
        (units, samples) bool, whether it reaches the sample's threshold.
    accessibility
        (units,) float64, mean over the samples of log2(1 + insertions in the unit).
    """

    units: pd.DataFrame
    logits: np.ndarray
    called: np.ndarray
    accessibility: np.ndarray

    def of_samples(self, samples: np.ndarray, at_least: int) -> "UnitScores":
        """Keep the units that are sites in at least so many of some samples, whichever arm these are in.

        A choice that looked at the arms would favour units that differ.
        """
        keep = np.flatnonzero(self.called[:, samples].sum(axis=1) >= at_least)
        return UnitScores(
            self.units.iloc[keep].reset_index(drop=True), self.logits[keep], self.called[keep], self.accessibility[keep]
        )


def check_unit(unit: str) -> None:
    """Raise a ValueError if there is no such unit."""
    if unit not in get_args(Unit):
        raise ValueError(f"unit is {unit!r}; it can be {' or '.join(map(repr, get_args(Unit)))}")


def units_of(sites: pd.DataFrame, unit: Unit, sizes: dict[str, int]) -> pd.DataFrame:
    """Units that hold a site of any sample.

    Parameters
    ----------
    sites
        Sites of one transcription factor in all samples: chrom, start, end.
    unit
        Merged sites, or the 200-bp bins that they overlap.
    sizes
        Lengths of the chromosomes, in the order of the result.
    """
    union = Intervals.from_frame(sites[["chrom", "start", "end"]].astype({"chrom": str}))
    parts = [pd.DataFrame({"chrom": [], "start": [], "end": []}).astype({"start": np.int64, "end": np.int64})]
    for chrom in sizes:
        starts, ends = union.starts(chrom), union.ends(chrom)
        if unit == "bins" and len(starts):
            first, last = starts // CALIBRATION_BIN, (ends - 1) // CALIBRATION_BIN
            bins = np.unique(np.concatenate([np.arange(lo, hi + 1) for lo, hi in zip(first, last, strict=True)]))
            starts, ends = bins * CALIBRATION_BIN, np.minimum((bins + 1) * CALIBRATION_BIN, sizes[chrom])
        if len(starts):
            parts.append(pd.DataFrame({"chrom": chrom, "start": starts, "end": ends}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def score_units(
    store: ScoreStore,
    units: pd.DataFrame,
    tf: str,
    samples: Sequence[str],
    thresholds: pd.Series,
    counts: np.ndarray,
) -> UnitScores:
    """Read the scores of samples in units.

    Parameters
    ----------
    store
        Scores of bins; those that were not kept count as 0.
    units
        Units, sorted.
    tf
        The transcription factor.
    samples
        Names of the samples.
    thresholds
        Threshold of each sample, by name.
    counts
        (units, samples) insertions.
    """
    scores = np.zeros((len(units), len(samples)), dtype=np.float32)
    for chrom, rows in units.groupby("chrom", sort=False).indices.items():
        bounds = units["start"].to_numpy()[rows], units["end"].to_numpy()[rows]
        for s, sample in enumerate(samples):
            starts, found = store.read(sample, tf, str(chrom))
            scores[rows, s] = np.nan_to_num(max_per_interval(starts // store.bin_size, found, *bounds, store.bin_size))
    reached = (scores >= thresholds.reindex(list(samples)).to_numpy(np.float32)) & (scores > 0)
    return UnitScores(units, logit(scores), reached, np.log2(1 + counts).mean(axis=1))


def count_insertions(insertions: Insertions, libraries: Sequence[str], regions: pd.DataFrame) -> np.ndarray:
    """Insertions of libraries in intervals.

    Parameters
    ----------
    insertions
        Insertions of every library.
    libraries
        Names of the libraries.
    regions
        chrom, start, end (0-based, half-open), in any order; they may overlap.

    Returns
    -------
    (regions, libraries) int64.
    """
    counts = np.zeros((len(regions), len(libraries)), dtype=np.int64)
    for chrom, rows in regions.groupby("chrom", sort=False, observed=True).indices.items():
        starts, ends = regions["start"].to_numpy()[rows], regions["end"].to_numpy()[rows]
        for i, library in enumerate(libraries):
            positions = insertions.positions(library, str(chrom))
            counts[rows, i] = np.searchsorted(positions, ends) - np.searchsorted(positions, starts)
    return counts
