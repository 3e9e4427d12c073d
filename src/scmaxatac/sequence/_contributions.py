"""Contributions of the bases around sites to a network's score: what all ways of computing them return."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._types import Float32s
from scmaxatac.genome._bases import one_hot


class Contributions(NamedTuple):
    """What each base around some sites of a factor in a group adds to the logit of the site's largest bin.

    An unknown base contributes nothing, and nothing is known of what would be in its place: it is 0 throughout.
    """

    sites: pd.DataFrame
    """A site a row: ``chrom``, ``start`` and ``end`` of the ``width`` bases that the columns of the arrays are, 0-based
    and half-open; ``bin``, start of the bin whose logit is explained; ``score``, its score in the run (NaN where the
    run did not keep it)."""

    codes: np.ndarray
    """(n, width) uint8, the bases: 0 to 3 are A, C, G, T, every other code is unknown."""

    hypothetical: np.ndarray
    """(n, 4, width) float32, change in logit by A, C, G and T, whether or not it is the base that is there."""

    tf: str
    """The transcription factor."""

    group: str
    """The group whose ATAC signal was held."""

    @property
    def one_hot(self) -> np.ndarray:
        """(n, 4, width) float32, 1 for the base that is there; all 0 where it is unknown."""
        return one_hot(self.codes)

    @property
    def actual(self) -> np.ndarray:
        """(n, width) float32, contribution of the base that is there; 0 where it is unknown."""
        known = self.codes < self.hypothetical.shape[1]
        base = np.where(known, self.codes, 0)[:, None]
        found: Float32s = np.where(known, np.take_along_axis(self.hypothetical, base, axis=1)[:, 0], np.float32(0))
        return found
