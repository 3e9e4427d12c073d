"""A prediction from pseudobulks to slots; knows no AnnData."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._constants import BINS_PER_WINDOW, WINDOW
from scmaxatac._logging import logger, warn
from scmaxatac._settings import settings
from scmaxatac.io._store import ScoreStore
from scmaxatac.models import TFModel
from scmaxatac.models._calibration import Calibration
from scmaxatac.nn._engine import ChromosomeEngine
from scmaxatac.nn._predict import Strand
from scmaxatac.tl._background import add_background
from scmaxatac.tl._quality import quality_table
from scmaxatac.tl._results import CallingContext, call, region_scores, write_context
from scmaxatac.tl._run import run_units
from scmaxatac.tl._thresholds import BY_RANK, BinCounts, Threshold, called_to_expected, check_threshold, matched_ranks
from scmaxatac.tl._tracks import finished_tracks, table_of_files, write_site_files, write_tracks
from scmaxatac.tl._units import EngineOptions, UnitOptions, run_engine, unit_windows, write_weights
from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._intervals import Intervals
from scmaxatac.tracks._pseudobulk import Pseudobulks
from scmaxatac.tracks._stored_genome import store_genome
from scmaxatac.tracks._stored_signal import write_signal
from scmaxatac.tracks._windows import window_starts

_LARGE_RUN = 50_000
"""Windows times models from which on a run's time is estimated beforehand."""

_BIGWIG_BYTES = 5.3
"""Size of a bin in a bigWig of unrounded scores, as benchmarks/outputs.py measures it; rounded ones are smaller."""


@dataclass(frozen=True)
class Request:
    """What is to be predicted; the options are those of :func:`scmaxatac.tl.predict_tfbs`.

    `floor` is the score down to which bins are kept; that of the settings without it.
    """

    panel: list[TFModel]
    genome: Genome
    chroms: list[str]
    regions: pd.DataFrame | None
    threshold: Threshold
    overhang: bool
    step: int
    strand: Strand
    engine: EngineOptions
    out_dir: Path | None
    save_tracks: bool
    floor: float | None = None

    @property
    def kept_from(self) -> float:
        """Score down to which bins are kept."""
        return settings.score_floor if self.floor is None else self.floor

    @cached_property
    def calibrations(self) -> dict[str, Calibration | None]:
        """Calibration table of each transcription factor."""
        return {model.tf: model.calibration for model in self.panel}

    @cached_property
    def context(self) -> CallingContext:
        """What thresholds depend on beside the scores."""
        return CallingContext(self.calibrations, self.genome, BinCounts.of(self.genome, self.chroms, self.intervals))

    @cached_property
    def intervals(self) -> Intervals | None:
        """The regions as intervals; None for whole chromosomes."""
        return None if self.regions is None else Intervals.from_frame(self.regions.astype({"chrom": str}))

    def check(self) -> None:
        """Raise what can be told before any work.

        Raises
        ------
        ValueError
            If the genome has no sequence, no window fits the regions, the threshold cannot be applied, or `out_dir`
            cannot be written.
        """
        self.genome.codes(self.chroms[0])
        windows = (window_starts(self.genome, c, step=self.step, regions=self.intervals) for c in self.chroms)
        if not any(map(len, windows)):
            raise ValueError(
                "there is no window to predict: every window of 1,024 bp that overlaps a region is blacklisted "
                "or reaches past its chromosome's end"
            )
        check_threshold(self.threshold, self.calibrations, self.kept_from)
        self.engine.check()
        if self.out_dir is not None:
            _check_writable(self.out_dir)


def run_prediction(
    request: Request, bulks: Pseudobulks, executor: Executor | None = None, *, judge_depth: bool = True
) -> dict[str, Any]:
    """Predict all groups that are deep enough.

    With `judge_depth` a warning says where the published thresholds don't fit the depth.

    Returns
    -------
    The slots of :func:`scmaxatac.tl.predict_tfbs`; the parameters as a dict that the caller completes and encodes.
    """
    store, options = _prepare(request, bulks, travels=executor is not None)
    _estimate(request, options, bulks.groups)
    fingerprints = run_units(
        options,
        bulks.groups,
        request.chroms,
        _region_bounds(request),
        done_tracks=finished_tracks(store) if request.save_tracks else {},
        finish_group=partial(write_tracks, store) if request.save_tracks else None,
        executor=executor,
    )
    run = store.finish(fingerprints)
    add_background(options, fingerprints, needed=request.threshold in BY_RANK)
    inside = None if request.overhang else request.intervals
    called = call(store, request.threshold, request.context, inside)
    slots: dict[str, Any] = {
        _keys.QC: quality_table(
            bulks.qc,
            called.n_sites,
            called_to_expected(request.calibrations, store, request.genome, request.context.counts),
            judged=judge_depth and request.threshold == "f1",
        ),
        _keys.SITES: called.sites,
        _keys.ACTIVITY: called.activity,
    }
    on_disk = False
    if request.regions is not None:
        scores = region_scores(store, len(request.regions))
        on_disk = isinstance(scores, Path)
        slots |= {_keys.REGIONS: request.regions} | ({} if on_disk else {_keys.SCORES: scores})
    if request.save_tracks:
        write_site_files(store, called.sites)
    slots[_keys.FILES] = table_of_files(store, tracks=request.save_tracks, scores=on_disk)
    slots[_keys.PARAMS] = _params(request, store, called.thresholds) | {"run": run}
    return slots


def remark_on_genome(genome: Genome, panel: Sequence[TFModel]) -> None:
    """Warn of what is unusual about a genome that the published models are to be used on."""
    if not any(model.id.startswith("maxatac:") for model in panel):
        return
    if not genome.looks_human:
        warn(f"the published models are human, and {genome.source} does not look like a human genome")
    elif genome.human_assembly not in ("hg38", ""):
        warn(
            f"{genome.source} looks like {genome.human_assembly}: the published models were trained and calibrated on "
            "hg38, and their blacklist has hg38's positions"
        )
    if genome.blacklist is None:
        warn(
            "no blacklist: the 99th percentile of the signal, and so the scores, will differ from maxATAC's; "
            "scmaxatac.models.download_blacklist() gets it for hg38"
        )


def _prepare(request: Request, bulks: Pseudobulks, *, travels: bool) -> tuple[ScoreStore, UnitOptions]:
    """Put everything that the units read into the run's folder; the sequence too if it has to travel."""
    folder = request.out_dir or Path(settings.cache_dir).expanduser() / "runs" / _identity(request, bulks)
    sizes = {chrom: request.genome.sizes[chrom] for chrom in request.chroms}
    tfs = [model.tf for model in request.panel]
    store = ScoreStore.create(folder, groups=bulks.groups, tfs=tfs, sizes=sizes)
    write_weights(store.folder, [model.weights for model in request.panel])
    write_context(store, request.context)
    for group in bulks.groups:
        signal = bulks.signal(group)
        for chrom in request.chroms:
            write_signal(store, group, chrom, signal)
    genome = request.genome
    return store, UnitOptions(
        folder=store.folder.resolve(),
        genome=store_genome(genome, store.genome_path.resolve(), request.chroms) if travels else genome,
        regions=request.intervals,
        step=request.step,
        strand=request.strand,
        engine=request.engine,
        floor=request.kept_from,
        ranks=matched_ranks(request.calibrations, request.context.counts),
        dense=request.save_tracks,
    )


def _identity(request: Request, bulks: Pseudobulks) -> str:
    """Name of the run folder in the cache: the same call on the same data finds its folder again."""
    digest = hashlib.sha256(request.genome.fingerprint.encode())
    for model in request.panel:
        digest.update(f"{model.tf}:{model.sha256}".encode())
    for group, libraries in bulks.libraries.items():
        for library in libraries:
            digest.update(json.dumps([group, library]).encode())
            for chrom in bulks.insertions.chroms:
                digest.update(chrom.encode() + bulks.insertions.positions(library, chrom).tobytes())
    if request.regions is not None:
        digest.update(
            pd.util.hash_pandas_object(request.regions.astype({"chrom": str}), index=False).to_numpy().tobytes()
        )
    options = [request.chroms, bulks.signal_chroms, request.step, request.strand, repr(request.engine)]
    digest.update(json.dumps(options).encode())
    return digest.hexdigest()[:20]


def _check_writable(folder: Path) -> None:
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f"out_dir {folder} cannot be written ({error}); choose another folder") from error


def _region_bounds(request: Request) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    nothing = np.zeros(0, dtype=np.int64)
    bounds = dict.fromkeys(request.chroms, (nothing, nothing))
    if request.regions is not None:
        for chrom, rows in request.regions.groupby("chrom", observed=True):
            bounds[str(chrom)] = (rows["start"].to_numpy(), rows["end"].to_numpy())
    return bounds


def _estimate(request: Request, options: UnitOptions, groups: Sequence[str]) -> None:
    """Say before a large run how long it will take and how much it will write, from the rate of a few windows."""
    n_windows = len(groups) * sum(len(unit_windows(options, chrom)) for chrom in request.chroms)
    work = n_windows * len(request.panel) * (1 if request.strand == "forward" else 2)
    if work < _LARGE_RUN:
        return
    engine = run_engine(options)
    shape = (4_096 if isinstance(engine, ChromosomeEngine) else 64, WINDOW)  # a GPU is slow with a few
    codes, signal = np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=np.float32)
    engine.predict(codes, signal)
    before = time.perf_counter()
    engine.predict(codes, signal)
    rate = len(codes) * len(request.panel) / (time.perf_counter() - before)
    bins = n_windows * min(BINS_PER_WINDOW, request.step // (WINDOW // BINS_PER_WINDOW)) * len(request.panel)
    logger.info(
        "%d groups, %d models, %.3g windows: about %.0f s on this machine; %s in %s",
        len(groups), len(request.panel), n_windows, work / rate,
        f"up to {bins * _BIGWIG_BYTES / 1e9:.1f} GB of bigWigs" if request.save_tracks else "scores", options.folder,
    )  # fmt: skip


def _params(request: Request, store: ScoreStore, thresholds: pd.DataFrame) -> dict[str, Any]:
    return {
        "tfs": store.tfs,
        "groups": store.groups,
        "models": {model.tf: {"id": model.id, "sha256": model.sha256} for model in request.panel},
        "threshold": request.threshold,
        "thresholds": thresholds.to_dict(),
        "genome": {"source": request.genome.source, "fingerprint": request.genome.fingerprint},
        "chroms": request.chroms,
        "overhang": request.overhang,
        "step": request.step,
        "strand": request.strand,
        "precision": request.engine.precision,
        "backend": request.engine.backend,
        "score_floor": request.kept_from,
        "out_dir": str(store.folder.resolve()),
        "version": version("scmaxatac"),
    }
