"""Running tasks through executors that fail in ways of their own."""

from concurrent.futures import BrokenExecutor, Executor, Future

import numpy as np
import pytest

from scmaxatac.predict import _schedule
from scmaxatac.predict._schedule import run_tasks

GROUPS, CHROMS = ["B", "T"], ["chr1", "chr2"]
WINDOWS = {"chr1": 10, "chr2": 3}


class Store:
    """Notes which tasks are done, and whether all their bins wait for bigWigs."""

    def __init__(self, folder) -> None:
        self.folder, self.done = folder, set()

    def has_unit(self, group, chrom) -> bool:
        return (group, chrom) in self.done

    def all_bins_path(self, group, chrom):
        return self.folder / f"{group}_{chrom}"


class Run:
    """As much of a run as its schedule asks for."""

    def __init__(self, folder) -> None:
        self.folder, self.store = folder, Store(folder)
        self.spec = type("Spec", (), {"groups": GROUPS, "chroms": CHROMS, "models": [0]})

    def window_starts(self, genome, chrom) -> np.ndarray:
        return np.arange(WINDOWS[chrom])


class Instant(Executor):
    """Runs what it is given at once; `fails` says for which tasks the worker dies, before its work or after it."""

    def __init__(self, fails=(), after: bool = False, broken: bool = False) -> None:
        self.fails, self.after, self.broken, self.asked = set(fails), after, broken, []

    def submit(self, fn, /, *args, **kwargs) -> Future:
        task = args[:2]
        self.asked.append(task)
        if self.broken and task in self.fails:
            raise BrokenExecutor("a worker died")
        future: Future = Future()
        if task not in self.fails or self.after:
            fn(*args, **kwargs)
        if task in self.fails:
            future.set_exception(MemoryError("a worker died"))
        else:
            future.set_result(None)
        return future


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    run = Run(tmp_path)

    def predict_task(group, chrom, folder, genome, all_bins, progress=None) -> None:
        run.store.done.add((group, chrom))
        if all_bins:
            run.store.all_bins_path(group, chrom).mkdir(exist_ok=True)
        if progress is not None:
            progress(WINDOWS[chrom])

    monkeypatch.setattr(_schedule, "predict_task", predict_task)
    return run


@pytest.fixture
def finished() -> list[str]:
    return []


@pytest.mark.parametrize("executor", [None, Instant()], ids=["here", "executor"])
def test_every_group_is_finished_once_after_its_last_task(run, finished, executor):
    def finish(group: str) -> None:
        assert all(run.store.has_unit(group, chrom) for chrom in CHROMS)
        finished.append(group)

    run_tasks(run, None, finish_group=finish, executor=executor)
    assert sorted(finished) == GROUPS
    run_tasks(run, None, finish_group=finish, executor=executor)
    assert sorted(finished) == sorted(GROUPS * 2), "a group that is complete is finished as well"


@pytest.mark.parametrize("tracks", [False, True])
def test_groups_are_finished_though_a_worker_died_after_its_work(run, finished, tracks):
    executor = Instant([("T", "chr2")], after=True)
    options = {"has_tracks": lambda group: False} if tracks else {}
    run_tasks(run, None, finish_group=finished.append, executor=executor, **options)
    assert sorted(finished) == GROUPS


def test_groups_whose_tasks_are_missing_are_not_finished_and_the_error_names_them(run, finished):
    executor = Instant([("T", "chr1"), ("T", "chr2")])
    with pytest.raises(RuntimeError, match=r"2 of 4 tasks are missing \('T' on chr1, 'T' on chr2\) .*a worker died"):
        run_tasks(run, None, finish_group=finished.append, executor=executor)
    assert finished == ["B"]
    assert run.store.done == {("B", "chr1"), ("B", "chr2")}
    again = Instant()
    run_tasks(run, None, finish_group=finished.append, executor=again)
    assert sorted(again.asked) == [("T", "chr1"), ("T", "chr2")]
    assert sorted(finished) == ["B", "B", "T"]


def test_after_an_executor_broke_while_tasks_were_submitted_what_was_done_counts(run, finished):
    executor = Instant([("T", "chr1")], broken=True)
    with pytest.raises(RuntimeError, match="tasks are missing"):
        run_tasks(run, None, finish_group=finished.append, executor=executor)
    assert run.store.done == {("B", "chr1")}, "nothing is submitted after that"
    assert finished == []


def test_tasks_are_done_chromosome_by_chromosome_or_group_by_group_with_tracks(run):
    executor = Instant()
    run_tasks(run, None, executor=executor)
    assert executor.asked == [("B", "chr1"), ("T", "chr1"), ("B", "chr2"), ("T", "chr2")]
    run.store.done.clear()
    executor = Instant()
    run_tasks(run, None, has_tracks=lambda group: False, executor=executor)
    assert executor.asked == [("B", "chr1"), ("B", "chr2"), ("T", "chr1"), ("T", "chr2")]


def test_a_group_whose_bigwigs_are_gone_is_predicted_again_though_its_scores_are_there(run):
    run_tasks(run, None)
    executor = Instant()
    run_tasks(run, None, has_tracks=lambda group: group == "B", executor=executor)
    assert executor.asked == [("T", "chr1"), ("T", "chr2")]
