"""Log odds of scores."""

import numpy as np

from scmaxatac._types import Float64s

CLIP = 1e-4
"""Scores are cut this far from 0 and 1 before their log odds are taken, so that what is never bound does not change."""


def logit(scores: np.ndarray, *, clip: float = CLIP) -> Float64s:
    """Log odds of scores that are cut to 1e-4 and 1 - 1e-4, or `clip` away from 0 and 1; float64 of any shape."""
    cut = np.clip(np.asarray(scores, dtype=np.float64), clip, 1 - clip)
    return np.asarray(np.log(cut / (1 - cut)))
