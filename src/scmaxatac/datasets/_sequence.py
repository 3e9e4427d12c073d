"""Sequence of the toy genome: isochores, depleted CpG, repeats, gaps."""

from dataclasses import dataclass

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._types import Float64s
from scmaxatac.genome._bases import reverse_complement

CHROM_SIZES = {"chr1": 900_000, "chr2": 800_000, "chr3": 700_000, "chr4": 560_000, "chr5": 540_000}
"""Chromosomes of the toy genome and their sizes in bp (3.5 Mb in all)."""

_SEGMENT = 1_000  # bp drawn side by side: a segment has one composition
_GC_LEVELS = np.array([0.37, 0.40, 0.43, 0.47, 0.52])  # isochore families of the human genome (Costantini et al. 2006)
_GC_WEIGHTS = np.array([0.25, 0.30, 0.22, 0.15, 0.08])
_CPG_FACTOR = np.array([0.20, 0.20, 0.23, 0.26, 0.32])  # CpG that is left, against what the composition would give
_ISLAND_GC, _ISLAND_CPG = 0.64, 0.8
_TELOMERE = 6_000
_GAPS = {"chr1": (460_000, 8_000), "chr3": (250_000, 3_000)}
_REPEATS = {"Alu": (300, 0.12, 110), "L1": (700, 0.18, 75), "MIR": (180, 0.25, 60)}  # length, divergence, copies a Mb


@dataclass
class Sequence:
    """Bases of a chromosome.

    Attributes
    ----------
    codes
        ``(length,)`` uint8, 0 to 3 for A, C, G, T and 4 for N.
    masked
        ``(length,)`` bool, whether the base is a repeat's (lower case in the FASTA file).
    """

    codes: np.ndarray
    masked: np.ndarray


def _transitions(gc: float, cpg: float) -> np.ndarray:
    """``(16, 4)``: probability of a base after the two before it, with CpG depletion and runs of A and of T."""
    base = np.array([(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
    table = np.tile(base, (16, 1))
    for first in range(4):
        after_c = first * 4 + 1
        lost = table[after_c, 2] * (1 - cpg)  # methylated CpG decays to TpG, on the other strand to CpA
        table[after_c, 2] -= lost
        table[after_c, [0, 3]] += lost * np.array([0.4, 0.6])
    for run in (0, 15):
        table[run, run % 4] *= 1.25
    shares: Float64s = table / table.sum(axis=1, keepdims=True)
    return shares


def _markov(levels: np.ndarray, tables: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """Draw ``(len(levels), length)`` codes, a row with the transition table of its level."""
    n = len(levels)
    out = np.empty((length, n), np.uint8)
    cumulative = np.cumsum(tables, axis=2)[:, :, :3]
    context = rng.integers(0, 16, n)
    drawn = rng.random((length, n, 1), dtype=np.float32)
    for position in range(length):
        base = (drawn[position] > cumulative[levels, context]).sum(axis=1)
        out[position] = base
        context = (context % 4) * 4 + base
    return out.T


def _isochores(n_segments: int, rng: np.random.Generator) -> np.ndarray:
    """Level of each segment, in intervals of 40 to 150 kb."""
    levels: list[int] = []
    while len(levels) < n_segments:
        levels.extend([int(rng.choice(len(_GC_LEVELS), p=_GC_WEIGHTS))] * int(rng.integers(40, 150)))
    return np.array(levels[:n_segments])


def _insert_repeats(sequence: Sequence, families: dict[str, np.ndarray], rng: np.random.Generator) -> None:
    length = len(sequence.codes)
    for name, (size, divergence, copies) in _REPEATS.items():
        for start in rng.integers(0, length - size, int(copies * length / 1e6)):
            kept = int(size * rng.uniform(0.4, 1.0))  # copies are truncated at the 5' end, as retrotransposons are
            copy = families[name][size - kept :].copy()
            changed = rng.random(kept) < divergence
            copy[changed] = rng.integers(0, 4, int(changed.sum()))
            if rng.random() < 0.5:
                copy = reverse_complement(copy)
            sequence.codes[start : start + kept] = copy
            sequence.masked[start : start + kept] = True


def simulate_sequence(rng: np.random.Generator) -> dict[str, Sequence]:
    """Draw the chromosomes without gaps (see :func:`add_gaps`).

    A second-order Markov chain in isochores of 37 to 52% GC, CpG at a fifth to a third of its expectation, three
    families of diverged repeats that are soft-masked.
    """
    tables = np.stack([_transitions(gc, cpg) for gc, cpg in zip(_GC_LEVELS, _CPG_FACTOR, strict=True)])
    families = {
        name: _markov(np.array([level]), tables, size, rng)[0]
        for level, (name, (size, _, _)) in zip((4, 1, 2), _REPEATS.items(), strict=True)
    }
    genome = {}
    for chrom, length in CHROM_SIZES.items():
        levels = _isochores(-(-length // _SEGMENT), rng)
        codes = _markov(levels, tables, _SEGMENT, rng).ravel()[:length].copy()
        genome[chrom] = Sequence(codes, np.zeros(length, bool))
        _insert_repeats(genome[chrom], families, rng)
    return genome


def cpg_islands(n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `n` CpG islands of `length` bp, ``(n, length)`` codes."""
    return _markov(np.zeros(n, int), _transitions(_ISLAND_GC, _ISLAND_CPG)[None], length, rng)


def gaps(chrom: str) -> list[tuple[int, int]]:
    """The runs of N of a chromosome, its two ends and in some an assembly gap (0-based, half-open)."""
    length = CHROM_SIZES[chrom]
    runs = [(0, _TELOMERE), (length - _TELOMERE, length)]
    if chrom in _GAPS:
        start, size = _GAPS[chrom]
        runs.insert(1, (start, start + size))
    return runs


def add_gaps(genome: dict[str, Sequence]) -> None:
    """Write N into the gaps, in place."""
    for chrom, sequence in genome.items():
        for start, end in gaps(chrom):
            sequence.codes[start:end] = UNKNOWN_BASE
            sequence.masked[start:end] = False
