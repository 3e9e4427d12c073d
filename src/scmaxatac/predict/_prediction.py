"""A prediction from pseudobulks to slots; knows no AnnData."""

from collections.abc import Mapping
from concurrent.futures import Executor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.io._files import atomic_folder
from scmaxatac.io._temporary import remove
from scmaxatac.predict._assemble import assemble_scores
from scmaxatac.predict._background import add_background
from scmaxatac.predict._estimate import log_estimate
from scmaxatac.predict._plan import make_plan
from scmaxatac.predict._quality import quality_table
from scmaxatac.predict._rules import Rules
from scmaxatac.predict._run import SCORES, Run
from scmaxatac.predict._run_inputs import RunInputs
from scmaxatac.predict._schedule import run_tasks
from scmaxatac.predict._thresholds import are_usable, expected_bins, share_inside
from scmaxatac.predict._track_files import (
    Tracks,
    adopt_tracks,
    has_tracks,
    site_folder,
    table_of_files,
    write_site_files,
    write_tracks,
)
from scmaxatac.results._note import write_note
from scmaxatac.results._run_spec import RunSpec
from scmaxatac.results._stored_genome import store_genome


def run_prediction(
    inputs: RunInputs,
    bulks: Pseudobulks,
    *,
    rules: Rules,
    out_dir: Path,
    include_flanks: bool = False,
    tracks: Tracks = "",
    executor: Executor | None = None,
    key: str | None = None,
    origin: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Predict all groups that are deep enough.

    Parameters
    ----------
    inputs
        Models, genome and options.
    bulks
        Groups and their insertions.
    rules
        Which bins are sites.
    out_dir, include_flanks, executor
        As in :func:`scmaxatac.tl.predict_tfbs`.
    tracks
        Which bins go into bigWigs.
    key
        Name that the results will have in the object. With it a warning says where the published thresholds don't fit
        the depth, and how to call sites again.
    origin
        Further parameters: where groups and options come from. With them the prediction is noted in the run's folder,
        so that :func:`scmaxatac.tl.open_run` can open it.

    Returns
    -------
    The slots of :func:`scmaxatac.tl.predict_tfbs`; the parameters as a dict.
    """
    with Run.create(inputs, bulks, out_dir.resolve()) as run:
        genome = inputs.genome
        if executor is not None:
            genome = store_genome(genome, run.folder / "genome", run.spec.chroms)
        if tracks:
            for other in run.siblings():
                adopt_tracks(run.store, other.store, tracks)
        plan = make_plan(run, genome, has_tracks=partial(has_tracks, run.store) if tracks == "all" else None)
        log_estimate(run, genome, plan, has_workers=executor is not None)
        run_tasks(
            run,
            genome,
            plan,
            finish_group=partial(write_tracks, run.store, tracks=tracks) if tracks else None,
            executor=executor,
        )
        add_background(run, genome, needed=rules.needs_ranks(run.spec.tfs))
        scores = None if inputs.regions is None else _region_scores(run, len(inputs.regions))
        run.finish()
        called = run.call(rules, include_flanks=include_flanks)
        shares = {group: share_inside(run.signal(group), inputs.intervals) for group in run.store.groups}
        bins = expected_bins(inputs.calibrations, run.store, inputs.genome, inputs.context.counts, shares=shares)
        slots: dict[str, Any] = {
            _keys.TF_QC: bins.long(),
            _keys.QC: quality_table(
                bulks.qc,
                called.n_sites,
                bins.ratio,
                remedy=_remedy(run, key) if key is not None and rules.are_published(run.spec.tfs) else None,
            ),
            _keys.SITES: called.sites,
            _keys.ACTIVITY: called.activity,
        }
        on_disk = scores if isinstance(scores, str) else None
        if inputs.regions is not None:
            slots |= {_keys.REGIONS: inputs.regions} | ({} if on_disk else {_keys.SCORES: scores})
        sites = write_sites(run, called.sites) if tracks else None
        slots[_keys.FILES] = table_of_files(run.store, sites=sites, scores=on_disk, tracks=tracks)
        slots[_keys.PARAMS] = _params(run.spec) | {
            "thresholds": called.thresholds.to_dict(),
            "genome": {
                "source": inputs.genome.source,
                "fingerprint": inputs.genome.fingerprint,
                "sequence": inputs.genome.sequence_fingerprint,
                "annotation": None if inputs.genome.annotation is None else str(inputs.genome.annotation.absolute()),
            },
            "include_flanks": include_flanks,
            "out_dir": str(run.folder.parent),
        }
        if origin is not None:
            slots[_keys.PARAMS] |= origin
            write_note(run.folder, run.spec.fingerprint, slots)
    return slots


def _remedy(run: Run, key: str) -> str:
    """Calls that find sites by rank: from the scores of this run where that works, else by predicting what is missing.

    "" where the models allow neither.
    """
    rules = {name: Rules.parse(name) for name in ("matched", "mixed")}
    if not are_usable(rules["matched"], run.context.calibrations):
        return ""
    if not all(map(run.can_call, rules.values())):
        return 'predict_tfbs with threshold="matched" (or "mixed"), which predicts only what is missing for it'
    where = "" if key == _keys.KEY_ADDED else f"key={key!r}, "
    return f'scmaxatac.tl.call_sites(data, "matched", {where}key_added={key + "_matched"!r}) (or "mixed")'


def default_folder() -> Path:
    """Folder of the runs that the user names no place for."""
    return Path(settings.cache_dir).expanduser() / "runs"


def write_sites(run: Run, sites: pd.DataFrame) -> str:
    """Write the BED files of some sites, whatever else was called in the run; the folder's name."""
    name = site_folder(sites)
    with run.held() as owned:
        owned.announce([f"{name}/"])
        write_site_files(run.store, sites, name)
    return name


def _region_scores(run: Run, n_regions: int) -> np.ndarray | str:
    """Region scores (groups, regions, TFs) float32, or the name of a zarr array of them when they are large."""
    store = run.store
    shape = (len(store.groups), n_regions, len(store.tfs))
    megabytes = np.prod(shape, dtype=float) * 4 / 1e6
    if megabytes <= settings.max_scores_mb:
        return np.stack([assemble_scores(store, group) for group in store.groups])
    path = run.folder / SCORES
    if not store.has_folder(SCORES):
        import zarr

        remove(path)  # one that is damaged, or was written just before a kill

        chunks = (1, min(n_regions, 65_536), 1)
        with atomic_folder(path) as temporary:
            array = zarr.open_array(str(temporary), mode="w", shape=shape, chunks=chunks, dtype="f4")
            for g, group in enumerate(store.groups):
                array[g] = assemble_scores(store, group)
    logger.info("region scores (%.0f MB) are kept in %s", megabytes, path)
    return SCORES


def _params(spec: RunSpec) -> dict[str, Any]:
    return {
        "tfs": spec.tfs,
        "groups": spec.groups,
        "models": {tf: {"id": model.id, "sha256": model.sha256} for model in spec.models for tf in model.tfs},
        "chroms": spec.chroms,
        "signal_chroms": list(spec.signal_chroms),
        "window": spec.grid.window,
        "bin": spec.grid.bin,
        "step": spec.step,
        "strand": spec.strand,
        "precision": spec.engine.precision,
        "backend": spec.engine.backend,
        "device": spec.engine.device,
        "min_stored_score": spec.min_stored_score,
        "run": spec.fingerprint,
        "version": version("scmaxatac"),
    }
