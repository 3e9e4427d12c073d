"""Normal form of an allele: as short as possible, as far left as possible, checked against the genome."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
_CODES = np.full(256, 4, dtype=np.uint8)
_CODES[np.frombuffer(b"ACGTacgt", dtype=np.uint8)] = [0, 1, 2, 3, 0, 1, 2, 3]


class Allele(NamedTuple):
    """A replacement of bases of the reference.

    Attributes
    ----------
    start
        Position of the first base that is replaced or, for an insertion, of the base before which it is put; 0-based.
    ref
        Bases that are replaced; "" for an insertion.
    alt
        Bases that take their place; "" for a deletion.
    """

    start: int
    ref: str
    alt: str

    @property
    def end(self) -> int:
        """End of the bases that are replaced, 0-based, half-open."""
        return self.start + len(self.ref)

    @property
    def kind(self) -> str:
        """``"SNV"``, ``"MNV"``, ``"insertion"``, ``"deletion"`` or ``"complex"``."""
        if len(self.ref) == len(self.alt):
            return "SNV" if len(self.ref) == 1 else "MNV"
        if not self.ref:
            return "insertion"
        return "complex" if self.alt else "deletion"


def has_window(allele: Allele, starts: npt.NDArray[np.int64], window: int) -> bool:
    """Whether one of the windows from `starts` (sorted) on, of `window` bp, holds an allele."""
    first = np.searchsorted(starts, allele.start - window, side="right")
    return bool(first < np.searchsorted(starts, allele.end))


def to_codes(bases: str) -> npt.NDArray[np.uint8]:
    """Codes of bases: 0 to 3 are A, C, G, T in either case, 4 is anything else; (n,) uint8."""
    return _CODES[np.frombuffer(bases.encode("ascii"), dtype=np.uint8)]


def to_bases(codes: npt.NDArray[np.uint8]) -> str:
    """Bases of codes; the inverse of :func:`to_codes`, with N for what is unknown."""
    return _LETTERS[np.minimum(codes, 4)].tobytes().decode("ascii")


def trim(start: int, ref: str, alt: str) -> Allele:
    """Leave out the bases that both alleles begin or end with, those at the end first.

    Parameters
    ----------
    start
        Position of the first base of `ref`, 0-based.
    ref, alt
        The alleles, upper case.
    """
    shortest = min(len(ref), len(alt))
    behind = 0
    while behind < shortest and ref[-1 - behind] == alt[-1 - behind]:
        behind += 1
    before = 0
    while before < shortest - behind and ref[before] == alt[before]:
        before += 1
    return Allele(start + before, ref[before : len(ref) - behind], alt[before : len(alt) - behind])


def left_align(allele: Allele, codes: npt.NDArray[np.uint8]) -> Allele:
    """Move an insertion or a deletion as far left as its bases repeat (Tan et al. 2015, Bioinformatics 31:2202).

    Parameters
    ----------
    allele
        A trimmed allele.
    codes
        (length,) uint8, bases of the chromosome.
    """
    moved = allele.ref or allele.alt
    if (allele.ref and allele.alt) or not moved:
        return allele
    start, n = allele.start, len(moved)
    bases = to_codes(moved)
    while start and codes[start - 1] < 4 and codes[start - 1] == bases[(start - allele.start - 1) % n]:
        start -= 1
    turn = (start - allele.start) % n
    moved = moved[turn:] + moved[:turn]
    return Allele(start, moved, "") if allele.ref else Allele(start, "", moved)


def anchored(allele: Allele, codes: npt.NDArray[np.uint8]) -> tuple[int, str, str]:
    """Position (1-based), REF and ALT as VCF writes them: with the base before an insertion or a deletion.

    At the start of a chromosome, where there is none, it is the base behind.
    """
    if allele.ref and allele.alt:
        return allele.start + 1, allele.ref, allele.alt
    if allele.start:
        before = to_bases(codes[allele.start - 1 : allele.start])
        return allele.start, before + allele.ref, before + allele.alt
    behind = to_bases(codes[allele.end : allele.end + 1])
    return 1, allele.ref + behind, allele.alt + behind
