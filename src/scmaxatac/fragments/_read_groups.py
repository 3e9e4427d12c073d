"""From containers to sources of fragments whose cells know their group."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from scmaxatac._logging import logger, warn
from scmaxatac._text import abbreviate, known_instead
from scmaxatac.containers._objects import JOIN, pooled_group_labels, split_objects
from scmaxatac.fragments._resolve_fragments import SourceWithRows, fragment_sources
from scmaxatac.fragments._source import FragmentSource

_MISSING = frozenset({"nan", "NaN", "None", "<NA>", "NaT"})
"""What missing values become where a column is made text."""

FragmentPaths = str | PathLike[str] | Mapping[str, str | PathLike[str]]
"""A fragment file, or one for each sample."""


class GroupedFragments(NamedTuple):
    """Fragments of one or several objects, and the group and library of their cells.

    A library is what is scaled on its own: a replicate of a group, or the whole group.

    Attributes
    ----------
    sources
        Pairs of a source and the library of each of its cells, (n_cells,) int32, -1 for cells that are left out.
    libraries
        Names of the libraries, all different.
    groups
        ``{group: its libraries}``, in the order of the groups.
    codes
        For each object the group of its cells, (n_obs,) int32, index into the groups, -1 without one.
    """

    sources: list[tuple[FragmentSource, np.ndarray]]
    libraries: list[str]
    groups: dict[str, list[str]]
    codes: list[np.ndarray]


def read_groups(
    data: Any,
    groupby: str | Sequence[str],
    *,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    replicate_key: str | None = None,
    mod: str = "atac",
) -> GroupedFragments:
    """Find the fragments of one or several objects and the group of each cell; nothing is read yet.

    Groups of the same name in several objects are one, and so are replicates of the same name. Cells that have a group
    but no replicate are left out, with a warning.

    Parameters
    ----------
    data
        AnnData, MuData, SnapATAC2's AnnData, or a list or ``{sample: object}`` of them.
    groupby
        Column or columns of ``obs`` that hold the groups.
    fragments
        A fragment file, or ``{sample: path}``. A sample is a value of `sample_key` or, without it, a name in
        ``{sample: object}``.
    sample_key, barcode_key
        Columns of ``obs`` that hold the sample and the barcode as it stands in the fragment file.
    replicate_key
        Column of ``obs`` that holds the biological replicate.
    mod
        Modality of a MuData that holds the ATAC data.

    Raises
    ------
    KeyError
        If a column is missing, or an object's sample has no fragment file.
    ValueError
        If no cell has a group, or no fragments are found.
    """
    samples, objects = zip(*split_objects(data), strict=True)
    codes, names = pooled_group_labels(objects, groupby, mod)
    if n_lost := sum(int((code < 0).sum()) for code in codes):
        logger.info("%d of %d cells have no group and are left out", n_lost, sum(map(len, codes)))
    _warn_of_missing_as_text(codes, names)
    libraries, groups = list(names), {name: [name] for name in names}
    library_codes = codes
    if replicate_key is not None:
        replicate_codes, replicates = pooled_group_labels(objects, replicate_key, mod)
        library_codes, groups = _cross(codes, names, replicate_codes, replicates, replicate_key)
        libraries = [library for members in groups.values() for library in members]
    sources = []
    of_members = sources_of_members(zip(samples, objects, strict=True), fragments, sample_key, barcode_key, mod)
    for found, library in zip(of_members, library_codes, strict=True):
        sources += [(source, library[rows]) for source, rows in found if (library[rows] >= 0).any()]
    return GroupedFragments(sources, libraries, groups, codes)


def _warn_of_missing_as_text(codes: Sequence[np.ndarray], names: Sequence[str]) -> None:
    if found := [name for name in names if _MISSING.intersection(name.split(JOIN))]:
        n_cells = sum(int((code == names.index(name)).sum()) for code in codes for name in found)
        warn(
            f"{abbreviate(map(repr, found))} (of {n_cells} cells) looks like missing values that became text, as with "
            "astype(str), but is a group like any other; if no group is meant, leave the values missing"
        )


def sources_of_members(
    members: Iterable[tuple[str | None, Any]],
    fragments: FragmentPaths | None,
    sample_key: str | None,
    barcode_key: str | None,
    mod: str,
) -> Iterator[list[SourceWithRows]]:
    """Sources of each object of :func:`~scmaxatac.containers._objects.split_objects`, one object after the other.

    Raises what :func:`~scmaxatac.fragments._resolve_fragments.fragment_sources` and :func:`fragments_of_sample` raise.
    """
    for sample, member in members:
        yield fragment_sources(
            member,
            fragments=fragments_of_sample(fragments, sample, sample_key),
            sample_key=sample_key,
            barcode_key=barcode_key,
            mod=mod,
        )


def fragments_of_sample(
    fragments: FragmentPaths | None, sample: str | None, sample_key: str | None
) -> FragmentPaths | None:
    """Take the fragment file of one object of a ``{sample: object}`` out of ``{sample: path}``.

    Raises
    ------
    KeyError
        If there is no path for the sample.
    """
    if not isinstance(fragments, Mapping) or sample is None or sample_key is not None:
        return fragments
    if sample not in fragments:
        hint = known_instead([sample], list(map(str, fragments)), source="it has")
        raise KeyError(f"fragments has no path for sample {sample!r}; {hint}")
    return {sample: fragments[sample]}


def _cross(
    codes: list[np.ndarray], names: list[str], replicate_codes: list[np.ndarray], replicates: list[str], key: str
) -> tuple[list[np.ndarray], dict[str, list[str]]]:
    """Number and name each combination of group and replicate that has cells."""
    flat = [
        np.where((group >= 0) & (replicate >= 0), group.astype(np.int64) * len(replicates) + replicate, -1)
        for group, replicate in zip(codes, replicate_codes, strict=True)
    ]
    n_lost = sum(int(((group >= 0) & (library < 0)).sum()) for group, library in zip(codes, flat, strict=True))
    if n_lost:
        warn(f"{n_lost} cells have a group but no replicate in obs[{key!r}] and are left out of the signal")
    used = np.unique(np.concatenate(flat))
    used = used[used >= 0]
    groups: dict[str, list[str]] = {name: [] for name in names}
    for combination in used:
        g, r = divmod(int(combination), len(replicates))
        # the numbers keep "a|b" + "c" and "a" + "b|c" apart
        groups[names[g]].append(f"{g}.{r} {names[g]}|{replicates[r]}")
    library_codes = [np.where(f >= 0, np.searchsorted(used, f), -1).astype(np.int32) for f in flat]
    return library_codes, groups
