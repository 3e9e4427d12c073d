"""From the objects that users bring, or pseudobulks that were made before, to pseudobulks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, choose_names
from scmaxatac.atac._insertions import Insertions, collect_insertions
from scmaxatac.atac._options import PseudobulkOptions
from scmaxatac.atac._pseudobulk import MOST_BLACKLISTED, Pseudobulks, make_pseudobulks
from scmaxatac.fragments._read_groups import GroupedFragments
from scmaxatac.genome._genome import Genome

_DEPTH_RATIO = 2.0
"""How many times as deep as another a group may be before scores, which rise with depth, are not to be compared."""

_MANY, _TOO_MANY = 20, 10_000
"""Groups from which on none, or fewer than half of them, with enough cells say that a column is not one of groups."""


@dataclass(frozen=True)
class GenomeScope:
    """Genome, chromosomes whose signal is wanted, and those over which its 99th percentile is taken."""

    genome: Genome
    chroms: list[str]
    signal_chroms: list[str]

    @property
    def every(self) -> list[str]:
        """Chromosomes whose insertions are needed."""
        return list(dict.fromkeys([*self.chroms, *self.signal_chroms]))


def scope_of(
    data: Any, genome: Genome | None, chroms: str | Iterable[str] | None, signal_chroms: str | Iterable[str] | None
) -> GenomeScope:
    """Check the genome and the chromosomes that were asked for; pseudobulks bring their own.

    Raises
    ------
    KeyError
        If a chromosome is not in the genome, or pseudobulks were made without it.
    TypeError
        If `genome` is something else.
    ValueError
        If it is missing, or is not the one of the pseudobulks.
    """
    if genome is not None and not isinstance(genome, Genome):
        raise TypeError(f"genome is a {type(genome).__name__}; make one with scmaxatac.Genome('hg38.fa', ...)")
    if isinstance(data, Pseudobulks):
        return _extent_within(data, data.genome if genome is None else genome, chroms, signal_chroms)
    if genome is None:
        raise ValueError("genome is missing: give scmaxatac.Genome('hg38.fa', blacklist='hg38_maxatac_blacklist.bed')")
    chosen = genome.select_chroms(chroms)
    return GenomeScope(genome, chosen, chosen if signal_chroms is None else genome.select_chroms(signal_chroms))


def _extent_within(
    data: Pseudobulks, genome: Genome, chroms: str | Iterable[str] | None, signal_chroms: str | Iterable[str] | None
) -> GenomeScope:
    if genome.sizes != data.genome.sizes:
        raise ValueError(
            f"{genome.source} has other contigs or lengths than {data.genome.source}, with which the pseudobulks were "
            "made; leave genome= out, or make them again"
        )
    chosen = data.chroms if chroms is None else genome.select_chroms(chroms)
    scaling = data.signal_chroms if signal_chroms is None else genome.select_chroms(signal_chroms)
    held = {*data.chroms, *data.signal_chroms}
    if absent := [chrom for chrom in [*chosen, *scaling] if chrom not in held]:
        raise KeyError(
            f"the pseudobulks were made without {abbreviate(absent)}: name these chromosomes in "
            "scmaxatac.pp.pseudobulk(..., chroms=)"
        )
    return GenomeScope(genome, list(chosen), list(scaling))


def check_options(data: Any, options: PseudobulkOptions) -> None:
    """Raise a ValueError if options are wrong, or are none that pseudobulks, where these are given, can follow."""
    if isinstance(data, Pseudobulks):
        options.check_unused()
        options = replace(options, min_fragments=data.options.min_fragments)
    else:
        options.check_groupby()
    options.check_depth()


def pseudobulks_of(data: Any, options: PseudobulkOptions, scope: GenomeScope) -> tuple[Pseudobulks, list[np.ndarray]]:
    """Read fragments and pool them, or thin and cut down pseudobulks that were made before.

    Parameters
    ----------
    data
        AnnData, MuData, SnapATAC2's AnnData, a list or ``{sample: object}`` of them, or pseudobulks.
    options
        Where fragments come from, and how deep groups have to be and are; checked by :func:`check_options`.
    scope
        Genome and chromosomes.

    Returns
    -------
    Pseudobulks, and for each object the group of its cells, (n_obs,) int32, index into the groups of the QC table, -1
    without one; no objects where pseudobulks were given.

    Raises
    ------
    FileNotFoundError
        If a fragment file does not exist.
    KeyError
        If a column or sample is missing.
    ValueError
        If no fragments or too few of the barcodes are found, contigs or lengths don't fit the genome, or no group is
        deep enough.
    """
    if isinstance(data, Pseudobulks):
        return _made_again(data, options, scope), []
    grouped = options.groups_of(data)
    _refuse_mistaken_column(grouped, options)
    insertions = collect_insertions(grouped.sources, grouped.libraries, scope.genome, chroms=scope.every)
    bulks = _made(insertions, grouped.groups, options, scope)
    if options.max_fragments is None:
        _warn_of_depth(bulks)
    warn_of_blacklist(bulks.qc.loc[bulks.groups], scope.genome)
    return bulks, grouped.codes


def _refuse_mistaken_column(grouped: GroupedFragments, options: PseudobulkOptions) -> None:
    """Raise, before anything is read, a ValueError where a column's values can't be groups of cells."""
    n_groups = len(grouped.groups)
    n_cells = sum(np.bincount(codes[codes >= 0], minlength=n_groups) for codes in grouped.codes)
    n_large = int(np.count_nonzero(np.asarray(n_cells) >= options.min_cells))
    if (n_groups > _MANY and not n_large) or (n_groups > _TOO_MANY and 2 * n_large < n_groups):
        named = abbreviate(map(repr, grouped.groups), 3)
        raise ValueError(
            f"obs column {options.groupby!r} has {n_groups:,} different values ({named}), of which {n_large:,} have at "
            f"least {options.min_cells} cells (min_cells): is it continuous, or a column of barcodes? Name one that "
            "holds groups of cells"
        )


def _made(
    insertions: Insertions, groups: dict[str, list[str]], options: PseudobulkOptions, scope: GenomeScope
) -> Pseudobulks:
    bulks = make_pseudobulks(
        insertions,
        groups,
        scope.genome,
        scope.chroms,
        signal_chroms=scope.signal_chroms,
        min_cells=options.min_cells,
        min_fragments=options.min_fragments,
        max_fragments=options.max_fragments,
        rng=options.rng,
    )
    return replace(bulks, options=options)


def _made_again(bulks: Pseudobulks, asked: PseudobulkOptions, scope: GenomeScope) -> Pseudobulks:
    same = (scope.chroms, scope.signal_chroms) == (bulks.chroms, bulks.signal_chroms)
    if asked.max_fragments is None and same and scope.genome is bulks.genome:
        return bulks
    if asked.max_fragments is None:
        again = _made(bulks.insertions, bulks.all_libraries, replace(bulks.options, max_fragments=None), scope)
        return replace(again, options=bulks.options, thinned_to=bulks.thinned_to)
    options = replace(bulks.options, max_fragments=asked.max_fragments, rng=asked.rng)
    return _made(bulks.insertions, bulks.all_libraries, options, scope)


def _warn_of_depth(bulks: Pseudobulks) -> None:
    depths = bulks.qc.loc[bulks.groups, "n_fragments_used"]
    ratio = depths.max() / max(depths.min(), 1)
    if ratio > _DEPTH_RATIO:
        warn(
            f"group {depths.idxmax()!r} is {ratio:.3g} times as deep as {depths.idxmin()!r} ({depths.max():,} and "
            f"{depths.min():,} fragments), and scores, sites and activities rise with depth: to compare groups, thin "
            'them to one depth with max_fragments="match"'
        )


def warn_of_blacklist(qc: pd.DataFrame, genome: Genome) -> None:
    """Warn of groups that lose most of their insertions to the blacklist.

    Parameters
    ----------
    qc
        A row a group, as :attr:`Pseudobulks.qc` has.
    genome
        The genome whose blacklist it is.
    """
    lost = 1 - qc["n_insertions_kept"] / qc["n_insertions"]
    if (most := lost[lost > MOST_BLACKLISTED]).size:
        named = abbreviate(
            f"{group!r} keeps {qc.loc[group, 'n_insertions_kept']:,} of {qc.loc[group, 'n_insertions']:,}"
            for group in most.index
        )
        warn(
            f"{len(most)} of {len(qc)} groups lose most of their insertions to the blacklist ({named}): is it the one "
            f"of the assembly of {genome.source}?"
        )


class GroupInsertions(NamedTuple):
    """Insertions of one group.

    Attributes
    ----------
    insertions
        Insertions of its libraries, maybe among others.
    libraries
        Names of its libraries.
    numbers
        Their numbers among all libraries of the data.
    n_libraries
        Number of all libraries of the data.
    group
        Name of the group.
    """

    insertions: Insertions
    libraries: list[str]
    numbers: list[int]
    n_libraries: int
    group: str

    @property
    def n_fragments(self) -> int:
        """Fragments of the group that are in use, on any contig of the genome."""
        return self._sum(self.insertions.n_fragments_used)

    @property
    def n_cells_found(self) -> int:
        """Cells of the group that have a fragment."""
        return self._sum(self.insertions.n_cells_found)

    def _sum(self, counts: np.ndarray) -> int:
        return int(counts[[self.insertions.index(name) for name in self.libraries]].sum())


def insertions_of_group(data: Any, group: str, options: PseudobulkOptions, scope: GenomeScope) -> GroupInsertions:
    """Read the fragments of one group, or take them out of pseudobulks.

    Raises
    ------
    KeyError
        If there is no such group; beside it as :func:`pseudobulks_of` raises.
    """
    if isinstance(data, Pseudobulks):
        names = _libraries(group, data.all_libraries)
        numbers = [data.insertions.index(name) for name in names]
        return GroupInsertions(data.insertions, names, numbers, len(data.insertions.libraries), group)
    grouped = options.groups_of(data)
    names = _libraries(group, grouped.groups)
    numbers = [grouped.libraries.index(name) for name in names]
    place = np.full(len(grouped.libraries) + 1, -1)  # the last is that of cells without a group
    place[numbers] = np.arange(len(numbers))
    coded = [(source, place[code]) for source, code in grouped.sources]
    having = [(source, code) for source, code in coded if (code >= 0).any()]
    insertions = collect_insertions(having, names, scope.genome, chroms=scope.every)
    return GroupInsertions(insertions, names, numbers, len(grouped.libraries), group)


def _libraries(group: str, groups: Mapping[str, list[str]]) -> list[str]:
    (name,) = choose_names([group], list(groups), "group", source="there are")
    return groups[name]
