"""How long a run will take, told before it starts."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._logging import logger
from scmaxatac.genome._genome import Genome
from scmaxatac.nn._pieces import WindowPieces
from scmaxatac.nn._sharing import equivalent_windows, plan_sharing
from scmaxatac.nn._stem import Stem, cost_of_window
from scmaxatac.nn.engines._processor import usable_threads
from scmaxatac.nn.engines._protocol import ChromosomeEngine, StemEngine
from scmaxatac.predict._plan import Plan, Task, windows_of_part
from scmaxatac.predict._run import Run
from scmaxatac.results._stored_signal import read_signal

_LARGE_RUN = 50_000
"""Windows times networks from which on a run's time is estimated beforehand."""

_TRIAL = 512
"""Windows times networks of a call of the trial, at least 32 windows a thread; a GPU is slow with a few, gets 4,096."""

_TRIAL_SECONDS = 1.0
"""Time of the trial: long enough that what else the machine does slows it as it will slow the run."""

_MOST_TASKS = 32
"""Tasks in which it is counted how much windows share."""

_BIGWIG_BYTES = 5.3
"""Size of a bin in a bigWig of unrounded scores, as benchmarks/outputs.py measures it; rounded ones are smaller."""


def log_estimate(run: Run, genome: Genome, plan: Plan, *, has_workers: bool = False) -> None:
    """Log before a large run how long it will take and how much it will write, from the rate of a few windows.

    Parameters
    ----------
    run
        The run, whose folder is held.
    genome
        Sequence, sizes and blacklist.
    plan
        What is missing.
    has_workers
        Whether an executor's workers share the time. How many there are, and how fast, executors don't tell.
    """
    n_groups, n_models, grid = len(run.spec.groups), len(run.spec.models), run.spec.grid
    if plan.n_scored * n_models * _strands(run) < _LARGE_RUN:
        return
    whole, stem = _whole_windows(run, genome, plan.tasks)
    seconds = whole * n_models * _strands(run) / _rate(run, stem)
    bins = plan.n_windows * min(grid.bins_per_window, run.spec.step // grid.bin) * len(run.spec.tfs)
    logger.info(
        "%d groups, %d models, %.3g windows, %.3g of them different: about %.0f s on this machine%s; %s in %s",
        n_groups, n_models, plan.n_windows, plan.n_scored, seconds,
        ", in one process: the executor's workers divide them" if has_workers else "",
        f"up to {bins * _BIGWIG_BYTES / 1e9:.1f} GB of bigWigs" if plan.all_bins else "scores", run.folder,
    )  # fmt: skip


def _whole_windows(run: Run, genome: Genome, tasks: Sequence[Task]) -> tuple[float, Stem | None]:
    """Windows that would take as long if they shared no pieces, and the stem of those that do; told from some tasks."""
    engine, stem, whole = run.engine(), None, 0.0
    some = tasks[:: -(-len(tasks) // _MOST_TASKS)]
    for task in some:
        starts = run.window_starts(genome, task.chrom)
        mine = starts[windows_of_part(starts, (task.start, task.end), run.spec.grid.window)]
        signals = [read_signal(run.store, group, [task.chrom]) for group in task.groups]
        whole += equivalent_windows(engine, signals, task.chrom, mine)
        sharing = plan_sharing(engine, mine)
        stem = stem if sharing is None else sharing.stem
    return whole * sum(task.n_scored for task in tasks) / max(sum(task.n_scored for task in some), 1), stem


def _strands(run: Run) -> int:
    return 1 if run.spec.strand == "forward" else 2


def _rate(run: Run, stem: Stem | None) -> float:
    """Whole windows times networks a second, of random sequence, on one strand; with a stem they are made of pieces."""
    engine, n_models = run.engine(), len(run.spec.models)
    n = 4_096 if isinstance(engine, ChromosomeEngine) else max(_TRIAL // n_models, 32 * usable_threads())
    if stem is None or not isinstance(engine, StemEngine):
        codes, signal = _random_windows(n, run.spec.grid.window)
        engine.predict(codes[:64], signal[:64])
        return n * n_models / _seconds(lambda: engine.predict(codes, signal))
    in_pieces = np.arange(n)[:, None] + np.arange(stem.pieces_per_window)
    pieces = WindowPieces(*_random_windows(n + stem.pieces_per_window - 1, stem.width), in_pieces)
    engine.predict_pieces(stem, pieces)
    whole = (len(pieces.codes) * stem.cost_of_piece + n * stem.cost_of_trunk) / cost_of_window(stem.spec)
    return whole * n_models / _seconds(lambda: engine.predict_pieces(stem, pieces))


def _random_windows(n: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    codes = np.random.default_rng(0).integers(0, UNKNOWN_BASE, (n, width), dtype=np.uint8)
    return codes, np.zeros((n, width), dtype=np.float32)


def _seconds(call: Callable[[], object]) -> float:
    """Seconds of a call, the mean over the trial."""
    began, calls, seconds = time.perf_counter(), 0, 0.0
    while seconds < _TRIAL_SECONDS:
        call()
        calls, seconds = calls + 1, time.perf_counter() - began
    return seconds / calls
