"""The sequence preference of Tn5, measured on insertions outside peaks.

Where an insertion lies. Tn5 cuts the two strands 9 bp apart, and the usual shift (+4 at starts, -5 at ends of
half-open fragments) brings the start of a fragment to the middle of these 9 bp, base c, and its last base to c - 1.
Insertions of both ends together, as they are counted, so lie as often at the middle as one base before it, and what
they are symmetric around is the border between an insertion's own base and the next.
:func:`scmaxatac.pp.check_tn5_shift` finds the same in data: 0 and 1 bp to the centre. The hexamer that is the same for
an insertion and its mirror image is therefore the one around that border, from two bases before the insertion to three
after it; only of this one may both orientations be counted together.
"""

import numpy as np
import pandas as pd

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._types import Float64s, Int64s
from scmaxatac.genome._bases import reverse_complement

LENGTH, BEFORE, AFTER = 6, 2, 3
"""Bases of the word around an insertion, and how many of them lie before and after the insertion's own base."""

_PSEUDOCOUNT = 1.0
"""Insertions that are added to both the observed and the expected number: rare hexamers have a bias near 1."""

_WORDS = np.stack(np.meshgrid(*[np.arange(4, dtype=np.uint8)] * LENGTH, indexing="ij"), axis=-1).reshape(-1, LENGTH)
_PLACES = 4 ** np.arange(LENGTH - 1, -1, -1)


def _classes() -> Int64s:
    """Number of the pair of a hexamer and its reverse complement, (4096,)."""
    other = reverse_complement(_WORDS).astype(np.int64) @ _PLACES
    return np.unique(np.minimum(np.arange(len(_WORDS)), other), return_inverse=True)[1].astype(np.int64)


CLASS_OF = _classes()
"""(4096,) int64, from a hexamer to its class, the same for its reverse complement. A hexamer's number has two bits a
base (A, C, G, T are 0 to 3), the first base in the highest."""


class Tn5Bias:
    """How often Tn5 inserts into each hexamer, relative to how often the hexamer occurs.

    Attributes
    ----------
    n_observed
        (4096,) int64, insertions with this hexamer around them.
    n_available
        (4096,) int64, positions with this hexamer around them.
    """

    def __init__(self) -> None:
        self.n_observed = np.zeros(4**LENGTH, dtype=np.int64)
        self.n_available = np.zeros(4**LENGTH, dtype=np.int64)

    def add_sequence(self, codes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
        """Count the hexamers of all positions of some intervals of a chromosome.

        Parameters
        ----------
        codes
            (length,) uint8, the chromosome.
        starts, ends
            (n,) int64, 0-based and half-open, disjoint.
        """
        from scmaxatac.atac._footprint_kernels import count_available

        count_available(np.asarray(codes), starts, ends, BEFORE, AFTER, UNKNOWN_BASE, self.n_available)

    def add_insertions(self, codes: np.ndarray, starts: np.ndarray, ends: np.ndarray, positions: np.ndarray) -> None:
        """Count the hexamers of the insertions, (n,) int32 and sorted, that lie in some intervals."""
        from scmaxatac.atac._footprint_kernels import count_observed

        interval = np.searchsorted(starts, positions, side="right") - 1
        inside = interval >= 0
        inside[inside] = positions[inside] < ends[interval[inside]]
        count_observed(np.asarray(codes), positions[inside], BEFORE, AFTER, UNKNOWN_BASE, self.n_observed)

    @property
    def n_insertions(self) -> int:
        """Insertions that were counted."""
        return int(self.n_observed.sum())

    @property
    def values(self) -> Float64s:
        """(classes,) float64: observed over expected insertions, 1 where Tn5 has no preference."""
        observed, expected = self._by_class()
        return (observed + _PSEUDOCOUNT) / (expected + _PSEUDOCOUNT)

    def draws(self, n: int, rng: np.random.Generator) -> Float64s:
        """Values that other insertions, as many, would give: (n, classes) float64.

        Numbers of insertions are taken as Poisson; drawn are their means given the numbers that were found (gamma).
        """
        observed, expected = self._by_class()
        return rng.gamma(observed + _PSEUDOCOUNT, size=(n, len(observed))) / (expected + _PSEUDOCOUNT)

    def frame(self) -> pd.DataFrame:
        """Return a row a hexamer: hexamer, n_insertions, n_positions, bias (the same for the reverse complement)."""
        letters = np.frombuffer(b"ACGT", dtype=np.uint8)[_WORDS]
        names = [row.tobytes().decode() for row in letters]
        return pd.DataFrame(
            {
                "hexamer": names,
                "n_insertions": self.n_observed,
                "n_positions": self.n_available,
                "bias": self.values[CLASS_OF],
            }
        )

    def _by_class(self) -> tuple[Float64s, Float64s]:
        """Observed and expected insertions of each class, both orientations counted."""
        observed = np.bincount(CLASS_OF, weights=self.n_observed).astype(np.float64)
        available = np.bincount(CLASS_OF, weights=self.n_available).astype(np.float64)
        return observed, available * (observed.sum() / max(available.sum(), 1.0))


def outside(starts: np.ndarray, ends: np.ndarray, length: int) -> tuple[Int64s, Int64s]:
    """Find what sorted, disjoint intervals leave of a chromosome of `length` bp: starts and ends, (n,) int64."""
    first = np.concatenate([[0], np.minimum(ends, length)]).astype(np.int64)
    last = np.concatenate([np.minimum(starts, length), [length]]).astype(np.int64)
    keep = first < last
    return first[keep], last[keep]
