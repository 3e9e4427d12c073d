"""Insertions of a Tn5 whose preference is known: thinned from the simulated data, or drawn around planted motifs."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.atac._insertions import Insertions, unpack
from scmaxatac.atac._pseudobulk import Pseudobulks, make_pseudobulks
from scmaxatac.datasets import Toy
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.genome import Genome
from scmaxatac.genome._bases import reverse_complement

_WORD = 5
_STRENGTH = 0.5
_SPACING = 1_600
_PROTECTED, _HALF_CORE = 0.1, 8


def likes() -> np.ndarray:
    """How much Tn5 likes the middle of its cut in each word of five bases: mean 1, the same for mirror images."""
    weights = np.random.default_rng(0).normal(0, _STRENGTH, (_WORD, 4))
    weights = (weights + weights[::-1, ::-1]) / 2
    words = np.stack(np.meshgrid(*[np.arange(4)] * _WORD, indexing="ij"), axis=-1).reshape(-1, _WORD)
    liked = np.exp(np.sum([weights[i, words[:, i]] for i in range(_WORD)], axis=0))
    return liked / liked.mean()


def liked_at(codes: np.ndarray) -> np.ndarray:
    """Preference for a cut around each base of a chromosome; unknown bases are read as T."""
    known, half = np.minimum(codes, 3).astype(np.int64), _WORD // 2
    word = np.zeros(len(codes), dtype=np.int64)
    for i in range(_WORD):
        word[half:-half] = 4 * word[half:-half] + known[i : len(codes) - _WORD + 1 + i]
    return likes()[word]


def with_preference(toy: Toy, bulks: Pseudobulks, seed: int = 0) -> Pseudobulks:
    """Pseudobulks of the simulated data, less the insertions that a Tn5 with the preference would not have made."""
    rng = np.random.default_rng(seed)
    kept: dict[str, dict[str, np.ndarray]] = {group: {} for group in bulks.insertions.libraries}
    for chrom in bulks.chroms:
        chance = liked_at(toy.genome.codes(chrom)) / likes().max()
        for i, group in enumerate(kept):
            first, last = unpack(bulks.insertions.fragments[i, chrom])
            # the middle of a cut is the first base of a fragment, or one after its last
            kept[group][chrom] = np.concatenate(
                [end[rng.random(len(end)) < chance[middle]] for end, middle in ((first, first), (last, last + 1))]
            )
    return _bulks(kept, toy.genome, bulks.chroms)


def _bulks(positions: dict[str, dict[str, np.ndarray]], genome: Genome, chroms: list[str]) -> Pseudobulks:
    insertions = Insertions.from_positions(positions, n_cells=[100] * len(positions))
    return make_pseudobulks(insertions, {group: [group] for group in positions}, genome, chroms, min_fragments=1)


class Planted(NamedTuple):
    """A chromosome with CTCF motifs in open chromatin, half of them bound, and their insertions.

    Attributes
    ----------
    bulks
        Insertions of one group.
    sites
        chrom, start, end, strand, bound.
    peaks
        Open chromatin.
    expected
        True expectation of a cut's insertion at each base, without footprints.
    """

    bulks: Pseudobulks
    sites: pd.DataFrame
    peaks: pd.DataFrame
    expected: np.ndarray


def planted(n_outside: int, seed: int, n_sites: int = 150) -> Planted:
    """Draw a genome and insertions, about `n_outside` of them outside peaks."""
    rng = np.random.default_rng(seed)
    motif = MOTIFS["CTCF"]
    width = motif.width
    codes = rng.integers(0, 4, _SPACING * (2 * n_sites + 1)).astype(np.uint8)
    start = _SPACING * np.arange(1, 2 * n_sites + 1) + rng.integers(-300, 300, 2 * n_sites)
    reverse, bound = rng.random((2, 2 * n_sites)) < 0.5
    for at, flipped, drawn in zip(start, reverse, motif.sample(2 * n_sites, rng), strict=True):
        codes[at : at + width] = reverse_complement(drawn) if flipped else drawn
    offset = start[:, None] + np.arange(-300, 300)
    rates = np.full(len(codes), n_outside / (len(codes) - offset.size))
    rates[offset] = 1.0
    middle = start[bound] + width // 2
    rates[middle[:, None] + np.arange(-_HALF_CORE, _HALF_CORE + 1)] *= _PROTECTED
    liked = liked_at(codes)
    cuts = rng.poisson(rates * liked)
    cuts[:10] = cuts[-10:] = 0
    middles = np.repeat(np.arange(len(codes)), cuts)
    positions = np.sort(middles - rng.integers(0, 2, len(middles))).astype(np.int32)
    strand = np.where(reverse, "-", "+")
    sites = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + width, "strand": strand, "bound": bound})
    peaks = pd.DataFrame({"chrom": "chr1", "start": start - 300, "end": start + 300})
    expected = (liked + np.append(liked[1:], 1.0)) / 2
    bulks = _bulks({"cells": {"chr1": positions}}, Genome.from_codes({"chr1": codes}), ["chr1"])
    return Planted(bulks, sites, peaks, expected)
