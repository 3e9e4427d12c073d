"""Scores of a chromosome's bins from sequence, signals and an engine."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from scmaxatac._types import Float32s, Int64s
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.genome._windows import Grid
from scmaxatac.nn._pieces import WindowPieces, collect_pieces
from scmaxatac.nn._pool import WindowPool
from scmaxatac.nn._sharing import plan_sharing, share_alike, windows_to_score
from scmaxatac.nn._stem import Stem
from scmaxatac.nn.engines._options import Strand
from scmaxatac.nn.engines._protocol import ChromosomeEngine, Engine, StemEngine
from scmaxatac.scores._bin_scores import BinAverages, BinScores, cut_tiles

_SCORES_PER_TILE = 32_768
"""Windows times outputs that are scored before the bins are averaged: bounds memory, and paces the progress bar."""

_SMALLEST_TILE, _LARGEST_TILE = 256, 4_096

_MOST_WINDOWS = 8_192
"""Windows of a tile, those of all groups together, that are held at once: 80 MB, or 200 MB with what stems give."""


def predict_bins(
    engine: Engine,
    codes: np.ndarray,
    signal: SignalTrack,
    chrom: str,
    starts: np.ndarray,
    *,
    strand: Strand = "forward",
    progress: Callable[[int], object] | None = None,
) -> Iterator[BinScores]:
    """Score the bins that the given windows of a chromosome cover, from one signal.

    Parameters
    ----------
    engine, codes, chrom, starts, strand, progress
        As in :func:`predict_groups`.
    signal
        The ATAC signal.

    Yields
    ------
    Bins in ascending order, each once, with the mean over the windows that cover them; (outputs, bins) scores.
    """
    scored = predict_groups(engine, codes, [signal], chrom, starts, strand=strand, progress=progress)
    return (bins for _, bins in scored)


def predict_groups(
    engine: Engine,
    codes: np.ndarray,
    signals: Sequence[SignalTrack],
    chrom: str,
    starts: np.ndarray,
    *,
    strand: Strand = "forward",
    progress: Callable[[int], object] | None = None,
) -> Iterator[tuple[int, BinScores]]:
    """Score the bins that the given windows of a chromosome cover, for several groups.

    What is the same in several groups is scored once: windows without signal depend on the sequence alone.

    Parameters
    ----------
    engine
        Networks to score with.
    codes
        (length,) uint8, the chromosome's bases.
    signals
        The ATAC signal of each group.
    chrom
        Name of the chromosome.
    starts
        (n,) sorted starts of the windows, 0-based.
    strand
        ``"forward"``, or ``"mean"`` of the forward strand and the true reverse complement.
    progress
        Called with the number of windows that were scored, those without signal counted once for all groups
        (:func:`~scmaxatac.nn._sharing.windows_to_score`).

    Yields
    ------
    Number of a group, and bins of it in ascending order, each once, with the mean over the windows that cover them;
    (outputs, bins) scores.
    """
    check_strand(strand)
    if isinstance(engine, ChromosomeEngine):
        return engine.predict_chromosome(codes, signals, chrom, starts, strand=strand, progress=progress)
    return _predict_on_host(engine, codes, signals, chrom, starts, strand, progress)


def _predict_on_host(
    engine: Engine,
    codes: np.ndarray,
    signals: Sequence[SignalTrack],
    chrom: str,
    starts: np.ndarray,
    strand: Strand,
    progress: Callable[[int], object] | None,
) -> Iterator[tuple[int, BinScores]]:
    grid = engine.grid
    averages = [BinAverages(engine.n_outputs, grid) for _ in signals]
    sharing = plan_sharing(engine, starts)
    done = 0
    for tile, upto in cut_tiles(starts, _windows_per_tile(engine.n_outputs, len(signals))):
        joint = sharing.which[done : done + len(tile)] if sharing else np.zeros(len(tile), dtype=bool)
        done += len(tile)
        loud = np.stack([signal.has_signal(chrom, tile, grid.window) for signal in signals])
        rows = np.empty(loud.shape, dtype=np.int64)
        scores = np.empty((engine.n_outputs, 0, grid.bins_per_window), dtype=np.float32)
        if not joint.all():
            pool, rows[:, ~joint] = _collect_windows(grid, codes, signals, chrom, tile[~joint], loud[:, ~joint])
            scores = score_windows(engine, *pool.windows(), strand=strand)
        if sharing and joint.any():
            pieces, found = collect_pieces(sharing.stem, codes, signals, chrom, tile[joint], loud[:, joint])
            rows[:, joint] = found + scores.shape[1]
            of_pieces = _score_pieces(sharing.engine, sharing.stem, pieces, strand)
            scores = np.concatenate([scores, of_pieces], axis=1) if scores.shape[1] else of_pieces
        if progress is not None:
            progress(windows_to_score(loud))
        first_of_next = None if upto is None else upto // grid.bin
        for g, of_group in enumerate(averages):
            yield g, of_group.add(tile // grid.bin, scores[:, rows[g]], first_of_next)


def _collect_windows(
    grid: Grid, codes: np.ndarray, signals: Sequence[SignalTrack], chrom: str, starts: np.ndarray, loud: np.ndarray
) -> tuple[WindowPool, Int64s]:
    """Distinct windows of all groups, and (groups, n) the row of each."""
    windows = np.lib.stride_tricks.sliding_window_view(codes, grid.window)[starts]
    silent = ~loud.all(axis=0)
    pool = WindowPool(grid.window)
    rows = np.empty(loud.shape, dtype=np.int64)
    rows[:, silent] = pool.add(windows[silent])
    for signal, mine, row in zip(signals, loud, rows, strict=True):
        row[mine] = pool.add(windows[mine], signal.windows(chrom, starts[mine], grid.window))
    return pool, rows


def _score_pieces(engine: StemEngine, stem: Stem, pieces: WindowPieces, strand: Strand) -> Float32s:
    """Score windows that are put together from pieces, on one strand or both; (outputs, n, bins)."""
    forward: Float32s = engine.predict_pieces(stem, pieces)
    if strand == "forward":
        return forward
    reverse = engine.predict_pieces(stem, pieces.reverse_complement())
    mean: Float32s = (forward + reverse[:, :, ::-1]) / 2
    return mean


def _windows_per_tile(n_outputs: int, n_groups: int) -> int:
    most = min(max(_SCORES_PER_TILE // n_outputs, _SMALLEST_TILE), _LARGEST_TILE)
    return min(most, max(_MOST_WINDOWS // n_groups, 1))


def check_strand(strand: str) -> None:
    """Raise a ValueError unless the strand is one that exists."""
    if strand not in ("forward", "mean"):
        raise ValueError(f"strand is {strand!r}; it can be 'forward' or 'mean'")


def score_windows(engine: Engine, codes: np.ndarray, signal: np.ndarray, *, strand: Strand = "forward") -> np.ndarray:
    """Score windows, on one strand or both; (n, window) codes and signal to (outputs, n, bins) float32."""
    forward = engine.predict(codes, signal)
    if strand == "forward":
        return forward
    reverse = engine.predict(reverse_complement(codes), signal[:, ::-1])
    mean: Float32s = (forward + reverse[:, :, ::-1]) / 2
    return mean


def score_alike(engine: Engine, codes: np.ndarray, signal: np.ndarray, *, strand: Strand = "forward") -> np.ndarray:
    """Score windows as :func:`score_windows` does, those of alleles around a place: what they have in common once.

    Parameters
    ----------
    engine
        Networks to score with.
    codes, signal
        (n, window) uint8 and float32, distinct windows.
    strand
        ``"forward"``, or ``"mean"`` of both strands.

    Returns
    -------
    (outputs, n, bins) float32.
    """
    shared = share_alike(engine, codes, signal)
    return score_windows(engine, codes, signal, strand=strand) if shared is None else _score_pieces(*shared, strand)
