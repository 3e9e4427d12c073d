"""Precision and recall of scored bins."""

import numpy as np


def precision_recall(scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at every distinct score, from the highest score to the lowest.

    Parameters
    ----------
    scores
        ``(n,)`` scores of bins; not NaN.
    truth
        ``(n,)`` bool, whether the bin is positive.

    Returns
    -------
    Precision and recall, ``(distinct scores,)`` each; bins with equal scores are called together.

    Raises
    ------
    ValueError
        If no bin is positive, lengths differ, or a score is NaN.
    """
    scores, truth = np.asarray(scores), np.asarray(truth, dtype=bool)
    if scores.shape != truth.shape or scores.ndim != 1:
        raise ValueError(
            f"scores {scores.shape} and truth {truth.shape} have to be one-dimensional and of equal length"
        )
    if not truth.any():
        raise ValueError("no bin is positive: precision and recall are undefined")
    if np.isnan(scores).any():
        raise ValueError("a score is NaN; leave such bins out, or give them a score of 0")
    order = np.argsort(-scores, kind="stable")
    last_of_tie = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits = np.cumsum(truth[order])[last_of_tie]
    return hits / (last_of_tie + 1), hits / truth.sum()


def area_under_precision_recall(scores: np.ndarray, truth: np.ndarray) -> float:
    """Trapezoidal area under the precision-recall curve, as maxATAC's benchmark reports it.

    The curve starts at its first point, without the extra one at recall 0 and precision 1.
    """
    precision, recall = precision_recall(scores, truth)
    return float(np.trapezoid(precision, recall))


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Average precision: precision weighted with the recall gained at each score, as in scikit-learn."""
    precision, recall = precision_recall(scores, truth)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))
