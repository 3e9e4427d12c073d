"""Executors whose workers die on command; a module of its own so that workers can import it."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing import get_context
from pathlib import Path

from scmaxatac.predict._plan import Task


class KillingOnce(Executor):
    """Passes everything on to an executor, but one worker is killed in the middle of the first task of a chromosome.

    `marker` is created by the worker just before it dies, so that it happens once however often the task is tried.
    """

    def __init__(self, executor: Executor, marker: Path, chrom: str) -> None:
        self._executor = executor
        self._marker = marker
        self._chrom = chrom

    def submit(self, fn, /, *args, **kwargs) -> Future:
        """Submit; arguments are those of `predict_task`."""
        if args[0].chrom == self._chrom:
            return self._executor.submit(killed_in_the_middle, self._marker, fn, *args, **kwargs)
        return self._executor.submit(fn, *args, **kwargs)


class Recording(Executor):
    """Passes everything on to an executor, and keeps the tasks that were submitted."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.tasks: list[Task] = []

    def submit(self, fn, /, *args, **kwargs) -> Future:
        """Submit; arguments are those of `predict_task`."""
        self.tasks.append(args[0])
        return self._executor.submit(fn, *args, **kwargs)


def killed_in_the_middle(marker: Path, predict, *args) -> str:
    """Run `predict_task`, but kill the process after its first windows unless that has happened already."""

    def after_some_windows(_: int) -> None:
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    return predict(*args, after_some_windows)


def busy_cores(backend: str) -> float:
    """CPU seconds a second that this worker uses while an engine predicts."""
    from _networks import random_network, random_windows

    from scmaxatac.nn.engines._registry import make_engine

    engine = make_engine([random_network(1)], backend=backend, device="cpu")
    windows = random_windows(256, 1)
    engine.predict(*windows)
    start, cpu_start = time.perf_counter(), time.process_time()
    engine.predict(*windows)
    return (time.process_time() - cpu_start) / (time.perf_counter() - start)


def write_and_die(path: Path) -> None:
    """Begin a file and be killed."""
    from scmaxatac.io._files import atomic_path

    with atomic_path(path) as temporary:
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)


def fill_and_die(path: Path) -> None:
    """Begin a folder and be killed."""
    from scmaxatac.io._files import atomic_folder

    with atomic_folder(path) as temporary:
        (temporary / "sub").mkdir()
        (temporary / "sub" / "half").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)


def killed_while_writing(path: Path, write: Callable[[Path], None] | None = None) -> Path:
    """Have a process be killed while it writes a file, or what else `write` does; what it leaves."""
    before = set(path.parent.iterdir())
    process = get_context("spawn").Process(target=write or write_and_die, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    (left,) = set(path.parent.iterdir()) - before
    return left
