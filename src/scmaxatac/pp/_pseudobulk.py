"""Pseudobulks of an annotated object."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac.atac import Pseudobulks
from scmaxatac.atac._options import MaxFragments, PseudobulkOptions
from scmaxatac.atac._read_pseudobulks import check_options, pseudobulks_of, scope_of
from scmaxatac.fragments._read_groups import FragmentPaths
from scmaxatac.genome import Genome


@shared_docs
@checked_arguments
def pseudobulk(
    data: Any,
    groupby: str | Sequence[str] | None = None,
    *,
    genome: Genome | None = None,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    replicate_key: str | None = None,
    mod: str = "atac",
    chroms: str | Iterable[str] | None = None,
    signal_chroms: str | Iterable[str] | None = None,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    max_fragments: MaxFragments = None,
    rng: np.random.Generator | int | None = 0,
) -> Pseudobulks:
    """Pool the Tn5 insertions of each group of cells and check how deep the groups are.

    A fragment ``[start, end)`` counts once and gives two insertions, at ``start`` and ``end - 1``. What is pooled here
    is what :func:`scmaxatac.tl.predict_tfbs` predicts from; call this to look at groups before a long run, or to work
    with their insertions and signal. Give the result to :func:`tn5_tracks`, :func:`scmaxatac.tl.predict_tfbs`,
    :func:`scmaxatac.tl.downsampling_curve`, or to this function again with another `max_fragments`, and the fragments
    are not read again.

    With `replicate_key`, cells without a replicate are left out, with a warning; replicates below `min_cells` or
    `min_fragments` too.

    Parameters
    ----------
    data
        {bulks_or_data}
    groupby
        {bulks_groupby}
    genome
        {bulks_genome}
    chroms
        {bulks_chroms}
        Fewer of them change the signal, unless `signal_chroms` stays the same.
    signal_chroms
        {signal_chroms}
    {source_options}
    {depth_options}

    Returns
    -------
    Object with the QC table (``.qc``; n_fragments are all before thinning, n_fragments_used those after it on
    `signal_chroms`), the insertions (``.insertions``) and each group's signal (``.signal(group)``).

    Warns
    -----
    UserWarning
        If groups are skipped, replicates or cells left out, groups differ more than two-fold in depth and no
        `max_fragments` is given, a group loses most of its insertions to the blacklist, or there is no blacklist.

    Raises
    ------
    FileNotFoundError
        If a fragment file does not exist.
    KeyError
        If a column, chromosome or sample is missing.
    TypeError
        If `data` or `genome` is something else.
    ValueError
        If `groupby` names no column or one that does not hold groups, `max_fragments` is no number of fragments or
        below `min_fragments`, no fragments or too few of the barcodes are found, contigs or lengths don't fit the
        genome, or no group is deep enough; or if pseudobulks come with options that they can't follow any more.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> bulks = sma.pp.pseudobulk(toy.adata, "cell_type", genome=toy.genome)
    >>> bulks.qc["n_cells"].to_dict()
    {'B': 186, 'CD4/T': 246, 'Mono': 159}
    >>> equal = sma.pp.pseudobulk(bulks, max_fragments="match")
    >>> equal.qc["n_fragments_used"].nunique()
    1
    """
    scope = scope_of(data, genome, chroms, signal_chroms)
    options = PseudobulkOptions(
        groupby, fragments, sample_key, barcode_key, replicate_key, mod, min_cells, min_fragments, max_fragments, rng
    )
    check_options(data, options)
    if scope.genome.blacklist is None:
        warn(f"{scope.genome.source} has no blacklist: artefacts raise the 99th percentile and so lower the signal")
    bulks, _ = pseudobulks_of(data, options, scope)
    return bulks
