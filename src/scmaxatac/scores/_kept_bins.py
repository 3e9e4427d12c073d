"""Choice of the bins that a run keeps, made as scores come in."""

import numpy as np

from scmaxatac._constants import BIN
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._ranking import largest_per_calibration_bin, nth_largest

_PRUNE_AT = 1 << 18
"""Bins from which on those that are not needed any more are dropped: 2 MB a transcription factor."""


class KeptBins:
    """Keeps the bins of one transcription factor with a score of at least a minimum, and those that rank high.

    Thresholds that call a given number of 200-bp bins can lie below that minimum where scores are small. So all bins
    are kept that could be among the `rank` largest 200-bp maxima; memory stays in proportion to `rank` and to the bins
    above the minimum.

    Parameters
    ----------
    min_stored_score
        Bins with at least this score are kept.
    rank
        Number of 200-bp bins whose largest scores have to be known; 0 for none.
    allowed
        Which 200-bp bins of the chromosome count.
    bin_size
        Width of the bins in bp.
    """

    def __init__(self, min_stored_score: float, rank: int, allowed: np.ndarray, bin_size: int = BIN) -> None:
        self._min_stored_score = min_stored_score
        self._rank = rank
        self._allowed = allowed
        self._bin_size = bin_size
        self._cut = 0.0 if rank else min_stored_score
        self._bins: list[np.ndarray] = []
        self._scores: list[np.ndarray] = []
        self._n = 0
        self._prune_at = _PRUNE_AT

    def add(self, tile: BinScores, output: int) -> None:
        """Take the bins of one tile; tiles come in ascending order."""
        scores = tile.scores[output]
        keep = (scores >= self._cut) & (scores > 0)
        self._bins.append(tile.bins[keep].astype(np.int32))
        self._scores.append(scores[keep])
        self._n += int(keep.sum())
        if self._rank and self._n > self._prune_at:
            self._prune()
            self._prune_at = max(_PRUNE_AT, 2 * self._n)

    def finish(self) -> tuple[np.ndarray, np.ndarray, float]:
        """The kept bins, their scores, and the score down to which every bin is there."""
        self._prune()
        return self._bins[0], self._scores[0], self._cut

    def _prune(self) -> None:
        bins = np.concatenate([*self._bins, np.zeros(0, dtype=np.int32)])
        scores = np.concatenate([*self._scores, np.zeros(0, dtype=np.float32)])
        if self._rank:
            largest = largest_per_calibration_bin(bins, scores, self._allowed, self._bin_size)
            self._cut = min(self._min_stored_score, nth_largest(largest, self._rank))
        keep = scores >= self._cut
        self._bins, self._scores, self._n = [bins[keep]], [scores[keep]], int(keep.sum())
