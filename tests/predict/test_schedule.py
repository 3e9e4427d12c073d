"""Running tasks through executors that fail in ways of their own."""

from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path

import pytest

from scmaxatac.predict import _schedule
from scmaxatac.predict._plan import ChromosomePlan, Plan, Task
from scmaxatac.predict._schedule import run_tasks

GROUPS, CHROMS = ("B", "T"), ("chr1", "chr2")
LARGE, SMALL, OTHER = (
    Task("chr1", 0, 800, GROUPS, 5),
    Task("chr1", 800, 1_600, GROUPS, 2),
    Task("chr2", 0, 700, GROUPS, 9),
)


class Store:
    """Notes which parts are there, and the chromosomes whose parts were put together."""

    def __init__(self) -> None:
        self.parts, self.merged = set(), []

    def part_path(self, group, chrom, start, end, *, all_bins) -> Path:
        return Path(f"{group}_{chrom}_{start}_{end}_{all_bins}")

    def is_sound(self, path) -> bool:
        return path in self.parts


class Run:
    """As much of a run as its schedule asks for."""

    def __init__(self, folder) -> None:
        self.folder, self.store = folder, Store()
        self.spec = type("Spec", (), {"groups": GROUPS, "chroms": CHROMS, "models": [0]})


class Instant(Executor):
    """Runs what it is given at once; `fails` says for which tasks the worker dies, before its work or after it."""

    def __init__(self, fails=(), after: bool = False, broken: bool = False) -> None:
        self.fails, self.after, self.broken, self.asked = set(fails), after, broken, []

    def submit(self, fn, /, task, *args) -> Future:
        self.asked.append(task)
        if self.broken and task in self.fails:
            raise BrokenExecutor("a worker died")
        future: Future = Future()
        if task not in self.fails or self.after:
            fn(task, *args)
        if task in self.fails:
            future.set_exception(MemoryError("a worker died"))
        else:
            future.set_result(None)
        return future


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    run = Run(tmp_path)

    def paths(task, all_bins) -> set[Path]:
        return {run.store.part_path(g, task.chrom, task.start, task.end, all_bins=all_bins) for g in task.groups}

    def predict_task(task, folder, genome, all_bins, progress=None) -> None:
        run.store.parts |= paths(task, all_bins)
        if progress is not None:
            progress(task.n_scored)

    def merge_parts(_, genome, group, chrom, *, all_bins) -> None:
        mine = [task for task in (LARGE, SMALL, OTHER) if task.chrom == chrom]
        assert all(paths(task, all_bins) <= run.store.parts for task in mine), "all parts are there"
        run.store.merged.append((group, chrom))

    monkeypatch.setattr(_schedule, "predict_task", predict_task)
    monkeypatch.setattr(_schedule, "merge_parts", merge_parts)
    return run


@pytest.fixture
def finished() -> list[str]:
    return []


def plan_of(*tasks: Task, all_bins: bool = False) -> Plan:
    """Plan in which these tasks are left of both chromosomes."""
    chromosomes = [ChromosomePlan(chrom, GROUPS, tuple(t for t in tasks if t.chrom == chrom)) for chrom in CHROMS]
    return Plan(tuple(chromosomes), all_bins, 2 * sum(task.n_scored for task in tasks))


EVERYTHING = plan_of(LARGE, SMALL, OTHER)


@pytest.mark.parametrize("executor", [None, Instant()], ids=["here", "executor"])
def test_every_group_is_finished_once_after_its_last_chromosome(run, finished, executor):
    def finish(group: str) -> None:
        assert {(group, chrom) for chrom in CHROMS} <= set(run.store.merged)
        finished.append(group)

    run_tasks(run, None, EVERYTHING, finish_group=finish, executor=executor)
    assert finished == list(GROUPS)
    assert len(run.store.merged) == len(set(run.store.merged)) == 4
    run_tasks(run, None, Plan((), False, 0), finish_group=finish, executor=executor)
    assert finished == list(GROUPS * 2), "a group that is complete is finished as well"
    assert len(run.store.merged) == 4


@pytest.mark.parametrize("executor", [None, Instant()], ids=["here", "executor"])
def test_parts_that_are_there_are_put_together_without_a_task(run, finished, executor):
    run_tasks(run, None, EVERYTHING)
    run.store.merged.clear()
    run_tasks(run, None, plan_of(SMALL), finish_group=finished.append, executor=executor)
    assert sorted(run.store.merged) == [(group, chrom) for group in GROUPS for chrom in CHROMS]
    assert finished == list(GROUPS)


@pytest.mark.parametrize("all_bins", [False, True])
def test_groups_are_finished_though_a_worker_died_after_its_work(run, finished, all_bins):
    executor = Instant([SMALL], after=True)
    plan = plan_of(LARGE, SMALL, OTHER, all_bins=all_bins)
    run_tasks(run, None, plan, finish_group=finished.append, executor=executor)
    assert finished == list(GROUPS)


def test_what_is_missing_is_not_put_together_and_the_error_names_it(run, finished):
    executor = Instant([SMALL])
    with pytest.raises(RuntimeError, match=r"1 of 3 tasks are missing \(chr1:800-1,600\) .*a worker died"):
        run_tasks(run, None, EVERYTHING, finish_group=finished.append, executor=executor)
    assert finished == []
    assert run.store.merged == [(group, "chr2") for group in GROUPS]


def test_after_an_executor_broke_while_tasks_were_submitted_what_was_done_counts(run, finished):
    executor = Instant([LARGE], broken=True)
    with pytest.raises(RuntimeError, match="2 of 3 tasks are missing"):
        run_tasks(run, None, EVERYTHING, finish_group=finished.append, executor=executor)
    assert executor.asked == [OTHER, LARGE], "nothing is submitted after that"
    assert run.store.merged == [(group, "chr2") for group in GROUPS]
    assert finished == []


def test_the_largest_tasks_come_first_or_with_bigwigs_those_of_the_plan(run):
    executor = Instant()
    run_tasks(run, None, EVERYTHING, executor=executor)
    assert executor.asked == [OTHER, LARGE, SMALL]
    executor = Instant()
    run_tasks(run, None, plan_of(LARGE, SMALL, OTHER, all_bins=True), executor=executor)
    assert executor.asked == [LARGE, SMALL, OTHER]
