"""Running the units of a prediction, here or through an executor."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, as_completed

import numpy as np

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._store import ScoreStore
from scmaxatac.tl._units import UnitOptions, dense_folder, predict_unit, unit_fingerprint, unit_windows

RegionBounds = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""For each chromosome starts and ends of the regions to score, in the order of the results."""


def run_units(
    options: UnitOptions,
    groups: Sequence[str],
    chroms: Sequence[str],
    region_bounds: RegionBounds,
    *,
    done_tracks: Mapping[str, dict[str, str]],
    executor: Executor | None = None,
) -> dict[tuple[str, str], str]:
    """Predict every group on every chromosome; what is complete from an earlier run with the same inputs is kept.

    Parameters
    ----------
    options
        What the units share.
    groups, chroms
        Groups and chromosomes.
    region_bounds
        Regions to score.
    done_tracks
        For each group whose bigWigs are written, the fingerprints they were written from: such units need no dense
        bins any more.
    executor
        Runs the units; by default they run here, one after the other.

    Returns
    -------
    Fingerprint of every unit.

    Raises
    ------
    RuntimeError
        If units failed in the executor's workers; it names them. The others are kept.
    """
    from tqdm.auto import tqdm

    store = ScoreStore(options.folder)
    fingerprints = {(g, c): unit_fingerprint(options, g, c) for c in chroms for g in groups}
    missing = [unit for unit in fingerprints if not _is_complete(store, options, unit, fingerprints, done_tracks)]
    if len(missing) < len(fingerprints):
        logger.info("%d of %d units are there from an earlier run", len(fingerprints) - len(missing), len(fingerprints))
    n_windows = {chrom: len(unit_windows(options, chrom)) for chrom in chroms}
    total = sum(n_windows[chrom] for _, chrom in missing)
    logger.info("%d windows to predict with %d models", total, len(options.ranks))
    with tqdm(total=total, unit="window", unit_scale=True, disable=not settings.progress) as bar:
        if executor is None:
            for group, chrom in missing:
                bar.set_description(f"{group} {chrom}")
                predict_unit(options, group, chrom, fingerprints[group, chrom], region_bounds[chrom], bar.update)
            return fingerprints
        jobs = {
            executor.submit(predict_unit, options, group, chrom, fingerprints[group, chrom], region_bounds[chrom]): (
                group,
                chrom,
            )
            for group, chrom in missing
        }
        failed: dict[tuple[str, str], BaseException] = {}
        for job in as_completed(jobs):
            error = job.exception()
            if error is not None:
                failed[jobs[job]] = error
            bar.update(n_windows[jobs[job][1]])
    if failed:
        names = ", ".join(f"{group} on {chrom}" for group, chrom in list(failed)[:5])
        raise RuntimeError(
            f"{len(failed)} of {len(missing)} units failed ({names}{', ...' if len(failed) > 5 else ''}); the others "
            f"are kept in {options.folder}. Call again with the same out_dir to compute what is missing"
        ) from next(iter(failed.values()))
    return fingerprints


def _is_complete(
    store: ScoreStore,
    options: UnitOptions,
    unit: tuple[str, str],
    fingerprints: Mapping[tuple[str, str], str],
    done_tracks: Mapping[str, dict[str, str]],
) -> bool:
    group, chrom = unit
    if store.fingerprint(group, chrom) != fingerprints[unit]:
        return False
    if not options.dense or dense_folder(store, group, chrom).is_dir():
        return True
    return done_tracks.get(group, {}).get(chrom) == fingerprints[unit] or not len(unit_windows(options, chrom))
