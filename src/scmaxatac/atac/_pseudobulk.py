"""Pseudobulks: which groups are deep enough, and what their signal rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._constants import HUMAN_GENOME_SIZE, SPARSE_FRAGMENTS
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, choose_names
from scmaxatac.atac._insertions import Insertions
from scmaxatac.atac._options import MaxFragments, PseudobulkOptions
from scmaxatac.atac._signal import Signal
from scmaxatac.atac._thinning import thin_groups
from scmaxatac.genome._genome import Genome

_LOW_MATCH_RATE = 0.5
MOST_BLACKLISTED = 0.5
_FEW = 20
"""Skipped groups that are warned about one by one."""

_EMPTY = "all its insertions on the chosen chromosomes touch the blacklist"


@dataclass(frozen=True)
class Pseudobulks:
    """Insertions of groups of cells, their quality, and the signal of the groups that are deep enough.

    Attributes
    ----------
    qc
        A row a group, the skipped ones too: n_cells, n_fragments (on any contig of the genome), n_fragments_used (of
        these, after thinning, on the chromosomes of the percentile), n_insertions (of those), n_insertions_kept (of
        these, off the blacklist), p99 (99th percentile of the coverage, in insertions over a base), match_rate
        (share of the cells that have fragments), warnings (joined by ``"; "``, ``""`` for none).
    libraries
        ``{group: libraries}`` of the groups that are deep enough: the group itself, or its replicates.
    insertions
        Insertions of every library.
    genome
        Sizes and blacklist.
    chroms
        Chromosomes whose signal can be asked for.
    signal_chroms
        Chromosomes over which the 99th percentile is taken.
    all_libraries
        ``{group: libraries}`` of all groups, the skipped ones too.
    thinned_to
        Largest number of fragments of a group on `signal_chroms`; None where groups are as deep as they are.
    options
        What the pseudobulks were made with.
    """

    qc: pd.DataFrame
    libraries: dict[str, list[str]]
    insertions: Insertions
    genome: Genome
    chroms: list[str]
    signal_chroms: list[str]
    all_libraries: dict[str, list[str]]
    thinned_to: int | None = None
    options: PseudobulkOptions = field(default_factory=PseudobulkOptions)

    @property
    def groups(self) -> list[str]:
        """Groups that are deep enough, in order."""
        return list(self.libraries)

    @property
    def params(self) -> dict[str, Any]:
        """What is recorded of how they were made, in a form that JSON holds."""
        return self.options.params | {"thinned_to": self.thinned_to}

    def signal(self, group: str) -> Signal:
        """Compute the signal of a group: its coverage, or the mean of its replicates', over its 99th percentile.

        Parameters
        ----------
        group
            One of the groups that are deep enough.

        Raises
        ------
        KeyError
            If there is no such group, or it was skipped.
        """
        if group not in self.libraries:
            if group in self.qc.index:
                raise KeyError(f"group {group!r} was skipped: {self.qc.loc[group, 'warnings']}")
            (group,) = choose_names([group], self.groups, "group", source="there are")
        return Signal.from_insertions(
            self.insertions, self.libraries[group], self.genome, self.chroms, signal_chroms=self.signal_chroms
        )

    def __repr__(self) -> str:
        return f"Pseudobulks: {len(self.groups)} of {len(self.qc)} groups are deep enough\n{self.qc}"


def make_pseudobulks(
    insertions: Insertions,
    groups: Mapping[str, Sequence[str]],
    genome: Genome,
    chroms: Sequence[str],
    *,
    signal_chroms: Sequence[str] | None = None,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    max_fragments: MaxFragments = None,
    rng: np.random.Generator | int | None = 0,
) -> Pseudobulks:
    """Check the depth of groups, leave out those that are too small, each with a warning, and thin those that are kept.

    A group's replicates are held to the same limits, because each of them weighs the same in the mean.

    Parameters
    ----------
    insertions
        Insertions of every library.
    groups
        ``{group: its libraries}``: one library, or the replicates to average.
    genome
        Sizes and blacklist.
    chroms
        Chromosomes whose signal will be asked for.
    signal_chroms
        Chromosomes over which scale factor and percentile are taken; `chroms` by default.
    min_cells, min_fragments
        Smallest number of cells and of fragments, before thinning.
    max_fragments
        Groups with more fragments on `signal_chroms` are thinned to this many; ``"match"`` takes those of the smallest
        that is kept.
    rng
        Seed or generator for the thinning.

    Raises
    ------
    ValueError
        If no group is deep enough.
    """
    scaling = list(chroms if signal_chroms is None else signal_chroms)
    chosen = {
        group: _choose(insertions, group, libraries, scaling, min_cells, min_fragments)
        for group, libraries in groups.items()
    }
    thinned_to = _common_depth(insertions, chosen, genome, scaling, max_fragments)
    if thinned_to is not None:
        deep = {group: used for group, (used, _, skip) in chosen.items() if not skip}
        insertions = thin_groups(insertions, deep, thinned_to, rng, chroms=scaling)
    rows, kept, skipped = {}, {}, {}
    for group, (used, notes, skip) in chosen.items():
        signal = Signal.from_insertions(insertions, used, genome, scaling)
        if not skip and signal.is_empty:
            skip = _EMPTY
        row = _row(insertions, used, signal, scaling)
        if skip:
            notes = [f"skipped: {skip}"]
            skipped[group] = skip
        else:
            kept[group] = used
            if len(used) < len(groups[group]):
                warn(f"group {group!r}: {notes[0]}")
            notes = notes + _advice(row, sum(map(genome.allowed_bases, scaling)))
        rows[group] = {**row, "warnings": "; ".join(notes)}
    _warn_of_skipped(skipped, len(rows))
    qc = pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")
    if not kept:
        best = abbreviate(
            (f"{group!r}: {text.removeprefix('skipped: ')}" for group, text in qc["warnings"].items()),
            8,
            separator="; ",
        )
        raise ValueError(f"no group is left to work with ({best}); lower min_cells or min_fragments, or merge groups")
    every = {group: list(libraries) for group, libraries in groups.items()}
    return Pseudobulks(qc, kept, insertions, genome, list(chroms), scaling, every, thinned_to)


def _warn_of_skipped(reasons: Mapping[str, str], n_groups: int) -> None:
    if len(reasons) <= _FEW:
        for group, reason in reasons.items():
            warn(f"group {group!r} is skipped: {reason}")
        return
    named = abbreviate((f"{group!r}: {reason}" for group, reason in reasons.items()), separator="; ")
    warn(f"{len(reasons)} of {n_groups} groups are skipped ({named}); is the column of groups the right one?")


def _common_depth(
    insertions: Insertions,
    chosen: Mapping[str, tuple[list[str], list[str], str]],
    genome: Genome,
    scaling: Sequence[str],
    max_fragments: MaxFragments,
) -> int | None:
    """Number of fragments that groups are thinned to; that of the smallest group that will be kept for ``"match"``."""
    if not isinstance(max_fragments, str):
        return None if max_fragments is None else int(max_fragments)
    depths = {group: _n_used(insertions, used, scaling) for group, (used, _, skip) in chosen.items() if not skip}
    for group in sorted(depths, key=lambda group: depths[group]):
        if not Signal.from_insertions(insertions, chosen[group][0], genome, scaling).is_empty:
            return depths[group]
    return None


def _choose(
    insertions: Insertions,
    group: str,
    libraries: Sequence[str],
    chroms: Sequence[str],
    min_cells: int,
    min_fragments: int,
) -> tuple[list[str], list[str], str]:
    """Libraries to use, remarks on those left out, and why the group is skipped ("" when it isn't)."""
    if reason := _too_small(insertions, libraries, chroms, min_cells, min_fragments):
        return list(libraries), [], reason
    reasons = {name: _too_small(insertions, [name], chroms, min_cells, min_fragments) for name in libraries}
    used = [name for name in libraries if not reasons[name]]
    left_out = [f"{name.partition(f' {group}|')[2] or name} ({reasons[name]})" for name in libraries if reasons[name]]
    if not used:
        return list(libraries), [], f"each of its {len(libraries)} replicates is too small: {', '.join(left_out)}"
    return used, [f"replicates left out: {', '.join(left_out)}"] if left_out else [], ""


def _too_small(
    insertions: Insertions, libraries: Sequence[str], chroms: Sequence[str], min_cells: int, min_fragments: int
) -> str:
    totals = _totals(insertions, libraries)
    if totals.n_cells < min_cells:
        return f"{totals.n_cells} cells, min_cells is {min_cells}"
    if totals.n_fragments < min_fragments:
        return f"{totals.n_fragments:,} fragments, min_fragments is {min_fragments:,}"
    if not any(insertions.n_insertions(name, chroms) for name in libraries):
        return "no insertions on the chosen chromosomes"
    return ""


def _row(insertions: Insertions, libraries: Sequence[str], signal: Signal, scaling: Sequence[str]) -> dict[str, float]:
    totals = _totals(insertions, libraries)
    return {
        "n_cells": totals.n_cells,
        "n_fragments": totals.n_fragments,
        "n_fragments_used": _n_used(insertions, libraries, scaling),
        "n_insertions": signal.n_insertions,
        "n_insertions_kept": signal.n_insertions_kept,
        "p99": signal.p99,
        "match_rate": totals.n_found / totals.n_cells if totals.n_cells else np.nan,
    }


class _Totals(NamedTuple):
    """Cells, fragments, and cells that have fragments."""

    n_cells: int
    n_fragments: int
    n_found: int


def _totals(insertions: Insertions, libraries: Sequence[str]) -> _Totals:
    index = np.array([insertions.index(name) for name in libraries], dtype=np.int64)
    counts = (insertions.n_cells, insertions.n_fragments, insertions.n_cells_found)
    return _Totals(*(int(count[index].sum()) for count in counts))


def _n_used(insertions: Insertions, libraries: Sequence[str], chroms: Sequence[str]) -> int:
    """Fragments in use on some chromosomes, of several libraries together."""
    return int(insertions.n_fragments_on(chroms)[[insertions.index(name) for name in libraries]].sum())


def _advice(row: dict[str, float], n_bases: int) -> list[str]:
    notes = []
    if row["match_rate"] < _LOW_MATCH_RATE:
        notes.append(f"only {row['match_rate']:.0%} of the cells have fragments")
    lost = 1 - row["n_insertions_kept"] / row["n_insertions"]
    if lost > MOST_BLACKLISTED:
        notes.append(f"the blacklist takes {lost:.0%} of its insertions")
    depth = row["n_insertions"] / 2 / n_bases * HUMAN_GENOME_SIZE
    if depth < SPARSE_FRAGMENTS:
        notes.append(f"sparse: as deep as {depth:,.0f} fragments over a human genome, where scores shrink")
    return notes
