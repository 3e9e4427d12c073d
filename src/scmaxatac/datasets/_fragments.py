"""Tn5 fragments of the toy data's cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scmaxatac.datasets._regions import CLUSTERS, blacklist
from scmaxatac.datasets._sequence import CHROM_SIZES, gaps

CLUSTER_SHARES = (0.32, 0.42, 0.26)
"""Of the fragments, of each cluster."""

_BACKGROUND = 0.30  # share of fragments outside peaks
_ARTEFACT = 0.015  # share that piles up in the artefacts of the blacklist
_LENGTHS = ((0.62, 78.0, 26.0), (0.29, 193.0, 22.0), (0.09, 385.0, 28.0))  # share, mean and deviation in bp
_MIN_LENGTH, _MAX_LENGTH = 28, 700
_OPEN = 0.6  # chance that an insertion is kept in open DNA
_PROTECTED = 0.06  # under a bound factor
_SHOULDER = 1.0  # beside it
_SHOULDER_WIDTH = 16
_PROTECTED_FLANK = 3
_BOUND_BOOST = 1.25  # height of a region that its factor opens
_FWHM = 2.355

Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Barcode, chrom, start and end of fragments."""


@dataclass
class Fragments:
    """Fragments of all barcodes, sorted by chromosome, start, end and barcode.

    Attributes
    ----------
    barcode
        ``(n,)`` int32, index of the barcode.
    chrom
        ``(n,)`` int32, index into :data:`CHROM_SIZES`.
    start
        ``(n,)`` int32, 0-based.
    end
        ``(n,)`` int32, half-open; the insertions are ``start`` and ``end - 1``.
    count
        ``(n,)`` int32, how often the fragment was sequenced.
    """

    barcode: np.ndarray
    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    count: np.ndarray


def simulate_fragments(
    regions: pd.DataFrame, sites: pd.DataFrame, cells: pd.DataFrame, n_fragments: int, rng: np.random.Generator
) -> Fragments:
    """Draw about `n_fragments` fragments.

    Parameters
    ----------
    regions, sites
        As their simulations give them.
    cells
        A row a barcode: ``cluster`` (index; -1 for an empty droplet), ``depth`` (relative).
    n_fragments
        Fragments of the cells; the empty droplets' ambient ones come on top.
    rng
        Generator of random numbers.
    """
    tables = []
    cluster = cells["cluster"].to_numpy()
    for j, share in enumerate(CLUSTER_SHARES):
        drawn = cluster_fragments(regions, sites, j, int(n_fragments * share), rng)
        tables.append((owners(np.flatnonzero(cluster == j), cells, len(drawn[0]), rng), *drawn))
    tables.append(ambient_fragments(cells, n_fragments, rng))
    return sorted_fragments(tables, rng)


def ambient_fragments(cells: pd.DataFrame, n_fragments: int, rng: np.random.Generator) -> Columns:
    """Draw the fragments of empty droplets: barcode, chrom, start and end of each."""
    empty = np.flatnonzero(cells["cluster"].to_numpy() < 0)
    ambient = _background(int(n_fragments * 0.02), rng)
    return owners(empty, cells, len(ambient[0]), rng), *ambient


def sorted_fragments(tables: Sequence[Columns], rng: np.random.Generator) -> Fragments:
    """Sort the fragments of all cells, and draw how often each was sequenced."""
    barcode, chrom, start, end = (np.concatenate(column) for column in zip(*tables, strict=True))
    order = np.lexsort((barcode, end, start, chrom))
    count = rng.geometric(0.55, len(order))
    barcode, chrom, start, end = (column[order].astype(np.int32) for column in (barcode, chrom, start, end))
    return Fragments(barcode, chrom, start, end, count.astype(np.int32))


def owners(rows: np.ndarray, cells: pd.DataFrame, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the barcodes of `n` fragments among some rows of the table of cells, by their depth."""
    depth = cells["depth"].to_numpy()[rows]
    return rng.choice(rows, size=n, p=depth / depth.sum())


def _lengths(n: int, rng: np.random.Generator) -> np.ndarray:
    share, mean, deviation = (np.array(column) for column in zip(*_LENGTHS, strict=True))
    which = rng.choice(len(share), size=n, p=share)
    drawn = rng.normal(mean[which], deviation[which])
    return np.clip(np.rint(drawn), _MIN_LENGTH, _MAX_LENGTH).astype(np.int64)


def cluster_fragments(
    regions: pd.DataFrame, sites: pd.DataFrame, cluster: int, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw about `n` fragments of a cluster: chrom, start and end of each."""
    name = CLUSTERS[cluster]
    bound = sites[sites[f"bound:{name}"]]
    n_background, n_artefact = int(n * _BACKGROUND), int(n * _ARTEFACT)
    weight = regions[f"height:{name}"].to_numpy() * regions["width"].to_numpy()
    weight[bound["region"].unique()] *= _BOUND_BOOST
    in_peaks = _peak_fragments(regions, weight, bound, n - n_background - n_artefact, rng)
    parts = [in_peaks, _background(n_background, rng), _artefacts(n_artefact, rng)]
    chrom, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
    return chrom, start, end


def _peak_fragments(
    regions: pd.DataFrame, weight: np.ndarray, bound: pd.DataFrame, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw fragments with one end in a peak, thinned where a factor protects the DNA."""
    keep = _survival(bound)
    chroms = pd.Categorical(regions["chrom"], categories=list(CHROM_SIZES)).codes
    offsets = np.concatenate([[0], np.cumsum(list(CHROM_SIZES.values()))])
    parts, have = [], 0
    while have < n:
        m = int((n - have) / _OPEN**2 * 1.1) + 100
        region = rng.choice(len(regions), size=m, p=weight / weight.sum())
        first = regions["center"].to_numpy()[region]
        first = first + np.rint(rng.normal(0, 1, m) * regions["width"].to_numpy()[region] / _FWHM).astype(np.int64)
        length = _lengths(m, rng)
        start = np.where(rng.random(m) < 0.5, first, first - length + 1)
        chrom = chroms[region].astype(np.int64)
        chance = keep[offsets[chrom] + start] * keep[offsets[chrom] + start + length - 1]
        kept = rng.random(m) < chance
        parts.append((chrom[kept], start[kept], (start + length)[kept]))
        have += int(kept.sum())
    chrom, start, end = (np.concatenate(column)[:n] for column in zip(*parts, strict=True))
    return chrom, start, end


def _survival(bound: pd.DataFrame) -> np.ndarray:
    """Chance of every base of the genome (chromosomes end to end) to keep an insertion, ``(bases,)`` float32."""
    keep = {chrom: np.full(size, _OPEN, np.float32) for chrom, size in CHROM_SIZES.items()}
    for chrom, start, end in zip(bound["chrom"], bound["start"], bound["end"], strict=True):
        left, right = start - _PROTECTED_FLANK, end + _PROTECTED_FLANK
        keep[chrom][left - _SHOULDER_WIDTH : right + _SHOULDER_WIDTH] = _SHOULDER
    for chrom, start, end in zip(bound["chrom"], bound["start"], bound["end"], strict=True):
        keep[chrom][start - _PROTECTED_FLANK : end + _PROTECTED_FLANK] = _PROTECTED
    return np.concatenate(list(keep.values()))


def _background(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw fragments from everywhere but the gaps."""
    sizes = np.array(list(CHROM_SIZES.values()))
    chrom = rng.choice(len(sizes), size=n, p=sizes / sizes.sum())
    length = _lengths(n, rng)
    start = (rng.random(n) * (sizes[chrom] - length)).astype(np.int64)
    in_gap = np.zeros(n, bool)
    for i, name in enumerate(CHROM_SIZES):
        for gap_start, gap_end in gaps(name):
            in_gap |= (chrom == i) & (start < gap_end) & (start + length > gap_start)
    return chrom[~in_gap], start[~in_gap], (start + length)[~in_gap]


def _artefacts(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the pile-ups that a blacklist is there for."""
    table = blacklist().query("name == 'artefact'")
    row = rng.integers(0, len(table), n)
    length = _lengths(n, rng)
    low, high = table["start"].to_numpy()[row], table["end"].to_numpy()[row]
    start = (low + rng.random(n) * np.maximum(high - low - length, 1)).astype(np.int64)
    chrom = pd.Categorical(table["chrom"], categories=list(CHROM_SIZES)).codes[row].astype(np.int64)
    return chrom, start, start + length
