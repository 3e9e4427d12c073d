"""Transcription factor binding sites for every group of cells."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from os import PathLike
from typing import Any

import numpy as np

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.atac import Pseudobulks
from scmaxatac.atac._options import MaxFragments, PseudobulkOptions
from scmaxatac.atac._read_pseudobulks import check_options, pseudobulks_of, scope_of
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import split_objects, unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.fragments._read_groups import FragmentPaths
from scmaxatac.genome._genome import Genome
from scmaxatac.io._output import output_folder
from scmaxatac.models import load_many
from scmaxatac.models._load_many import Models
from scmaxatac.nn.engines._options import Backend, EngineOptions, Precision, Strand
from scmaxatac.predict._executor import check_executor
from scmaxatac.predict._prediction import default_folder, run_prediction
from scmaxatac.predict._preset import AveragingOptions, Preset
from scmaxatac.predict._regions import Regions
from scmaxatac.predict._rules import Rules, Thresholds
from scmaxatac.predict._run_inputs import RunInputs
from scmaxatac.predict._track_files import SaveTracks, parse_tracks
from scmaxatac.results._group_object import group_object
from scmaxatac.results._schema_docs import slots_text
from scmaxatac.results._slots import check_key, log_results, write_slots


@shared_docs(slots=slots_text("tl.predict_tfbs"))
@checked_arguments
def predict_tfbs(
    data: Any,
    groupby: str | Sequence[str] | None = None,
    *,
    genome: Genome | None = None,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    replicate_key: str | None = None,
    mod: str = "atac",
    tfs: str | Iterable[str] | None = None,
    models: Models = None,
    regions: Regions = "auto",
    chroms: Iterable[str] | None = None,
    signal_chroms: Iterable[str] | None = None,
    threshold: Thresholds = "f1",
    include_flanks: bool = False,
    preset: Preset | None = None,
    strand: Strand | None = None,
    step: int | None = None,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    max_fragments: MaxFragments = None,
    rng: np.random.Generator | int | None = 0,
    device: str = "auto",
    backend: Backend = "auto",
    precision: Precision = "float32",
    batch_size: int | None = None,
    executor: Executor | None = None,
    out_dir: str | PathLike[str] | None = None,
    save_tracks: SaveTracks = False,
    key_added: str = _keys.KEY_ADDED,
    copy: bool = False,
) -> Any:
    """Predict where transcription factors bind in every group of cells.

    The Tn5 insertions of each group become a signal, the maxATAC networks (Cazares et al. 2023, PLoS Comput Biol
    19(1):e1010863) read it together with the DNA sequence in windows of 1,024 bp and score 32-bp bins; bins with a
    score of at least the model's threshold are merged into binding sites; those without a known base are never called.

    {agreement}
    This holds where fragments, chromosomes, blacklist and regions are the same and `strand` and `step` the default
    ones; sites are then the same with ``include_flanks=True`` and the default `precision`.

    Parameters
    ----------
    data
        {bulks_or_data}
    groupby
        {bulks_groupby}
    genome
        {bulks_genome}
        It must be the assembly that the reads were aligned to; the published models are for human (hg38).
    {source_options}

    Parameters: models
    ------------------
    tfs
        Transcription factors, by the symbols of their genes or other well-known names (``"PU.1"`` is SPI1). Without it
        every installed model; where a MuData has an RNA modality (``"rna"``, ``"RNA"``, ``"gex"`` or ``"GEX"``), only
        those of factors that have a count in at least 1% of all its cells or are not among its genes, with a warning
        that names the others. A factor of a rare cluster may be among these: name such factors here.
    models
        A folder of models (ours, or the original maxATAC's layout), a :class:`~scmaxatac.models.TFModel`, a list or
        dict of them, or ``"demo"``. Without it ``settings.model_dir``, then the downloaded models.

    Parameters: regions and thresholds
    ----------------------------------
    regions
        Where to predict: ``"auto"`` takes the intervals in ``var_names`` unless they tile the genome, else the peaks
        in ``uns["macs3"]`` or ``uns["macs3_pseudobulk"]``; ``"genome"`` is everything; or a BED file, or a table with
        chrom, start and end (0-based, half-open), or a name such as ``"chr5:100,000-200,000"``, or several such as
        ``adata.var_names``. Windows that overlap a region by 1 bp are predicted. Pseudobulks hold no peaks: name the
        regions with them.
    chroms
        {bulks_chroms}
        Fewer of them change all scores, unless `signal_chroms` stays the same.
    signal_chroms
        {signal_chroms}
    threshold
        Which bins are sites: ``"f1"``, the published rule, takes the threshold with the largest F1 on the validation
        chromosome; ``"matched"`` calls the share of the genome's 200-bp bins that ``"f1"`` called in the calibration,
        whatever the depth; ``"mixed"`` lies halfway between these two, in log odds; a number; or ``("precision", v)``,
        ``("recall", v)``, ``("log2fc", v)``. Thresholds were calibrated on 200-bp bins and are applied to 32-bp bins.
        For sparse groups ``"matched"`` is recommended where the factor is known to be expressed: it calls about as many
        bins in every group, also where the factor is absent, so numbers of sites can't be compared. ``"mixed"`` is for
        groups where that is not known. The QC table says how far the published thresholds are off. These two rank the
        bins of known sequence on all `chroms`: for what lies beside the regions stands a fixed sample of at most 512
        blocks of 1,024 bp, which is predicted as well (3,584 windows a group at the default `step`). Or
        ``{tf: rule}``; factors that the dict does not name are called at ``"f1"``.
    include_flanks
        A window of 1,024 bp that overlaps a region reaches beyond it. By default only bins that overlap a region by
        1 bp can become sites; True takes those outside as well, as the original does, though fewer windows cover them.

    Parameters: windows
    -------------------
    preset
        How windows are averaged: ``"original"`` is ``strand="forward", step=256``, as without a preset;
        ``"accurate"`` is ``strand="mean", step=128`` and predicts four times as many windows. An explicit `strand` or
        `step` wins over the preset.
    strand
        ``"forward"``, the original's and the default, or ``"mean"`` of both strands, at twice the cost.
    step
        Distance between windows in bp, a multiple of the bin and at most a window; the original's and the default is a
        quarter of a window, 256.

    Parameters: depth
    -----------------
    {depth_options}

    Parameters: running
    -------------------
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; ``"auto"`` takes a GPU when there is one and the backend can use
        it. Where that lacks an operation of the networks the log says so and the CPU is used.
    backend
        ``"openvino"`` or ``"torch"``. ``"auto"`` takes on the CPU the one that a run of the same inputs in `out_dir`
        was computed with; without such a run the faster one, by a measurement of a second that is made once for a
        machine and kept in ``settings.cache_dir`` (``settings.measure_backends = False`` takes OpenVINO where it is
        installed). The log says which and the rates. Their scores differ by about 1e-6. ``"triton"`` runs a network as
        one kernel on an NVIDIA GPU; it was never measured on one, and ``"auto"`` does not take it.
    precision
        ``"float32"``, or ``"bfloat16"``: faster where the hardware has it, and less exact (see above).
    batch_size
        Windows in one call of a network; chosen for the device by default.
    executor
        A :class:`concurrent.futures.Executor`, such as Dask's ``Client.get_executor()``, that runs
        chromosomes, or parts of them, in parallel. Its workers need to reach `out_dir` and the cache folder.

    Parameters: output
    ------------------
    out_dir
        Folder for the scores of bins and other files, by default ``settings.cache_dir / "runs"``. A run has a folder of
        its own in it, ``run-`` and a fingerprint of everything that the scores depend on: a call with the same inputs
        computes only what is missing, one with other inputs never replaces another's files, and takes over what is the
        same for a group. Folders of runs are never removed; delete those that no object needs any more. The object
        holds the absolute path; :func:`relocate` says where a folder is that was moved, and :func:`open_run` opens one
        without its object.
    save_tracks
        Write bigWigs of scores and signal, and BED files of the sites. ``"sites"``: scores of the bins that
        :func:`scmaxatac.get.track` gives, those of at least ``settings.min_stored_score``, with three decimals; what an
        atlas needs. ``"all"``, or True: scores of all bins, as they are. ``settings.bigwig_decimals`` rounds both.
        Until a group's bigWigs of all bins are written, its scores lie in `out_dir` as well; groups are predicted
        together as far as that takes at most 20 GB.
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. With pseudobulks, which have no object to write into, a new AnnData whose rows are the
    groups, with their depth as ``obs``; the functions of ``get`` and ``pl``, and :func:`call_sites`, take it as any
    other object. Every object gets, with ``key_added="tfbs"``:

    {slots}

    Warns
    -----
    UserWarning
        If groups are skipped, factors, fragments or cells are left out, groups differ more than two-fold in depth and
        no `max_fragments` is given, a group loses most of its insertions to the blacklist, fewer than 90% of the cells
        are found in a fragment file, a fragment file looks truncated or a BAM file has no duplicates marked, a model is
        weak, or published models meet a genome without a blacklist or another one than hg38.

    Raises
    ------
    FileNotFoundError
        If a file or a model is missing.
    ImportError
        If ``backend="openvino"`` or a BAM file needs a package that is not installed; the message has the line that
        installs it.
    KeyError
        If a column, chromosome or transcription factor does not exist, or `threshold` has a rule for a factor that is
        not predicted.
    TypeError
        If `data` or `genome` is something else.
    ValueError
        If an option is wrong or one that pseudobulks can't follow any more, the results can't be stored in an object
        (opened read-only, a view of a file), no fragments or too few barcodes are found, contigs do not match, or no
        group is large enough.
    RuntimeError
        If a worker of the executor failed. What is complete is kept: call again with the same inputs and folder. Or if
        another process is running the same prediction in the same folder.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.predict_tfbs(
    ...     toy.mdata, "cell_type", tfs="CTCF", genome=toy.genome, models="demo", chroms="chr5", min_fragments=1000
    ... )
    >>> sorted(sma.get.sites(toy.mdata, tfs="CTCF")["group"].unique())
    ['B', 'CD4/T', 'Mono']

    At equal depth, from pseudobulks that were read once:

    >>> bulks = sma.pp.pseudobulk(toy.mdata, "cell_type", genome=toy.genome, chroms="chr5", min_fragments=1000)
    >>> groups = sma.tl.predict_tfbs(bulks, tfs="CTCF", models="demo", regions=toy.peaks, max_fragments="match")
    >>> sma.get.activity(groups).index.tolist()
    ['B', 'CD4/T', 'Mono']
    """
    began = time.perf_counter()
    check_executor(executor)
    check_number("step", step, whole=True, optional=True)
    check_number("batch_size", batch_size, low=1, whole=True, optional=True)
    tracks = parse_tracks(save_tracks)
    scope = scope_of(data, genome, chroms, signal_chroms)
    options = PseudobulkOptions(
        groupby, fragments, sample_key, barcode_key, replicate_key, mod, min_cells, min_fragments, max_fragments, rng
    )
    rules = Rules.parse(threshold)
    check_options(data, options)
    of_groups = isinstance(data, Pseudobulks)
    if copy and not of_groups:
        data = copied(data)
    objects = [] if of_groups else [unwrap(member, mod) for _, member in split_objects(data)]
    check_key(objects, key_added)
    if not of_groups:
        check_storable(data, key_added, mod=mod, obsm=_keys.activity_obsm(key_added))
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
    )
    folder = output_folder(default_folder() if out_dir is None else out_dir)
    bulks, codes = pseudobulks_of(data, options, scope)
    origin = bulks.params | {
        "preset": preset,
        "threshold": threshold,
        "regions": str(regions) if isinstance(regions, str | PathLike) else "table",
        "n_objects": len(objects),
        "rows": "groups" if of_groups else "cells",
    }
    slots = run_prediction(
        inputs,
        bulks,
        rules=rules,
        out_dir=folder,
        include_flanks=include_flanks,
        tracks=tracks,
        executor=executor,
        key=key_added,
        origin=origin,
    )
    if of_groups:
        data, code = group_object(bulks.qc, bulks.groups)
        objects, codes = [data], [code]
    write_slots(objects, codes, list(bulks.qc.index), slots, key_added)
    log_results(slots, key_added, time.perf_counter() - began)
    return data if copy or of_groups else None
