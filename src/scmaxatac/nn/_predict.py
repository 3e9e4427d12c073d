"""Scores of a chromosome's bins from sequence, signal and an engine."""

from collections.abc import Callable, Iterator

import numpy as np

from scmaxatac._types import Float32s
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.nn.engines._options import Strand
from scmaxatac.nn.engines._protocol import ChromosomeEngine, Engine
from scmaxatac.scores._bin_scores import BinScores, average_windows

_SCORES_PER_TILE = 32_768
"""Windows times outputs that are scored before the bins are averaged: bounds memory, and paces the progress bar."""

_SMALLEST_TILE, _LARGEST_TILE = 256, 4_096


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
    """Score the bins that the given windows of a chromosome cover.

    Parameters
    ----------
    engine
        Networks to score with.
    codes
        (length,) uint8, the chromosome's bases.
    signal
        The ATAC signal.
    chrom
        Name of the chromosome.
    starts
        (n,) sorted starts of the windows, 0-based.
    strand
        ``"forward"``, or ``"mean"`` of the forward strand and the true reverse complement.
    progress
        Called with the number of windows that were scored.

    Yields
    ------
    Bins in ascending order, each once, with the mean over the windows that cover them; (outputs, bins) scores.
    """
    check_strand(strand)
    if isinstance(engine, ChromosomeEngine):
        return engine.predict_chromosome(codes, signal, chrom, starts, strand=strand, progress=progress)

    grid = engine.grid

    def predict(some: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(codes, grid.window)[some]
        scores = predict_windows(engine, windows, signal.windows(chrom, some, grid.window), strand)
        if progress is not None:
            progress(len(some))
        return scores

    per_tile = min(max(_SCORES_PER_TILE // engine.n_outputs, _SMALLEST_TILE), _LARGEST_TILE)
    return average_windows(starts, engine.n_outputs, predict, windows_per_tile=per_tile, grid=grid)


def check_strand(strand: str) -> None:
    """Raise a ValueError unless the strand is one that exists."""
    if strand not in ("forward", "mean"):
        raise ValueError(f"strand is {strand!r}; it can be 'forward' or 'mean'")


def predict_windows(engine: Engine, codes: np.ndarray, signal: np.ndarray, strand: Strand) -> np.ndarray:
    """Scores of windows, (n, window) codes and signal; on both strands their mean. (outputs, n, bins) float32."""
    forward = engine.predict(codes, signal)
    if strand == "forward":
        return forward
    reverse = engine.predict(reverse_complement(codes), signal[:, ::-1])
    mean: Float32s = (forward + reverse[:, :, ::-1]) / 2
    return mean
