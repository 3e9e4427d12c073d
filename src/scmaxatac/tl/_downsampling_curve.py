"""How predictions for a group change with the number of its fragments."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
from scmaxatac._text import abbreviate
from scmaxatac.atac import Pseudobulks
from scmaxatac.atac._options import PseudobulkOptions
from scmaxatac.atac._read_pseudobulks import check_options, insertions_of_group, scope_of
from scmaxatac.containers._objects import split_objects, unwrap
from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.evaluate._motifs import Motifs, read_any_motifs
from scmaxatac.evaluate._ranking_metrics import check_blocks, count_blocks, warn_of_few_blocks
from scmaxatac.evaluate._read_scores import check_not_mixed
from scmaxatac.fragments._read_groups import FragmentPaths
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals_on_genome import on_genome, regions_on
from scmaxatac.io._output import output_folder
from scmaxatac.models import TFModel, load_many
from scmaxatac.models._load_many import Models
from scmaxatac.nn.engines._options import Backend, EngineOptions, Precision, Strand
from scmaxatac.predict._depth_curve import NOTHING, CurveReference, depth_curve
from scmaxatac.predict._depth_libraries import depth_libraries, library_sizes
from scmaxatac.predict._executor import check_executor
from scmaxatac.predict._prediction import default_folder
from scmaxatac.predict._preset import AveragingOptions, Preset
from scmaxatac.predict._regions import Regions
from scmaxatac.predict._rules import Rules, Thresholds
from scmaxatac.predict._run_inputs import RunInputs
from scmaxatac.tl._motif_scan import motif_scan


@shared_docs
@checked_arguments
def downsampling_curve(
    data: Any,
    groupby: str | Sequence[str] | None = None,
    *,
    group: str,
    genome: Genome | None = None,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    mod: str = "atac",
    sizes: Sequence[int] | None = None,
    n_repeats: int = 1,
    rng: np.random.Generator | int | None = 0,
    tfs: str | Iterable[str] | None = None,
    models: Models = None,
    regions: Regions = "auto",
    chroms: Iterable[str] | None = None,
    signal_chroms: Iterable[str] | None = None,
    threshold: Thresholds = "f1",
    preset: Preset | None = None,
    strand: Strand | None = None,
    step: int | None = None,
    peaks: Table | Mapping[str, Table] | None = None,
    motifs: Motifs | None = None,
    compare_in: Table | None = None,
    bin_size: int = CALIBRATION_BIN,
    n_bootstrap: int = 200,
    block_size: int = 1_000_000,
    device: str = "auto",
    backend: Backend = "auto",
    precision: Precision = "float32",
    batch_size: int | None = None,
    out_dir: str | PathLike[str] | None = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Predict a group of cells again and again from ever fewer of its fragments, to see how many are needed.

    The experiment of Cazares et al. 2023 on single cells of GM12878. Fragments are drawn without replacement; each
    smaller library is a subset of the larger ones, within a repeat. All fragments come last, as the reference. The
    object is not changed.

    Parameters
    ----------
    data
        {bulks_or_data}
    groupby
        {bulks_groupby}
    group
        The group whose fragments are drawn: a deep one.
    genome
        {bulks_genome}
    fragments
        {fragments}
    sample_key
        {sample_key}
    barcode_key
        {barcode_key}
    mod
        {mod}

    Parameters: depth
    -----------------
    sizes
        Numbers of fragments, on any chromosome; by default 2, 5, 10, 20 and 50% of the group's. Larger numbers than
        the group has are left out with a warning; where all are, the table holds all fragments alone.
    n_repeats
        How often each size is drawn, to see what the draw makes of a result; each costs as many windows again.
        :func:`scmaxatac.get.downsampling_curve` gives mean and spread. Repeats are seeded by `rng`, one after the
        other: the first is that of ``n_repeats=1``, and more of them change none.
    rng
        {rng}

    Parameters: models, regions and thresholds
    ------------------------------------------
    tfs
        Transcription factors; by default those of `peaks`, else as in :func:`predict_tfbs`.
    models
        As in :func:`predict_tfbs`.
    regions
        Where to predict, as in :func:`predict_tfbs`; the same for every size.
    chroms
        {bulks_chroms}
        Fewer of them change all scores, unless `signal_chroms` stays the same.
    signal_chroms
        {signal_chroms}
    threshold
        Which bins are sites, as in :func:`predict_tfbs`.
    preset, strand, step
        How windows are averaged, as in :func:`predict_tfbs`.

    Parameters: comparison
    ----------------------
    peaks
        Known sites, such as ChIP-seq peaks of the same kind of cells: ``{tf: peaks}``, or for a single factor a BED
        file or table with chrom, start and end (0-based, half-open).
    motifs
        Motifs of the factors, as :func:`motif_scan` takes them, for the baseline: matches in the regions, counted in
        the bins that the library covers. It is compared with `peaks`, so it needs them.
    compare_in
        Count only bins that lie in these regions with all their bases, where predictions are compared: a BED file or
        table. By default all bins of the chromosomes count, and those outside the predicted regions score 0.
    bin_size
        Width in bp of the bins that are compared.
    n_bootstrap
        Draws for the interval of the average precision; 0 leaves it out.
    block_size
        Length of the blocks that are drawn with replacement, in bp; at least 10 should hold bins, as in
        :func:`benchmark`. They are the same for all rows.

    Parameters: running
    -------------------
    device, backend, precision, batch_size
        How the networks are run, as in :func:`predict_tfbs`.
    out_dir
        Folder for the scores of bins, all of them: 8 bytes a bin, factor and library. By default a run folder in the
        cache.
    executor
        Runs chromosomes in parallel, as in :func:`predict_tfbs`.

    Returns
    -------
    A row a factor, library size and repeat:

    tf, n_fragments
        The factor, and the size of the library.
    n_cells
        Cells that have so many fragments, at the mean depth of the group's cells.
    repeat
        Number of the draw, from 1. All fragments, which are never drawn, stand once, under 1.
    p99, warnings
        99th percentile of the coverage in insertions over a base, and what the QC says.
    threshold, n_sites
        Smallest score of a site, and the number of sites.
    ap_vs_full_depth
        Average precision against the sites of the prediction from all fragments.
    spearman
        Rank correlation with that prediction's region scores (bin scores with ``regions="genome"``); NaN for a single
        region.
    n_bins, n_positive, random_precision, average_precision, ap_low, ap_high, aupr, precision_at_5pct_recall, log2fc
        With `peaks`: as :func:`benchmark` gives them, for all chromosomes together.
    motif_average_precision, motif_ap_low, motif_ap_high
        With `motifs`: the same of the baseline.

    Warns
    -----
    UserWarning
        If sizes are left out, a single region leaves nothing to rank, intervals rest on too few blocks, or as
        :func:`predict_tfbs` warns; but not that published thresholds don't fit the depth, which is what is measured
        here.

    Raises
    ------
    FileNotFoundError
        If a file or model is missing.
    ImportError
        If motifs are given and memelite is not installed.
    KeyError
        If there is no such group, column, chromosome or factor.
    ValueError
        If `sizes` is empty or a size is below 1, motifs come without peaks, peaks or `compare_in` don't fit the genome,
        or as :func:`predict_tfbs` raises.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> peaks = {tf: rows for tf, rows in toy.chip_peaks.query("group == 'B'").groupby("tf")}
    >>> table = sma.tl.downsampling_curve(
    ...     toy.adata, "cell_type", group="B", genome=toy.genome, sizes=[20_000], tfs="CTCF", models="demo",
    ...     peaks=peaks, chroms="chr5", n_bootstrap=0,
    ... )
    >>> thinned, full = table["average_precision"]
    >>> bool(thinned < full)
    True
    """
    check_executor(executor)
    check_number("step", step, whole=True, optional=True)
    check_number("batch_size", batch_size, low=1, whole=True, optional=True)
    for size in () if sizes is None else sizes:
        check_number("sizes", size)
    check_number("n_repeats", n_repeats, low=1, whole=True)
    check_number("bin_size", bin_size, whole=True)
    check_number("n_bootstrap", n_bootstrap, low=0, whole=True)
    check_number("block_size", block_size)
    rules = Rules.parse(threshold)
    check_blocks(bin_size, block_size)
    if motifs is not None and peaks is None:
        raise ValueError("motifs are a baseline to compare with peaks; give peaks as well")
    scope = scope_of(data, genome, chroms, signal_chroms)
    genome, chosen = scope.genome, scope.chroms
    options = PseudobulkOptions(groupby, fragments, sample_key, barcode_key, mod=mod)
    check_options(data, options)
    of_groups = isinstance(data, Pseudobulks)
    objects = [] if of_groups else [unwrap(member, mod) for _, member in split_objects(data)]
    if tfs is None and isinstance(peaks, Mapping):
        tfs = list(peaks)
    inputs = RunInputs.prepare(
        data,
        load_many(models, tfs),
        scope,
        regions,
        objects=objects,
        named=tfs is not None,
        averaging=AveragingOptions(preset, step, strand),
        engine=EngineOptions(backend, device, precision, batch_size),
        rules=rules,
        min_stored_score=0.0,  # ranks go on below the scores that a run keeps otherwise
    )
    folder = output_folder(default_folder() if out_dir is None else out_dir)
    known = _peaks_by_tf(peaks, inputs.models, genome)
    inside = None if compare_in is None else regions_on(compare_in, genome, chosen, "intervals of compare_in").frame()
    if known and n_bootstrap:
        counted = labelled_bins(NOTHING, NOTHING, genome=genome, chroms=chosen, regions=inside, bin_size=bin_size)
        warn_of_few_blocks({abbreviate(chosen): count_blocks(list(counted.values()), block_size)}, block_size)
    matches = {} if motifs is None else _motif_bins(motifs, inputs, known, bin_size)
    deep = insertions_of_group(data, group, options, scope)
    libraries = depth_libraries(
        deep, library_sizes(sizes, deep.n_fragments, group), scope, n_repeats=int(n_repeats), rng=rng
    )
    comparison = CurveReference(known, matches, inside, bin_size, n_bootstrap, block_size, libraries.seed)
    table = depth_curve(inputs, libraries, comparison, rules=rules, out_dir=folder, executor=executor)
    table.insert(2, "n_cells", (table["n_fragments"] * deep.n_cells_found / deep.n_fragments).round().astype(int))
    return table


def _peaks_by_tf(
    peaks: Table | Mapping[str, Table] | None, models: Sequence[TFModel], genome: Genome
) -> dict[str, pd.DataFrame]:
    if peaks is None:
        return {}
    tfs = [tf for model in models for tf in model.tfs]
    if not isinstance(peaks, Mapping):
        if len(tfs) != 1:
            raise ValueError(f"peaks are of one factor, but {len(tfs)} are predicted; give {{tf: peaks}}")
        peaks = {tfs[0]: peaks}
    by_name = {str(tf).upper(): table for tf, table in peaks.items()}
    given = {tf: by_name[tf.upper()] for tf in tfs if tf.upper() in by_name}
    for tf, table in given.items():
        check_not_mixed(table, f"peaks of {tf}", "tf")
    return {tf: on_genome(table, f"peaks of {tf}", genome, positions=True) for tf, table in given.items()}


def _motif_bins(
    motifs: Motifs, inputs: RunInputs, peaks: Mapping[str, pd.DataFrame], bin_size: int
) -> dict[str, pd.DataFrame]:
    """Motif matches in the regions, in bins, of every factor that has peaks and a motif."""
    having = {motif.tf.upper() for motif in read_any_motifs(motifs)}
    tfs = [tf for tf in peaks if tf.upper() in having]
    if not tfs:
        raise KeyError(f"there is no motif of {', '.join(peaks) or 'any factor that has peaks'}")
    regions = inputs.regions
    if regions is None:
        ends = [inputs.genome.sizes[chrom] for chrom in inputs.chroms]
        regions = pd.DataFrame({"chrom": inputs.chroms, "start": 0, "end": ends})
    found = motif_scan(inputs.genome, motifs, regions=regions, tfs=tfs, chroms=inputs.chroms, bin_size=bin_size)
    return {tf: found[found["tf"] == tf] for tf in tfs}
