"""What windows and groups share: windows without signal, and pieces of windows that overlap; and what is left to do."""

from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

import numpy as np

from scmaxatac._types import Bools
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._windows import Grid
from scmaxatac.nn._pieces import WindowPieces, pieces_of_windows
from scmaxatac.nn._stem import WORTH, Stem, cost_of_window
from scmaxatac.nn.engines._protocol import Engine, StemEngine

FEWEST_IN_PIECES = 512
"""Windows at least for which stems and trunks are compiled, which takes as long as scoring about as many."""


class Sharing(NamedTuple):
    """Windows that are put together from pieces, which overlapping windows share."""

    engine: StemEngine
    """What scores them."""

    stem: Stem
    """Geometry of the pieces."""

    which: Bools
    """(n,) which of the windows; the others do not overlap enough."""


def plan_sharing(engine: Engine, starts: np.ndarray) -> Sharing | None:
    """Find the windows at some starts that cost less if they are put together from pieces; the same for any groups."""
    if not isinstance(engine, StemEngine) or len(starts) < FEWEST_IN_PIECES:
        return None
    stem = engine.find_stem(piece_length(starts, engine.grid))
    if stem is None:
        return None
    which = worth_sharing(starts, stem)
    return Sharing(engine, stem, which) if np.count_nonzero(which) >= FEWEST_IN_PIECES else None


def piece_length(starts: np.ndarray, grid: Grid) -> int:
    """Length in bp of the pieces that windows at these starts are made of; at most the usual distance of windows."""
    return gcd(grid.step, grid.window, *np.unique(np.diff(starts)).tolist())


def worth_sharing(starts: np.ndarray, stem: Stem) -> np.ndarray:
    """Which windows cost less if they are put together from pieces: those that overlap enough others.

    Parameters
    ----------
    starts
        (n,) sorted starts of windows, at distances that are multiples of a piece.
    stem
        Geometry and price.

    Returns
    -------
    (n,) bool, the same for all windows that are connected by overlaps.
    """
    if not len(starts):
        return np.zeros(0, dtype=bool)
    breaks = np.flatnonzero(np.diff(starts) >= stem.spec.window) + 1
    edges = np.r_[0, breaks, len(starts)]
    n_windows = np.diff(edges)
    n_pieces = (starts[edges[1:] - 1] - starts[edges[:-1]]) // stem.piece + stem.pieces_per_window
    cost = n_pieces * stem.cost_of_piece + n_windows * stem.cost_of_trunk
    return np.repeat(cost <= WORTH * n_windows * cost_of_window(stem.spec), n_windows)


def share_alike(engine: Engine, codes: np.ndarray, signal: np.ndarray) -> tuple[StemEngine, Stem, WindowPieces] | None:
    """Put windows together from pieces that several of them hold; None where that does not cost less.

    Windows of alleles around a place are like each other, and like those beside them, except near the alleles.

    Parameters
    ----------
    engine
        What will score them.
    codes, signal
        (n, window) uint8 and float32, distinct windows.

    Returns
    -------
    The engine, the geometry of the pieces, and the windows in their order.
    """
    if not isinstance(engine, StemEngine) or len(codes) < FEWEST_IN_PIECES:
        return None
    stem = engine.find_stem(engine.grid.step)
    if stem is None:
        return None
    pieces = pieces_of_windows(stem, codes, signal)
    cost = len(pieces.codes) * stem.cost_of_piece + len(codes) * stem.cost_of_trunk
    return (engine, stem, pieces) if cost <= WORTH * len(codes) * cost_of_window(stem.spec) else None


def windows_to_score(loud: np.ndarray) -> int:
    """Windows that several groups take together; (groups, windows) bool, which have signal. Those without count once.

    Distinct ones may be fewer: the same sequence, with the same signal or none, can come again.
    """
    return int(np.count_nonzero(loud) + np.count_nonzero(~loud.all(axis=0)))


def equivalent_windows(engine: Engine, signals: Sequence[SignalTrack], chrom: str, starts: np.ndarray) -> float:
    """Number of windows that take as long, each scored by itself, as those of several groups that share what they can.

    Parameters
    ----------
    engine
        What scores them.
    signals
        The ATAC signal of each group.
    chrom
        Name of the chromosome.
    starts
        (n,) sorted starts of the windows.
    """
    window = engine.grid.window
    loud = np.stack([signal.has_signal(chrom, starts, window) for signal in signals])
    sharing = plan_sharing(engine, starts)
    if sharing is None:
        return windows_to_score(loud)
    stem, joint = sharing.stem, starts[sharing.which]
    n_pieces = _count_pieces(stem, signals, chrom, joint, loud[:, sharing.which])
    n_joint = windows_to_score(loud[:, sharing.which])
    shared = n_pieces * stem.cost_of_piece + n_joint * stem.cost_of_trunk
    return windows_to_score(loud[:, ~sharing.which]) + shared / cost_of_window(stem.spec)


def _count_pieces(stem: Stem, signals: Sequence[SignalTrack], chrom: str, starts: np.ndarray, loud: np.ndarray) -> int:
    """Pieces of windows of several groups; those without signal count once."""
    places, at = stem.places(starts)
    silent = np.zeros(len(places), dtype=bool)
    silent[at[~loud.all(axis=0)]] = True
    n = 0
    for signal, mine in zip(signals, loud, strict=True):
        used = np.zeros(len(places), dtype=bool)
        used[at[mine]] = True
        inside = np.clip(places - stem.halo, 0, signal.sizes[chrom] - stem.width)
        has_signal = signal.has_signal(chrom, inside, stem.width)
        n += int(np.count_nonzero(used & has_signal))
        silent |= used & ~has_signal
    return n + int(np.count_nonzero(silent))
