"""Libraries of several sizes that are drawn from the fragments of one group."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scmaxatac._logging import warn
from scmaxatac.atac._pseudobulk import Pseudobulks, make_pseudobulks
from scmaxatac.atac._read_pseudobulks import GenomeScope, GroupInsertions, warn_of_blacklist
from scmaxatac.atac._thinning import library_name, nested_libraries

_DEFAULT_SHARES = (0.02, 0.05, 0.1, 0.2, 0.5)


class DepthLibraries(NamedTuple):
    """Thinned libraries of a group.

    Attributes
    ----------
    bulks
        A group a library; all fragments are the last one.
    sizes, repeats
        Number of fragments and repeat of each group, by its name.
    seed
        Seed of what else is drawn.
    """

    bulks: Pseudobulks
    sizes: dict[str, int]
    repeats: dict[str, int]
    seed: int


def depth_libraries(
    deep: GroupInsertions,
    sizes: Sequence[int],
    scope: GenomeScope,
    *,
    n_repeats: int,
    rng: np.random.Generator | int | None,
) -> DepthLibraries:
    """Draw libraries of all sizes, nested within each repeat; warn where the blacklist takes most of the group.

    Parameters
    ----------
    deep
        Fragments of the group.
    sizes
        Distinct sizes in rising order, all fragments last.
    scope
        Genome and chromosomes.
    n_repeats
        How often to draw. The first repeat is what one alone gives; each further one has generators spawned after
        those of the repeat before.
    rng
        Seed or generator.
    """
    generator = np.random.default_rng(rng)
    repeated = []
    for _ in range(n_repeats):
        spawned = generator.spawn(deep.n_libraries)  # as where all groups are thinned
        repeated.append([spawned[i] for i in deep.numbers])
    insertions, libraries = nested_libraries(deep.insertions, deep.libraries, sizes, repeated)
    bulks = make_pseudobulks(
        insertions, libraries, scope.genome, scope.chroms, signal_chroms=scope.signal_chroms, min_cells=0,
        min_fragments=0,
    )  # fmt: skip
    warn_of_blacklist(bulks.qc.iloc[-1:].set_axis([deep.group]), scope.genome)  # all fragments
    named = {library_name(size, repeat): (size, repeat) for size in sizes for repeat in range(1, n_repeats + 1)}
    return DepthLibraries(
        bulks,
        {name: named[name][0] for name in libraries},
        {name: named[name][1] for name in libraries},
        int(generator.integers(2**32)),
    )


def library_sizes(sizes: Sequence[int] | None, total: int, group: str) -> list[int]:
    """Distinct sizes in rising order, all fragments last.

    Raises
    ------
    ValueError
        If the group has no fragments, or no size or one below 1 was given.
    """
    if not total:
        raise ValueError(f"group {group!r} has no fragments on the genome's contigs")
    wanted = [round(share * total) for share in _DEFAULT_SHARES] if sizes is None else [int(size) for size in sizes]
    if sizes is not None and (not wanted or min(wanted) < 1):
        raise ValueError(f"sizes is {list(sizes)}; give numbers of fragments, each at least 1")
    if too_large := [size for size in wanted if size > total]:
        warn(f"group {group!r} has {total} fragments; left out are the sizes {sorted(too_large)}")
    return sorted({size for size in wanted if 0 < size <= total} | {total})
