"""Motifs of the three transcription factors of the toy data, and where they occur.

Count matrices from JASPAR CORE 2024 (Rauluseviciute et al. 2024, Nucleic Acids Research 52:D174, CC BY 4.0). MA0037.4
was measured with mouse Gata3, whose DNA-binding fingers equal the human ones.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scmaxatac._types import Bytes, Float64s

_ACCESSIONS = {"CTCF": "MA0139.1", "SPI1": "MA0080.5", "GATA3": "MA0037.4"}

_COUNTS = {
    "CTCF": (
        "87 167 281 56 8 744 40 107 851 5 333 54 12 56 104 372 82 117 402",
        "291 145 49 800 903 13 528 433 11 0 3 12 0 8 733 13 482 322 181",
        "76 414 449 21 0 65 334 48 32 903 566 504 890 775 5 507 307 73 266",
        "459 187 134 36 2 91 11 324 18 3 9 341 8 71 67 17 37 396 59",
    ),
    "SPI1": (
        "42201 48240 54154 78831 81904 99739 15301 113087 5230 3323 "
        "129177 127888 11279 13931 11028 90925 60831 59460 39411 42838",
        "22587 21262 20183 11424 12269 2914 10958 3425 568 954 1339 792 9931 3717 12697 11316 20113 16927 26246 24884",
        "38405 34277 37341 25893 25580 13479 100825 12544 125703 127639 "
        "1407 1308 109802 7231 103485 20647 30577 29188 34829 28335",
        "30010 29424 21525 17055 13450 17071 6119 4147 1702 1287 "
        "1280 3215 2191 108324 5993 10315 21682 27628 32717 37146",
    ),
    "GATA3": (
        "6300 7292 2016 946 794 984 22974 427 294 3100 5201 6236",
        "4710 5586 3859 19702 928 758 566 282 23839 903 6541 6395",
        "6344 3631 2551 2165 280 960 528 291 255 608 6712 3953",
        "7514 8359 16442 2055 22866 22166 800 23868 480 20257 6414 8284",
    ),
}

_BACKGROUND = np.array([0.29, 0.21, 0.21, 0.29])
_PSEUDOCOUNT = 0.01  # share of a column's count that is spread over the four bases
_N_SAMPLED = 20_000


@dataclass(frozen=True)
class Motif:
    """A transcription factor's motif.

    Attributes
    ----------
    tf
        Name of the factor.
    accession
        Accession of the matrix in JASPAR CORE.
    probabilities
        ``(width, 4)``, the share of A, C, G, T at each position.
    """

    tf: str
    accession: str
    probabilities: Float64s

    @property
    def width(self) -> int:
        """Width in bp."""
        return len(self.probabilities)

    @cached_property
    def log_odds(self) -> Float64s:
        """``(width, 4)``, bits over a background of 42% GC."""
        bits: Float64s = np.log2(self.probabilities / _BACKGROUND)
        return bits

    @cached_property
    def _percentiles(self) -> Float64s:
        scores = self.score(self.sample(_N_SAMPLED, np.random.default_rng(0)))
        return np.percentile(scores, np.arange(101))

    def score(self, codes: np.ndarray) -> Float64s:
        """Score sequences ``(n, width)`` of codes 0 to 3, in bits."""
        bits: Float64s = self.log_odds[np.arange(self.width), codes].sum(axis=-1)
        return bits

    def score_at(self, quantile: float) -> float:
        """Score that this share of the motif's own instances stays below."""
        return float(np.interp(100 * quantile, np.arange(101), self._percentiles))

    def sample(self, n: int, rng: np.random.Generator) -> Bytes:
        """Draw `n` instances ``(n, width)`` on the forward strand."""
        cumulative = np.cumsum(self.probabilities, axis=1)
        drawn = rng.random((n, self.width, 1))
        codes: Bytes = np.minimum((drawn > cumulative[None]).sum(axis=2), 3).astype(np.uint8)
        return codes

    def sample_between(self, low: float, high: float, n: int, rng: np.random.Generator) -> Bytes:
        """Draw `n` instances whose scores lie between two quantiles of the motif's own scores."""
        drawn = self.sample(int(n / (high - low) * 1.5) + 200, rng)
        scores = self.score(drawn)
        kept = drawn[(scores >= self.score_at(low)) & (scores <= self.score_at(high))]
        return kept[:n] if len(kept) >= n else kept[rng.integers(0, len(kept), n)]

    def find(self, codes: np.ndarray, minimum: float) -> tuple[np.ndarray, np.ndarray]:
        """Find instances on both strands that score at least `minimum`.

        Parameters
        ----------
        codes
            ``(length,)`` uint8, 0 to 3 for A, C, G, T and 4 for N.
        minimum
            Smallest score, in bits.

        Returns
        -------
        0-based starts, and whether the instance lies on the reverse strand.
        """
        n = len(codes) - self.width + 1
        if n <= 0:
            return np.empty(0, np.int64), np.empty(0, bool)
        table = np.full((self.width, 5), -100.0, np.float32)
        table[:, :4] = self.log_odds
        starts, reverse = [], []
        for strand, rows in enumerate((table, np.concatenate([table[::-1, 3::-1], table[::-1, 4:]], axis=1))):
            score = np.zeros(n, np.float32)
            for offset, row in enumerate(rows):
                score += row[codes[offset : offset + n]]
            hits = np.flatnonzero(score >= minimum)
            starts.append(hits)
            reverse.append(np.full(len(hits), bool(strand)))
        return np.concatenate(starts), np.concatenate(reverse)


def _motif(tf: str) -> Motif:
    counts = np.array([row.split() for row in _COUNTS[tf]], dtype=float).T
    total = counts.sum(axis=1, keepdims=True)
    return Motif(tf, _ACCESSIONS[tf], (counts / total + _PSEUDOCOUNT / 4) / (1 + _PSEUDOCOUNT))


MOTIFS = {tf: _motif(tf) for tf in _COUNTS}
"""The motifs of the toy data by the factor's name."""
