"""Which bases a score rests on."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac._settings import settings
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.nn._predict import check_strand
from scmaxatac.nn.engines._options import Strand
from scmaxatac.predict._contribution_sites import place, regions_to_explain, sites_to_explain, with_sequence
from scmaxatac.predict._predicted_genome import check_genome
from scmaxatac.predict._run import Run
from scmaxatac.predict._run_contributions import Method, check_method, explain
from scmaxatac.predict._run_variants import check_size
from scmaxatac.results._provenance import made_from
from scmaxatac.results._reader import find_results
from scmaxatac.results._run_folder import run_folder
from scmaxatac.results._schema_contributions import (
    CONTRIBUTION_BASES,
    CONTRIBUTION_PARAMS,
    CONTRIBUTION_SITES,
    CONTRIBUTIONS,
)
from scmaxatac.results._schema_docs import slots_text
from scmaxatac.results._slots import merge_slots

_BYTES_PER_BASE = 17
"""Four contributions of float32 and a code."""


@shared_docs(slots=slots_text("tl.contributions"))
@checked_arguments
def contributions(
    data: Any,
    tf: str | Iterable[str] | None,
    group: str | Iterable[str] | None,
    *,
    genome: Genome | None = None,
    regions: Table | None = None,
    method: Method = "mutagenesis",
    width: int = 128,
    strand: Strand = "forward",
    rng: int = 0,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Compute what each base around a site adds to the logit of its largest bin.

    One window is looked at, in whose middle the bin lies, with the networks and the signal of the prediction. The ATAC
    signal is held as it was measured, so nothing is attributed to it, and what the sequence does through accessibility
    is missed.

    ``"mutagenesis"`` replaces each base by the three others, one at a time, and scores the window again. The
    contribution of a base is the logit with it minus the mean of the logits with the three others, so the four of a
    position add up to 0. ``"deeplift"`` compares the sequence with 20 dinucleotide shuffles of it by the rescale rule;
    the contributions of the whole window add up to the mean difference in logit. Mutagenesis misses what several bases
    do for each other: of two motifs that can stand in for one another neither shows. DeepLIFT shares it out.

    Parameters
    ----------
    data
        Object that was predicted.
    tf
        One TF or several; None for all that were predicted.
    group
        One group or several; None for all that were predicted.
    genome
        The genome that was predicted: the same sequence and blacklist.
    regions
        What to explain, such as ``"chr5:100,000-100,200"`` (0-based, half-open), a list of these, a BED file or a table
        with chrom, start and end, some rows of :func:`scmaxatac.get.sites` for instance; in every group at the bin that
        is largest in any of them. By default the called sites of each factor in each group.
    method
        ``"mutagenesis"``, or ``"deeplift"``, which needs the extra ``interpret``.
    width
        Number of bases around the bin's middle, at most a window.
    strand
        ``"forward"``, or ``"mean"`` of the contributions on both strands.
    rng
        Seed of DeepLIFT's shuffles.
    key
        {key}
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. The object gets, with ``key="tfbs"``, in place of contributions that were there before:

    {slots}

    :func:`scmaxatac.get.contributions` gives those of a factor in a group.

    Warns
    -----
    UserWarning
        If regions lie on chromosomes that were not predicted, a factor has no sites in a group, sites have unknown
        bases alone around them, or contributions of DeepLIFT fail to add up by more than a thousandth of the
        difference: how many are left out.

    Raises
    ------
    KeyError
        If nothing was predicted under `key`, or there is no such factor or group.
    FileNotFoundError
        If there is no such file, or the folder of the run is gone.
    ImportError
        If ``method="deeplift"`` and tangermeme is missing.
    ValueError
        If there are no sites, the genome is not the one that was predicted, regions can't be read or none was
        predicted, `width` is more than a window, the contributions are larger than ``settings.max_scores_mb``, or the
        object can't be written to.

    References
    ----------
    Shrikumar et al. 2017, PMLR 70:3145 (DeepLIFT); Schreiber 2025, bioRxiv 2025.08.08.669296 (tangermeme); Cazares et
    al. 2023, PLoS Comput Biol 19(1):e1010863 (DeepLIFT of maxATAC's networks, supplement).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> best = sma.get.sites(mdata, tfs="CTCF", groups="B").nlargest(3, "score")
    >>> sma.tl.contributions(mdata, "CTCF", "B", genome=toy.genome, regions=best)
    >>> found = sma.get.contributions(mdata)
    >>> found.hypothetical.shape, found.actual.shape
    ((3, 4, 128), (3, 128))
    """
    from tqdm.auto import tqdm

    check_method(method)
    check_strand(strand)
    check_number("width", width, whole=True, low=1)
    check_number("rng", rng, whole=True, low=0)
    if copy:
        data = copied(data)
    adata = unwrap(data, mod)
    check_storable(data, key, mod=mod)
    results = find_results(data, key, mod)
    tfs, groups = results.pick_tfs(tf), results.pick_groups(group)
    run = Run.open(run_folder(results.params))
    check_number("width", width, whole=True, low=1, high=run.spec.grid.window)
    genome = check_genome(run, genome, results.params["genome"])
    n_elsewhere = 0
    if regions is None:
        called = sites_to_explain(results, tfs, groups)
        placed = {(t, g): place(run, genome, sites, t, [g], width)[g] for (t, g), sites in called.items()}
    else:
        given, n_elsewhere = regions_to_explain(regions, run, genome)
        placed = {(t, g): table for t in tfs for g, table in place(run, genome, given, t, groups, width).items()}
    n_placed = sum(map(len, placed.values()))
    placed = {names: with_sequence(table, genome) for names, table in placed.items()}
    n_sites = sum(map(len, placed.values()))
    if n_unknown := n_placed - n_sites:
        what = f"{n_unknown} of {n_placed} sites have unknown bases alone around them in {genome.source}"
        if not n_sites:
            raise ValueError(f"{what}, so nothing can be explained")
        warn(f"{what}, so are left out")
    check_size(f"contributions of {width} bases at {n_sites:,} sites", n_sites * width * _BYTES_PER_BASE // 4)
    passes = 2 if method == "mutagenesis" and strand == "mean" else 1
    with tqdm(total=passes * n_sites, unit="site", unit_scale=True, disable=not settings.progress) as bar:
        found = [
            explain(run, genome, table, t, g, method=method, strand=strand, seed=rng, progress=bar.update)
            for (t, g), table in placed.items()
            if len(table)
        ]
    n_unsound = sum(one.left_out for one in found)
    if n_unsound == n_sites:
        raise ValueError(
            f"the contributions of none of the {n_sites} sites add up to the difference in logit; take "
            "method='mutagenesis'"
        )
    if n_unsound:
        warn(
            f"the contributions of {n_unsound} of {n_sites} sites fail to add up by more than a thousandth of the "
            "difference in logit, so they are left out; method='mutagenesis' has no such limit"
        )
    sites = pd.concat([one.table for one in found], ignore_index=True)
    params = {
        "method": method,
        "tfs": tfs,
        "groups": groups,
        "width": width,
        "strand": strand,
        "regions": "sites" if regions is None else "given",
        "rng": rng if method == "deeplift" else None,
        "left_out": {"not predicted": n_elsewhere, "unknown sequence": n_unknown, "does not add up": n_unsound},
        "made_from": made_from(results) if regions is None else made_from(results) | {"thresholds": None},
        "signal": "held as it is: nothing is attributed to it",
    }
    slots = {
        CONTRIBUTION_SITES.name: sites.assign(
            group=pd.Categorical(sites["group"], categories=groups), tf=pd.Categorical(sites["tf"], categories=tfs)
        ),
        CONTRIBUTION_BASES.name: np.concatenate([one.codes for one in found]),
        CONTRIBUTIONS.name: np.concatenate([one.hypothetical for one in found]),
        CONTRIBUTION_PARAMS.name: params,
    }
    merge_slots(adata, slots, key)
    return data if copy else None
