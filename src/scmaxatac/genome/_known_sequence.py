"""Where the sequence of a chromosome is known.

A bin is known if any of its bases is: the networks see sequence there. Where none is, a score rests on the signal and
on the place in the window alone, and some networks score that high.
"""

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE

_AT_ONCE = 1 << 24
"""Bases that are looked at together, to bound memory."""

Runs = tuple[np.ndarray, np.ndarray]
"""Starts and ends (int64, 0-based, half-open) of sorted intervals of unknown bases."""


def find_unknown_runs(codes: np.ndarray) -> Runs:
    """Intervals of unknown bases in (length,) uint8 codes."""
    edges = [np.zeros(0, dtype=np.int64)]
    before = False
    for at in range(0, len(codes), _AT_ONCE):
        unknown = codes[at : at + _AT_ONCE] >= UNKNOWN_BASE
        edges.append(np.flatnonzero(np.diff(unknown, prepend=before)) + at)
        before = bool(unknown[-1])
    if before:
        edges.append(np.array([len(codes)]))
    starts, ends = np.concatenate(edges).reshape(-1, 2).T
    return starts, ends


def unknown_grid(runs: Runs, n: int, width: int) -> np.ndarray:
    """Which of `n` bins ``[i * width, i * width + width)`` have no known base; (n,) bool."""
    starts, ends = runs
    first, stop = np.minimum(-(-starts // width), n), np.minimum(ends // width, n)
    whole = first < stop
    change = np.bincount(first[whole], minlength=n + 1) - np.bincount(stop[whole], minlength=n + 1)
    return np.cumsum(change)[:n] > 0


def is_unknown(runs: Runs, starts: np.ndarray, width: int) -> np.ndarray:
    """Which of the intervals of `width` bp from these starts have no known base; (n,) bool."""
    if not len(runs[0]):
        return np.zeros(len(starts), dtype=bool)
    run = np.searchsorted(runs[0], starts, side="right") - 1
    return (run >= 0) & (runs[1][run] >= starts + width)
