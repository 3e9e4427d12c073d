"""Statistics of a comparison, from scores of samples to tables of factors and units."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from scmaxatac.predict._comparisons import Comparison
from scmaxatac.predict._levels import Levels
from scmaxatac.predict._unit_scores import UnitScores
from scmaxatac.stats._designs import make_design
from scmaxatac.stats._moderated_t import ModeratedT, fit_prior, moderated_t, posterior_variance
from scmaxatac.stats._multiple_testing import benjamini_hochberg, select_families

STATES = ("gained", "lost", "shared", "neither")
"""Whether a unit is a site in the group only, in the reference only, in both, or in too few replicates of either."""


class Halves(NamedTuple):
    """Pairs of samples that are halves of one.

    Attributes
    ----------
    first, second
        (libraries,) places of the halves among all samples.
    whole
        (libraries,) place of the sample that was split.
    replicates
        (libraries,) replicate of it.
    """

    first: np.ndarray
    second: np.ndarray
    whole: np.ndarray
    replicates: tuple[str, ...]


class PooledUnits(NamedTuple):
    """Units of all factors together, whose variances are moderated together.

    Attributes
    ----------
    logits
        (units, samples and halves).
    accessibility
        (units,).
    family
        (units,) number of each unit's factor.
    """

    logits: np.ndarray
    accessibility: np.ndarray
    family: np.ndarray

    @classmethod
    def of(cls, scores: Sequence[UnitScores]) -> "PooledUnits":
        """Put the units of factors one after the other."""
        return cls(
            np.concatenate([found.logits for found in scores]),
            np.concatenate([found.accessibility for found in scores]),
            np.repeat(np.arange(len(scores)), [len(found.units) for found in scores]),
        )


def unit_table(scores: UnitScores, comparison: Comparison) -> pd.DataFrame:
    """Effect and state of each unit: chrom, start, end, score_group, score_reference, effect, state.

    Parameters
    ----------
    scores
        Scores of all samples; those of the comparison come first.
    comparison
        What is compared.
    """
    n = comparison.weights.shape[1]
    values = scores.logits[:, :n] @ comparison.weights.T
    called = scores.called[:, :n] @ comparison.weights.T
    group, reference = (values[:, rows].mean(axis=1) for rows in (comparison.arm, ~comparison.arm))
    here, there = (called[:, rows].mean(axis=1) >= 0.5 for rows in (comparison.arm, ~comparison.arm))
    state = np.where(here, np.where(there, 2, 0), np.where(there, 1, 3))
    return scores.units.assign(
        score_group=expit(group).astype(np.float32),
        score_reference=expit(reference).astype(np.float32),
        effect=group - reference,
        state=pd.Categorical.from_codes(state, categories=list(STATES)),
    )


def technical_interval(
    logits: np.ndarray,
    comparison: Comparison,
    halves: Halves,
    trend: np.ndarray | None = None,
    family: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of each effect from the halves of the samples: what drawing other fragments would change.

    The halves are as deep as the samples. Their differences estimate the variance of a sample, moderated over units;
    differences between donors are not in it.

    Parameters
    ----------
    logits
        (units, samples and halves).
    comparison
        What is compared.
    halves
        Halves of all its samples.
    trend, family
        (units,) what the prior variance may depend on.

    Returns
    -------
    Low and high, (units,) each, of the 95% interval.
    """
    from scipy import stats

    contrast = comparison.contrast
    mine = np.isin(halves.whole, np.flatnonzero(contrast))
    difference = logits[:, halves.first[mine]] - logits[:, halves.second[mine]]
    df = difference.shape[1]
    variance = np.mean(difference**2 / 2, axis=1)
    prior = fit_prior(variance, df, trend, family)
    error = np.sqrt(posterior_variance(variance, df, prior) * float(contrast @ contrast))
    half = stats.t.ppf(0.975, min(df + prior.df, float(df * len(variance)))) * error
    effect = logits[:, : len(contrast)] @ contrast
    return effect - half, effect + half


def null_of_halves(scores: Mapping[str, UnitScores], halves: Halves) -> dict[str, dict[str, float]]:
    """What the same steps find between two halves of each of some samples, where nothing differs.

    Returns
    -------
    For each factor null_effect (size of the mean over units of the difference of two halves, mean over the samples),
    null_gained, null_lost, and null_significant: the share of units with a p-value below 0.05, the halves of a sample
    being a pair; NaN with one sample.
    """
    both = np.concatenate([halves.first, halves.second])
    chosen = {tf: found.of_samples(both, -(-len(halves.first) // 2)) for tf, found in scores.items()}
    arm = np.repeat([True, False], len(halves.first))
    pooled = PooledUnits.of(list(chosen.values()))
    p = np.full(len(pooled.family), np.nan)
    if len(halves.first) > 1 and len(p):
        design = make_design(arm, pairs=[*map(str, halves.whole), *map(str, halves.whole)])
        values = pooled.logits[:, both]
        p = moderated_t(values, design.matrix, design.contrast, trend=pooled.accessibility, family=pooled.family).p
    rows = {}
    for i, (tf, found) in enumerate(chosen.items()):
        here, there = (found.called[:, half].mean(axis=1) >= 0.5 for half in (halves.first, halves.second))
        difference = found.logits[:, halves.first] - found.logits[:, halves.second]
        mine = p[pooled.family == i]
        rows[tf] = {
            "null_effect": float(np.abs(difference.mean(axis=0)).mean()) if len(difference) else float("nan"),
            "null_gained": int((here & ~there).sum()),
            "null_lost": int((there & ~here).sum()),
            "null_significant": float((mine < 0.05).mean()) if len(mine) and not np.isnan(mine).any() else float("nan"),
        }
    return rows


def compare_levels(levels: np.ndarray, comparison: Comparison) -> tuple[np.ndarray, ModeratedT | None, np.ndarray]:
    """Difference of the factors' levels.

    Parameters
    ----------
    levels
        (samples, TFs); a factor with NaN is left out.
    comparison
        What is compared.

    Returns
    -------
    Difference, (TFs,), NaN for those left out; the tests of the others; which these are, (TFs,) bool.
    """
    values = comparison.weights @ levels[: comparison.weights.shape[1]]
    there = ~np.isnan(values).any(axis=0)
    effect = np.full(levels.shape[1], np.nan)
    effect[there] = values[comparison.arm][:, there].mean(axis=0) - values[~comparison.arm][:, there].mean(axis=0)
    design = comparison.design
    if design is None or not there.any():
        return effect, None, there
    return effect, moderated_t(values[:, there].T, design.matrix, design.contrast), there


def compare(
    scores: Mapping[str, UnitScores],
    levels: Levels,
    comparison: Comparison,
    *,
    halves: Halves | None,
    null: Mapping[str, Mapping[str, float]],
    level: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare all transcription factors.

    Parameters
    ----------
    scores
        Scores of each factor.
    levels
        Levels of the factors in the samples.
    comparison
        What is compared.
    halves
        Halves of all samples of the comparison; None where they were not made, or are not needed.
    null
        What :func:`null_of_halves` found, by factor; empty without.
    level
        False discovery rate at which factors are selected.

    Returns
    -------
    Tables of the factors and of their units.
    """
    tfs = list(scores)
    samples = np.flatnonzero(comparison.contrast)
    scores = {tf: found.of_samples(samples, comparison.at_least) for tf, found in scores.items()}
    units = [unit_table(found, comparison).assign(tf=tf) for tf, found in scores.items()]
    pooled = PooledUnits.of(list(scores.values()))
    means = np.array(
        [s.logits.mean(axis=0) if len(s.units) else np.full(s.logits.shape[1], np.nan) for s in scores.values()]
    )
    factors = pd.DataFrame({"tf": tfs, "n_units": [len(table) for table in units]})
    rows = pd.concat([table.astype({"state": str}) for table in units], ignore_index=True)
    if halves is not None and comparison.design is None and len(rows):
        bounds = technical_interval(pooled.logits, comparison, halves, pooled.accessibility, pooled.family)
        rows["technical_low"], rows["technical_high"] = bounds
    effect, effect_test, counted = compare_levels(means.T, comparison)
    factors["effect"] = effect
    names = ["low", "high", "effect_p"] if comparison.design else ["technical_low", "technical_high"]
    factors[names] = _intervals(means, comparison, effect_test, counted, halves)[:, : len(names)]
    for name in STATES[:3]:
        factors[name] = [int((table["state"] == name).sum()) for table in units]
    # in units of each factor's own background, so that their variances can be moderated together
    difference, level_test, there = compare_levels(levels.scores / levels.spread, comparison)
    factors["level"] = difference * levels.spread
    strength = np.abs(difference)
    if comparison.design is not None:
        factors, rows = _add_tests(factors, rows, pooled, comparison, level)
        for name in ("t", "p"):
            column = np.full(len(tfs), np.nan)
            column[there] = np.nan if level_test is None else getattr(level_test, name)
            factors[f"level_{name}"] = column
        factors["level_q"] = benjamini_hochberg(factors["level_p"].to_numpy())
        if level_test is not None:
            error = level_test.standard_error
            strength[there] = np.abs(level_test.effect) / (error + np.median(error))
    factors["rank"] = pd.Series(strength).rank(ascending=False, method="first")
    for name in ("null_effect", "null_gained", "null_lost", "null_significant"):
        if null:
            factors[name] = [null[tf][name] for tf in tfs]
    named = {"comparison": comparison.arms.name}
    return _first(factors.assign(**named).sort_values("rank", kind="stable"), "comparison"), _first(
        rows.assign(**named), "comparison", "tf"
    )


def _add_tests(
    factors: pd.DataFrame, rows: pd.DataFrame, pooled: PooledUnits, comparison: Comparison, level: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    design = comparison.design
    if design is None or rows.empty:
        return factors.assign(significant=0, p=np.nan, q=np.nan), rows.assign(low=0.0, high=0.0, t=0.0, p=0.0, q=0.0)
    values = pooled.logits[:, : comparison.weights.shape[1]] @ comparison.weights.T
    test = moderated_t(values, design.matrix, design.contrast, trend=pooled.accessibility, family=pooled.family)
    rows["low"], rows["high"] = test.interval()
    rows["t"], rows["p"] = test.t, test.p
    selection = select_families(test.p, pooled.family, len(factors), level)
    rows["q"] = selection.q
    factors["significant"] = np.bincount(pooled.family[selection.q <= level], minlength=len(factors))
    factors["p"], factors["q"] = selection.family_p, selection.family_q
    return factors, rows


def _intervals(
    means: np.ndarray,
    comparison: Comparison,
    test: ModeratedT | None,
    counted: np.ndarray,
    halves: Halves | None,
) -> np.ndarray:
    """Low, high and the p-value of the same t, (TFs, 3), of the factors' mean effects.

    NaN without replicates and halves; halves give an interval and no p-value.
    """
    found = np.full((len(means), 3), np.nan)
    if test is not None:
        found[counted] = np.column_stack([*test.interval(), test.p])
    elif halves is not None and comparison.design is None and counted.any():
        found[counted, :2] = np.column_stack(technical_interval(means[counted], comparison, halves))
    return found


def _first(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Put columns first."""
    return table[[*names, *(name for name in table if name not in names)]].reset_index(drop=True)
