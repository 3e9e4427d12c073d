"""Choice of the bins that a run keeps, made as scores come in."""

import numpy as np

from scmaxatac._constants import BIN
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._ranking import largest_per_calibration_bin, nth_largest

_PRUNE_AT = 1 << 18
"""Bins from which on those that are not needed any more are dropped: 2 MB a transcription factor."""

_N_LEVELS = 40
"""Scores at which the 200-bp bins of a part are counted, each by the square root of 2 below the one before."""


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
    rank_reached
        With a rank: a score of at most the minimum that, as is known from other parts of the chromosome, so many 200-bp
        bins reach that lower ones are not needed (:func:`rank_reached`).
    """

    def __init__(
        self,
        min_stored_score: float,
        rank: int,
        allowed: np.ndarray,
        bin_size: int = BIN,
        *,
        rank_reached: float = 0.0,
    ) -> None:
        self._min_stored_score = min_stored_score
        self._rank = rank
        self._allowed = allowed
        self._bin_size = bin_size
        self._cut = rank_reached if rank else min_stored_score
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
            self._cut = max(self._cut, min(self._min_stored_score, nth_largest(largest, self._rank)))
        keep = scores >= self._cut
        self._bins, self._scores, self._n = [bins[keep]], [scores[keep]], int(keep.sum())


def count_reaching(
    bins: np.ndarray, scores: np.ndarray, allowed: np.ndarray, min_stored_score: float, bin_size: int = BIN
) -> np.ndarray:
    """200-bp bins whose largest score reaches each of some levels below the minimum.

    Parameters
    ----------
    bins, scores
        (n,) sorted numbers of the kept bins of a part of a chromosome, and their scores.
    allowed
        Which 200-bp bins of the chromosome count.
    min_stored_score
        The highest level.
    bin_size
        Width of the bins in bp.

    Returns
    -------
    (levels,) int64, from the highest level down. Bins that were not kept are missing in the lower ones.
    """
    largest = np.sort(largest_per_calibration_bin(bins, scores, allowed, bin_size))
    return len(largest) - np.searchsorted(largest, _levels(min_stored_score))


def rank_reached(n_reaching: np.ndarray, rank: int, min_stored_score: float) -> float:
    """Highest of the levels that `rank` 200-bp bins reach, by the counts of :func:`count_reaching`; 0 without one."""
    reached = np.flatnonzero(n_reaching >= rank)
    return float(_levels(min_stored_score)[reached[0]]) if rank and len(reached) else 0.0


def _levels(min_stored_score: float) -> np.ndarray:
    """Levels as float32, which scores are compared in, from the highest down."""
    return (np.float32(min_stored_score) * 2.0 ** (-np.arange(_N_LEVELS) / 2)).astype(np.float32)
