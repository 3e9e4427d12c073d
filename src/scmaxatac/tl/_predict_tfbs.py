"""Transcription factor binding sites for every group of cells."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._constants import STEP
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._objects import split_objects, unwrap
from scmaxatac.io._read_groups import Fragments, read_groups
from scmaxatac.io._store import ScoreStore
from scmaxatac.models import TFModel, load_many
from scmaxatac.models._load_many import Models
from scmaxatac.nn._engine import Backend, Precision
from scmaxatac.nn._predict import Strand, check_strand
from scmaxatac.tl._assemble import Threshold, check_threshold, matched_ranks
from scmaxatac.tl._expressed import expressed_models
from scmaxatac.tl._regions import Regions, resolve_regions
from scmaxatac.tl._results import call, encode_params, region_scores, write_context, write_slots
from scmaxatac.tl._run import run_units
from scmaxatac.tl._tracks import finished_tracks, table_of_files, write_site_files, write_tracks
from scmaxatac.tl._units import EngineOptions, UnitOptions, unit_windows, write_signal, write_weights
from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._insertions import collect_insertions
from scmaxatac.tracks._intervals import Intervals
from scmaxatac.tracks._pseudobulk import Pseudobulks, make_pseudobulks
from scmaxatac.tracks._windows import check_step


@shared_docs
def predict_tfbs(
    data: Any,
    groupby: str | Sequence[str],
    *,
    tfs: str | Iterable[str] | None = None,
    genome: Genome | None = None,
    fragments: Fragments | None = None,
    models: Models = None,
    regions: Regions = "auto",
    chroms: Iterable[str] | None = None,
    threshold: Threshold = "f1",
    strand: Strand = "forward",
    step: int = STEP,
    overhang: bool = False,
    signal_chroms: Iterable[str] | None = None,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    sample_key: str | None = None,
    replicate_key: str | None = None,
    barcode_key: str | None = None,
    mod: str = "atac",
    device: str = "auto",
    backend: Backend = "auto",
    precision: Precision = "float32",
    batch_size: int | None = None,
    out_dir: str | PathLike[str] | None = None,
    save_tracks: bool = False,
    executor: Executor | None = None,
    key_added: str = _keys.KEY_ADDED,
    copy: bool = False,
) -> Any:
    """Predict where transcription factors bind in every group of cells.

    The Tn5 insertions of each group become a signal, the maxATAC networks (Cazares et al. 2023, PLoS Comput Biol
    19(1):e1010863) read it together with the DNA sequence in windows of 1,024 bp and score 32-bp bins; bins with a
    score of at least the model's threshold are merged into binding sites. With whole chromosomes and the same
    fragments the scores are those of the original within 1e-5.

    Parameters
    ----------
    data
        {data}
    groupby
        {groupby}
    tfs
        Transcription factors. Without it every installed model; where the data hold an RNA modality, only those of
        factors that are expressed, and the log says which were left out.
    genome
        {genome}
        It must be the assembly that the reads were aligned to; the published models are for human (hg38).
    fragments
        {fragments}
    models
        A folder of models (ours, or the original maxATAC's layout), a :class:`~scmaxatac.models.TFModel`, a list or
        dict of them, or ``"demo"``. Without it ``settings.model_dir``, then the downloaded models.
    regions
        Where to predict: ``"auto"`` takes the intervals in ``var_names`` unless they tile the genome, else the peaks
        in ``uns["macs3"]`` or ``uns["macs3_pseudobulk"]``; ``"genome"`` is everything; or a BED file, or a table with
        chrom, start and end (0-based, half-open). Windows that overlap a region by 1 bp are predicted.
    chroms
        {chroms}
    threshold
        Which bins are sites: ``"f1"``, the published rule, takes the threshold with the largest F1 on the validation
        chromosome; ``"matched"`` calls as many 200-bp bins as the calibration expects, whatever the depth; a number;
        or ``("precision", v)``, ``("recall", v)``, ``("log2fc", v)``. Thresholds were calibrated on 200-bp bins and
        are applied to 32-bp bins.
    strand
        ``"forward"``, as the original, or ``"mean"`` of both strands: more accurate, at twice the cost.
    step
        Distance between windows in bp, a multiple of 32 and at most 1,024; 256 as in the original.
    overhang
        Use the bins outside the regions that windows reach as well, as the original does. Such bins lack some of
        their windows.
    signal_chroms
        Chromosomes over which the signal's 99th percentile is taken; by default those predicted.
    min_cells
        {min_cells}
    min_fragments
        {min_fragments}
    sample_key
        {sample_key}
    replicate_key
        {replicate_key}
    barcode_key
        {barcode_key}
    mod
        {mod}
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``; ``"auto"`` takes a GPU when there is one.
    backend
        ``"openvino"`` or ``"torch"``; ``"auto"`` takes OpenVINO on the CPU when it is installed.
    precision
        ``"float32"``, or ``"bfloat16"``: faster where the hardware has it, with differences of about 1e-2.
    batch_size
        Windows in one call of a network; chosen for the device by default.
    out_dir
        Folder for the scores of bins and other files; by default a run folder in the cache. A call with the same
        inputs and folder computes only what is missing.
    save_tracks
        Write bigWigs of all scores and of the signal, and BED files of the sites.
    executor
        A :class:`concurrent.futures.Executor`, such as Dask's ``Client.get_executor()``, that runs groups and
        chromosomes in parallel. Its workers need to reach `out_dir` and the cache folder.
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. Every object gets, with ``key_added="tfbs"``:

    ``uns["tfbs"]["sites"]``
        chrom, start, end (0-based, half-open), group, tf, score.
    ``uns["tfbs"]["regions"]``, ``uns["tfbs"]["scores"]``
        Regions, and the largest score in each: (groups, regions, TFs) float32, NaN where no window exists.
    ``uns["tfbs"]["activity"]``
        Groups x TFs: mean, over the union of a TF's sites in all groups, of the group's score there.
    ``uns["tfbs"]["qc"]``, ``["params"]``, ``["files"]``
        Depth of every group, the parameters as JSON (:func:`scmaxatac.get.params`), the files written.
    ``obsm["X_tfbs"]``
        Cells x TFs: the activity of each cell's group.

    Raises
    ------
    FileNotFoundError
        If a file or a model is missing.
    KeyError
        If a column, chromosome or transcription factor does not exist.
    ValueError
        If an option is wrong, no fragments or too few barcodes are found, contigs do not match, or no group is large
        enough.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.predict_tfbs(
    ...     toy.mdata, "cell_type", tfs="CTCF", genome=toy.genome, models="demo", chroms="chr5", min_fragments=1000
    ... )
    >>> sorted(sma.get.sites(toy.mdata, tf="CTCF")["group"].unique())
    ['B', 'CD4/T', 'Mono']
    """
    if genome is None:
        raise ValueError("genome is missing: give scmaxatac.Genome('hg38.fa', blacklist='hg38_maxatac_blacklist.bed')")
    check_step(step)
    check_strand(strand)
    containers = split_objects(data)
    if copy:
        containers = [(sample, member.copy()) for sample, member in containers]
        data = _rebuilt(data, containers)
    objects = [unwrap(member, mod) for _, member in containers]
    chosen = genome.select_chroms(chroms)
    for chrom in chosen:
        genome.codes(chrom)
    scaling = chosen if signal_chroms is None else genome.select_chroms(signal_chroms)
    panel = expressed_models(load_many(models, tfs), data) if tfs is None else load_many(models, tfs)
    calibrations = {model.tf: model.calibration for model in panel}
    check_threshold(threshold, calibrations)
    table = resolve_regions(objects, regions, genome, chosen)
    _remark_on_genome(genome, panel)

    grouped = read_groups(
        data, groupby, fragments=fragments, sample_key=sample_key, barcode_key=barcode_key, replicate_key=replicate_key, mod=mod
    )  # fmt: skip
    every_chrom = list(dict.fromkeys([*chosen, *scaling]))
    insertions = collect_insertions(grouped.sources, grouped.libraries, genome, chroms=every_chrom)
    bulks = make_pseudobulks(
        insertions, grouped.groups, genome, chosen, signal_chroms=scaling, min_cells=min_cells, min_fragments=min_fragments
    )  # fmt: skip

    engine = EngineOptions(backend, device, precision, batch_size)
    identity = _identity(panel, genome, bulks, table, chosen, scaling, step, strand, engine)
    folder = Path(out_dir) if out_dir is not None else settings.cache_dir / "runs" / identity
    store = _open_store(folder, bulks, panel, genome, chosen)
    options = UnitOptions(
        folder=store.folder,
        genome=genome,
        regions=None if table is None else Intervals.from_frame(table.astype({"chrom": str})),
        step=step,
        strand=strand,
        engine=engine,
        floor=settings.score_floor,
        ranks=matched_ranks(calibrations, genome, chosen),
        dense=save_tracks,
    )
    write_weights(store.folder, [model.weights for model in panel])
    write_context(store, calibrations, genome)
    for group in bulks.groups:
        signal = bulks.signal(group)
        for chrom in chosen:
            write_signal(store, group, chrom, signal)
    del insertions
    _estimate(options, bulks.groups, chosen, len(panel))
    bounds = _region_bounds(table, chosen)
    fingerprints = run_units(
        options, bulks.groups, chosen, bounds, done_tracks=finished_tracks(store) if save_tracks else {}, executor=executor
    )

    called = call(store, threshold, calibrations, genome, None if overhang else options.regions)
    slots: dict[str, Any] = {
        _keys.QC: bulks.qc.assign(n_sites=called.n_sites.reindex(bulks.qc.index, fill_value=0)),
        _keys.SITES: called.sites,
        _keys.ACTIVITY: called.activity,
    }
    scores_on_disk = False
    if table is not None:
        scores = region_scores(store, len(table))
        slots[_keys.REGIONS] = table
        scores_on_disk = isinstance(scores, Path)
        if not scores_on_disk:
            slots[_keys.SCORES] = scores
    if save_tracks:
        for group in bulks.groups:
            write_tracks(store, group, {chrom: fingerprints[group, chrom] for chrom in chosen})
        write_site_files(store, called.sites)
    slots[_keys.FILES] = table_of_files(store, tracks=save_tracks, scores=scores_on_disk)
    slots[_keys.PARAMS] = encode_params(
        {
            "groupby": groupby if isinstance(groupby, str) else list(groupby),
            "tfs": store.tfs,
            "groups": store.groups,
            "models": {model.tf: {"id": model.id, "sha256": model.sha256} for model in panel},
            "threshold": threshold,
            "thresholds": called.thresholds.to_dict(),
            "genome": {"source": genome.source, "fingerprint": genome.fingerprint},
            "chroms": chosen,
            "signal_chroms": scaling,
            "regions": str(regions) if not isinstance(regions, pd.DataFrame) else "table",
            "overhang": overhang,
            "step": step,
            "strand": strand,
            "precision": precision,
            "backend": backend,
            "replicate_key": replicate_key,
            "min_cells": min_cells,
            "min_fragments": min_fragments,
            "score_floor": options.floor,
            "out_dir": str(store.folder.resolve()),
            "n_objects": len(objects),
            "version": _version(),
        }
    )
    write_slots(objects, grouped.codes, list(grouped.groups), slots, key_added)
    return data if copy else None


def _rebuilt(data: Any, containers: Sequence[tuple[str | None, Any]]) -> Any:
    """Give copies back in the form that the originals came in."""
    if isinstance(data, Mapping) and not hasattr(data, "obs"):
        return {str(sample): member for sample, member in containers}
    if isinstance(data, Sequence):
        return [member for _, member in containers]
    return containers[0][1]


def _remark_on_genome(genome: Genome, panel: Sequence[TFModel]) -> None:
    published = [model for model in panel if model.id.startswith("maxatac:")]
    if published and not genome.looks_human:
        logger.warning("the published models are human, and %s does not look like a human genome", genome.source)
    if published and genome.blacklist is None:
        logger.warning(
            "no blacklist: the 99th percentile of the signal, and so the scores, will differ from maxATAC's; "
            "scmaxatac.models.download_blacklist() gets it for hg38"
        )


def _identity(panel: Sequence[TFModel], genome: Genome, bulks: Pseudobulks, table: pd.DataFrame | None, *options: Any) -> str:
    """Name of the run folder in the cache: the same call on the same data finds its folder again."""
    digest = hashlib.sha256(genome.fingerprint.encode())
    for model in panel:
        digest.update(f"{model.tf}:{model.sha256}".encode())
    for group, libraries in bulks.libraries.items():
        for library in libraries:
            digest.update(f"{group}:{library}".encode())
            for chrom in bulks.insertions.chroms:
                digest.update(chrom.encode() + bulks.insertions.positions(library, chrom).tobytes())
    if table is not None:
        digest.update(table.to_csv().encode())
    digest.update(json.dumps(options, default=str).encode())
    return digest.hexdigest()[:20]


def _open_store(
    folder: Path, bulks: Pseudobulks, panel: Sequence[TFModel], genome: Genome, chroms: Sequence[str]
) -> ScoreStore:
    sizes = {chrom: genome.sizes[chrom] for chrom in chroms}
    try:
        return ScoreStore.create(folder, groups=bulks.groups, tfs=[model.tf for model in panel], sizes=sizes)
    except OSError as error:
        raise ValueError(f"out_dir {folder} cannot be written: {error}. Choose another folder") from error


def _region_bounds(table: pd.DataFrame | None, chroms: Sequence[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    nothing = np.zeros(0, dtype=np.int64)
    if table is None:
        return dict.fromkeys(chroms, (nothing, nothing))
    by_chrom = {str(chrom): rows for chrom, rows in table.groupby("chrom", observed=True)}
    bounds = {chrom: (rows["start"].to_numpy(), rows["end"].to_numpy()) for chrom, rows in by_chrom.items()}
    return {chrom: bounds.get(chrom, (nothing, nothing)) for chrom in chroms}


def _estimate(options: UnitOptions, groups: Sequence[str], chroms: Sequence[str], n_models: int) -> None:
    """Say before a run how large it is; the rate is that of two cores, see the performance page of the docs."""
    windows = len(groups) * sum(len(unit_windows(options, chrom)) for chrom in chroms)
    logger.info("%d groups, %d models, %d windows in %s", len(groups), n_models, windows, options.folder)


def _version() -> str:
    from importlib.metadata import version

    return version("scmaxatac")
