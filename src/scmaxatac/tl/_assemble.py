"""From a run's store to thresholds, sites, region scores and activities."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN
from scmaxatac._settings import settings
from scmaxatac.io._store import ScoreStore
from scmaxatac.models._calibration import Calibration, ThresholdRule, parse_rule
from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._intervals import Intervals
from scmaxatac.tracks._ranking import calibration_bins, largest_per_calibration_bin, nth_largest
from scmaxatac.tracks._sites import bins_in_regions, largest_in, merge_sites

MATCHED = "matched"
"""Rule that calls as many 200-bp bins as the calibration table expects, whatever the depth."""

Threshold = ThresholdRule | str

Calibrations = Mapping[str, Calibration | None]
"""Calibration table of each transcription factor, in the order of the run."""


def matched_ranks(calibrations: Calibrations, genome: Genome, chroms: Sequence[str]) -> tuple[int, ...]:
    """Count the 200-bp bins that each calibration table expects to be called on the chromosomes; 0 without one.

    0 as well where the table cannot tell, which matters to the rule ``"matched"`` only.
    """
    n_bins = sum(int(calibration_bins(genome, chrom).sum()) for chrom in chroms)
    ranks = []
    for tf, calibration in calibrations.items():
        try:
            ranks.append(round(_rate(tf, calibration) * n_bins))
        except ValueError:
            ranks.append(0)
    return tuple(ranks)


def thresholds_of(rule: Threshold, calibrations: Calibrations, store: ScoreStore, genome: Genome) -> pd.DataFrame:
    """Threshold of every group (rows) and transcription factor (columns).

    Raises
    ------
    ValueError
        If a model has no calibration table and the rule needs one, the table never reaches the value asked for, or a
        threshold lies below the score down to which bins were kept.
    """
    if rule == MATCHED:
        for tf, calibration in calibrations.items():
            _rate(tf, calibration)
        ranks = matched_ranks(calibrations, genome, store.chroms)
        rows = [
            [_matched(store, group, tf, genome, rank) for tf, rank in zip(calibrations, ranks, strict=True)]
            for group in store.groups
        ]
        return pd.DataFrame(rows, index=store.groups, columns=list(calibrations))
    fixed = {tf: _fixed(tf, calibration, rule) for tf, calibration in calibrations.items()}
    table = pd.DataFrame({tf: np.full(len(store.groups), value) for tf, value in fixed.items()}, index=store.groups)
    for group in store.groups:
        for tf in store.tfs:
            floor = store.floor(group, tf)
            if table.loc[group, tf] < floor:
                raise ValueError(
                    f"threshold {table.loc[group, tf]:g} for {tf} lies below {floor:g}, the score down to which "
                    f"bins of group {group!r} were kept; lower scmaxatac.settings.score_floor and predict again"
                )
    return table


def check_threshold(rule: Threshold, calibrations: Calibrations) -> None:
    """Raise before any work what :func:`thresholds_of` would raise after it, as far as the models decide."""
    for tf, calibration in calibrations.items():
        if rule == MATCHED:
            _rate(tf, calibration)
        elif _fixed(tf, calibration, rule) < settings.score_floor:
            raise ValueError(
                f"threshold {_fixed(tf, calibration, rule):g} for {tf} lies below scmaxatac.settings.score_floor "
                f"({settings.score_floor:g}), the score down to which bins are kept; lower the floor or raise "
                "the threshold"
            )


def _fixed(tf: str, calibration: Calibration | None, rule: Threshold) -> float:
    kind, value = parse_rule(rule)
    if kind == "value":
        return value
    if calibration is None:
        raise ValueError(_no_calibration(tf, rule))
    try:
        return calibration.threshold(rule)
    except ValueError as error:
        raise ValueError(f"{tf}: {error}") from error


def _rate(tf: str, calibration: Calibration | None) -> float:
    """Share of the 200-bp bins that a calibration table expects to be called."""
    if calibration is None:
        raise ValueError(_no_calibration(tf, MATCHED))
    try:
        return calibration.rate()
    except ValueError as error:
        raise ValueError(f"{tf}: {error}") from error


def _no_calibration(tf: str, rule: Threshold) -> str:
    return f"the model of {tf} has no calibration table, which threshold={rule!r} needs; give a number between 0 and 1"


def _matched(store: ScoreStore, group: str, tf: str, genome: Genome, rank: int) -> float:
    maxima = []
    for chrom in store.chroms:
        starts, scores = store.read(group, tf, chrom)
        maxima.append(largest_per_calibration_bin(starts // BIN, scores, calibration_bins(genome, chrom)))
    predicted = np.concatenate(maxima)
    n_predicted = store.n_ranked(group)
    if rank <= n_predicted:
        return nth_largest(predicted, rank)
    sample = store.read_background(group, tf)
    n_bins = sum(int(calibration_bins(genome, chrom).sum()) for chrom in store.chroms)
    values = np.concatenate([predicted, sample])
    stands_for = (n_bins - n_predicted) / len(sample) if len(sample) else 0.0
    weights = np.repeat([1.0, stands_for], [len(predicted), len(sample)])
    order = np.argsort(-values, kind="stable")
    reached = np.flatnonzero(np.cumsum(weights[order]) >= rank)
    return float(values[order[reached[0]]]) if len(reached) else 0.0


def assemble_sites(store: ScoreStore, thresholds: pd.DataFrame, regions: Intervals | None) -> pd.DataFrame:
    """Merge adjacent bins at or above the thresholds, of bins that overlap a region by 1 bp.

    Returns
    -------
    chrom, start, end, group, tf, score; sorted by group, tf and position.
    """
    parts = []
    for g, group in enumerate(store.groups):
        for t, tf in enumerate(store.tfs):
            for c, chrom in enumerate(store.chroms):
                starts, scores = store.read(group, tf, chrom)
                inside = bins_in_regions(starts, chrom, regions)
                lows, highs, best = merge_sites(starts[inside], scores[inside], thresholds.loc[group, tf])
                parts.append((c, g, t, lows, np.minimum(highs, store.sizes[chrom]), best))
    lengths = [len(part[3]) for part in parts]
    codes = [np.repeat([part[i] for part in parts], lengths) for i in range(3)]
    return pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(codes[0], categories=store.chroms),
            "start": np.concatenate([part[3] for part in parts]),
            "end": np.concatenate([part[4] for part in parts]),
            "group": pd.Categorical.from_codes(codes[1], categories=store.groups),
            "tf": pd.Categorical.from_codes(codes[2], categories=store.tfs),
            "score": np.concatenate([part[5] for part in parts]),
        }
    )


def assemble_activity(store: ScoreStore, sites: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each group over the union of a transcription factor's sites in all groups.

    A group's score at a site is the largest of its bins there; bins below the store's floor count as 0.
    """
    activity = pd.DataFrame(np.nan, index=pd.Index(store.groups, name="group"), columns=store.tfs, dtype=float)
    unions = {tf: Intervals.from_frame(sites[sites["tf"] == tf].astype({"chrom": str})) for tf in store.tfs}
    for group in store.groups:
        for tf, union in unions.items():
            best = []
            for chrom in union.chroms:
                starts, scores = store.read(group, tf, chrom)
                best.append(np.nan_to_num(largest_in(starts // BIN, scores, union.starts(chrom), union.ends(chrom))))
            if best:
                activity.loc[group, tf] = np.concatenate(best).mean(dtype=np.float64)
    return activity


def assemble_scores(store: ScoreStore, group: str) -> np.ndarray:
    """Region scores of a group, (regions, TFs) float32, in the order of the regions."""
    return np.concatenate([store.region_scores(group, chrom) for chrom in store.chroms])
