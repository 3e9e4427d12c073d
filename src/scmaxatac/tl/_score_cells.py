"""A score for each cell and transcription factor."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac.containers._copies import copied
from scmaxatac.containers._counts import MatrixCounts
from scmaxatac.containers._objects import split_objects, unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.fragments._read_groups import FragmentPaths
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.predict._cell_score_inputs import (
    FragmentOptions,
    fragment_counts,
    fragment_regions,
    given_sites,
    in_prediction,
    matrix_regions,
    predicted_sites,
    region_gc,
)
from scmaxatac.results._cell_scores import check_score_key, write_cell_scores
from scmaxatac.results._provenance import made_from
from scmaxatac.results._reader import find_results
from scmaxatac.results._schema import CELL_SCORES, CELL_Z, SCORE_PARAMS
from scmaxatac.results._schema_docs import slots_text
from scmaxatac.results._slots import check_key
from scmaxatac.stats._cell_scores import CellScores, CountSource, score_sources


@shared_docs(slots=slots_text("tl.score_cells"))
@checked_arguments
def score_cells(
    data: Any,
    *,
    genome: Genome | None = None,
    tfs: str | Iterable[str] | None = None,
    sites: pd.DataFrame | None = None,
    counts: str | None = None,
    regions: Table | None = None,
    weighted: bool | None = None,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    key: str = _keys.KEY_ADDED,
    key_added: str | None = None,
    mod: str = "atac",
    block_size: int = 512,
    n_jobs: int | None = None,
    copy: bool = False,
) -> Any:
    """Score each cell for each factor: how much more accessible its sites are in the cell than chance gives.

    chromVAR's bias-corrected deviations, with predicted sites in place of motifs, in closed form: instead of some fifty
    random sets of background regions of the same accessibility and GC content, their mean and variance are computed,
    so there is no noise of drawing and nothing to seed. The score is (observed - expected) / expected counts in the
    regions with sites, less the same of the background; z is the score in standard deviations of the background's.

    A cell is scored on the union of the sites over all groups, never on its own group's alone, which would find the
    groups again that the sites were called in. Cells without a group are scored too. z grows with a cell's depth:
    colour embeddings by the scores.

    Parameters
    ----------
    data
        {data}
    genome
        {genome}
        Its sequence gives the GC content. Without it accessibility alone decides what the background is, with a
        warning; counting fragments needs it.
    tfs
        Transcription factors; by default all that have sites.
    sites
        Intervals to score in place of predicted sites: a table with chrom, start, end (0-based, half-open) and tf, such
        as :func:`scmaxatac.tl.motif_scan` returns (chromVAR's own use; with a small `bin_size`, as a region has the
        hits of every bin that it overlaps) or ChIP-seq peaks.
    counts
        ``"X"`` or a layer of raw counts, cells x regions, with the regions in ``var`` (chrom, start, end) or
        ``var_names``. Without it the insertions of the fragments are counted, two a fragment. With predicted sites only
        regions count that overlap those of the prediction (or lie on its chromosomes, if it had no regions): elsewhere
        nobody looked for sites. With `sites` all do.
    regions
        Where fragments are counted: a BED file or a table; by default the regions of the prediction. Of others than
        these only those count that overlap them, as with `counts`.
    weighted
        Whether regions weigh by how far their sites' scores lie above the threshold (in log odds, mean over the groups
        with a site there), which is the default for predicted sites; or, with `sites`, by the sum of their column
        score. Otherwise all regions with a site weigh the same.
    fragments
        {fragments}
    sample_key
        {sample_key}
    barcode_key
        {barcode_key}
    key
        {key}
    key_added
        Name under which scores are stored; by default `key`, and ``"sites"`` for `sites`.
    mod
        {mod}
    block_size
        Cells that are computed at once; it changes nothing but the memory needed.
    n_jobs
        Threads; by default all cores that the process may use. They change nothing but the time.
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. Every object gets, with ``key_added="tfbs"``:

    {slots}

    :func:`scmaxatac.get.cell_scores` gives them as an AnnData for scanpy. In SnapATAC2's backed objects they are plain
    arrays, whose columns are named in the parameters.

    Warns
    -----
    UserWarning
        If regions were not predicted, cells or regions have no counts, scores are NaN, factors have no site in any
        region, or GC is not known.

    Raises
    ------
    KeyError
        If nothing was predicted under `key`, or there is no such factor, layer or column.
    FileNotFoundError
        If a fragment file does not exist.
    ValueError
        If `counts` names normalised values, columns are no regions, several objects differ in their regions, no
        regions or fragments are found, no region was predicted, or the results can't be stored.

    References
    ----------
    Schep et al. 2017, Nat Methods 14:975 (chromVAR); Ulirsch et al. 2019, Nat Genet 51:683 (weights, g-chromVAR).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.score_cells(mdata, genome=toy.genome)
    >>> mdata["atac"].obsm["score_tfbs"].columns.tolist()
    ['CTCF', 'GATA3', 'SPI1']

    Motifs, as in chromVAR, and the counts of a matrix:

    >>> hits = sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks, p_value=1e-4, bin_size=10)
    >>> sma.tl.score_cells(mdata, sites=hits, counts="X", genome=toy.genome, key_added="motifs")
    >>> sma.get.cell_scores(mdata, key="motifs").shape
    (594, 3)
    """
    check_number("block_size", block_size, low=1, whole=True)
    check_number("n_jobs", n_jobs, low=1, whole=True, optional=True)
    if counts is not None and regions is not None:
        raise ValueError("counts are those of the matrix's own regions; give either counts= or regions=")
    if copy:
        data = copied(data)
    members = split_objects(data)
    objects = [unwrap(member, mod) for _, member in members]
    name = key_added or (key if sites is None else "sites")
    check_key([], name)
    check_score_key(objects, name)
    for slot in (CELL_SCORES, CELL_Z):
        check_storable(data, SCORE_PARAMS.name_with(name), mod=mod, obsm=slot.name_with(name))
    weighted = sites is None if weighted is None else weighted
    run = None
    if sites is None:
        run = find_results(members[0][1], key, mod)
        given = predicted_sites(run, tfs, weighted)
    else:
        given = given_sites(sites, tfs, weighted)
        if counts is None and regions is None and key in objects[0].uns:
            run = find_results(members[0][1], key, mod)
    predicted = run if sites is None else None
    sources: Sequence[CountSource]
    if counts is not None:
        where = matrix_regions(objects)
        inside = np.ones(len(where), dtype=bool) if predicted is None else in_prediction(where, predicted)
        sources = [MatrixCounts(adata, counts, inside) for adata in objects]
        where = where[inside].reset_index(drop=True)
    else:
        if genome is None:
            raise ValueError("genome is missing: counting fragments needs it. Give scmaxatac.Genome, or counts='X'")
        where = fragment_regions(regions, run, genome)
        inside = np.ones(len(where), dtype=bool) if predicted is None else in_prediction(where, predicted)
        where = where[inside].reset_index(drop=True)
        options = FragmentOptions(fragments, sample_key, barcode_key, mod)
        sources = [fragment_counts(members, where, genome, options)]
    weights, chosen = given.weights(where)
    gc = region_gc(where, genome)
    result = score_sources(sources, weights, gc, block_size=block_size, n_jobs=n_jobs or _cores())
    _report(result, gc)
    params = {
        "tfs": chosen,
        "n_regions": dict(zip(chosen, result.n_regions.tolist(), strict=True)),
        "sites": key if sites is None else "table",
        "made_from": None if predicted is None else made_from(predicted),
        "counts": counts or "fragments",
        "n_left_out": int((~inside).sum()),
        "weighted": weighted,
        "gc": gc is not None,
    }
    first = 0
    for adata in objects:
        rows = slice(first, first + int(adata.n_obs))
        write_cell_scores(adata, result.scores[rows], result.z[rows], params, name)
        first = rows.stop
    return data if copy else None


def _report(result: CellScores, gc: np.ndarray | None) -> None:
    """Warn of what could not be used."""
    n_cells, n_regions = len(result.cell_counts), len(result.region_counts)
    if n_empty := int((result.cell_counts == 0).sum()):
        warn(f"{n_empty:,} of {n_cells:,} cells have no counts in the regions and get no score")
    unused = result.region_counts == 0
    if n_unused := int(unused.sum()):
        warn(f"{n_unused:,} of {n_regions:,} regions have no counts in any cell and are left out")
    if gc is not None and (n_unknown := int((np.isnan(gc) & ~unused).sum())):
        warn(f"{n_unknown:,} of {n_regions:,} regions have no known sequence, so no GC content, and are left out")
    missing = np.isnan(result.scores[result.cell_counts > 0])
    if missing.any():
        n_affected = int(missing.any(axis=1).sum())
        warn(
            f"{int(missing.sum()):,} of {missing.size:,} scores ({missing.mean():.1%}) in {n_affected:,} cells "
            "are NaN: less than one count is expected in the factor's regions there"
        )


def _cores() -> int:
    """Cores that the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
