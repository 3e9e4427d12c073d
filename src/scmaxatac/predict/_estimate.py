"""How long a run will take, told before it starts."""

import time
from collections.abc import Sequence

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._logging import logger
from scmaxatac.genome._genome import Genome
from scmaxatac.nn._sharing import equivalent_windows
from scmaxatac.nn.engines._protocol import ChromosomeEngine
from scmaxatac.predict._plan import Plan, Task, windows_of_part
from scmaxatac.predict._run import Run
from scmaxatac.results._stored_signal import read_signal

_LARGE_RUN = 50_000
"""Windows times networks from which on a run's time is estimated beforehand."""

_TRIAL = 512
"""Windows times networks of the trial, at least 64 windows; a GPU is slow with a few, and gets 4,096."""

_MOST_TASKS = 32
"""Tasks in which it is counted how much windows share."""

_BIGWIG_BYTES = 5.3
"""Size of a bin in a bigWig of unrounded scores, as benchmarks/outputs.py measures it; rounded ones are smaller."""


def log_estimate(run: Run, genome: Genome, plan: Plan) -> None:
    """Log before a large run how long it will take and how much it will write, from the rate of a few windows."""
    n_groups, n_models, grid = len(run.spec.groups), len(run.spec.models), run.spec.grid
    work = plan.n_scored * n_models * _strands(run)
    if work < _LARGE_RUN:
        return
    work *= _share_of_work(run, genome, plan.tasks)
    bins = plan.n_windows * min(grid.bins_per_window, run.spec.step // grid.bin) * len(run.spec.tfs)
    logger.info(
        "%d groups, %d models, %.3g windows, %.3g of them different: about %.0f s on this machine; %s in %s",
        n_groups, n_models, plan.n_windows, plan.n_scored, work / _rate(run),
        f"up to {bins * _BIGWIG_BYTES / 1e9:.1f} GB of bigWigs" if plan.all_bins else "scores", run.folder,
    )  # fmt: skip


def _share_of_work(run: Run, genome: Genome, tasks: Sequence[Task]) -> float:
    """Work of a window beside that of one that shares no pieces with others, from some tasks."""
    some = tasks[:: -(-len(tasks) // _MOST_TASKS)]
    left = 0.0
    for task in some:
        starts = run.window_starts(genome, task.chrom)
        mine = starts[windows_of_part(starts, (task.start, task.end), run.spec.grid.window)]
        signals = [read_signal(run.store, group, [task.chrom]) for group in task.groups]
        left += equivalent_windows(run.engine(), signals, task.chrom, mine)
    return left / max(sum(task.n_scored for task in some), 1)


def _strands(run: Run) -> int:
    return 1 if run.spec.strand == "forward" else 2


def _rate(run: Run) -> float:
    """Windows times networks a second, of random sequence, on one strand."""
    engine, n_models = run.engine(), len(run.spec.models)
    n = 4_096 if isinstance(engine, ChromosomeEngine) else max(_TRIAL // n_models, 64)
    shape = n, run.spec.grid.window
    codes = np.random.default_rng(0).integers(0, UNKNOWN_BASE, shape, dtype=np.uint8)
    signal = np.zeros(shape, dtype=np.float32)
    engine.predict(codes[:64], signal[:64])
    before = time.perf_counter()
    engine.predict(codes, signal)
    return n * n_models / (time.perf_counter() - before)
