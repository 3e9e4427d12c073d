"""Matching an object's cells to the barcodes of a fragment file, which often carry other affixes."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from scmaxatac._types import Int32s

_ENOUGH = 0.5  # share of cells found under their own names that makes other rules needless to try
# a barcode of DNA, possibly of several parts, and the number of the well or library that may follow
_DNA = re.compile(r"(?<![A-Za-z0-9])([ACGT]{6,}(?:[+._-]?[ACGT]{4,})*)(-\d+)?(?![A-Za-z0-9])")
_NUMBER = re.compile(r"-\d+$")


@dataclass(frozen=True)
class BarcodeRule:
    """A way to make an object's cell names and a file's barcodes equal.

    Attributes
    ----------
    text
        What it does, in words; empty for names that fit as they are.
    of_cell
        Changes a cell's name.
    of_barcode
        Changes a barcode of the file; None where those stay as they are.
    kept
        Gives the part of a cell's name that `of_cell` keeps; None where that is the whole name.
    """

    text: str
    of_cell: Callable[[str], str]
    of_barcode: Callable[[str], str] | None = None
    kept: Callable[[str], str] | None = None

    def dropped(self, cells: Iterable[str]) -> list[str]:
        """The different parts of the cells' names that the rule ignores, such as the names of samples."""
        if self.kept is None:
            return []
        return list(dict.fromkeys(cell.replace(self.kept(cell), "", 1) for cell in cells))


def _same(name: str) -> str:
    return name


def _unnumbered(name: str) -> str:
    return _NUMBER.sub("", name)


def _barcode(name: str) -> str:
    """The barcode with its number, without a sample's name before or after it."""
    if match := _longest_dna(name):
        return match[0]
    return name.rsplit("#", 1)[-1]


def _bare(name: str) -> str:
    return _unnumbered(_barcode(name))


def _after_last(name: str) -> str:
    return name.rsplit("_", 1)[-1]


def _after_first(name: str) -> str:
    return name.split("_", 1)[-1]


def _with_sample(prefix: str, name: str) -> str:
    return prefix + _barcode(name)


def _longest_dna(name: str) -> re.Match[str] | None:
    return max(_DNA.finditer(name), key=lambda match: len(match[1]), default=None)


def rules(sample: str | None = None) -> list[BarcodeRule]:
    """All rules that are tried, the ones that change least first.

    Parameters
    ----------
    sample
        Name of the sample that all cells belong to, if known.
    """
    found = [
        BarcodeRule("", _same),
        BarcodeRule("'-1' added to the cells' names", lambda name: f"{name}-1"),
        BarcodeRule("the number after '-' removed from the cells' names", _unnumbered, None, _unnumbered),
        BarcodeRule(
            "the number after '-' in the cells' names set to 1",
            lambda name: f"{_unnumbered(name)}-1",
            None,
            _unnumbered,
        ),
        BarcodeRule("the sample removed from the cells' names", _barcode, None, _barcode),
        BarcodeRule("sample and number removed from the cells' names", _bare, None, _bare),
        BarcodeRule(
            "the sample removed from the cells' names, their number set to 1",
            lambda name: f"{_bare(name)}-1",
            None,
            _bare,
        ),
    ]
    if sample is not None:
        for mark in "#_-:":
            found.append(
                BarcodeRule(
                    f"'{sample}{mark}' put before the cells' barcodes", partial(_with_sample, f"{sample}{mark}")
                )
            )
    found += [
        BarcodeRule("the sample removed from the file's barcodes", _same, _barcode),
        BarcodeRule("the sample removed from the cells' names and the file's barcodes", _barcode, _barcode, _barcode),
        BarcodeRule("names and barcodes reduced to their bases", _bare, _bare, _bare),
    ]
    # barcodes that are not made of bases, so that only the mark tells where they begin
    for part, place in ((_after_first, "first"), (_after_last, "last")):
        before = f"what stands before the {place} '_' removed from the"
        found += [
            BarcodeRule(f"{before} cells' names", part, None, part),
            BarcodeRule(f"{before} file's barcodes", _same, part),
        ]
    return found


class RuleSelector:
    """Try all rules on a look at the file's barcodes.

    Parameters
    ----------
    cells
        Names of the object's cells.
    sample
        Name of the sample that all of them belong to, if known.
    """

    def __init__(self, cells: Sequence[str], sample: str | None) -> None:
        self._rules = rules(sample)
        self._names = list(cells)
        self._keys: dict[int, list[str]] = {}
        self._found: list[set[str]] = [set() for _ in self._rules]
        self._is_exact = False

    def look(self, barcodes: Sequence[str]) -> None:
        """Count for each rule which cells are among `barcodes`."""
        present = set(barcodes)
        self._found[0] |= present.intersection(self._names)
        self._is_exact = len(self._found[0]) >= _ENOUGH * len(self._names)
        if self._is_exact:
            return
        changed: dict[Callable[[str], str], set[str]] = {}
        for i, rule in enumerate(self._rules[1:], start=1):
            if i not in self._keys:
                self._keys[i] = list(map(rule.of_cell, self._names))
            if rule.of_barcode is not None and rule.of_barcode not in changed:
                changed[rule.of_barcode] = set(map(rule.of_barcode, present))
            self._found[i] |= (changed[rule.of_barcode] if rule.of_barcode else present).intersection(self._keys[i])

    @property
    def share(self) -> float:
        """Share of the cells that the best rule has found."""
        return max(map(len, self._found)) / len(self._names)

    def best(self) -> BarcodeRule:
        """The rule that found most; of equals the one that changes least."""
        counts = [len(found) for found in self._found]
        return self._rules[0 if self._is_exact else counts.index(max(counts))]


class BarcodeIndex:
    """Find the cell of each barcode of a file under one rule.

    Parameters
    ----------
    cells
        Names of the object's cells.
    rule
        The rule.
    where
        Name of the file, for messages.

    Raises
    ------
    ValueError
        If the rule gives two cells the same barcode.
    """

    def __init__(self, cells: Sequence[str], rule: BarcodeRule, where: str) -> None:
        import pyarrow as pa

        self._rule = rule
        self._where = where
        self._cells = cells
        keys = [rule.of_cell(name) for name in cells]
        self._place = {key: i for i, key in enumerate(keys)}
        if len(self._place) < len(keys):
            first, second = _first_pair(keys)
            raise ValueError(
                f"{where}: cells {cells[first]!r} and {cells[second]!r} would both be its barcode {keys[first]!r} "
                f"({rule.text}). If the object holds several samples, give sample_key= and fragments={{sample: path}}, "
                "or the obs column with the file's own barcodes as barcode_key="
            )
        self._values = pa.array(keys, type=pa.string())
        self._owner: dict[int, str] = {}
        self._memo: dict[str, int] = {}

    def cells_of(self, barcodes: Any) -> Int32s:
        """The cell of each of an arrow array's barcodes, (n,) int32, -1 for those of no cell.

        Raises
        ------
        ValueError
            If different barcodes of the file belong to the same cell.
        """
        import pyarrow.compute as pc

        if self._rule.of_barcode is None:
            # looked up as strings: about three times as fast as dictionary-encoding them first
            found: Int32s = pc.index_in(barcodes, value_set=self._values).fill_null(-1).to_numpy()
            return found
        encoded = barcodes.combine_chunks().dictionary_encode()
        places = [self._changed_place(name) for name in encoded.dictionary.to_pylist()]
        index: Int32s = encoded.indices.to_numpy()
        return np.array(places, dtype=np.int32)[index]

    def _changed_place(self, barcode: str) -> int:
        place = self._memo.get(barcode)
        if place is None and self._rule.of_barcode is not None:
            place = self._memo[barcode] = self._place.get(self._rule.of_barcode(barcode), -1)
            if place >= 0 and (owner := self._owner.setdefault(place, barcode)) != barcode:
                raise ValueError(
                    f"{self._where}: its barcodes {owner!r} and {barcode!r} would both be cell {self._cells[place]!r} "
                    f"({self._rule.text}). Name the obs column with the file's own barcodes with barcode_key="
                )
        return -1 if place is None else place


def _first_pair(keys: list[str]) -> tuple[int, int]:
    first: dict[str, int] = {}
    for i, key in enumerate(keys):
        if key in first:
            return first[key], i
        first[key] = i
    raise ValueError("all keys differ")
