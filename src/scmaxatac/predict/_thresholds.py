"""From calibration tables and a run's scores to thresholds."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.atac._signal import Signal
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import Grid
from scmaxatac.predict._rules import Rules
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._ranking import (
    blocks_beside,
    calibration_bins,
    largest_per_calibration_bin,
    nth_largest,
    nth_largest_with_sample,
)
from scmaxatac.zoo._calibration import Calibration
from scmaxatac.zoo._threshold_rules import BestF1, ThresholdError, describe_errors, needed

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
    def of(cls, genome: Genome, chroms: Sequence[str], regions: Intervals | None, grid: Grid) -> "BinCounts":
        """Count the bins of some chromosomes; `regions` are those of the run, None for whole chromosomes."""
        known = sum(int(calibration_bins(genome, chrom).sum()) for chrom in chroms)
        beside = regions is not None and any(len(blocks_beside(genome, chrom, regions, grid)) for chrom in chroms)
        return cls(known, beside)


def matched_ranks(calibrations: Calibrations, counts: BinCounts) -> tuple[int, ...]:
    """Numbers of 200-bp bins that each calibration table expects to be called; 0 without a table.

    0 as well where the table cannot tell, which matters to the rules by rank only.
    """
    ranks = []
    for calibration in calibrations.values():
        try:
            ranks.append(0 if calibration is None else round(calibration.rate() * counts.known))
        except ThresholdError:
            ranks.append(0)
    return tuple(ranks)


def thresholds_of(
    rules: Rules, calibrations: Calibrations, store: ScoreStore, genome: Genome, counts: BinCounts
) -> pd.DataFrame:
    """Threshold of every group (rows) and transcription factor (columns).

    Raises
    ------
    ValueError
        If models have no calibration table and the rule needs one, the table never reaches the value asked for, or
        thresholds lie below the score down to which bins were kept; the message names all of these models.
    """
    _refuse(_unusable(rules, calibrations), calibrations)
    table = pd.DataFrame(np.nan, index=store.groups, columns=list(calibrations), dtype=float)
    ranked = [tf for tf in calibrations if rules.of(tf).needs_ranks]
    allowed = _allowed(store, genome) if ranked else {}
    by_rank = pd.DataFrame(np.nan, index=store.groups, columns=ranked, dtype=float)
    if ranked:
        ranks = {tf: round(needed(rules.of(tf), calibrations[tf]).rate() * counts.known) for tf in ranked}
        for group in store.groups:  # whose files stay open for all factors
            by_rank.loc[group] = [_nth(store, group, tf, allowed, rank, counts) for tf, rank in ranks.items()]
    for tf, calibration in calibrations.items():
        table[tf] = rules.of(tf).resolve(calibration, by_rank[tf].to_numpy() if tf in ranked else None)
    # those by rank alone lie among the kept scores
    _refuse(_not_kept(table, store, [tf for tf in calibrations if rules.of(tf).fixed is not None]), calibrations)
    return table


def check_threshold(rules: Rules, calibrations: Calibrations, min_stored_score: float) -> None:
    """Raise before any work what :func:`thresholds_of` would raise after it, as far as the models decide.

    Bins are kept down to `min_stored_score`.
    """
    errors = _unusable(rules, calibrations)
    for tf, calibration in calibrations.items():
        fixed = rules.of(tf).fixed
        if fixed is not None and tf not in errors:
            if (threshold := fixed.resolve(calibration)) < min_stored_score:
                errors[tf] = ThresholdError(
                    f"the threshold lies below scmaxatac.settings.min_stored_score ({min_stored_score:g}), the score "
                    "down to which bins are kept; lower that setting or raise the threshold, which is",
                    f"{threshold:g}",
                )
    _refuse(errors, calibrations)


def are_usable(rules: Rules, calibrations: Calibrations) -> bool:
    """Whether no calibration table stands against the rules."""
    return not _unusable(rules, calibrations)


def _unusable(rules: Rules, calibrations: Calibrations) -> dict[str, ThresholdError]:
    """Find the models that their rule can't be used with, and why."""
    errors = {}
    for tf, calibration in calibrations.items():
        rule = rules.of(tf)
        try:
            if rule.needs_ranks:
                needed(rule, calibration).rate()
            if rule.fixed is not None:
                rule.fixed.resolve(calibration)
        except ThresholdError as error:
            errors[tf] = error
    return errors


def _not_kept(table: pd.DataFrame, store: ScoreStore, tfs: Sequence[str]) -> dict[str, ThresholdError]:
    """Models whose threshold lies below the stored scores; the group where it is farthest off stands for all."""
    errors = {}
    lowest = [[store.min_stored_score(group, tf) for tf in store.tfs] for group in store.groups]
    kept = pd.DataFrame(lowest, index=store.groups, columns=store.tfs)
    for tf in tfs:
        group = (table[tf] - kept[tf]).idxmin()
        floor = kept.loc[group, tf]
        if table.loc[group, tf] < floor:
            errors[tf] = ThresholdError(
                f"the threshold lies below {floor:g}, the score down to which bins of group {group!r} were kept; "
                "lower scmaxatac.settings.min_stored_score and predict again, or raise the threshold, which is",
                f"{table.loc[group, tf]:g}",
            )
    return errors


def _refuse(errors: Mapping[str, ThresholdError], calibrations: Calibrations) -> None:
    """Raise one error that names all models with which a rule can't be used, if there are any."""
    if errors:
        n, total = len(errors), len(calibrations)
        others = f". {total - n} of {total} models can be predicted with this threshold: name them with tfs="
        raise ValueError(describe_errors(errors) + (others if n < total else ""))


class ExpectedBins(NamedTuple):
    """How far the published thresholds are off: 200-bp bins that reach them, and how many should.

    Attributes
    ----------
    called
        Groups x transcription factors, bins that reach the published threshold. NaN where that lies below the kept
        scores, or the model has no calibration table.
    expected
        The same of the bins that the calibration expects to.
    told
        Where the two can be compared: enough bins were predicted, and they hold enough of the group's insertions.
    """

    called: pd.DataFrame
    expected: pd.DataFrame
    told: pd.DataFrame

    @property
    def ratio(self) -> pd.DataFrame:
        """Called over expected; NaN where they can't be compared."""
        return (self.called / self.expected).where(self.told)

    def long(self) -> pd.DataFrame:
        """A row a group and factor: group, tf, n_called, n_expected, called_to_expected."""
        tables = {"n_called": self.called, "n_expected": self.expected, "called_to_expected": self.ratio}
        groups, tfs = self.called.index, self.called.columns
        keys = {"group": np.repeat(groups, len(tfs)), "tf": np.tile(tfs, len(groups))}
        return pd.DataFrame(keys | {name: table.to_numpy().ravel() for name, table in tables.items()})


LEAST_SHARE = 0.2
"""Share of a group's insertions from which on regions hold most of what would be called: that of acceptable peaks."""


def share_inside(signal: Signal, regions: Intervals | None) -> float:
    """Share of a group's insertions that lie in regions; 1 for whole chromosomes, 0 without insertions."""
    if regions is None:
        return 1.0
    n_inside = n_all = 0
    for library in signal.libraries:
        for chrom, positions in library.positions.items():
            n_all += len(positions)
            first, stop = (np.searchsorted(positions, edge) for edge in (regions.starts(chrom), regions.ends(chrom)))
            n_inside += int((stop - first).sum())
    return n_inside / max(n_all, 1)


def expected_bins(
    calibrations: Calibrations,
    store: ScoreStore,
    genome: Genome,
    counts: BinCounts,
    *,
    shares: Mapping[str, float],
) -> ExpectedBins:
    """Count the bins that reach the published thresholds, and those that the calibrations expect to.

    They can't be compared where fewer bins were predicted than are expected to be called, or none is; nor where the
    regions hold too small a share of the group's insertions (`shares`, by group), as most sites then lie beside them.
    """
    nothing = pd.DataFrame(np.nan, index=store.groups, columns=list(calibrations), dtype=float)
    found = ExpectedBins(nothing, nothing.copy(), nothing.notna())
    allowed = _allowed(store, genome)
    usable: dict[str, tuple[float, float]] = {}
    for tf, calibration in calibrations.items():
        with suppress(ThresholdError):
            if calibration is not None:
                usable[tf] = float(BestF1().resolve(calibration)), calibration.rate() * counts.known
    for group in store.groups:  # whose files stay open for all factors
        enough = shares[group] >= LEAST_SHARE
        for tf, (published, expected) in usable.items():
            found.expected.loc[group, tf] = expected
            if published >= store.min_stored_score(group, tf):
                found.called.loc[group, tf] = len(_ranked_scores(store, group, tf, allowed, published))
                found.told.loc[group, tf] = enough and 0 < expected <= store.n_ranked(group)
    return found


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
    maxima, size = [], store.bin_size
    for chrom, counts in allowed.items():
        starts, scores = store.read(group, tf, chrom)
        large = scores >= at_least
        maxima.append(largest_per_calibration_bin(starts[large] // size, scores[large], counts, size))
    return np.concatenate(maxima)
