"""A plain model of a prediction: loops and dense arrays, none of the package's own kernels."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from _analytic import analytic_score
from _mini import BLACKLIST, GROUPS, SIZES, Mini
from _networks import random_weights

MODELS = {"AAA": 1, "BBB": 2}
"""Models of the tiny data set: name and seed of the weights."""

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Scores one window: (1024,) codes and signal to (32,)."""


@dataclass
class Oracle:
    """What a run has to give, worked out from fragments, sequence, blacklist and regions.

    `regions` None stands for whole chromosomes.
    """

    codes: dict[str, np.ndarray]
    blacklist: pd.DataFrame
    chroms: list[str]
    regions: pd.DataFrame | None
    scores: dict[str, Score]
    signal_chroms: list[str] | None = None
    step: int = 256
    both_strands: bool = False
    bins: dict[tuple[str, str, str], dict[int, float]] = field(default_factory=dict)

    def add_group(self, group: str, libraries: list[pd.DataFrame]) -> None:
        """Work out the bins of a group from its fragments (of each replicate: chrom, start, end)."""
        self._signals = self.signal(libraries)
        for chrom in self.chroms:
            starts = self.windows(chrom)
            for tf, score in self.scores.items():
                sums: dict[int, list[np.ndarray]] = {}
                for start in starts:
                    window = slice(start, start + 1024)
                    values = self._score(score, self.codes[chrom][window], self._signals[chrom][window])
                    for b in range(32):
                        sums.setdefault(start // 32 + b, []).append(values[b])
                self.bins[group, tf, chrom] = {b: float(np.mean(v)) for b, v in sorted(sums.items())}

    def _score(self, score: Score, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        forward = score(codes, signal)
        if not self.both_strands:
            return forward
        complement = np.array([3, 2, 1, 0, 4], dtype=np.uint8)[codes]
        return (forward + score(complement[::-1].copy(), signal[::-1].copy())[::-1]) / 2

    def signal(self, libraries: list[pd.DataFrame]) -> dict[str, np.ndarray]:
        """Signal of whole chromosomes from dense coverage and ``np.percentile`` over all of them."""
        scaling = self.signal_chroms or self.chroms
        tracks = {chrom: np.zeros(len(self.codes[chrom])) for chrom in dict.fromkeys([*self.chroms, *scaling])}
        for fragments in libraries:
            total = 2 * fragments["chrom"].isin(scaling).sum()
            for chrom, track in tracks.items():
                mine = fragments[fragments["chrom"] == chrom]
                bad = self.bad(chrom)
                for position in [*mine["start"], *(mine["end"] - 1)]:
                    lo, hi = max(position - 20, 0), min(position + 21, len(track))
                    if not bad[lo:hi].any():
                        track[lo:hi] += 20e6 / total / len(libraries)
        covered = np.concatenate([tracks[c][(tracks[c] > 0) & ~self.bad(c)] for c in scaling])
        maximum = np.percentile(covered, 99)
        return {chrom: (track / maximum).astype(np.float32) for chrom, track in tracks.items()}

    def bad(self, chrom: str) -> np.ndarray:
        """Blacklisted bases."""
        bases = np.zeros(len(self.codes[chrom]), dtype=bool)
        for row in self.blacklist[self.blacklist["chrom"] == chrom].itertuples():
            bases[row.start : row.end] = True
        return bases

    def inside(self, chrom: str) -> np.ndarray:
        """Bases in regions."""
        bases = np.zeros(len(self.codes[chrom]), dtype=bool)
        if self.regions is None:
            return ~bases
        for row in self.regions[self.regions["chrom"] == chrom].itertuples():
            bases[row.start : row.end] = True
        return bases

    def known(self, chrom: str, b: int) -> bool:
        """Whether a 32-bp bin has a known base; others are in `bins`, but no site, rank or region counts them."""
        return bool((self.codes[chrom][b * 32 : b * 32 + 32] < 4).any())

    def windows(self, chrom: str) -> list[int]:
        """Starts of the windows that are predicted."""
        bad, inside = self.bad(chrom), self.inside(chrom)
        every = range(0, len(bad) - 1023, self.step)
        return [s for s in every if not bad[s : s + 1024].any() and inside[s : s + 1024].any()]

    def region_scores(self, group: str, tf: str, regions: pd.DataFrame) -> np.ndarray:
        """Largest known bin that overlaps each region by 1 bp, NaN without any."""
        found = []
        for row in regions.itertuples():
            bins = self.bins[group, tf, str(row.chrom)]
            near = [b for b in bins if b * 32 < row.end and b * 32 + 32 > row.start]
            values = [bins[b] for b in near if self.known(str(row.chrom), b)]
            found.append(max(values) if values else np.nan)
        return np.array(found)

    def sites(
        self, group: str, tf: str, threshold: float, *, include_flanks: bool
    ) -> list[tuple[str, int, int, float]]:
        """Merge adjacent bins at or above a threshold; without flanks only those that overlap a region."""
        sites = []
        for chrom in self.chroms:
            inside = self.inside(chrom)
            last = None
            for b, value in self.bins[group, tf, chrom].items():
                if value < threshold or not (include_flanks or inside[b * 32 : b * 32 + 32].any()):
                    continue
                if not self.known(chrom, b):
                    continue
                if last is not None and last == b - 1:
                    name, start, _, best = sites.pop()
                    sites.append((name, start, b * 32 + 32, max(best, value)))
                else:
                    sites.append((chrom, b * 32, b * 32 + 32, value))
                last = b
        return sites

    def matched_threshold(self, group: str, tf: str, rate: float) -> float:
        """N-th largest 200-bp maximum, N being the rate times the 200-bp bins that count."""
        return sorted(self.maxima(group, tf), reverse=True)[round(rate * len(self.calibration_bins())) - 1]

    def calibration_bins(self) -> list[tuple[str, int]]:
        """Chromosome and number of every 200-bp bin off the blacklist that has a known base."""
        found = []
        for chrom in self.chroms:
            bad, codes = self.bad(chrom), self.codes[chrom]
            for k in range(len(bad) // 200):
                bases = slice(200 * k, 200 * k + 200)
                if not bad[bases].any() and (codes[bases] < 4).any():
                    found.append((chrom, k))
        return found

    def maximum(self, group: str, tf: str, chrom: str, k: int) -> float | None:
        """Largest score of the known 32-bp bins of a 200-bp bin; None where none was predicted."""
        bins = self.bins[group, tf, chrom]
        near = range(200 * k // 32, (200 * k + 199) // 32 + 1)
        return max((bins[b] for b in near if b in bins and self.known(chrom, b)), default=None)

    def maxima(self, group: str, tf: str) -> list[float]:
        """Largest score of each predicted 200-bp bin that counts."""
        found = [self.maximum(group, tf, chrom, k) for chrom, k in self.calibration_bins()]
        return [value for value in found if value is not None]

    def activity(
        self, tf: str, sites: dict[str, list[tuple[str, int, int, float]]], min_stored_score: float
    ) -> dict[str, float]:
        """Mean over the union of all groups' sites of each group's largest bin there; bins below that score are 0."""
        bins = sorted({(c, b) for found in sites.values() for c, s, e, _ in found for b in range(s // 32, e // 32)})
        union: list[list[tuple[str, int]]] = []
        for chrom, b in bins:
            if union and union[-1][-1] == (chrom, b - 1):
                union[-1].append((chrom, b))
            else:
                union.append([(chrom, b)])
        means = {}
        for group in sites:
            best = [max(self.bins[group, tf, chrom].get(b, 0.0) for chrom, b in site) for site in union]
            means[group] = (
                float(np.mean([value if value >= min_stored_score else 0.0 for value in best])) if union else np.nan
            )
        return means


def make_oracle(mini: Mini, regions: pd.DataFrame | None, libraries_of=None, **options) -> Oracle:
    """Work out the prediction of all groups; `libraries_of` splits a group's barcodes into replicates."""
    scores = {tf: analytic_score(random_weights(seed)) for tf, seed in MODELS.items()}
    oracle = Oracle(mini.codes, BLACKLIST, options.pop("chroms", list(SIZES)), regions, scores, **options)
    for group in GROUPS:
        barcodes = mini.obs.index[mini.obs["leiden"] == group]
        parts = [barcodes] if libraries_of is None else libraries_of(barcodes)
        oracle.add_group(group, [mini.fragments[mini.fragments["barcode"].isin(part)] for part in parts])
    return oracle
