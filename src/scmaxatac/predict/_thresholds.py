"""From calibration tables and a run's scores to thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._ranking import (
    calibration_bins,
    largest_per_calibration_bin,
    nth_largest,
    nth_largest_with_sample,
    stretches_beside,
)
from scmaxatac.zoo._calibration import Calibration, ThresholdRule, parse_rule

MATCHED = "matched"
"""Rule that calls as many 200-bp bins as the calibration table expects, whatever the depth."""

MIXED = "mixed"
"""Rule halfway, in log odds, between the published threshold and the one by rank."""

BY_RANK = (MATCHED, MIXED)

Threshold = ThresholdRule | str

Calibrations = Mapping[str, Calibration | None]
"""Calibration table of each transcription factor, in the order of the run."""


@dataclass(frozen=True)
class BinCounts:
    """What thresholds by rank have to know of a run's chromosomes.

    Attributes
    ----------
    known
        200-bp bins of known sequence that are not blacklisted, predicted or not.
    sampled
        Whether a sample has to stand for some of them, which lie beside the run's regions.
    """

    known: int
    sampled: bool

    @classmethod
    def of(cls, genome: Genome, chroms: Sequence[str], regions: Intervals | None) -> "BinCounts":
        """Count the bins of some chromosomes; `regions` are those of the run, None for whole chromosomes."""
        known = sum(int(calibration_bins(genome, chrom).sum()) for chrom in chroms)
        beside = regions is not None and any(len(stretches_beside(genome, chrom, regions)) for chrom in chroms)
        return cls(known, beside)


def matched_ranks(calibrations: Calibrations, counts: BinCounts) -> tuple[int, ...]:
    """Count the 200-bp bins that each calibration table expects to be called; 0 without a table.

    0 as well where the table cannot tell, which matters to the rules by rank only.
    """
    ranks = []
    for tf, calibration in calibrations.items():
        try:
            ranks.append(round(_rate(tf, calibration, MATCHED) * counts.known))
        except ValueError:
            ranks.append(0)
    return tuple(ranks)


def thresholds_of(
    rule: Threshold, calibrations: Calibrations, store: ScoreStore, genome: Genome, counts: BinCounts
) -> pd.DataFrame:
    """Threshold of every group (rows) and transcription factor (columns).

    Raises
    ------
    ValueError
        If a model has no calibration table and the rule needs one, the table never reaches the value asked for, or a
        threshold lies below the score down to which bins were kept.
    """
    if rule == MATCHED:
        return _by_rank(MATCHED, calibrations, store, genome, counts)
    fixed = {tf: _fixed(tf, calibration, "f1" if rule == MIXED else rule) for tf, calibration in calibrations.items()}
    if rule == MIXED:
        table = _halfway(list(fixed.values()), _by_rank(MIXED, calibrations, store, genome, counts))
    else:
        table = pd.DataFrame({tf: np.full(len(store.groups), value) for tf, value in fixed.items()}, index=store.groups)
    for group in store.groups:
        for tf in store.tfs:
            floor = store.min_stored_score(group, tf)
            if table.loc[group, tf] < floor:
                raise ValueError(
                    f"threshold {table.loc[group, tf]:g} for {tf} lies below {floor:g}, the score down to which "
                    f"bins of group {group!r} were kept; lower scmaxatac.settings.score_floor and predict again"
                )
    return table


def check_threshold(rule: Threshold, calibrations: Calibrations, floor: float) -> None:
    """Raise before any work what :func:`thresholds_of` would raise after it, as far as the models decide.

    Bins are kept down to a score of `floor`.
    """
    for tf, calibration in calibrations.items():
        if rule in BY_RANK:
            _rate(tf, calibration, str(rule))
        if rule != MATCHED:
            published = _fixed(tf, calibration, "f1" if rule == MIXED else rule)
            if published < floor:
                raise ValueError(
                    f"threshold {published:g} for {tf} lies below scmaxatac.settings.score_floor "
                    f"({floor:g}), the score down to which bins are kept; lower the floor or raise "
                    "the threshold"
                )


def called_to_expected(
    calibrations: Calibrations, store: ScoreStore, genome: Genome, counts: BinCounts
) -> pd.DataFrame:
    """How far the published thresholds are off: 200-bp bins that reach them, over those expected to.

    Returns
    -------
    Groups x transcription factors; 1 where as many bins are called as in the calibration, NaN where the model has no
    table, the threshold lies below the kept scores, or fewer bins were predicted than are expected to be called.
    """
    table = pd.DataFrame(np.nan, index=store.groups, columns=list(calibrations), dtype=float)
    allowed = _allowed(store, genome)
    for tf, calibration in calibrations.items():
        try:
            expected = _rate(tf, calibration, MATCHED) * counts.known
            published = _fixed(tf, calibration, "f1")
        except ValueError:
            continue
        for group in store.groups:
            if published >= store.min_stored_score(group, tf) and 0 < expected <= store.n_ranked(group):
                table.loc[group, tf] = len(_ranked_scores(store, group, tf, allowed, published)) / expected
    return table


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


def _rate(tf: str, calibration: Calibration | None, rule: str) -> float:
    """Share of the 200-bp bins that a calibration table expects to be called."""
    if calibration is None:
        raise ValueError(_no_calibration(tf, rule))
    try:
        return calibration.rate()
    except ValueError as error:
        raise ValueError(f"{tf}: {error}") from error


def _no_calibration(tf: str, rule: Threshold) -> str:
    return f"the model of {tf} has no calibration table, which threshold={rule!r} needs; give a number between 0 and 1"


def _halfway(published: Sequence[float], by_rank: pd.DataFrame) -> pd.DataFrame:
    """Mean of two thresholds in log odds, in which scores near 0 and near 1 are as far apart as they look."""
    ends = np.clip([np.broadcast_to(published, by_rank.shape), by_rank.to_numpy()], 1e-6, 1 - 1e-6)
    log_odds = np.log(ends / (1 - ends)).mean(axis=0)
    return pd.DataFrame(1 / (1 + np.exp(-log_odds)), index=by_rank.index, columns=by_rank.columns)


def _by_rank(
    rule: str, calibrations: Calibrations, store: ScoreStore, genome: Genome, counts: BinCounts
) -> pd.DataFrame:
    ranks = [round(_rate(tf, calibration, rule) * counts.known) for tf, calibration in calibrations.items()]
    allowed = _allowed(store, genome)
    rows = [
        [_nth(store, group, tf, allowed, rank, counts) for tf, rank in zip(calibrations, ranks, strict=True)]
        for group in store.groups
    ]
    return pd.DataFrame(rows, index=store.groups, columns=list(calibrations), dtype=float)


def _nth(
    store: ScoreStore, group: str, tf: str, allowed: Mapping[str, np.ndarray], rank: int, counts: BinCounts
) -> float:
    """Score that `rank` 200-bp bins reach; a sample stands for those beside the regions."""
    predicted = _ranked_scores(store, group, tf, allowed)
    if not counts.sampled:
        return nth_largest(predicted, rank)
    sample = store.read_background(group, tf)
    n_beside = counts.known - store.n_ranked(group)
    return nth_largest_with_sample(predicted, sample, n_beside, rank)


def _allowed(store: ScoreStore, genome: Genome) -> dict[str, np.ndarray]:
    """Which 200-bp bins of each chromosome count."""
    return {chrom: calibration_bins(genome, chrom) for chrom in store.chroms}


def _ranked_scores(
    store: ScoreStore, group: str, tf: str, allowed: Mapping[str, np.ndarray], at_least: float = 0.0
) -> np.ndarray:
    """Largest scores of the predicted 200-bp bins that count, as far as they were kept and are large enough."""
    maxima = []
    for chrom, counts in allowed.items():
        starts, scores = store.read(group, tf, chrom)
        large = scores >= at_least
        maxima.append(largest_per_calibration_bin(starts[large] // BIN, scores[large], counts))
    return np.concatenate(maxima)
