"""Windows of a tile as pieces, those that are the same in several windows or groups once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.nn._pool import WindowPool
from scmaxatac.nn._stem import Stem


class WindowPieces(NamedTuple):
    """Distinct windows that are put together from distinct pieces."""

    codes: np.ndarray
    """(m, width of a piece with its halo) uint8: 0 to 3 are A, C, G, T, everything else is unknown."""

    signal: np.ndarray
    """(m, width) float32."""

    rows: np.ndarray
    """(n, pieces of a window) int64, which piece stands where in each window."""

    def reverse_complement(self) -> "WindowPieces":
        """The same windows on the other strand."""
        return WindowPieces(reverse_complement(self.codes), self.signal[:, ::-1], self.rows[:, ::-1])


def collect_pieces(
    stem: Stem, codes: np.ndarray, signals: Sequence[SignalTrack], chrom: str, starts: np.ndarray, loud: np.ndarray
) -> tuple[WindowPieces, np.ndarray]:
    """Cut windows of several groups into pieces.

    Pieces without signal, and all those of windows without signal, depend on the sequence alone and are there once.

    Parameters
    ----------
    stem
        Geometry of the pieces.
    codes
        (length,) uint8, the chromosome's bases.
    signals
        The ATAC signal of each group.
    chrom
        Name of the chromosome.
    starts
        (n,) sorted starts of windows, 0-based, at distances that are multiples of a piece.
    loud
        (groups, n) bool, which windows have signal.

    Returns
    -------
    The distinct windows, and (groups, n) int64, the number of each window among them.
    """
    places, at = stem.places(starts)
    cutter = _Cutter(stem, codes, places)
    pool = WindowPool(stem.width)
    silent = np.zeros(len(places), dtype=np.int64)
    used = np.unique(at[~loud.all(axis=0)])
    silent[used] = pool.add(cutter.codes(used))
    rows = np.empty((*loud.shape, stem.pieces_per_window), dtype=np.int64)
    for signal, mine, row in zip(signals, loud, rows, strict=True):
        row[:] = silent[at]
        if mine.any():
            used = np.unique(at[mine])
            of_group = np.zeros(len(places), dtype=np.int64)
            of_group[used] = pool.add(cutter.codes(used), cutter.signal(signal, chrom, used))
            row[mine] = of_group[at[mine]]
    distinct, numbers = np.unique(rows.reshape(-1, stem.pieces_per_window), axis=0, return_inverse=True)
    return WindowPieces(*pool.windows(), distinct), numbers.reshape(loud.shape)


def pieces_of_windows(stem: Stem, codes: np.ndarray, signal: np.ndarray) -> WindowPieces:
    """Cut windows into pieces by what they hold; pieces that are alike are there once, whichever windows they are of.

    Of the surroundings of a piece those outside the window don't matter. So the first and the last piece of a window
    may be any that is alike inside of it.

    Parameters
    ----------
    stem
        Geometry of the pieces.
    codes, signal
        (n, window) uint8 and float32, distinct windows.

    Returns
    -------
    The windows, in their order.
    """
    last, end = stem.pieces_per_window - 1, stem.spec.window
    rows = np.empty((len(codes), last + 1), dtype=np.int64)
    inner = WindowPool(stem.width)
    for k in range(1, last):
        some = slice(k * stem.piece - stem.halo, (k + 1) * stem.piece + stem.halo)
        rows[:, k] = inner.add(codes[:, some], signal[:, some])
    inner_codes, inner_signal = inner.windows()
    parts, n = [(inner_codes, inner_signal)], len(inner)
    for k, some, inside, beside in (
        (0, slice(stem.piece + stem.halo), slice(stem.halo, None), (stem.halo, 0)),
        (last, slice(end - stem.piece - stem.halo, None), slice(-stem.halo), (0, stem.halo)),
    ):
        pool = WindowPool(stem.piece + stem.halo)
        known = pool.add(inner_codes[:, inside], inner_signal[:, inside])
        _, first = np.unique(known, return_index=True)
        number = pool.add(codes[:, some], signal[:, some])
        rows[:, k] = np.r_[first, n + np.arange(len(pool) - len(first))][number]
        new = (np.pad(of_pool[len(first) :], ((0, 0), beside)) for of_pool in pool.windows())
        parts.append((next(new), next(new)))
        n += len(pool) - len(first)
    all_codes, all_signal = (np.concatenate(column) for column in zip(*parts, strict=True))
    return WindowPieces(all_codes, all_signal, rows)


class _Cutter:
    """Pieces with their halos; beyond the ends of the chromosome bases are unknown, and there is no signal.

    No window reaches there, so it does not matter what stands there.
    """

    def __init__(self, stem: Stem, codes: np.ndarray, places: np.ndarray) -> None:
        starts = places - stem.halo
        self._width = stem.width
        self._inside = np.clip(starts, 0, len(codes) - stem.width)
        self._beyond = starts - self._inside
        self._windows = np.lib.stride_tricks.sliding_window_view(codes, stem.width)

    def codes(self, which: np.ndarray) -> np.ndarray:
        """Codes of some pieces; (n, width)."""
        return self._moved(self._windows[self._inside[which]], which, UNKNOWN_BASE)

    def signal(self, signal: SignalTrack, chrom: str, which: np.ndarray) -> np.ndarray:
        """Signal of some pieces; (n, width)."""
        return self._moved(signal.windows(chrom, self._inside[which], self._width), which, 0)

    def _moved(self, cut: np.ndarray, which: np.ndarray, fill: int) -> np.ndarray:
        beyond = self._beyond[which]
        for i in np.flatnonzero(beyond):
            moved = np.full_like(cut[i], fill)
            n = int(beyond[i])
            if n < 0:
                moved[-n:] = cut[i, :n]
            else:
                moved[:-n] = cut[i, n:]
            cut[i] = moved
        return cut
