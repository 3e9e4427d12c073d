"""How long a run will take, told before it starts."""

import time

import numpy as np

from scmaxatac._logging import logger
from scmaxatac.genome._genome import Genome
from scmaxatac.nn.engines._protocol import ChromosomeEngine
from scmaxatac.predict._run import Run

_LARGE_RUN = 50_000
"""Windows times networks from which on a run's time is estimated beforehand."""

_BIGWIG_BYTES = 5.3
"""Size of a bin in a bigWig of unrounded scores, as benchmarks/outputs.py measures it; rounded ones are smaller."""


def log_estimate(run: Run, genome: Genome, *, save_tracks: bool) -> None:
    """Log before a large run how long it will take and how much it will write, from the rate of a few windows."""
    n_groups, n_models, grid = len(run.spec.groups), len(run.spec.models), run.spec.grid
    n_windows = n_groups * sum(len(run.window_starts(genome, chrom)) for chrom in run.spec.chroms)
    work = n_windows * n_models * (1 if run.spec.strand == "forward" else 2)
    if work < _LARGE_RUN:
        return
    engine = run.engine()
    shape = (4_096 if isinstance(engine, ChromosomeEngine) else 64, grid.window)  # a GPU is slow with a few
    codes, signal = np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=np.float32)
    engine.predict(codes, signal)
    before = time.perf_counter()
    engine.predict(codes, signal)
    rate = len(codes) * n_models / (time.perf_counter() - before)
    bins = n_windows * min(grid.bins_per_window, run.spec.step // grid.bin) * len(run.spec.tfs)
    logger.info(
        "%d groups, %d models, %.3g windows: about %.0f s on this machine; %s in %s",
        n_groups, n_models, n_windows, work / rate,
        f"up to {bins * _BIGWIG_BYTES / 1e9:.1f} GB of bigWigs" if save_tracks else "scores", run.folder,
    )  # fmt: skip
