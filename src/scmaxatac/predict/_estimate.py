"""How long a run will take, told before it starts."""

import time

import numpy as np

from scmaxatac._constants import BINS_PER_WINDOW, WINDOW
from scmaxatac._logging import logger
from scmaxatac.genome._genome import Genome
from scmaxatac.nn.engines._engine import ChromosomeEngine
from scmaxatac.predict._run import Run

_LARGE_RUN = 50_000
"""Windows times models from which on a run's time is estimated beforehand."""

_BIGWIG_BYTES = 5.3
"""Size of a bin in a bigWig of unrounded scores, as benchmarks/outputs.py measures it; rounded ones are smaller."""


def log_estimate(run: Run, genome: Genome, *, save_tracks: bool) -> None:
    """Log before a large run how long it will take and how much it will write, from the rate of a few windows."""
    n_groups, n_models = len(run.spec.groups), len(run.spec.models)
    n_windows = n_groups * sum(len(run.window_starts(genome, chrom)) for chrom in run.spec.chroms)
    work = n_windows * n_models * (1 if run.spec.strand == "forward" else 2)
    if work < _LARGE_RUN:
        return
    engine = run.engine()
    shape = (4_096 if isinstance(engine, ChromosomeEngine) else 64, WINDOW)  # a GPU is slow with a few
    codes, signal = np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=np.float32)
    engine.predict(codes, signal)
    before = time.perf_counter()
    engine.predict(codes, signal)
    rate = len(codes) * n_models / (time.perf_counter() - before)
    bins = n_windows * min(BINS_PER_WINDOW, run.spec.step // (WINDOW // BINS_PER_WINDOW)) * n_models
    logger.info(
        "%d groups, %d models, %.3g windows: about %.0f s on this machine; %s in %s",
        n_groups, n_models, n_windows, work / rate,
        f"up to {bins * _BIGWIG_BYTES / 1e9:.1f} GB of bigWigs" if save_tracks else "scores", run.folder,
    )  # fmt: skip
