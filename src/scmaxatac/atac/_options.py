"""Where fragments come from, which cells are pooled, and how deep the groups have to be: one set of options."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

import numpy as np

from scmaxatac._checks import check_number
from scmaxatac.fragments._read_groups import FragmentPaths, GroupedFragments, read_groups

MaxFragments: TypeAlias = int | Literal["match"] | None
"""Fragments that groups are thinned to: a number, that of the smallest group that is kept, or as they are."""

_OF_DRAWING = ("max_fragments", "rng")


@dataclass(frozen=True)
class PseudobulkOptions:
    """Options of all functions that make pseudobulks; those of :func:`scmaxatac.pp.pseudobulk`."""

    groupby: str | Sequence[str] | None = None
    fragments: FragmentPaths | None = None
    sample_key: str | None = None
    barcode_key: str | None = None
    replicate_key: str | None = None
    mod: str = "atac"
    min_cells: int = 10
    min_fragments: int = 10_000
    max_fragments: MaxFragments = None
    rng: np.random.Generator | int | None = 0

    def check_depth(self) -> None:
        """Raise a ValueError if an option is no number, or `max_fragments` leaves no group deep enough."""
        check_number("min_cells", self.min_cells)
        check_number("min_fragments", self.min_fragments)
        asked = self.max_fragments
        if asked is None or (isinstance(asked, str) and asked == "match"):
            return
        if isinstance(asked, bool | np.bool_) or not isinstance(asked, int | np.integer):
            raise ValueError(f'max_fragments is {asked!r}; give a whole number of fragments, or "match"')
        if asked < 1:
            raise ValueError(f'max_fragments is {asked}; it has to be at least 1, or "match"')
        if asked < self.min_fragments:
            raise ValueError(
                f"max_fragments is {asked}, below min_fragments ({self.min_fragments}): no group would be left. Raise "
                'it, lower min_fragments, or give "match", the fragments of the smallest group that is kept'
            )

    def check_groupby(self) -> None:
        """Raise a ValueError if no column of ``obs`` is named."""
        if self.groupby is None or not len(self.groupby):
            raise ValueError("groupby is missing: name the column of obs that holds the groups, or several columns")

    def check_unused(self) -> None:
        """Raise a ValueError if an option was given that pseudobulks, which are made already, can't follow."""
        default = PseudobulkOptions()
        names = [field.name for field in fields(self) if field.name not in _OF_DRAWING]
        given = [name for name in names if getattr(self, name) != getattr(default, name)]
        if given:
            raise ValueError(
                f"{', '.join(given)}: these pseudobulks are made already; say it where they are made, in "
                "scmaxatac.pp.pseudobulk"
            )

    def groups_of(self, data: Any) -> GroupedFragments:
        """Find the fragments of one or several objects and the group of each cell; nothing is read yet."""
        self.check_groupby()
        return read_groups(
            data,
            self.groupby or (),
            fragments=self.fragments,
            sample_key=self.sample_key,
            barcode_key=self.barcode_key,
            replicate_key=self.replicate_key,
            mod=self.mod,
        )

    @property
    def params(self) -> dict[str, Any]:
        """What is recorded of them with results, in a form that JSON holds."""
        return {
            "groupby": self.groupby if isinstance(self.groupby, str) else list(self.groupby or ()),
            "replicate_key": self.replicate_key,
            "min_cells": self.min_cells,
            "min_fragments": self.min_fragments,
            "max_fragments": self.max_fragments,
            "rng": self.rng if isinstance(self.rng, int | None) else "generator",
        }
