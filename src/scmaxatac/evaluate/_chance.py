"""Average precision by chance, from sites that are shifted along the genome."""

import numpy as np

from scmaxatac.evaluate._precision_recall import average_precision


def shifted_average_precision(scores: np.ndarray, truth: np.ndarray, *, n: int, rng: np.random.Generator) -> np.ndarray:
    """Average precision of scores against the sites shifted along the bins, which wrap around.

    Sites lie in groups, and so do high scores; a shift keeps both, so that chance is not made to look too even.

    Parameters
    ----------
    scores
        (bins,) in the order of the genome.
    truth
        (bins,) bool, some of them true.
    n
        Number of shifts.
    rng
        Source of randomness.

    Returns
    -------
    (n,) float64; of fewer than two bins there is no shift, and all values are what the bins have.
    """
    order = np.argsort(-scores, kind="stable")  # once, as sorting what is sorted takes little
    ranked = scores[order]
    shifts = rng.integers(1, max(len(truth), 2), n)
    return np.array([average_precision(ranked, np.roll(truth, shift)[order]) for shift in shifts])
