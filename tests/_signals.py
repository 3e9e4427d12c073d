"""Signals that are an array."""

import numpy as np


class ArraySignal:
    """The same values on every chromosome."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values
        self.sizes = {"chr1": len(values)}

    def values(self, chrom: str, start: int = 0, end: int | None = None) -> np.ndarray:
        """Signal of every base of ``[start, end)``."""
        return self._values[start:end].copy()

    def windows(self, chrom: str, starts: np.ndarray, width: int = 1024) -> np.ndarray:
        """Signal of windows."""
        return np.lib.stride_tricks.sliding_window_view(self._values, width)[np.asarray(starts, dtype=int)].copy()

    def has_signal(self, chrom: str, starts: np.ndarray, width: int = 1024) -> np.ndarray:
        """Which windows have signal."""
        return np.array([self._values[start : start + width].any() for start in starts], dtype=bool)
