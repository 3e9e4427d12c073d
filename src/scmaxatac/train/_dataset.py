"""Training examples: windows of a genome, held once and gathered in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN, WINDOW
from scmaxatac._types import Bytes, Int64s
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.train._packed_windows import cut_codes, cut_labels, cut_signals, window_offsets
from scmaxatac.train._regions_of_interest import random_windows, regions_of_interest

UNKNOWN_LABEL = -1
"""Label of a bin that the loss ignores."""


@dataclass(frozen=True)
class TrainingCellType:
    """What is known of a cell type with ChIP-seq data; tables have the columns chrom, start, end (0-based, half-open).

    Attributes
    ----------
    signal
        ATAC signal.
    peaks
        ATAC peaks.
    chip
        ChIP-seq peaks of the transcription factor.
    unknown
        Where it is not known whether the factor binds: bins that touch these are ignored.
    """

    signal: SignalTrack
    peaks: pd.DataFrame
    chip: pd.DataFrame
    unknown: pd.DataFrame | None = None


class Draw(NamedTuple):
    """Which examples make up a batch."""

    offset: np.ndarray
    """(n,) int64, where the window starts in the intervals of :class:`Examples`."""

    cell_type: np.ndarray
    """(n,) int64, index of the cell type."""

    flipped: np.ndarray
    """(n,) bool, whether the reverse strand is shown."""

    scale: np.ndarray | None = None
    """(n,) float32, what the signal is to be multiplied with (on the device, where float16 is fast)."""

    def take(self, rows: slice) -> "Draw":
        """Keep some of the examples."""
        scale = None if self.scale is None else self.scale[rows]
        return Draw(self.offset[rows], self.cell_type[rows], self.flipped[rows], scale)


@dataclass(frozen=True)
class Examples:
    """Windows around peaks, with the signal and the labels of every cell type.

    Windows overlap and recur, so the merged intervals that they cover are held, end to end: one byte a base for the
    sequence, and for each cell type two bytes a base for the signal and one bit a base for the label of the bin that
    starts there. A window is then a slice, whatever its position.

    Attributes
    ----------
    names
        Cell types.
    codes
        (bases,) uint8, 0 to 3 are A, C, G, T.
    signal
        (cell types, bases) float16.
    bound, known
        (cell types, bases / 8) uint8: a bit a base, whether the 32 bp from there on are bound, and whether
        that is known.
    offset
        (regions,) int64, where the window of a region of interest starts.
    source
        (regions,) int64, the cell type that the region comes from.
    random
        (windows,) int64, where windows start that were drawn from anywhere.
    jitter
        Bases by which windows can be shifted either way without leaving their interval.
    """

    names: tuple[str, ...]
    codes: np.ndarray
    signal: np.ndarray
    bound: np.ndarray
    known: np.ndarray
    offset: np.ndarray
    source: np.ndarray
    random: np.ndarray
    jitter: int

    @classmethod
    def build(
        cls,
        genome: Genome,
        cell_types: Mapping[str, TrainingCellType],
        chroms: Sequence[str],
        *,
        n_random: int = 0,
        jitter: int = 0,
        rng: np.random.Generator | int | None = 0,
    ) -> "Examples":
        """Collect the regions of interest of all cell types, with everything that is known about them.

        Regions are the ATAC and the ChIP-seq peaks of each cell type, each a window of 1,024 bp around the peak's
        middle (Cazares et al. 2023); a peak that is in several lists counts several times. Windows that touch the
        blacklist or leave the chromosome are dropped.

        Parameters
        ----------
        genome
            Sequence and blacklist.
        cell_types
            The training cell types by name.
        chroms
            Chromosomes to take examples from.
        n_random
            Windows drawn uniformly from these chromosomes, beside the regions.
        jitter
            Widens what is held around each window, so that it can be shifted by up to this many bp.
        rng
            Seed or generator for the random windows.

        Raises
        ------
        ValueError
            If there is no cell type or no region.
        """
        if not cell_types:
            raise ValueError("no cell type to train on")
        chroms = genome.select_chroms(chroms)
        regions = regions_of_interest(genome, [(c.peaks, c.chip) for c in cell_types.values()], chroms, jitter)
        if not len(regions):
            raise ValueError(f"no ATAC or ChIP-seq peak gives a whole window on {', '.join(chroms)}")
        drawn = random_windows(genome, chroms, n_random, jitter, np.random.default_rng(rng))
        both = pd.concat([regions, drawn], ignore_index=True)
        held = both.assign(start=both["start"] - jitter, end=both["start"] + WINDOW + jitter)
        intervals = Intervals.from_frame(held)
        offsets = window_offsets(intervals, both)
        labels = [cut_labels(_intervals(c.chip), _intervals(c.unknown), intervals) for c in cell_types.values()]
        return cls(
            names=tuple(cell_types),
            codes=cut_codes(genome, intervals),
            signal=cut_signals([cell_type.signal for cell_type in cell_types.values()], intervals),
            bound=np.stack([bound for bound, _ in labels]),
            known=np.stack([known for _, known in labels]),
            offset=offsets[: len(regions)],
            source=regions["source"].to_numpy(np.int64),
            random=offsets[len(regions) :],
            jitter=jitter,
        )

    def gather(self, draw: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Copy out the windows of a batch, their signal unscaled.

        On the reverse strand positions are flipped, A swapped with T and C with G, signal and labels flipped.

        Parameters
        ----------
        draw
            Which windows of which cell types.

        Returns
        -------
        Codes (n, 1024) uint8, signal (n, 1024) float16, labels (n, 32) int8: 1 where more than half of the bin lies in
        a ChIP-seq peak, 0 where not, -1 where that is unknown.
        """
        codes = _slices(self.codes, draw.offset)
        n_bases = self.signal.shape[1]
        signal = _slices(self.signal.reshape(-1), draw.cell_type * n_bases + draw.offset)
        base = draw.offset[:, None] + np.arange(0, WINDOW, BIN)
        labels = _read_bits(self.bound, draw.cell_type, base).astype(np.int8)
        labels[_read_bits(self.known, draw.cell_type, base) == 0] = UNKNOWN_LABEL
        flip = np.flatnonzero(draw.flipped)
        codes[flip] = reverse_complement(codes[flip])
        signal[flip] = signal[flip, ::-1]
        labels[flip] = labels[flip, ::-1]
        return codes, signal, labels

    @property
    def n_regions(self) -> int:
        """Regions of interest."""
        return len(self.offset)

    @property
    def n_bytes(self) -> int:
        """Memory held."""
        arrays = (self.codes, self.signal, self.bound, self.known, self.offset, self.source, self.random)
        return sum(array.nbytes for array in arrays)


def _intervals(table: pd.DataFrame | None) -> Intervals:
    return Intervals({}) if table is None else Intervals.from_frame(table)


def _slices(flat: Bytes, start: np.ndarray) -> Bytes:
    windows: Bytes = np.lib.stride_tricks.sliding_window_view(flat, WINDOW)[start]
    return windows


def _read_bits(packed: Bytes, row: Int64s, base: Int64s) -> Bytes:
    """Bits of (rows, bases / 8) at bases (n, 32) of rows (n,)."""
    bits: Bytes = (packed[row[:, None], base >> 3] >> (7 - (base & 7)).astype(np.uint8)) & 1
    return bits
