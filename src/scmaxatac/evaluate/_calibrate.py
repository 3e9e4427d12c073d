"""How precision, recall and F1 of a model depend on the threshold."""

from collections.abc import Sequence

import numpy as np

N_THRESHOLDS = 1001
"""Thresholds 0, 0.001, ..., 1, as in the published tables."""


def calibration_table(scored: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """Compute precision, recall, log2 fold change and F1 at 1,001 thresholds, averaged over cell types.

    The published tables were made this way: precision and its log2 fold change over random are made monotone for each
    cell type (a higher threshold never has a lower precision; 1 where nothing is called), F1 is computed before that.

    Parameters
    ----------
    scored
        For each cell type the scores of its 200-bp bins (0 to 1, ``(n,)``) and whether each is positive, ``(n,)`` bool.

    Returns
    -------
    threshold, precision, recall, log2fc and f1, ``(1001,)`` float64 each.

    Raises
    ------
    ValueError
        If there is no cell type, one has no positive bin, or a score lies outside 0 to 1.
    """
    if not scored:
        raise ValueError("no cell type to calibrate on")
    tables = [_one_cell_type(np.asarray(scores), np.asarray(truth, dtype=bool)) for scores, truth in scored]
    mean = np.mean(tables, axis=0)
    names = ("precision", "recall", "log2fc", "f1")
    return {"threshold": _thresholds()} | dict(zip(names, mean, strict=True))


def _thresholds() -> np.ndarray:
    return np.arange(N_THRESHOLDS) / (N_THRESHOLDS - 1)


def _one_cell_type(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    if not truth.any():
        raise ValueError("no bin is positive: precision and recall are undefined")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("scores have to lie between 0 and 1, and none may be NaN")
    level = np.searchsorted(_thresholds(), scores.astype(np.float64), side="right") - 1  # the highest one reached
    called = _at_least(level)
    hits = _at_least(level[truth])
    recall = hits / truth.sum()
    precision = np.divide(hits, called, out=np.ones(N_THRESHOLDS), where=called > 0)
    f1 = np.divide(2 * precision * recall, precision + recall, out=np.zeros(N_THRESHOLDS), where=recall > 0)
    monotone = np.maximum.accumulate(precision)
    prior = truth.mean()
    log2fc = np.log2(np.maximum(monotone, prior * 2.0**-10) / prior)
    return np.stack([monotone, recall, log2fc, f1])


def _at_least(level: np.ndarray) -> np.ndarray:
    """Count the bins that reach each threshold."""
    return np.bincount(level, minlength=N_THRESHOLDS)[::-1].cumsum()[::-1]
