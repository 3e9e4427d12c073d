"""Compiled loops over insertions. Imported lazily: numba is slow to import."""

import numpy as np

from scmaxatac._compiled import compiled


@compiled
def sweep(positions: np.ndarray, length: int, flank: int) -> tuple[np.ndarray, np.ndarray]:
    """Sweep over the sorted starts and ends of widened insertions; see ``coverage_runs``."""
    n = len(positions)
    breaks = np.empty(2 * n + 2, dtype=np.int32)
    levels = np.empty(2 * n + 1, dtype=np.int32)
    breaks[0] = 0
    m = 0
    level = 0
    i = 0
    j = 0
    at = 0
    while at < length:
        while i < n and positions[i] - flank <= at:
            level += 1
            i += 1
        while j < n and positions[j] + flank + 1 <= at:
            level -= 1
            j += 1
        upcoming = length
        if i < n and positions[i] - flank < upcoming:
            upcoming = positions[i] - flank
        if j < n and positions[j] + flank + 1 < upcoming:
            upcoming = positions[j] + flank + 1
        if m > 0 and levels[m - 1] == level:
            breaks[m] = upcoming
        else:
            levels[m] = level
            m += 1
            breaks[m] = upcoming
        at = upcoming
    return breaks[: m + 1].copy(), levels[:m].copy()


@compiled
def sweep_histogram(positions: np.ndarray, length: int, flank: int) -> np.ndarray:
    """Sweep like ``sweep``, but only count the bases of each level; see ``coverage_histogram``."""
    n = len(positions)
    counts = np.zeros(64, dtype=np.int64)
    level = 0
    i = 0
    j = 0
    at = 0
    while at < length:
        while i < n and positions[i] - flank <= at:
            level += 1
            i += 1
        while j < n and positions[j] + flank + 1 <= at:
            level -= 1
            j += 1
        upcoming = length
        if i < n and positions[i] - flank < upcoming:
            upcoming = positions[i] - flank
        if j < n and positions[j] + flank + 1 < upcoming:
            upcoming = positions[j] + flank + 1
        if level >= len(counts):
            grown = np.zeros(2 * level, dtype=np.int64)
            grown[: len(counts)] = counts
            counts = grown
        counts[level] += upcoming - at
        at = upcoming
    last = len(counts)
    while last > 1 and counts[last - 1] == 0:
        last -= 1
    return counts[:last].copy()


@compiled
def add_window_signal(
    positions: np.ndarray, starts: np.ndarray, width: int, flank: int, weight: float, out: np.ndarray
) -> None:
    """Add the weighted coverage of windows of equal width to the rows of `out`, (n, width) float32.

    `positions` and `starts` are sorted; a window's first insertion is found by moving on from its predecessor's.
    """
    n = len(positions)
    first = 0
    for w in range(len(starts)):
        start = starts[w]
        while first < n and positions[first] + flank + 1 <= start:
            first += 1
        i = first
        j = first
        level = 0
        at = start
        stop = start + width
        while at < stop:
            while i < n and positions[i] - flank <= at:
                level += 1
                i += 1
            while j < i and positions[j] + flank + 1 <= at:
                level -= 1
                j += 1
            upcoming = stop
            if i < n and positions[i] - flank < upcoming:
                upcoming = positions[i] - flank
            if j < i and positions[j] + flank + 1 < upcoming:
                upcoming = positions[j] + flank + 1
            if level > 0:
                value = np.float32(level * weight)
                for k in range(at - start, upcoming - start):
                    out[w, k] += value
            at = upcoming


@compiled
def add_windows_to_bins(scores: np.ndarray, first_bin: np.ndarray, sums: np.ndarray, counts: np.ndarray) -> None:
    """Add the bins of windows to running sums.

    `scores` is (models, windows, bins), `first_bin` (windows,) the row of `counts` where a window's first bin lies,
    `sums` (models, rows) and `counts` (rows,).
    """
    n_models, n_windows, n_bins = scores.shape
    for w in range(n_windows):
        row = first_bin[w]
        for b in range(n_bins):
            counts[row + b] += 1
    for m in range(n_models):
        for w in range(n_windows):
            row = first_bin[w]
            for b in range(n_bins):
                sums[m, row + b] += scores[m, w, b]
