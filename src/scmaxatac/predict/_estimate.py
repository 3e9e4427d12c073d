"""How long a run will take, told before it starts."""

import time

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._logging import logger
from scmaxatac.nn.engines._processor import usable_threads
from scmaxatac.nn.engines._protocol import ChromosomeEngine
from scmaxatac.predict._plan import Plan
from scmaxatac.predict._run import Run

_LARGE_RUN = 50_000
"""Windows times networks from which on a run's time is estimated beforehand."""

_TRIAL = 512
"""Windows times networks of a call of the trial, at least 32 windows a thread; a GPU is slow with a few, gets 4,096."""

_TRIAL_SECONDS = 1.0
"""Time of the trial: long enough that what else the machine does slows it as it will slow the run."""

_BIGWIG_BYTES = 5.3
"""Size of a bin in a bigWig of unrounded scores, as benchmarks/outputs.py measures it; rounded ones are smaller."""


def log_estimate(run: Run, plan: Plan) -> None:
    """Log before a large run how long it will take and how much it will write, from the rate of a few windows."""
    n_groups, n_models, grid = len(run.spec.groups), len(run.spec.models), run.spec.grid
    work = plan.n_scored * n_models * _strands(run)
    if work < _LARGE_RUN:
        return
    bins = plan.n_windows * min(grid.bins_per_window, run.spec.step // grid.bin) * len(run.spec.tfs)
    logger.info(
        "%d groups, %d models, %.3g windows, %.3g of them different: about %.0f s on this machine; %s in %s",
        n_groups, n_models, plan.n_windows, plan.n_scored, work / _rate(run),
        f"up to {bins * _BIGWIG_BYTES / 1e9:.1f} GB of bigWigs" if plan.all_bins else "scores", run.folder,
    )  # fmt: skip


def _strands(run: Run) -> int:
    return 1 if run.spec.strand == "forward" else 2


def _rate(run: Run) -> float:
    """Windows times networks a second, of random sequence, on one strand."""
    engine, n_models = run.engine(), len(run.spec.models)
    n = 4_096 if isinstance(engine, ChromosomeEngine) else max(_TRIAL // n_models, 32 * usable_threads())
    shape = n, run.spec.grid.window
    codes = np.random.default_rng(0).integers(0, UNKNOWN_BASE, shape, dtype=np.uint8)
    signal = np.zeros(shape, dtype=np.float32)
    engine.predict(codes[:64], signal[:64])
    began, calls, seconds = time.perf_counter(), 0, 0.0
    while seconds < _TRIAL_SECONDS:
        engine.predict(codes, signal)
        calls, seconds = calls + 1, time.perf_counter() - began
    return calls * n * n_models / seconds
