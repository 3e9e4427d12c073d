"""Simulated insertions with a planted preference of Tn5 and planted footprints, and what plain Python makes of them."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

LETTERS = "ACGTN"
MOTIF = "GCCACGAGGTGGC"
PROTECTED = 0.1
HALF_CORE = 8


def text_of(codes: np.ndarray) -> str:
    return "".join(LETTERS[code] for code in codes)


def reverse(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGTN", "TGCAN"))


def preference(strength: float = 0.6, seed: int = 0) -> np.ndarray:
    """How much Tn5 likes the middle of its cut to lie in each word of five bases, the same for its mirror image."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, strength, (5, 4))
    weights = (weights + weights[::-1, ::-1]) / 2
    words = np.stack(np.meshgrid(*[np.arange(4)] * 5, indexing="ij"), axis=-1).reshape(-1, 5)
    return np.exp(sum(weights[i, words[:, i]] for i in range(5)))


def words_of(codes: np.ndarray) -> np.ndarray:
    """Number of the word of five bases around each base; that of AAAAA near the ends."""
    found = np.zeros(len(codes), dtype=np.int64)
    for i in range(5):
        found[2:-2] = 4 * found[2:-2] + codes[i : len(codes) - 4 + i]
    return found


def shifted_insertions(cuts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Where the usual shift puts insertions: starts at the middle of a cut, last bases one before it."""
    middles = np.repeat(np.arange(len(cuts)), cuts)
    return np.sort(middles - rng.integers(0, 2, len(middles))).astype(np.int32)


class Simulation:
    """A chromosome with motifs in open chromatin, where some are bound, and in closed chromatin.

    Attributes
    ----------
    codes
        The chromosome.
    sites
        chrom, start, end, strand, kind ("bound", "free" or "closed").
    peaks
        chrom, start, end.
    """

    def __init__(
        self, *, n: int = 250, strength: float = 0.6, closed: float = 0.15, open_: float = 1.5, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        spacing = 1_600
        kinds = rng.permutation(np.repeat(["bound", "free", "closed"], n))
        self.codes = rng.integers(0, 4, spacing * (len(kinds) + 1)).astype(np.uint8)
        self.rates = np.full(len(self.codes), closed)
        motif = np.array([LETTERS.index(letter) for letter in MOTIF], dtype=np.uint8)
        rows, peaks = [], []
        for i, kind in enumerate(kinds):
            start = spacing * (i + 1) - 700 + int(rng.integers(0, 200))
            strand = "+-"[rng.integers(0, 2)]
            self.codes[start : start + len(motif)] = motif if strand == "+" else 3 - motif[::-1]
            rows.append(("chr1", start, start + len(motif), strand, str(kind)))
            if kind != "closed":
                peaks.append(("chr1", start - 300, start + 300))
                self.rates[start - 300 : start + 300] = open_
            if kind == "bound":
                middle = start + len(motif) // 2
                self.rates[middle - HALF_CORE : middle + HALF_CORE + 1] *= PROTECTED
        self.sites = pd.DataFrame(rows, columns=["chrom", "start", "end", "strand", "kind"])
        self.peaks = pd.DataFrame(peaks, columns=["chrom", "start", "end"])
        liked = preference(strength)
        self.likes = liked / liked.mean()
        cuts = rng.poisson(self.rates * self.likes[words_of(self.codes)])
        cuts[:5] = cuts[-5:] = 0
        self.positions = shifted_insertions(cuts, rng)


def hexamer_counts(text: str, intervals: Iterable[tuple[int, int]], positions: Iterable[int] | None) -> dict[str, int]:
    """Hexamers around all positions of some intervals, or around the insertions in them, one by one."""
    counts: dict[str, int] = {}
    inside = [(start, end) for start, end in intervals]
    where = [x for start, end in inside for x in range(start, end)] if positions is None else [
        int(x) for x in positions if any(start <= x < end for start, end in inside)
    ]  # fmt: skip
    for x in where:
        word = text[x - 2 : x + 4] if x >= 2 else ""
        if len(word) == 6 and "N" not in word:
            counts[word] = counts.get(word, 0) + 1
    return counts


def plain_bias(observed: Mapping[str, int], available: Mapping[str, int]) -> dict[str, float]:
    """Observed over expected insertions of each hexamer that occurs, both orientations counted, with one added."""

    def both(counts: Mapping[str, int], word: str) -> int:
        return sum(counts.get(one, 0) for one in {word, reverse(word)})

    total = sum(observed.values()) / sum(available.values())
    return {
        word: (both(observed, word) + 1) / (both(available, word) * total + 1)
        for word in {*available, *(reverse(word) for word in available)}
    }


def plain_sums(
    text: str, positions: Iterable[int], sites: pd.DataFrame, bias: Mapping[str, float], flank: int
) -> tuple[np.ndarray, np.ndarray]:
    """Observed and expected insertions of each position of the windows, site by site.

    A site on the reverse strand is a site on the forward strand of the reverse complement, where the same cuts would
    have been found as insertions at the middle of a cut and one base before it, too.
    """
    length = len(text)
    forward = sorted(map(int, positions))
    backward = sorted(length - 1 - (x + 1) for x in forward)
    texts, insertions = {"+": text, "-": reverse(text)}, {"+": forward, "-": backward}
    observed, expected = np.zeros(2 * flank), np.zeros(2 * flank)
    for site in sites.itertuples():
        strand = "-" if site.strand == "-" else "+"
        start, end = (site.start, site.end) if strand == "+" else (length - site.end, length - site.start)
        first = (start + end) // 2 - flank
        mine = [x - first for x in insertions[strand] if first <= x < first + 2 * flank]
        liked = [bias[texts[strand][x - 2 : x + 4]] for x in range(first, first + 2 * flank)]
        for place in mine:
            observed[place] += 1
        for place, value in enumerate(liked):
            expected[place] += len(mine) * value / sum(liked)
    return observed, expected
