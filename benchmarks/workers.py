"""Processes side by side: `predict_tfbs` on chr22 with one worker, with two, and in one process with two threads.

Six networks are predicted. Each worker has one thread and a core of its own, as a cluster gives it: an engine's thread
would otherwise run beside the one that prepares its windows, and one worker would take more than one core. Workers are
there and have made an engine before the time begins, which is that of the whole call: fragments, networks, tasks,
sites. What comes before the first task and after the last is done once, in the process that calls; each worker compiles
the networks in its first task. Every case runs in a process of its own, and cases take turns. "Efficiency" is the time
with one worker over twice that with two, the median over the rounds; the target is 0.9. Without two free cores nothing
here means anything: look at the load averages at the start and at the end.

    python benchmarks/workers.py [--quick]
"""

import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Barrier, SimpleQueue, get_context
from typing import Any

import numpy as np
from _chr22 import Chr22
from _common import ROUNDS, data_dir, machine, options, table, take_turns

from scmaxatac import settings
from scmaxatac.nn.engines._registry import BACKENDS, make_engine

TFS = ("CTCF", "SPI1", "ELF1", "GATA3", "RUNX1", "YY1")
CASES = {"1 worker, 1 thread": (1, 1), "2 workers, 1 thread each": (2, 1), "no workers, 2 threads": (0, 2)}
"""Workers, and threads of each process."""


def main() -> None:
    """Measure and print the table."""
    args = options(
        __doc__,
        case={"type": int, "nargs": 2, "help": "only run one case, with so many workers and threads"},
        backend={"default": "openvino", "help": "engine of that case"},
    )
    if args.case:
        print(_seconds(args.case[0], args.backend, args.quick))
        return
    print(machine())
    backends = [name for name, record in BACKENDS.items() if record.is_installed()]
    peers = {
        (backend, case): _in_process(*numbers, backend, args.quick)
        for backend in backends
        for case, numbers in CASES.items()
    }
    took = take_turns(peers, 1 if args.quick else ROUNDS)
    print(f"{len(next(iter(took.values())))} rounds; load average {os.getloadavg()[0]:.1f} at the end.\n")
    one, two, *_ = CASES
    rows = []
    for backend in backends:
        single = took[backend, one]
        for case in CASES:
            seconds = took[backend, case]
            faster = statistics.median(a / b for a, b in zip(single, seconds, strict=True))
            efficiency = f"{faster / 2:.0%}" if case == two else ""
            rows.append((f"{backend}, {case}", statistics.median(seconds), faster, efficiency))
    print(table(["", "seconds", "times faster than one worker", "efficiency"], rows))


def _in_process(workers: int, threads: int, backend: str, quick: bool) -> Callable[[], float]:
    command = [sys.executable, __file__, "--case", str(workers), str(threads), "--backend", backend]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}

    def run() -> float:
        done = subprocess.run(
            [*command, *(["--quick"] * quick)], check=True, env=environment, stdout=subprocess.PIPE, text=True
        )
        return float(done.stdout.split()[-1])

    return run


def _seconds(workers: int, backend: str, quick: bool) -> float:
    """Seconds of a prediction with so many workers; 0 for none."""
    _be_quiet()
    chr22 = Chr22(data_dir())
    models = chr22.models(TFS)
    regions = chr22.fewer_regions(0.1) if quick else chr22.regions
    how: dict[str, Any] = {"device": "cpu", "backend": backend}
    chr22.predict(models[:1], regions=chr22.fewer_regions(0.002), **how)  # encodes the genome, compiles kernels
    if not workers:
        start = time.perf_counter()
        chr22.predict(models, regions=regions, **how)
        return time.perf_counter() - start
    context = get_context("spawn")
    barrier, cores = context.Barrier(workers), context.SimpleQueue()
    for core in sorted(os.sched_getaffinity(0))[:workers]:
        cores.put(core)
    ready = (barrier, cores, backend)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_get_ready, initargs=ready) as pool:
        list(pool.map(abs, range(workers)))  # processes are started as there is work for them
        start = time.perf_counter()
        chr22.predict(models, regions=regions, executor=pool, **how)
        return time.perf_counter() - start


def _get_ready(barrier: Barrier, cores: SimpleQueue, backend: str) -> None:
    """Take a core and make an engine in a worker, and wait for the others."""
    os.sched_setaffinity(0, {cores.get()})
    _be_quiet()
    engine = make_engine(Chr22(data_dir()).models(TFS[:1]), backend=backend, device="cpu")
    engine.predict(np.zeros((32, 1024), np.uint8), np.zeros((32, 1024), np.float32))
    barrier.wait()


def _be_quiet() -> None:
    settings.progress = False
    warnings.simplefilter("ignore")


if __name__ == "__main__":
    main()
