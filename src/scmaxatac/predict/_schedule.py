"""Running the tasks of a prediction, here or through an executor."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import suppress
from typing import Any

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac._text import counted
from scmaxatac.genome._genome import Genome
from scmaxatac.predict._parts import merge_parts
from scmaxatac.predict._plan import ChromosomePlan, Plan, Task
from scmaxatac.predict._run import Run
from scmaxatac.predict._task import predict_task

_NAMED = 5
"""Tasks that an error names."""


def run_tasks(
    run: Run,
    genome: Genome,
    plan: Plan,
    *,
    finish_group: Callable[[str], object] | None = None,
    executor: Executor | None = None,
) -> None:
    """Run the tasks of a plan, and put the parts of every chromosome together.

    Parameters
    ----------
    run
        The run, whose folder is held.
    genome
        Sequence, sizes and blacklist.
    plan
        What is missing.
    finish_group
        Called here with every group, as soon as it is complete.
    executor
        Runs the tasks, largest first; by default they run here, one after the other. With bigWigs they run in the order
        of the plan, so that few groups at a time have all their bins on disk.

    Raises
    ------
    RuntimeError
        If tasks are missing because the executor's workers failed; it names them. The others are kept.
    """
    from tqdm.auto import tqdm

    _log(run, plan)
    n_missing = Counter(group for chromosome in plan.chromosomes for group in chromosome.groups)

    def finish(group: str) -> None:
        if finish_group is not None:
            finish_group(group)

    def complete(chromosome: ChromosomePlan) -> None:
        for group in chromosome.groups:
            merge_parts(run, genome, group, chromosome.chrom, all_bins=plan.all_bins)
            n_missing[group] -= 1
            if not n_missing[group]:
                finish(group)

    for group in run.spec.groups:
        if not n_missing[group]:
            finish(group)
    with tqdm(total=plan.n_scored, unit="window", unit_scale=True, disable=not settings.progress) as bar:
        if executor is None:
            for chromosome in plan.chromosomes:
                for task in chromosome.tasks:
                    bar.set_description(str(task))
                    predict_task(task, run.folder, genome, plan.all_bins, bar.update)
                complete(chromosome)
        else:
            _run_in(executor, run, genome, plan, complete, bar.update)
    with suppress(OSError):  # not there, or not empty
        (run.folder / "parts").rmdir()


def _log(run: Run, plan: Plan) -> None:
    n_all = len(run.spec.groups) * len(run.spec.chroms)
    n_missing = sum(len(chromosome.groups) for chromosome in plan.chromosomes)
    if n_missing < n_all:
        logger.info("scores of %d of %d groups and chromosomes are there already", n_all - n_missing, n_all)
    logger.info(
        "%s in %s, %d to predict with %s: those without signal are predicted once for all groups",
        counted(plan.n_windows, "window"), counted(len(plan.tasks), "task"), plan.n_scored,
        counted(len(run.spec.models), "model"),
    )  # fmt: skip


def _run_in(
    executor: Executor,
    run: Run,
    genome: Genome,
    plan: Plan,
    complete: Callable[[ChromosomePlan], object],
    progress: Callable[[int], object],
) -> None:
    """Run the tasks of a plan in an executor; a chromosome is completed here when all its tasks have ended well."""
    left = {chromosome: len(chromosome.tasks) for chromosome in plan.chromosomes}
    of_task = {task: chromosome for chromosome in plan.chromosomes for task in chromosome.tasks}
    for chromosome, n in left.items():
        if not n:
            complete(chromosome)

    def ended(task: Task) -> None:
        progress(task.n_scored)
        left[of_task[task]] -= 1
        if not left[of_task[task]]:
            complete(of_task[task])

    tasks = plan.tasks if plan.all_bins else sorted(plan.tasks, key=lambda task: -task.n_scored)
    error = _submit(executor, {task: (task, run.folder, genome, plan.all_bins) for task in tasks}, ended)
    if error is None:
        return

    def is_done(task: Task) -> bool:  # a worker may have died after it had written what it was asked for
        parts = (
            run.store.part_path(group, task.chrom, task.start, task.end, all_bins=plan.all_bins)
            for group in task.groups
        )
        return not left[of_task[task]] or all(map(run.store.is_sound, parts))

    if still := [task for task in tasks if not is_done(task)]:
        raise RuntimeError(_missing(still, tasks, error, run)) from error
    for chromosome, n in left.items():
        if n:
            complete(chromosome)


def _missing(still: Sequence[Task], asked: Sequence[Task], error: BaseException, run: Run) -> str:
    names = ", ".join(map(str, still[:_NAMED]))
    return (
        f"{len(still)} of {len(asked)} tasks are missing ({names}{', ...' if len(still) > _NAMED else ''}) because a "
        f"worker failed: {str(error) or type(error).__name__}. The others are kept in {run.folder}; call again with "
        "the same out_dir to compute what is missing"
    )


def _submit(
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
