"""Pseudobulks of an annotated object."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.atac._pseudobulk import Pseudobulks, make_pseudobulks
from scmaxatac.fragments._read_groups import Fragments, read_groups
from scmaxatac.genome import Genome


@shared_docs
def pseudobulk(
    data: Any,
    groupby: str | Sequence[str],
    *,
    genome: Genome,
    fragments: Fragments | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    replicate_key: str | None = None,
    mod: str = "atac",
    chroms: str | Iterable[str] | None = None,
    signal_chroms: str | Iterable[str] | None = None,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    max_fragments: int | None = None,
    rng: np.random.Generator | int | None = 0,
) -> Pseudobulks:
    """Pool the Tn5 insertions of each group of cells and check how deep the groups are.

    A fragment ``[start, end)`` counts once and gives two insertions, at ``start`` and ``end - 1``. What is pooled here
    is what :func:`scmaxatac.tl.predict_tfbs` predicts from; call this to look at groups before a long run, or to work
    with their insertions and signal.

    Parameters
    ----------
    data
        {data}
    groupby
        {groupby}
    genome
        {genome}
    fragments
        {fragments}
    sample_key
        {sample_key}
    barcode_key
        {barcode_key}
    replicate_key
        {replicate_key}
        Cells without a replicate are left out, with a warning; replicates below `min_cells` or `min_fragments` too.
    mod
        {mod}
    chroms
        {chroms}
        Fewer of them change the signal, unless `signal_chroms` stays the same.
    signal_chroms
        {signal_chroms}
    min_cells
        {min_cells}
    min_fragments
        {min_fragments}
    max_fragments
        {max_fragments}
    rng
        {rng}

    Returns
    -------
    Object with the QC table (``.qc``), the insertions (``.insertions``) and each group's signal (``.signal(group)``).

    Raises
    ------
    FileNotFoundError
        If a fragment file does not exist.
    KeyError
        If a column, chromosome or sample is missing.
    ValueError
        If no fragments or too few of the barcodes are found, contigs or lengths don't fit the genome, or no group is
        deep enough.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> bulks = sma.pp.pseudobulk(toy.adata, "cell_type", genome=toy.genome)
    >>> bulks.qc["n_cells"].to_dict()
    {'B': 186, 'CD4/T': 246, 'Mono': 159}
    """
    if max_fragments is not None and max_fragments < max(min_fragments, 1):
        raise ValueError(
            f"max_fragments is {max_fragments}, below min_fragments ({min_fragments}): no group would be left"
        )
    chosen = genome.select_chroms(chroms)
    scaling = chosen if signal_chroms is None else genome.select_chroms(signal_chroms)
    if genome.blacklist is None:
        warn(f"{genome.source} has no blacklist: artefacts raise the 99th percentile and so lower the signal")
    grouped = read_groups(
        data,
        groupby,
        fragments=fragments,
        sample_key=sample_key,
        barcode_key=barcode_key,
        replicate_key=replicate_key,
        mod=mod,
    )
    insertions = collect_insertions(
        grouped.sources,
        grouped.libraries,
        genome,
        chroms=[*chosen, *scaling],
        max_fragments=max_fragments,
        rng=rng,
    )
    return make_pseudobulks(
        insertions,
        grouped.groups,
        genome,
        chosen,
        signal_chroms=scaling,
        min_cells=min_cells,
        min_fragments=min_fragments,
    )
