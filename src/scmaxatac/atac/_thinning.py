"""Whole fragments drawn without replacement: groups thinned to one depth, or one group to several library sizes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from scmaxatac.atac._insertions import Insertions


def thin_groups(
    insertions: Insertions,
    groups: Mapping[str, Sequence[str]],
    n_fragments: int,
    rng: np.random.Generator | int | None,
    *,
    chroms: Collection[str] | None = None,
) -> Insertions:
    """Insertions of which no group has more than so many fragments; those of other libraries stay as they are.

    The fragments of a library are put in order (chromosome, first and last position) and shuffled; the first are kept.
    So what is drawn depends neither on the order in a file nor on other groups, and the same seed with a smaller number
    gives a subset. Where some chromosomes count, the others are thinned along with them, to the same share on average.

    Parameters
    ----------
    insertions
        Insertions of every library.
    groups
        ``{group: its libraries}``. Of several libraries the largest are thinned, to one size.
    n_fragments
        Largest number of fragments on the chromosomes that count.
    rng
        Seed or generator.
    chroms
        Chromosomes whose fragments count; by default all contigs of the genome.
    """
    counted = insertions.contigs if chroms is None else chroms
    sizes = insertions.n_fragments_on(counted)
    for libraries in groups.values():
        index = [insertions.index(name) for name in libraries]
        sizes[index] = even_shares(sizes[index], n_fragments)
    n_on, fragments = insertions.n_on_contigs.copy(), dict(insertions.fragments)
    for i, (size, generator) in enumerate(zip(sizes, generators_of(insertions, rng), strict=True)):
        (drawn,) = _draw(insertions, i, [int(size)], generator, counted)
        n_on[i] = drawn.n_on_contigs
        fragments |= {(i, chrom): packed for chrom, packed in drawn.fragments.items()}
    return replace(insertions, n_on_contigs=n_on, fragments=fragments)


def generators_of(insertions: Insertions, rng: np.random.Generator | int | None) -> list[np.random.Generator]:
    """A generator for each library, so that what one draws does not depend on the others."""
    return np.random.default_rng(rng).spawn(len(insertions.libraries))


def nested_libraries(
    insertions: Insertions,
    libraries: Sequence[str],
    sizes: Sequence[int],
    generators: Sequence[Sequence[np.random.Generator]],
) -> tuple[Insertions, dict[str, list[str]]]:
    """Draw fragments of a group for several library sizes, once or more; smaller sets are subsets of larger ones.

    Parameters
    ----------
    insertions
        Insertions of every library.
    libraries
        The libraries of the group.
    sizes
        Numbers of fragments in rising order, none above those of the group. The last is drawn in the first repeat
        only: it is meant for all fragments, which are the same in every repeat.
    generators
        For each repeat one for each library. With those of :func:`generators_of`, the fragments are those that
        :func:`thin_groups` keeps.

    Returns
    -------
    Insertions, and ``{name: its libraries}``; a group for each size, called after it, from the second repeat on with
    the number of the repeat (:func:`library_name`). The largest size of the first repeat comes last.
    """
    numbers = [insertions.index(name) for name in libraries]
    used = insertions.n_fragments_used[numbers]
    names: dict[str, list[str]] = {}
    n_on: list[np.ndarray] = []
    fragments: dict[tuple[int, str], np.ndarray] = {}
    shares = np.array([even_shares(used, size) for size in sizes])  # (sizes, libraries)
    drawn_of: dict[tuple[int, int], list[_Drawn]] = {}
    for repeat, of_repeat in enumerate(generators, 1):
        of_sizes = shares if repeat == 1 else shares[:-1]
        for j, (i, generator) in enumerate(zip(numbers, of_repeat, strict=True)):
            drawn_of[repeat, j] = list(_draw(insertions, i, of_sizes[:, j].tolist(), generator, insertions.contigs))
    places = [(repeat, s) for repeat in range(1, len(generators) + 1) for s in range(len(sizes) - 1)]
    for repeat, s in [*places, (1, len(sizes) - 1)]:
        group = library_name(sizes[s], repeat)
        names[group] = [group] if len(libraries) == 1 else [f"{group} {name}" for name in libraries]
        for j in range(len(libraries)):
            drawn = drawn_of[repeat, j][s]
            fragments |= {(len(n_on), chrom): packed for chrom, packed in drawn.fragments.items()}
            n_on.append(drawn.n_on_contigs)
    n_cells, n_found = (
        np.tile(counts[numbers], len(names)) for counts in (insertions.n_cells, insertions.n_cells_found)
    )
    flat = tuple(name for of_size in names.values() for name in of_size)
    on_contigs = np.array(n_on, dtype=np.int64).reshape(-1, len(insertions.contigs))
    thinned = Insertions(flat, on_contigs.sum(axis=1), n_cells, n_found, insertions.contigs, on_contigs, fragments)
    return thinned, names


def library_name(size: int, repeat: int) -> str:
    """Name of the group of a library size: the size, from the second repeat on with the repeat."""
    return str(size) if repeat == 1 else f"{size} ({repeat})"


def even_shares(available: np.ndarray, total: int) -> np.ndarray:
    """How many to take of each so that they sum to `total`, or to all there are, and are as even as can be.

    `available` is (n,) int64, and so is what is returned. A smaller total takes no more of any.
    """
    shares = np.zeros_like(available)
    left = min(int(total), int(available.sum()))
    for n_after, i in zip(range(len(available), 0, -1), np.argsort(available, kind="stable"), strict=True):
        shares[i] = min(int(available[i]), left // n_after)
        left -= int(shares[i])
    return shares


class _Drawn(NamedTuple):
    n_on_contigs: np.ndarray
    fragments: dict[str, np.ndarray]


def _draw(
    insertions: Insertions,
    library: int,
    sizes: Sequence[int],
    generator: np.random.Generator,
    counted: Collection[str],
) -> Iterator[_Drawn]:
    """For each size, a number of fragments on the contigs that count, the fragments of a library that are kept."""
    n_on = insertions.n_on_contigs[library]
    total, stops = int(n_on.sum()), np.cumsum(n_on)
    held = {chrom: packed for (i, chrom), packed in insertions.fragments.items() if i == library}
    counts = np.array([name in counted for name in insertions.contigs])
    n_counted, order, numbers = int(n_on[counts].sum()), None, None
    for size in sizes:
        if size >= n_counted:
            yield _Drawn(n_on, held)
            continue
        if order is None:
            order = np.arange(total, dtype=np.int32 if total < 2**31 else np.int64)
            generator.shuffle(order)
            if n_counted < total:
                numbers = np.cumsum(np.repeat(counts, n_on)[order], dtype=order.dtype)
        n_kept = size if numbers is None or size == 0 else int(np.searchsorted(numbers, size)) + 1
        kept = np.zeros(total, dtype=bool)
        kept[order[:n_kept]] = True
        parts = dict(zip(insertions.contigs, np.split(kept, stops[:-1]), strict=True))
        n_drawn = np.array([np.count_nonzero(part) for part in parts.values()], dtype=np.int64)
        yield _Drawn(n_drawn, {chrom: packed[parts[chrom]] for chrom, packed in held.items()})
