"""Sets of genomic intervals with fast overlap queries."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from scmaxatac._types import Int64s


class Intervals:
    """Intervals of several chromosomes, sorted and merged; positions are 0-based and half-open.

    Overlapping and adjacent intervals are merged, so every base is counted once.

    Parameters
    ----------
    by_chrom
        ``{chromosome: (starts, ends)}``, in any order.

    Raises
    ------
    ValueError
        If an interval is empty or starts before 0.
    """

    def __init__(self, by_chrom: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        self._by_chrom = {chrom: _merge(chrom, *bounds) for chrom, bounds in by_chrom.items() if len(bounds[0])}

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "Intervals":
        """Build from a table with the columns chrom, start and end."""
        grouped = frame.groupby("chrom", sort=False, observed=True)
        return cls({str(chrom): (rows["start"].to_numpy(), rows["end"].to_numpy()) for chrom, rows in grouped})

    @property
    def chroms(self) -> tuple[str, ...]:
        """Chromosomes that have intervals."""
        return tuple(self._by_chrom)

    def starts(self, chrom: str) -> np.ndarray:
        """The starts of the merged intervals, (n,) int64."""
        return self._bounds(chrom)[0]

    def ends(self, chrom: str) -> np.ndarray:
        """The ends of the merged intervals, (n,) int64."""
        return self._bounds(chrom)[1]

    def on(self, chrom: str) -> "Intervals":
        """Keep the intervals of one chromosome."""
        return Intervals({chrom: self._bounds(chrom)})

    def total(self, chrom: str) -> int:
        """Bases covered on a chromosome."""
        starts, ends = self._bounds(chrom)
        return int((ends - starts).sum())

    def overlaps(self, chrom: str, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Which of the queries ``[start, end)`` overlap an interval by at least 1 bp; (n,) bool."""
        starts, ends = self._bounds(chrom)
        first_that_ends_later = np.searchsorted(ends, start, side="right")
        return first_that_ends_later < np.searchsorted(starts, end, side="left")

    def overlapped(self, table: pd.DataFrame) -> np.ndarray:
        """Which rows of a table of chrom, start and end overlap an interval, (rows,) bool."""
        out = np.zeros(len(table), dtype=bool)
        for chrom, rows in table.groupby("chrom", sort=False, observed=True).indices.items():
            out[rows] = self.overlaps(str(chrom), *(table[name].to_numpy()[rows] for name in ("start", "end")))
        return out

    def overlaps_grid(self, chrom: str, n: int, step: int, width: int) -> np.ndarray:
        """Which of `n` windows ``[i * step, i * step + width)`` overlap an interval by at least 1 bp; (n,) bool.

        The same as :meth:`overlaps`, in time that grows with the intervals instead of the windows.
        """
        starts, ends = self._bounds(chrom)
        first = np.clip((starts - width) // step + 1, 0, n)
        stop = np.clip(-(-ends // step), 0, n)
        change = np.bincount(first, minlength=n + 1) - np.bincount(stop, minlength=n + 1)
        return np.cumsum(change)[:n] > 0

    def overlap_length(self, chrom: str, start: np.ndarray, end: np.ndarray) -> Int64s:
        """Bases that each query ``[start, end)`` shares with the intervals; (n,) int64."""
        return self._covered_before(chrom, np.asarray(end)) - self._covered_before(chrom, np.asarray(start))

    def frame(self) -> pd.DataFrame:
        """Return the merged intervals as a table chrom, start, end."""
        parts = [pd.DataFrame({"chrom": chrom, "start": s, "end": e}) for chrom, (s, e) in self._by_chrom.items()]
        if not parts:
            return pd.DataFrame({"chrom": pd.Series(dtype=object), "start": np.zeros(0, int), "end": np.zeros(0, int)})
        return pd.concat(parts, ignore_index=True)

    def _bounds(self, chrom: str) -> tuple[Int64s, Int64s]:
        return self._by_chrom.get(chrom, (_NONE, _NONE))

    @cached_property
    def _prefix(self) -> dict[str, Int64s]:
        return {chrom: np.concatenate([[0], np.cumsum(e - s)]) for chrom, (s, e) in self._by_chrom.items()}

    def _covered_before(self, chrom: str, position: Int64s) -> Int64s:
        starts, ends = self._bounds(chrom)
        if not len(starts):
            return np.zeros(position.shape, dtype=np.int64)
        begun = np.searchsorted(starts, position, side="left")
        last = np.maximum(begun - 1, 0)
        beyond = np.where(begun > 0, np.maximum(ends[last] - position, 0), 0)
        return self._prefix[chrom][begun] - beyond


_NONE = np.zeros(0, dtype=np.int64)


def _merge(chrom: str, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start, end = np.asarray(start, dtype=np.int64), np.asarray(end, dtype=np.int64)
    wrong = np.flatnonzero((start < 0) | (end <= start))
    if len(wrong):
        i = wrong[0]
        raise ValueError(f"interval {chrom}:{start[i]}-{end[i]} is empty or starts before 0 (0-based, half-open)")
    order = np.argsort(start, kind="stable")
    start, end = start[order], np.maximum.accumulate(end[order])
    opens = np.concatenate([[True], start[1:] > end[:-1]])
    closes = np.concatenate([opens[1:], [True]])
    return start[opens], end[closes]
