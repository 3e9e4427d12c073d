"""Running the units of a prediction, here or through an executor."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._store import ScoreStore
from scmaxatac.tl._units import UnitOptions, dense_folder, predict_unit, unit_fingerprint, unit_windows

RegionBounds = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""For each chromosome starts and ends of the regions to score, in the order of the results."""

_NAMED = 5
"""Units that an error names."""


def run_units(
    options: UnitOptions,
    groups: Sequence[str],
    chroms: Sequence[str],
    region_bounds: RegionBounds,
    *,
    done_tracks: Mapping[str, dict[str, str]],
    finish_group: Callable[[str, Mapping[str, str]], object] | None = None,
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
    finish_group
        Called here with every group and the fingerprints of its chromosomes, as soon as all its units are there.
    executor
        Runs the units, largest first; by default they run here, one after the other. With dense bins they run group by
        group, so that few groups at a time have theirs on disk.

    Returns
    -------
    Fingerprint of every unit.

    Raises
    ------
    RuntimeError
        If units are missing because the executor's workers failed; it names them. The others are kept.
    """
    from tqdm.auto import tqdm

    store = ScoreStore(options.folder)
    order = product(groups, chroms) if options.dense else ((g, c) for c, g in product(chroms, groups))
    fingerprints = {(g, c): unit_fingerprint(options, g, c, region_bounds[c]) for g, c in order}
    missing = [unit for unit in fingerprints if not _is_complete(store, options, unit, fingerprints, done_tracks)]
    if missing:
        store.begin()
    if len(missing) < len(fingerprints):
        logger.info("%d of %d units are there from an earlier run", len(fingerprints) - len(missing), len(fingerprints))
    n_windows = {chrom: len(unit_windows(options, chrom)) for chrom in chroms}
    total = sum(n_windows[chrom] for _, chrom in missing)
    logger.info("%d windows to predict with %d models", total, len(options.ranks))
    n_missing = Counter(group for group, _ in missing)
    finished: dict[str, dict[str, str]] = {}

    def finish(group: str) -> None:
        units = {chrom: fingerprints[group, chrom] for chrom in chroms}
        if finish_group is not None and group not in finished:
            finish_group(group, units)
            finished[group] = units

    def done(group: str) -> None:
        n_missing[group] -= 1
        if not n_missing[group]:
            finish(group)

    for group in groups:
        if not n_missing[group]:
            finish(group)
    with tqdm(total=total, unit="window", unit_scale=True, disable=not settings.progress) as bar:
        if executor is None:
            for group, chrom in missing:
                bar.set_description(f"{group} {chrom}")
                predict_unit(options, group, chrom, fingerprints[group, chrom], region_bounds[chrom], bar.update)
                done(group)
            return fingerprints
        position = {group: i if options.dense else 0 for i, group in enumerate(groups)}
        largest_first = sorted(missing, key=lambda unit: (position[unit[0]], -n_windows[unit[1]]))
        tasks = {
            (group, chrom): (_on(options, chrom), group, chrom, fingerprints[group, chrom], region_bounds[chrom])
            for group, chrom in largest_first
        }

        def completed(unit: tuple[str, str]) -> None:
            bar.update(n_windows[unit[1]])
            done(unit[0])

        error = _run_in(executor, tasks, completed)
    if error is not None:
        still = [unit for unit in missing if not _is_complete(store, options, unit, fingerprints, finished)]
        if still:
            names = ", ".join(f"{group!r} on {chrom}" for group, chrom in still[:_NAMED])
            raise RuntimeError(
                f"{len(still)} of {len(missing)} units are missing ({names}{', ...' if len(still) > _NAMED else ''}) "
                f"because a worker failed: {str(error) or type(error).__name__}. The others are kept in "
                f"{options.folder}; call again with the same out_dir to compute what is missing"
            ) from error
        for group in groups:  # a worker may have died after it had written what it was asked for
            finish(group)
    return fingerprints


def _run_in(
    executor: Executor,
    tasks: Mapping[tuple[str, str], tuple[Any, ...]],
    completed: Callable[[tuple[str, str]], object],
) -> BaseException | None:
    """Run the units in the executor's workers, in the order given; the first error, after all of them have ended."""
    futures: dict[Future[str], tuple[str, str]] = {}
    error: BaseException | None = None
    try:
        for unit, task in tasks.items():
            try:
                futures[executor.submit(predict_unit, *task)] = unit
            except BrokenExecutor as broken:  # a worker died while units were still being submitted
                error = broken
                break
        for future in as_completed(futures):
            failure = future.exception()
            if failure is None:
                completed(futures[future])
            error = error or failure
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return error


def _on(options: UnitOptions, chrom: str) -> UnitOptions:
    """Keep the regions of one chromosome only, so that little travels to the workers."""
    if options.regions is None:
        return options
    return replace(options, regions=options.regions.on(chrom))


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
