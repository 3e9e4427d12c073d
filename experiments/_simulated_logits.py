"""Runs of the statistics alone, on simulated log odds with the mean and variance of the toy's donors."""

import numpy as np
from _semi_simulation import tobias

from scmaxatac.stats._moderated_t import moderated_t
from scmaxatac.stats._multiple_testing import select_families

EFFECTS = (0.0, 1.0, 2.0, 4.0)
"""Effects in standard deviations of a unit between donors."""

N_FACTORS, N_UNITS = 20, 80
N_CHANGED = 2
SHARE_CHANGED = 0.4  # of the units of a factor that has changed
PRIOR_DF = 5.0
"""Of the units' variances; 4 to 7 for the factors of the toy's donors, three against three."""

CORRELATION = 0.1
"""Share of a unit's variance that all units of a factor have in common in a sample."""

LEVEL = 0.05


def scale_at(accessibility: np.ndarray) -> np.ndarray:
    """Prior variance of log odds by accessibility (log2 insertions): large in sparse units, as between the donors."""
    return 0.4 + 5.0 * np.exp(-0.45 * accessibility)


def simulate(effect: float, *, correlated: bool, seed: int) -> dict[str, dict[str, float]]:
    """One run of three samples against three: what each method finds."""
    rng = np.random.default_rng([seed, int(correlated), int(10 * effect)])
    n = N_FACTORS * N_UNITS
    family = np.repeat(np.arange(N_FACTORS), N_UNITS)
    accessibility = rng.gamma(6.0, 0.8, n)
    variance = scale_at(accessibility) * PRIOR_DF / rng.chisquare(PRIOR_DF, n)
    shared = CORRELATION if correlated else 0.0
    noise = np.sqrt(1 - shared) * rng.normal(size=(n, 6)) + np.sqrt(shared) * rng.normal(size=(N_FACTORS, 6))[family]
    changed = (family < N_CHANGED) & (rng.random(n) < SHARE_CHANGED) & (effect > 0)
    mean = rng.normal(0, 2, n)
    arm = np.arange(6) < 3
    values = mean[:, None] + np.sqrt(variance)[:, None] * (noise - effect * np.outer(changed, arm))
    # scores beyond the cut can't be told apart
    values = np.clip(values, -np.log(9_999), np.log(9_999))
    design = np.column_stack([np.ones(6), arm.astype(float)])
    tests = moderated_t(values, design, np.array([0.0, 1.0]), trend=accessibility, family=family)
    selection = select_families(tests.p, family, N_FACTORS, LEVEL)
    called = selection.q <= LEVEL
    of_family = [(called[family == f], changed[family == f]) for f in np.flatnonzero(selection.selected)]
    proportions = [(hits & ~truth).sum() / max(hits.sum(), 1) for hits, truth in of_family]
    true_factors = np.arange(N_FACTORS) < (N_CHANGED if effect else 0)
    means = np.array([values[family == f].mean(axis=0) for f in range(N_FACTORS)])
    strength = np.abs(moderated_t(means, design, np.array([0.0, 1.0])).t)
    own = {
        "first": float(np.argmax(strength) < N_CHANGED),
        "called": float(selection.selected[~true_factors].mean()),
        "fdr": float(np.mean(proportions)) if proportions else 0.0,
        "power": float(called[changed].mean()) if changed.any() else np.nan,
    }
    return {"scmaxatac": own, "TOBIAS": _tobias(values, arm, family, true_factors)}


def _tobias(values: np.ndarray, arm: np.ndarray, family: np.ndarray, true_factors: np.ndarray) -> dict[str, float]:
    scores = 1 / (1 + np.exp(-values))
    group, reference = scores[:, arm].mean(axis=1), scores[:, ~arm].mean(axis=1)
    found = np.array([tobias(group, reference, family == f) for f in range(N_FACTORS)])
    called = found[:, 1] <= LEVEL
    return {
        "first": float(np.argmax(np.abs(found[:, 0])) < N_CHANGED),
        "called": float(called[~true_factors].mean()),
        "fdr": float((called & ~true_factors).sum() / max(called.sum(), 1)),
        "power": float(called[true_factors].mean()) if true_factors.any() else np.nan,
    }
