"""Running the tasks of a prediction, here or through an executor."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from functools import cache
from itertools import product
from typing import Any

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.genome._genome import Genome
from scmaxatac.predict._run import Run
from scmaxatac.predict._task import predict_task

_NAMED = 5
"""Tasks that an error names."""

Task = tuple[str, str]
"""Group and chromosome."""


def run_tasks(
    run: Run,
    genome: Genome,
    *,
    has_tracks: Callable[[str], bool] | None = None,
    finish_group: Callable[[str], object] | None = None,
    executor: Executor | None = None,
) -> None:
    """Predict every group on every chromosome; what is complete from an earlier call is kept.

    Parameters
    ----------
    run
        The run, whose folder is held.
    genome
        Sequence, sizes and blacklist.
    has_tracks
        With bigWigs: tells whether a group's are written, so that its tasks need not keep all bins any more.
    finish_group
        Called here with every group, as soon as all its tasks are done.
    executor
        Runs the tasks, largest first; by default they run here, one after the other. With bigWigs they run group by
        group, so that few groups at a time have all their bins on disk.

    Raises
    ------
    RuntimeError
        If tasks are missing because the executor's workers failed; it names them. The others are kept.
    """
    from tqdm.auto import tqdm

    groups, chroms = run.spec.groups, run.spec.chroms
    all_bins = has_tracks is not None
    order = product(groups, chroms) if all_bins else ((g, c) for c, g in product(chroms, groups))
    n_windows = {chrom: len(run.window_starts(genome, chrom)) for chrom in chroms}
    finished: set[str] = set()

    @cache
    def is_tracked(group: str) -> bool:  # reads all of a group's bigWigs
        return has_tracks is not None and has_tracks(group)

    def is_done(task: Task) -> bool:
        group, chrom = task
        if not run.store.has_unit(group, chrom):
            return False
        if has_tracks is None or run.store.all_bins_path(group, chrom).is_dir() or not n_windows[chrom]:
            return True
        return group in finished or is_tracked(group)

    missing = [task for task in order if not is_done(task)]
    n_tasks = len(groups) * len(chroms)
    if len(missing) < n_tasks:
        logger.info("%d of %d tasks are there from an earlier run", n_tasks - len(missing), n_tasks)
    total = sum(n_windows[chrom] for _, chrom in missing)
    logger.info("%d windows to predict with %d models", total, len(run.spec.models))
    n_missing = Counter(group for group, _ in missing)

    def finish(group: str) -> None:
        if finish_group is not None and group not in finished:
            finish_group(group)
        finished.add(group)

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
                predict_task(group, chrom, run.folder, genome, all_bins, bar.update)
                done(group)
            return
        position = {group: i if all_bins else 0 for i, group in enumerate(groups)}
        largest_first = sorted(missing, key=lambda task: (position[task[0]], -n_windows[task[1]]))
        calls = {task: (*task, run.folder, genome, all_bins) for task in largest_first}

        def completed(task: Task) -> None:
            bar.update(n_windows[task[1]])
            done(task[0])

        error = _run_in(executor, calls, completed)
    if error is not None:
        if still := [task for task in missing if not is_done(task)]:
            raise RuntimeError(_missing(still, missing, error, run)) from error
        for group in groups:  # a worker may have died after it had written what it was asked for
            finish(group)


def _missing(still: Sequence[Task], asked: Sequence[Task], error: BaseException, run: Run) -> str:
    names = ", ".join(f"{group!r} on {chrom}" for group, chrom in still[:_NAMED])
    return (
        f"{len(still)} of {len(asked)} tasks are missing ({names}{', ...' if len(still) > _NAMED else ''}) because a "
        f"worker failed: {str(error) or type(error).__name__}. The others are kept in {run.folder}; call again with "
        "the same out_dir to compute what is missing"
    )


def _run_in(
    executor: Executor,
    calls: Mapping[Task, tuple[Any, ...]],
    completed: Callable[[Task], object],
) -> BaseException | None:
    """Run the tasks in the executor's workers, in the order given; the first error, after all of them have ended."""
    futures: dict[Future[None], Task] = {}
    error: BaseException | None = None
    try:
        for task, arguments in calls.items():
            try:
                futures[executor.submit(predict_task, *arguments)] = task
            except BrokenExecutor as broken:  # a worker died while tasks were still being submitted
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
