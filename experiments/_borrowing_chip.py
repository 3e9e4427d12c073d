"""Predictions from raw and borrowed tracks against ChIP-seq: on the truth board and on chr22, published weights."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools
from _borrowing import ALL_TILES, BIN, PRIVATE_KEPT, RULES, TILE_BINS, borrow, coverage_after, smooth
from _borrowing_scores import Place, labelled, precision_rows, scores
from _chr22 import CHROM, Chr22
from _ranking import N_DRAWS, interval

from scmaxatac._constants import FLANK, PERCENTILE
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.genome import Genome
from scmaxatac.io._bed import read_bed
from scmaxatac.models import load_many

DECIDING = ("CTCF", "SPI1", "YY1", "ELF1")
CELL_TYPE = "GM12865"
DEPTHS = (25, 50, 100, 400, 800)
FRAGMENTS_PER_CELL_AND_BASE = 1.08e-5
"""PBMC 10k: 1,121,866 fragments of 10,291 cells on 10.1 Mb."""

OWN_RESCALED = "own, rescaled"
"""No borrowing: the raw coverage over its 99th percentile over all bases, or over 1 where that is less."""

BLOCK = 200_000
"""Length of the stretches of chr22 that are drawn, in bp; of the board, contigs are drawn."""

CONTIG = 65_536
"""Length of the board's contigs."""

ERASED = 1_000
"""Distance from a peak within which the relatives lose their signal, in bp."""

CHR22_CELLS = (25, 50)
"""Cells of the sparse group; all others are its relative."""


def on_board(data: Path, scratch: Path) -> pd.DataFrame:
    """Rows of the truth board, of the factors that decide, and of private sites."""
    place = board(data)
    tracks = {path.name.split(".")[0]: dnase(path, place) for path in sorted((data / "truth").glob("*.dnase.bw"))}
    rate = tracks.pop(CELL_TYPE)
    relatives = np.stack(list(tracks.values()))
    private = private_peaks(place)
    erased = without_private(relatives, private, place)
    rows: list[dict[str, object]] = []
    n_bases = sum(place.n_bins.values()) * BIN
    for n_cells in DEPTHS:
        rng = np.random.default_rng(n_cells)
        mean = rate * (2 * FRAGMENTS_PER_CELL_AND_BASE * n_cells * n_bases / rate.sum())
        counts = rng.poisson(mean)
        positions = np.repeat(np.arange(len(counts)) * BIN, counts) + rng.integers(BIN, size=counts.sum())
        coin = rng.random(len(positions)) < 0.5
        halves = [binned(positions[half], len(counts)) for half in (coin, ~coin)]
        own = widened(positions, n_bases)
        raw = scores(place, over_covered(own), scratch / f"board_{n_cells}_raw.npz")
        signals = dict(ways(own, halves, relatives))
        with_private = dict(ways(own, halves, erased))
        for way, (signal, k) in signals.items():
            name = f"board_{n_cells}_{way.replace(' ', '_')}"
            found = scores(place, signal, scratch / f"{name}.npz")
            near = scores(place, with_private[way][0], scratch / f"{name}_private.npz", near=private)
            rows += precision_rows("board", n_cells, way, place, raw, found, k, block=CONTIG)
            rows.append(private_row(n_cells, way, place, private, raw, found, near, with_private[way][1]))
            pd.DataFrame(rows).to_csv(scratch / "board_so_far.csv", index=False)
    return pd.DataFrame(rows)


def ways(
    own: np.ndarray, halves: list[np.ndarray], relatives: np.ndarray
) -> Iterator[tuple[str, tuple[np.ndarray, float]]]:
    """Signals that are compared with the raw one, and the pseudo-insertions that were mixed in."""
    yield OWN_RESCALED, (own / np.float32(max(np.percentile(own, PERCENTILE), 1.0)), 0.0)
    plain, kept = (borrow(*halves, relatives, private_below=below) for below in RULES.values())
    yield ALL_TILES, (over_covered(coverage_after(own, plain.track)), plain.k)
    yield PRIVATE_KEPT, (over_covered(np.repeat(kept.track / BIN, BIN).astype(np.float32)), kept.k)


def over_covered(coverage: np.ndarray) -> np.ndarray:
    """Coverage over its 99th percentile over the bases that are covered."""
    return np.asarray(coverage / np.float32(np.percentile(coverage[coverage > 0], PERCENTILE)))


def on_chr22(data: Path, scratch: Path) -> pd.DataFrame:
    """Rows of chr22: some of the 100 cells are the sparse group, all others its relative."""
    source = Chr22(data)
    n_bins = -(-source.genome.sizes[CHROM] // (BIN * TILE_BINS)) * TILE_BINS
    models = [model for model in source.models() if model.tf in DECIDING]
    place = Place(source.genome, models, {tf: read_bed(source.peaks[tf])[["chrom", "start", "end"]] for tf in DECIDING},
                  source.covered, {CHROM: n_bins})  # fmt: skip
    cell, ends = chr22_fragments(source)
    rows: list[dict[str, object]] = []
    for n_cells in CHR22_CELLS:
        rng = np.random.default_rng(n_cells)
        mine = np.isin(cell, rng.choice(cell.max() + 1, n_cells, replace=False))
        coin = rng.random(len(cell)) < 0.5
        halves = [binned(ends[mine & half], n_bins) for half in (coin, ~coin)]
        relatives = smooth(binned(ends[~mine], n_bins))[None]
        own = widened(ends[mine].ravel(), n_bins * BIN)
        raw = scores(place, over_covered(own), scratch / f"chr22_{n_cells}_raw.npz")
        for way, (signal, k) in ways(own, halves, relatives):
            found = scores(place, signal, scratch / f"chr22_{n_cells}_{way.replace(' ', '_')}.npz")
            rows += precision_rows("chr22", n_cells, way, place, raw, found, k, block=BLOCK)
            pd.DataFrame(rows).to_csv(scratch / "chr22_so_far.csv", index=False)
    return pd.DataFrame(rows)


def board(data: Path) -> Place:
    """The truth board."""
    genome = Genome(data / "truth" / "board.fa.gz")
    peaks = {tf: read_bed(data / "truth" / "chip" / f"{tf}.GM12878.bed")[["chrom", "start", "end"]] for tf in DECIDING}
    models = load_many(data / "maxatac" / "models", list(DECIDING))
    return Place(genome, models, peaks, None, {chrom: size // BIN for chrom, size in genome.sizes.items()})


def dnase(path: Path, place: Place) -> np.ndarray:
    """Mean signal of every bin of the board, (bins,)."""
    track = pybigtools.open(str(path))
    values = [
        np.nan_to_num(track.values(chrom, 0, n * BIN, fillna=0.0)).reshape(-1, BIN).mean(axis=1)
        for chrom, n in place.n_bins.items()
    ]
    return np.maximum(np.concatenate(values), 0)


def chr22_fragments(source: Chr22) -> tuple[np.ndarray, np.ndarray]:
    """Number of the cell of each fragment, and positions of its two insertions, (n,) and (n, 2)."""
    chunks = list(FragmentFile(source.fragments, list(source.adata.obs_names)).chunks())
    cell = np.concatenate([chunk.cell for chunk in chunks])
    ends = np.stack([np.concatenate([chunk.start for chunk in chunks]),
                     np.concatenate([chunk.end for chunk in chunks]) - 1], axis=1)  # fmt: skip
    return cell, ends


def binned(ends: np.ndarray, n_bins: int) -> np.ndarray:
    """Insertions in every bin."""
    return np.bincount(ends.ravel() // BIN, minlength=n_bins)


def widened(positions: np.ndarray, n_bases: int) -> np.ndarray:
    """Coverage of every base by insertions widened to 41 bp, (bases,) float32."""
    steps = np.bincount(np.maximum(positions - FLANK, 0), minlength=n_bases + 1).astype(np.int64)
    steps -= np.bincount(np.minimum(positions + FLANK + 1, n_bases), minlength=n_bases + 1)
    return np.cumsum(steps[:-1]).astype(np.float32)


def private_row(
    n_cells: int, rule: str, place: Place, private: pd.DataFrame, raw: pd.DataFrame, borrowed: pd.DataFrame,
    near: pd.DataFrame, k: float,
) -> dict[str, object]:  # fmt: skip
    """How many private peaks are called, as many bins being called as have a peak."""
    called = []
    for tf in place.peaks:
        mine = private[private["tf"] == tf]
        found = []
        for whole, table in ((raw, raw), (borrowed, near), (borrowed, borrowed)):
            bins = labelled(place, whole, tf)
            threshold = np.sort(bins.scores)[-int(bins.truth.sum())]
            found.append(largest_at(table, mine, tf) >= threshold)
        called.append(np.stack(found))
    of_raw, of_borrowed, of_shared = np.concatenate(called, axis=1)
    drawn = np.random.default_rng(0).integers(len(of_raw), size=(N_DRAWS, len(of_raw)))
    low, high = interval(of_borrowed[drawn].mean(axis=1) - of_raw[drawn].mean(axis=1))
    return {
        "data": "board",
        "case": "all factors",
        "measure": "private sites found",
        "n_cells": n_cells,
        "rule": rule,
        "n": int(of_raw.sum()),
        "raw": of_raw.mean(),
        "borrowed": of_borrowed.mean(),
        "change": of_borrowed.mean() - of_raw.mean(),
        "low": low,
        "high": high,
        "lost": (of_raw & ~of_borrowed).sum() / of_raw.sum(),
        "lost_shared": (of_raw & ~of_shared).sum() / of_raw.sum(),
        "k": k,
    }


def largest_at(table: pd.DataFrame, peaks: pd.DataFrame, tf: str) -> np.ndarray:
    """Largest score of the bins that overlap each peak, (n,)."""
    by_contig = dict(list(table.groupby("chrom", observed=True)))
    largest = []
    for peak in peaks.itertuples():
        bins = by_contig[peak.chrom]
        largest.append(bins.loc[(bins["end"] > peak.start) & (bins["start"] < peak.end), tf].max())
    return np.array(largest, dtype=np.float32)


def private_peaks(place: Place) -> pd.DataFrame:
    """Half of the peaks, drawn by contig-wise place so that peaks of several factors at one place go together."""
    every = pd.concat([table.assign(tf=tf) for tf, table in place.peaks.items()], ignore_index=True)
    where = every["chrom"] + ":" + (every["start"] // (2 * ERASED)).astype(str)
    places = np.sort(where.unique())
    drawn = np.random.default_rng(0).choice(places, len(places) // 2, replace=False)
    return every[where.isin(drawn)].reset_index(drop=True)


def without_private(relatives: np.ndarray, private: pd.DataFrame, place: Place) -> np.ndarray:
    """Tracks that have at most their median near private peaks, (relatives, bins)."""
    offsets = dict(zip(place.n_bins, np.cumsum([0, *place.n_bins.values()]), strict=False))
    erased = np.zeros(relatives.shape[1], dtype=bool)
    for peak in private.itertuples():
        n_bins = place.n_bins[peak.chrom]
        lo, hi = max((peak.start - ERASED) // BIN, 0), min(-(-(peak.end + ERASED) // BIN), n_bins)
        erased[offsets[peak.chrom] + lo : offsets[peak.chrom] + hi] = True
    ceiling = np.median(relatives, axis=1, keepdims=True)
    return np.where(erased, np.minimum(relatives, ceiling), relatives)
