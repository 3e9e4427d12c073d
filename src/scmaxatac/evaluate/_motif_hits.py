"""Matches of motifs in intervals of a chromosome, found with memelite."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.genome._bases import one_hot

_GRID = 0.002
"""Log odds are rounded to multiples of this many bits, for which memelite's p-values are exact."""

_BATCH = 1 << 23
"""Bases that are scanned at once; memelite computes its tables of p-values anew each time."""


class MotifHits(NamedTuple):
    """Matches on one chromosome, 0-based and half-open, in any order.

    Attributes
    ----------
    motif
        (n,) int64, index of the motif.
    start, end
        (n,) int64.
    reverse
        (n,) bool, whether the match is on the reverse strand.
    score
        (n,) float64, log odds over equal base frequencies in bits, rounded to 0.002.
    p
        (n,) float64, probability that a random sequence of equal base frequencies reaches the score.
    """

    motif: np.ndarray
    start: np.ndarray
    end: np.ndarray
    reverse: np.ndarray
    score: np.ndarray
    p: np.ndarray


def motif_hits(
    codes: np.ndarray, starts: np.ndarray, ends: np.ndarray, motifs: Sequence[np.ndarray], p_value: float
) -> MotifHits:
    """Find the matches of motifs on both strands whose middle base lies in one of the intervals.

    The score of a match is so high that a random sequence of equal base frequencies reaches it with a probability
    below `p_value`. Places that hold an unknown base don't match.

    Parameters
    ----------
    codes
        (length,) uint8, 0 to 3 for A, C, G, T, 4 for unknown: the whole chromosome.
    starts, ends
        (n,) intervals, 0-based, half-open, sorted, not overlapping.
    motifs
        (width, 4) probabilities of A, C, G, T each, none of them 0.
    p_value
        Matches have a p-value below this.

    Raises
    ------
    ImportError
        If memelite is not installed.
    """
    fimo = load_fimo()
    matrices = {str(i): _on_the_grid(matrix) for i, matrix in enumerate(motifs)}
    flank = max(len(matrix) for matrix in motifs)
    none = np.zeros(0, dtype=np.int64)
    parts = [MotifHits(none, none, none, none.astype(bool), none.astype(float), none.astype(float))]
    for low, high in _batches(np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)):
        begins, stops = np.maximum(low - flank, 0), np.minimum(high + flank, len(codes))
        text, offsets = _join(codes, begins, stops)
        unknown = np.cumsum(np.append(False, text == UNKNOWN_BASE), dtype=np.int32)
        found = fimo(matrices, one_hot(text[None], dtype=np.int8), bin_size=_GRID, eps=0.0, threshold=p_value)
        for motif, table in enumerate(found):
            first, stop = (table[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
            piece = np.searchsorted(offsets, first, side="right") - 1
            start = begins[piece] + first - offsets[piece]
            middle = start + (stop - first) // 2
            keep = (unknown[stop] == unknown[first]) & (low[piece] <= middle) & (middle < high[piece])
            reverse = (table["strand"] == "-").to_numpy(dtype=bool)
            index = np.full(int(keep.sum()), motif)
            score, p = (table[name].to_numpy(dtype=np.float64)[keep] for name in ("score", "p-value"))
            parts.append(MotifHits(index, start[keep], (start + stop - first)[keep], reverse[keep], score, p))
    return MotifHits(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def load_fimo() -> Callable[..., Any]:
    """Import memelite's fimo, or raise an ImportError that says how to install it."""
    try:
        from memelite import fimo
    except ImportError:
        raise ImportError("scanning for motifs needs memelite: pip install 'scmaxatac[motifs]'") from None
    found: Callable[..., Any] = fimo
    return found


def _on_the_grid(matrix: np.ndarray) -> np.ndarray:
    """Transpose to memelite's (4, width), with log odds on the grid of its table of p-values.

    memelite rounds log odds for the p-values only, and takes scores that are truly above the threshold; on the grid a
    score and its rounded value are the same, and the quarter of a step that is added breaks the tie upwards.
    """
    steps = np.round(np.log2(matrix / 0.25) / _GRID) + 0.25 / len(matrix)
    return np.ascontiguousarray(0.25 * np.exp2(steps * _GRID).T)


def _batches(starts: np.ndarray, ends: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut long intervals, and gather pieces to batches of a limited number of bases."""
    counts = -(-(ends - starts) // _BATCH)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    low = np.repeat(starts, counts) + within * _BATCH
    high = np.minimum(low + _BATCH, np.repeat(ends, counts))
    batch = (np.cumsum(high - low) - 1) // _BATCH
    for number in np.unique(batch):
        yield low[batch == number], high[batch == number]


def _join(codes: np.ndarray, begins: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intervals one after the other, an unknown base behind each, and where each of them starts."""
    gap = np.full(1, UNKNOWN_BASE, dtype=np.uint8)
    pieces = [piece for begin, stop in zip(begins, stops, strict=True) for piece in (codes[begin:stop], gap)]
    lengths = stops - begins + 1
    return np.concatenate(pieces), np.cumsum(lengths) - lengths
