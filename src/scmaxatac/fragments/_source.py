"""What every source of fragments gives: chunks of arrays, and a report on the barcodes that were found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np


class FragmentChunk(NamedTuple):
    """Some fragments, in no particular order.

    Attributes
    ----------
    cell
        (n,) int32, place of the cell among those that were asked for; 0 throughout where all is one bulk sample.
    chrom
        (n,) int32, index into the source's ``chroms``.
    start, end
        (n,) int32, 0-based, half-open.
    both_ends
        Whether a fragment has two insertions, at ``start`` and ``end - 1`` (paired), or one, at ``start`` (single).
    """

    cell: np.ndarray
    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    both_ends: bool


@dataclass(frozen=True)
class MatchReport:
    """How many of the object's cells a fragment file holds.

    Attributes
    ----------
    n_cells
        Cells that were asked for.
    n_matched
        Cells of which the file holds at least one fragment.
    rule
        How the object's names were changed to fit the file's barcodes, in words; empty when they fit as they are.
    """

    n_cells: int
    n_matched: int
    rule: str = ""

    @property
    def rate(self) -> float:
        """Share of the cells that were found."""
        return self.n_matched / self.n_cells if self.n_cells else 0.0


class FragmentSource(Protocol):
    """Something that holds fragments and gives them chunk by chunk.

    Attributes
    ----------
    name
        What messages call it: a path, or ``obsm['fragment_paired']``.
    n_cells
        Number of cells asked for; 1 for a bulk sample.
    """

    name: str
    n_cells: int

    @property
    def chroms(self) -> list[str]:
        """Names of the chromosomes that chunks refer to; may grow while chunks are read and is complete after."""
        ...

    @property
    def match(self) -> MatchReport | None:
        """After all chunks were read from a file with barcodes: how many cells were found. None otherwise."""
        ...

    def chunks(self) -> Iterator[FragmentChunk]:
        """Read the fragments of the cells asked for, in pieces of bounded size; a second call reads them again."""
        ...
