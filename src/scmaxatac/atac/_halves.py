"""Halves of libraries: every fragment goes to one of two at random (count splitting)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scmaxatac.atac._insertions import Insertions


def split_libraries(
    insertions: Insertions, libraries: Sequence[str], rng: np.random.Generator | int | None
) -> tuple[Insertions, dict[str, tuple[str, str]]]:
    """Add two halves of some libraries, which share no fragment.

    Each fragment goes to one half with probability 1/2, so the counts of the halves are independent given Poisson
    counts (Neufeld et al. 2024, Biostatistics 25(1):270-287).

    Parameters
    ----------
    insertions
        Insertions of every library.
    libraries
        Those that are split.
    rng
        Seed or generator; each library has its own stream, so that its halves do not depend on the others.

    Returns
    -------
    Insertions of all libraries and of the halves, and ``{library: names of its halves}``.
    """
    generators = np.random.default_rng(rng).spawn(len(insertions.libraries))
    names, origin, n_on, fragments = list(insertions.libraries), [], [], dict(insertions.fragments)
    halves = {}
    for library in libraries:
        i = insertions.index(library)
        generator = generators[i]
        first = generator.binomial(insertions.n_on_contigs[i], 0.5)  # for contigs whose fragments are not held
        place = len(names)
        for c, chrom in enumerate(insertions.contigs):
            if (i, chrom) in insertions.fragments:
                packed = insertions.fragments[i, chrom]
                in_first = generator.random(len(packed)) < 0.5
                first[c] = np.count_nonzero(in_first)
                fragments[place, chrom], fragments[place + 1, chrom] = packed[in_first], packed[~in_first]
        halves[library] = (f"{library} half 1", f"{library} half 2")
        names += halves[library]
        origin += [i, i]
        n_on += [first, insertions.n_on_contigs[i] - first]
    rows = [*range(len(insertions.libraries)), *origin]
    on_contigs = np.vstack([insertions.n_on_contigs, *n_on])
    return replace(
        insertions,
        libraries=tuple(names),
        n_fragments=on_contigs.sum(axis=1),
        n_cells=insertions.n_cells[rows],
        n_cells_found=insertions.n_cells_found[rows],
        n_on_contigs=on_contigs,
        fragments=fragments,
    ), halves
