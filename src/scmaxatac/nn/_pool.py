"""The pool of distinct windows: what is the same in sequence and signal is scored once."""

import numpy as np


class WindowPool:
    """Distinct windows, in the order in which they came; a window is its sequence and its signal, base by base.

    Windows come in batches, from as many groups or haplotypes as one likes; the distinct ones are scored, and each
    batch finds its scores in the rows that it was told::

        rows = [pool.add(codes, signal) for codes, signal in batches]
        scores = score_windows(engine, *pool.windows())  # (outputs, len(pool), bins)
        of_first_batch = scores[:, rows[0]]

    Windows are compared as they are, not by a digest. One of 1,024 bp takes 1 kB, or 5 kB with signal, so a pool is
    filled by windows of the same part of the genome, where they can be the same, and a new one is taken for the next.

    Parameters
    ----------
    window
        Width of the windows in bp.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._rows: dict[bytes, int] = {}

    def __len__(self) -> int:
        """Number of distinct windows."""
        return len(self._rows)

    def add(self, codes: np.ndarray, signal: np.ndarray | None = None) -> np.ndarray:
        """Add windows.

        Parameters
        ----------
        codes
            (n, window) uint8.
        signal
            (n, window) float32; None where all of them are without signal.

        Returns
        -------
        (n,) int64, the row of each among the distinct windows.
        """
        rows = self._rows
        if signal is None:
            keys = (window.tobytes() for window in codes)
        else:
            loud = np.any(signal, axis=1).tolist()
            keys = (
                window.tobytes() + levels.tobytes() if has_signal else window.tobytes()
                for window, levels, has_signal in zip(codes, signal, loud, strict=True)
            )
        return np.fromiter((rows.setdefault(key, len(rows)) for key in keys), dtype=np.int64, count=len(codes))

    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes (m, window) uint8 and signal (m, window) float32 of the distinct windows."""
        codes = np.empty((len(self), self._window), dtype=np.uint8)
        signal = np.zeros((len(self), self._window), dtype=np.float32)
        for row, key in enumerate(self._rows):
            codes[row] = np.frombuffer(key, dtype=np.uint8, count=self._window)
            if len(key) > self._window:
                signal[row] = np.frombuffer(key, dtype=np.float32, offset=self._window)
        return codes, signal
