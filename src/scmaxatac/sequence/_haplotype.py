"""A chromosome with alleles put in: its windows, their signal, and their scores back in the reference's bins."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.sequence._alleles import Allele, to_codes

INSERTED = -1
"""Position in the reference of a base that is not in it."""


class HaplotypeWindow(NamedTuple):
    """Bases of a window of a haplotype.

    Attributes
    ----------
    codes
        (width,) uint8.
    position
        (width,) int64, position of each base in the reference, -1 for bases that an allele adds.
    left, right, weight
        (width,) where the signal comes from: ``(1 - weight) * signal[left] + weight * signal[right]``. A base that is
        in the reference, or takes the place of one, keeps that one's signal; between added bases the signal goes
        linearly from the base before to the base behind.
    """

    codes: npt.NDArray[np.uint8]
    position: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float32]


def haplotype_window(
    codes: npt.NDArray[np.uint8], alleles: Sequence[Allele], start: int, width: int
) -> HaplotypeWindow:
    """Write out a window of a haplotype that begins at a base of the reference.

    The window is anchored in the reference: it begins with the base at `start`, or, where that is deleted, with the
    next base that is not; alleles before it don't move it. It has `width` bases of the haplotype, so it ends
    elsewhere in the reference than a window without alleles. Bases past the end of the chromosome are unknown and
    without signal.

    Parameters
    ----------
    codes
        (length,) uint8, bases of the chromosome.
    alleles
        Trimmed alleles of the haplotype, sorted by their start, none overlapping another; those that end before the
        window are passed over.
    start
        Position in the reference, 0-based.
    width
        Number of bases.
    """
    parts: list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.float64]]] = []
    filled, at = 0, start
    for allele in alleles:
        if allele.end <= start:  # an insertion before the first base belongs to what lies before the window
            continue
        if filled + allele.start - at >= width:
            break
        if allele.start > at:
            parts.append(_unchanged(codes, at, allele.start))
            filled += allele.start - at
        replaced = _replaced(allele, max(start - allele.start, 0))
        parts.append(replaced)
        filled += len(replaced[0])
        at = allele.end
    if filled < width:
        parts.append(_unchanged(codes, at, at + width - filled))
    bases, position, source = (np.concatenate(column)[:width] for column in zip(*parts, strict=True))
    left = np.floor(source).astype(np.int64)
    weight = (source - left).astype(np.float32)
    return HaplotypeWindow(bases, position, left, left + (weight > 0), weight)


def _unchanged(
    codes: npt.NDArray[np.uint8], start: int, end: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    known = codes[start:end]
    bases = np.full(end - start, UNKNOWN_BASE, dtype=np.uint8)
    bases[: len(known)] = known
    position = np.arange(start, end)
    return bases, position, position.astype(np.float64)


def _replaced(
    allele: Allele, skipped: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Bases of an allele: the first stand in the place of those they replace, further ones are added behind them."""
    n, both = len(allele.alt), min(len(allele.alt), len(allele.ref))
    position = np.full(n, INSERTED, dtype=np.int64)
    position[:both] = allele.start + np.arange(both)
    added = n - both
    source = np.empty(n, dtype=np.float64)
    source[:both] = position[:both]
    before = allele.start + both - 1
    source[both:] = before + (np.arange(added) + 1) / (added + 1) * (allele.end - before)
    return to_codes(allele.alt)[skipped:], position[skipped:], source[skipped:]


def haplotype_signal(values: npt.NDArray[np.float32], first: int, window: HaplotypeWindow) -> npt.NDArray[np.float32]:
    """Signal of a haplotype's window; (width,) float32.

    Parameters
    ----------
    values
        Signal of the reference from `first` on; 0 beyond.
    first
        Position of the first value.
    window
        The window.
    """
    padded = np.append(values, np.float32(0))
    left, right = (np.minimum(at - first, len(values)) for at in (window.left, window.right))
    return np.where(window.weight > 0, (1 - window.weight) * padded[left] + window.weight * padded[right], padded[left])


def reference_bins(
    scores: npt.NDArray[np.float32], position: npt.NDArray[np.int64], start: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Scores of a haplotype's window in the bins of the reference window that begins at the same base.

    A bin of the reference gets the scores of the haplotype's bins in which its bases lie, weighted by their number.

    Parameters
    ----------
    scores
        (models, bins) scores of the window's bins.
    position
        (width,) positions of its bases in the reference, -1 for added ones.
    start
        Where the window begins in the reference, a multiple of the bin's width.

    Returns
    -------
    (models, bins) sums over the bases of a bin, and (bins,) numbers of its bases that the window has; their quotient
    is the score. Without alleles it is `scores`.
    """
    n_bins = scores.shape[1]
    width = len(position) // n_bins
    kept = (position >= start) & (position < start + len(position))
    own = np.arange(len(position))[kept] // width
    theirs = (position[kept] - start) // width
    shared = np.bincount(theirs * n_bins + own, minlength=n_bins * n_bins).reshape(n_bins, n_bins)
    sums: npt.NDArray[np.float64] = scores.astype(np.float64) @ shared.T
    return sums, shared.sum(axis=1)
