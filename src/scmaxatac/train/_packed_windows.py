"""What is known of a genome, cut to the intervals that training windows cover and put end to end."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals

_BLOCK = 1 << 24
"""Bases of a chromosome that are looked at together; bounds memory while examples are collected."""


class Piece(NamedTuple):
    """Part of a chromosome that holds intervals."""

    chrom: str
    low: int
    high: int
    slices: list[slice]
    """Where the intervals lie, counted from `low`."""

    def cut(self, values: np.ndarray) -> np.ndarray:
        """Keep of the values of all bases from `low` to `high` those of the intervals."""
        return np.concatenate([values[part] for part in self.slices])


def pieces(intervals: Intervals) -> Iterator[Piece]:
    """Go through the intervals in order, as many at a time as lie near each other; long ones are cut."""
    for chrom in intervals.chroms:
        starts, ends = intervals.starts(chrom), intervals.ends(chrom)
        low = int(starts[0])
        while low < ends[-1]:
            first = np.searchsorted(ends, low, side="right")
            low = max(low, int(starts[first]))
            last = np.searchsorted(starts, low + _BLOCK, side="left")
            begin, end = np.maximum(starts[first:last], low), np.minimum(ends[first:last], low + _BLOCK)
            slices = [slice(b, e) for b, e in zip((begin - low).tolist(), (end - low).tolist(), strict=True)]
            yield Piece(chrom, low, int(end[-1]), slices)
            low = int(end[-1])


def window_offsets(intervals: Intervals, windows: pd.DataFrame) -> np.ndarray:
    """Find where windows (chrom, start) start when all intervals are put end to end; (n,) int64."""
    out = np.empty(len(windows), dtype=np.int64)
    before = 0
    for chrom in intervals.chroms:
        starts, ends = intervals.starts(chrom), intervals.ends(chrom)
        begin = before + np.concatenate([[0], np.cumsum(ends - starts)])
        mine = (windows["chrom"] == chrom).to_numpy()
        start = windows["start"].to_numpy()[mine]
        interval = np.searchsorted(starts, start, side="right") - 1
        out[mine] = begin[interval] + start - starts[interval]
        before = begin[-1]
    return out


def cut_codes(genome: Genome, intervals: Intervals) -> np.ndarray:
    """Bases of the intervals; (bases,) uint8."""
    return np.concatenate([p.cut(genome.codes(p.chrom)[p.low : p.high]) for p in pieces(intervals)])


def cut_signals(signals: Sequence[SignalTrack], intervals: Intervals) -> np.ndarray:
    """Signal of each cell type in the intervals; (cell types, bases) float16."""
    n_bases = sum(intervals.total(chrom) for chrom in intervals.chroms)
    out = np.empty((len(signals), n_bases), dtype=np.float16)
    for row, signal in zip(out, signals, strict=True):
        at = 0
        for piece in pieces(intervals):
            values = piece.cut(signal.values(piece.chrom, piece.low, piece.high))
            row[at : at + len(values)] = values
            at += len(values)
    return out


def cut_labels(chip: Intervals, unknown: Intervals, intervals: Intervals) -> tuple[np.ndarray, np.ndarray]:
    """Whether the 32 bp from each base on are bound, and whether that is known; packed bits."""
    bound, known = [], []
    for piece in pieces(intervals):
        bound.append(piece.cut(overlap_of_bins(chip, piece) > BIN // 2))
        known.append(piece.cut(overlap_of_bins(unknown, piece) == 0))
    return np.packbits(np.concatenate(bound)), np.packbits(np.concatenate(known))


def overlap_of_bins(intervals: Intervals, piece: Piece) -> np.ndarray:
    """Count for every base of a piece how many of the 32 bp from there on lie in the intervals; (bases,) int32."""
    width = piece.high + BIN - piece.low
    starts, ends = intervals.starts(piece.chrom) - piece.low, intervals.ends(piece.chrom) - piece.low
    near = slice(np.searchsorted(ends, 0, side="right"), np.searchsorted(starts, width, side="left"))
    change = np.zeros(width + 1, dtype=np.int8)
    change[np.maximum(starts[near], 0)] += 1
    change[np.minimum(ends[near], width)] -= 1
    before = np.zeros(width + 1, dtype=np.int32)
    np.cumsum(np.cumsum(change[:-1], dtype=np.int8), dtype=np.int32, out=before[1:])
    return before[BIN:-1] - before[: -BIN - 1]
