"""Transcription factors whose sites are enriched in regions of interest."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.containers._storable import check_storable
from scmaxatac.evaluate._region_enrichment import (
    background_regions,
    bases_in_sites,
    check_set,
    factors_tested,
    label,
    match_regions,
    overlapped,
)
from scmaxatac.genome import Genome
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.results._entries import check_entry, write_entry
from scmaxatac.results._entry import ENRICHMENT
from scmaxatac.results._provenance import made_from
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import find_results


@shared_docs
@checked_arguments
def enrichment(
    data: Any,
    regions: Table | Mapping[str, Table],
    *,
    background: Table | None = None,
    genome: Genome | None = None,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    store: bool = False,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Enrichment of each factor's sites in regions of interest, against others as accessible and as rich in G and C.

    Regions of interest are marker peaks, differential peaks or loci of a trait. What counts are the regions of the
    background that they overlap by 1 bp, and of these the base pairs in sites of the factor. Accessible regions hold
    more sites, and those rich in G and C hold others; so each region is compared with those that are like it in both:
    in its place another is drawn, as chromVAR draws its background peaks. Mean and variance of the sum over all draws
    are computed in closed form; the variance is less the larger the part of the like regions that is of interest.

    Parameters
    ----------
    data
        {results}
    regions
        BED file or table with chrom, start and end (0-based, half-open), names such as ``"chr5:100,000-200,000"`` (one
        or a list), or a ``{name: regions}`` of several sets, such as the marker peaks of each cluster.
    background
        Regions to compare with, which is what could have been of interest: BED file or table; by default the run's
        regions. Those that were not predicted are left out.
    genome
        {genome}
        Without it regions are matched by accessibility alone, with a warning.
    tfs
        {tfs}
    groups
        Groups whose sites count, one or several; by default all. A base is in a site if it is in any group.
        Accessibility is that of all groups of the run.
    store
        Keep the table in ``uns[key + "_enrichment"]`` as well, where :func:`scmaxatac.get.enrichment` finds it.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a factor, for several sets a row a set and factor with the set's name first, sorted by falling z within a set:

    tf
        Transcription factor.
    n_regions, n_with_sites
        Regions of the background in the set, and those of them with a site.
    bp, expected_bp
        Bases of these regions in sites, and what is expected of matched ones.
    log2_odds
        Logarithm to base 2 of the odds of a base to be in a site, over the odds in matched regions; half a bin (16 bp)
        is added to each of the four numbers of bases. NaN for factors without sites in the background.
    z, p, q
        Distance of `bp` from its expectation in standard deviations, two-sided p-value from the normal distribution,
        and p-value adjusted by Benjamini and Hochberg over the factors of the set; NaN for factors without sites in the
        background. `z` grows with the number of regions: compare sets by `log2_odds`.

    Warns
    -----
    UserWarning
        If regions of interest overlap none of the background, if a set has fewer than ten regions (then the normal
        distribution is a poor guide), if regions of a set have no insertions or no known sequence and are left out, or
        without `genome`.

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such TF or group among them.
    FileNotFoundError
        If a file does not exist, or the run's files are not where they were written.
    ValueError
        If an interval is none, the genome was predicted without regions and there is no `background`, no region of
        interest or all of the background are in a set, or the object can't be written to.

    References
    ----------
    Background: Schep AN, Wu B, Buenrostro JD, Greenleaf WJ. chromVAR: inferring transcription-factor-associated
    accessibility from single-cell epigenomic data. Nat Methods 2017;14:975-978.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> only_in_mono = toy.peaks.query("chrom == 'chr5' and Mono and not B and not `CD4/T`")
    >>> table = sma.tl.enrichment(mdata, only_in_mono, genome=toy.genome)
    >>> table["tf"].iloc[0]
    'SPI1'
    """
    results = find_results(data, key, mod)
    if store:
        check_entry([results.adata], ENRICHMENT, ENRICHMENT.beside(key))
        check_storable(data, key, mod=mod)
    tf_names, group_names = results.pick_tfs(tfs), results.pick_groups(groups)
    sets = _sets(regions)
    universe = background_regions(results, background)
    in_set = {name: overlapped(universe, table, name) for name, table in sets.items()}
    matched = match_regions(results, universe, genome)
    for name, chosen in in_set.items():
        check_set(matched, chosen, name)
    bases = bases_in_sites(read_sites(results, tf_names, group_names), tf_names, universe)
    lengths = (universe["end"] - universe["start"]).to_numpy(np.int64)
    tables = []
    for name, chosen in in_set.items():
        table = factors_tested(matched, lengths, bases, chosen, results.params["bin"])
        tables.append(
            table.assign(regions=name)[["regions", *table.columns]] if isinstance(regions, Mapping) else table
        )
    table = pd.concat(tables, ignore_index=True)
    if store:
        gc = None if genome is None else genome.fingerprint
        params = {"made_from": made_from(results), "tfs": tf_names, "groups": group_names, "genome": gc}
        write_entry([results.adata], ENRICHMENT, ENRICHMENT.beside(key), {"factors_tested": table}, params)
    return table


def _sets(regions: Table | Mapping[str, Table]) -> dict[str, pd.DataFrame]:
    """Tables of the sets by name; "" for one set without."""
    if not isinstance(regions, Mapping):
        return {"": read_intervals(regions, "regions", columns=())}
    if not regions:
        raise ValueError("regions holds no set; give at least one")
    return {str(name): read_intervals(table, label(str(name)), columns=()) for name, table in regions.items()}
