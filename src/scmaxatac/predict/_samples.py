"""Samples of a comparison: groups and replicates, each a pseudobulk of its own, all at one depth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.atac._halves import split_libraries
from scmaxatac.atac._insertions import Insertions, collect_insertions
from scmaxatac.atac._options import PseudobulkOptions
from scmaxatac.atac._pseudobulk import Pseudobulks, make_pseudobulks
from scmaxatac.atac._read_pseudobulks import GenomeScope
from scmaxatac.containers._objects import obs_texts, pooled_group_labels
from scmaxatac.fragments._read_groups import GroupedFragments


@dataclass(frozen=True)
class Samples:
    """Samples at one depth.

    Attributes
    ----------
    bulks
        A group a sample, and a group a half.
    table
        A row a sample, in the order of the pseudobulks: group, replicate, n_cells, n_fragments, n_fragments_used.
    halves
        ``{sample: names of its halves}``, of the samples that were split.
    insertions
        Insertions of every library before thinning.
    """

    bulks: Pseudobulks
    table: pd.DataFrame
    halves: dict[str, tuple[str, str]]
    insertions: Insertions

    def libraries(self, samples: Iterable[str]) -> list[str]:
        """Library of each sample or half, by name."""
        return [self.bulks.libraries[name][0] for name in samples]


def read_samples(
    grouped: GroupedFragments,
    groups: Sequence[str],
    options: PseudobulkOptions,
    scope: GenomeScope,
    *,
    halves: bool,
    max_fragments: int | None = None,
) -> Samples:
    """Read the fragments of some groups and thin all samples, and halves of some, to one depth.

    Where every group has two replicates, the halves are those of the group whose smallest replicate is the deepest;
    where one has not, of all groups.

    Parameters
    ----------
    grouped
        Fragments and the library of each cell.
    groups
        Groups that are compared.
    options
        How deep samples have to be.
    scope
        Genome and chromosomes.
    halves
        Whether halves are made.
    max_fragments
        Samples are thinned to this many fragments on the chromosomes of the signal if the smallest has more.

    Raises
    ------
    ValueError
        If no sample is deep enough, or fewer than two groups have one.
    """
    origin = {library: (group, _replicate(group, library)) for group in groups for library in grouped.groups[group]}
    wanted = np.append([library in origin for library in grouped.libraries], False)  # the last is code -1
    coded = [(source, np.where(wanted[code], code, -1)) for source, code in grouped.sources]
    insertions = collect_insertions(
        [pair for pair in coded if (pair[1] >= 0).any()], grouped.libraries, scope.genome, chroms=scope.every
    )
    kept = _deep_enough(insertions, origin, options)
    split: dict[str, tuple[str, str]] = {}
    if halves:
        insertions, split = _split(insertions, {library: origin[library][0] for library in kept}, options)
    title = {library: _title(*origin[library]) for library in kept}
    of_halves = {name: f"{title[library]}, half {i + 1}" for library in split for i, name in enumerate(split[library])}
    title |= of_halves
    bulks = make_pseudobulks(
        insertions,
        {title[library]: [library] for library in title},
        scope.genome,
        scope.chroms,
        signal_chroms=scope.signal_chroms,
        min_cells=options.min_cells,
        min_fragments=options.min_fragments,
        max_fragments=_depth(insertions, title, scope.signal_chroms, max_fragments),
        rng=options.rng,
    )
    return _table(bulks, insertions, kept, origin, title, split)


def _table(
    bulks: Pseudobulks,
    insertions: Insertions,
    kept: Sequence[str],
    origin: Mapping[str, tuple[str, str]],
    title: Mapping[str, str],
    split: Mapping[str, tuple[str, str]],
) -> Samples:
    there = [library for library in kept if title[library] in bulks.groups]
    names = [title[library] for library in there]
    table = pd.DataFrame(
        {
            "group": [origin[library][0] for library in there],
            "replicate": [origin[library][1] for library in there],
            **{name: bulks.qc.loc[names, name].to_numpy() for name in ("n_cells", "n_fragments", "n_fragments_used")},
        },
        index=pd.Index(names, name="sample"),
    )
    if table["group"].nunique() < 2:
        raise ValueError(
            f"only {table['group'].iloc[0]!r} has samples that are deep enough; a comparison needs two groups. Lower "
            "min_cells or min_fragments"
        )
    named = {title[library]: (title[pair[0]], title[pair[1]]) for library, pair in split.items()}
    halves = {name: pair for name, pair in named.items() if set(pair) <= set(bulks.groups)}
    return Samples(bulks, table, halves, insertions)


def _depth(insertions: Insertions, libraries: Iterable[str], chroms: Sequence[str], most: int | None) -> int:
    """Fragments of the smallest library that has any on the chromosomes of the signal; the others are left out."""
    n_on = insertions.n_fragments_on(chroms)
    some = [n for library in libraries if (n := int(n_on[insertions.index(library)]))]
    smallest = min(some, default=1)
    return smallest if most is None else min(smallest, most)


def _replicate(group: str, library: str) -> str:
    return library.partition(f" {group}|")[2]


def _title(group: str, replicate: str) -> str:
    return f"{group}|{replicate}" if replicate else group


def _deep_enough(
    insertions: Insertions, origin: Mapping[str, tuple[str, str]], options: PseudobulkOptions
) -> list[str]:
    """Libraries that are kept; warns of the others, or raises where none is left."""
    kept, lost = [], []
    for library, names in origin.items():
        i = insertions.index(library)
        n_cells, n_fragments = int(insertions.n_cells[i]), int(insertions.n_fragments[i])
        if n_fragments == 0:
            lost.append(f"{_title(*names)!r} has no fragment")
        elif n_cells < options.min_cells:
            lost.append(f"{_title(*names)!r} has {n_cells} cells, min_cells is {options.min_cells}")
        elif n_fragments < options.min_fragments:
            lost.append(f"{_title(*names)!r} has {n_fragments:,} fragments, min_fragments is {options.min_fragments:,}")
        else:
            kept.append(library)
    if not kept:
        raise ValueError(f"no sample is deep enough: {abbreviate(lost, separator='; ')}")
    if lost:
        warn(f"{len(lost)} of {len(origin)} samples are left out: {abbreviate(lost, separator='; ')}")
    return kept


def _split(
    insertions: Insertions, group_of: Mapping[str, str], options: PseudobulkOptions
) -> tuple[Insertions, dict[str, tuple[str, str]]]:
    """Halves of the samples of the deepest group, or of all groups where one has a single sample."""
    depth: dict[str, list[int]] = {}
    for library, group in group_of.items():
        depth.setdefault(group, []).append(int(insertions.n_fragments[insertions.index(library)]))
    deepest = max(depth, key=lambda group: min(depth[group]))
    alone = any(len(depths) < 2 for depths in depth.values())
    chosen = [library for library, group in group_of.items() if alone or group == deepest]
    # not the stream that thins
    rng = np.random.default_rng([options.rng, 1] if isinstance(options.rng, int) else options.rng)
    divided, halves = split_libraries(insertions, chosen, rng)
    smallest = min(int(divided.n_fragments[divided.index(name)]) for pair in halves.values() for name in pair)
    if smallest < options.min_fragments:
        warn(
            f"halves of samples would have {smallest:,} fragments, min_fragments is {options.min_fragments:,}: there "
            f"is no null of halves{' and no technical interval' if alone else ''}"
        )
        return insertions, {}
    return divided, halves


def sample_values(
    objects: Sequence[Any],
    groupby: Any,
    replicate_key: str | None,
    columns: Sequence[str],
    table: pd.DataFrame,
    mod: str,
) -> pd.DataFrame:
    """Values of columns of ``obs`` for each sample, as text.

    Raises
    ------
    KeyError
        If there is no such column.
    ValueError
        If cells of one sample differ in a column, or lack a value.
    """
    codes, names = pooled_group_labels(objects, groupby, mod)
    group = np.concatenate([np.array([*names, ""], dtype=object)[code] for code in codes])
    donor = np.full(len(group), "", dtype=object)
    if replicate_key is not None:
        donor = np.concatenate([obs_texts(member, replicate_key, mod) for member in objects])
    values = pd.DataFrame(index=table.index)
    for column in columns:
        texts = np.concatenate([obs_texts(member, column, mod) for member in objects])
        found = []
        for sample, row in table.iterrows():
            mine = dict.fromkeys(texts[(group == row["group"]) & (donor == row["replicate"])])
            if len(mine) != 1 or "" in mine:
                raise ValueError(
                    f"covariate {column!r} has no single value in sample {sample!r}: "
                    f"{abbreviate(repr(v) if v else 'none' for v in mine)}; it has to be one value a replicate"
                )
            found.append(next(iter(mine)))
        values[column] = found
    return values


def parts_of_groups(members: Sequence[Any], groupby: str | Sequence[str], mod: str) -> dict[str, tuple[str, str]]:
    """For each group the values of all columns but the last, and that of the last; empty with a single column."""
    columns = [groupby] if isinstance(groupby, str) else list(groupby)
    if len(columns) < 2:
        return {}
    by_column = [pooled_group_labels(members, by, mod) for by in (columns, columns[:-1], columns[-1])]
    joined, first, last = (np.concatenate(codes) for codes, _ in by_column)
    (_, names), (_, prefixes), (_, values) = by_column
    found, where = np.unique(joined[joined >= 0], return_index=True)
    rows = np.flatnonzero(joined >= 0)[where]
    return {names[code]: (prefixes[first[row]], values[last[row]]) for code, row in zip(found, rows, strict=True)}
