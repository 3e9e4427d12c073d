"""Zoom levels of a bigWig: summaries of its values over windows that grow fourfold from level to level."""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np

FIRST_WINDOW = 1024
"""Window of the first level in bp: 32 values of 32 bp, as many as a browser reads in no time."""

_GROWTH, _MOST_LEVELS = 4, 10
_BLOCK = 1024  # records that are compressed together

RECORD = np.dtype(
    [("chrom", "<u4"), ("start", "<u4"), ("end", "<u4"), ("covered", "<u4")]
    + [(name, "<f4") for name in ("min", "max", "sum", "squares")]
)
"""A summary as bigWigs hold it."""


class Summary(NamedTuple):
    """Values summed up over intervals of one chromosome, sorted; arrays of shape (n,)."""

    start: np.ndarray
    end: np.ndarray
    covered: np.ndarray  # bp with a value
    min: np.ndarray
    max: np.ndarray
    sum: np.ndarray  # over bp
    squares: np.ndarray

    @classmethod
    def of_values(cls, starts: np.ndarray, ends: np.ndarray, values: np.ndarray) -> Self:
        """Each value as the summary of its own interval, cut where windows of the first level begin."""
        first = starts // FIRST_WINDOW
        n = (ends - 1) // FIRST_WINDOW - first + 1
        if n.max() > 1:
            item = np.repeat(np.arange(len(n)), n)
            edge = (first[item] + np.arange(len(item)) - np.repeat(np.cumsum(n) - n, n)) * FIRST_WINDOW
            starts, ends = np.maximum(starts[item], edge), np.minimum(ends[item], edge + FIRST_WINDOW)
            values = values[item]
        wide = values.astype(np.float64)
        covered = ends - starts
        return cls(starts, ends, covered, wide, wide, wide * covered, wide * wide * covered)

    def followed_by(self, other: Self) -> Self:
        """Both, one behind the other."""
        return type(self)(*map(np.concatenate, zip(self, other, strict=True)))

    def part(self, which: slice) -> Self:
        """Take some of the intervals."""
        return type(self)(*(column[which] for column in self))

    def over(self, window: int) -> Self:
        """Summaries of windows of this many bp in place of those of the intervals in them."""
        of = self.start // window
        first = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1])))
        last = np.append(first[1:], len(of)) - 1
        return type(self)(
            self.start[first],
            self.end[last],
            np.add.reduceat(self.covered, first),
            np.minimum.reduceat(self.min, first),
            np.maximum.reduceat(self.max, first),
            np.add.reduceat(self.sum, first),
            np.add.reduceat(self.squares, first),
        )

    def records(self, chrom: int) -> np.ndarray:
        """(n,) of type ``RECORD``."""
        records = np.empty(len(self.start), dtype=RECORD)
        records["chrom"] = chrom
        for name, column in self._asdict().items():
            records[name] = column
        return records


class ZoomLevel:
    """Summaries over windows of one size, taken in piece by piece.

    Parameters
    ----------
    window
        Size of a window in bp.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        self._open: Summary | None = None  # of the last window, which the next piece may go on with
        self._records: list[np.ndarray] = []

    def add(self, piece: Summary | None, *, ended: bool) -> Summary | None:
        """Take in the next piece of a chromosome and return the windows that are complete now, if there are any.

        All are complete where the chromosome has `ended`.
        """
        if self._open is not None:
            piece = self._open if piece is None else self._open.followed_by(piece)
        self._open = None
        if piece is None:
            return None
        merged = piece.over(self.window)
        if ended:
            return merged
        self._open = merged.part(slice(-1, None))
        return merged.part(slice(-1)) if len(merged.start) > 1 else None

    def blocks(self, chrom: int, complete: Summary | None, *, ended: bool) -> Iterator[np.ndarray]:
        """Blocks of records, all but a chromosome's last of the same length, of the windows that were completed."""
        if complete is not None:
            self._records.append(complete.records(chrom))
        if not ended and sum(map(len, self._records)) < _BLOCK:
            return
        records = np.concatenate(self._records) if self._records else np.empty(0, dtype=RECORD)
        stop = len(records) if ended else len(records) // _BLOCK * _BLOCK
        self._records = [records[stop:].copy()]
        for low in range(0, stop, _BLOCK):
            yield records[low : min(low + _BLOCK, stop)]


def zoom_windows(longest: int) -> list[int]:
    """Windows of all levels in bp for a genome whose longest chromosome has this length; at least one."""
    windows = [FIRST_WINDOW * _GROWTH**i for i in range(_MOST_LEVELS)]
    return windows[: 1 + sum(window < longest // _GROWTH for window in windows[1:])]
