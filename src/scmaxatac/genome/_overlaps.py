"""Which of some intervals overlap which of others."""

from typing import NamedTuple

import numpy as np


class SortedIntervals:
    """Intervals of one chromosome, 0-based and half-open; they may overlap each other.

    Parameters
    ----------
    starts, ends
        (n,) in any order.
    """

    def __init__(self, starts: np.ndarray, ends: np.ndarray) -> None:
        self._order = np.argsort(starts, kind="stable")
        self._starts, self._ends = np.asarray(starts)[self._order], np.asarray(ends)[self._order]
        self._latest = np.maximum.accumulate(self._ends)

    def overlaps(self, starts: np.ndarray, ends: np.ndarray) -> "Pairs":
        """Find the intervals that each query ``[start, end)`` overlaps by at least 1 bp.

        Parameters
        ----------
        starts, ends
            (m,) in any order.

        Returns
        -------
        Pairs of a query and an interval, by query.
        """
        low = np.searchsorted(self._latest, starts, side="right")
        n = np.maximum(np.searchsorted(self._starts, ends, side="left") - low, 0)
        query = np.repeat(np.arange(len(n)), n)
        place = np.arange(len(query)) + np.repeat(low - (np.cumsum(n) - n), n)
        if np.array_equal(self._latest, self._ends):  # none lies within another
            return Pairs(query, self._order[place])
        real = self._ends[place] > np.asarray(starts)[query]
        return Pairs(query[real], self._order[place[real]])


class Pairs(NamedTuple):
    """Pairs of intervals that overlap.

    Attributes
    ----------
    query
        (pairs,) int64, index of the query.
    interval
        (pairs,) int64, index of the interval as it was given.
    """

    query: np.ndarray
    interval: np.ndarray
