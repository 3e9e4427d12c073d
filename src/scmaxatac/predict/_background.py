"""A sample of the genome beside the regions, for thresholds that are ranks."""

from collections.abc import Sequence

import numpy as np

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._logging import logger
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import Grid
from scmaxatac.nn._predict import predict_groups
from scmaxatac.predict._run import Run
from scmaxatac.results._stored_signal import read_signal
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._known_bins import known_bins
from scmaxatac.scores._ranking import blocks_beside, calibration_bins, largest_per_calibration_bin

N_BLOCKS = 512
"""Blocks of the genome in a sample: at the default step 3,584 windows a group and factor at most."""

_SEED = 0
"""The sample of a run is the same at any time."""

_CHEAP = 10
"""A sample is cheap, and scored for later calls, where the run has at least as many times its windows."""


def add_background(run: Run, genome: Genome, *, needed: bool) -> None:
    """Score a seeded sample of blocks beside the regions, for every group of a run in regions.

    Without it all bins beside the regions would count as below those in them, so that a threshold would rise or fall
    with the number of regions. Each block is as wide as a window, and its bins lie in all their windows; the 200-bp
    bins in it are kept. What is not needed now is scored where it is cheap, so that sites can be called by rank later.
    """
    if run.regions is None:
        return
    if not needed and not (any(run.spec.ranks) and _is_cheap(run, genome)):
        return
    missing = [group for group in run.spec.groups if not run.store.has_background(group)]
    if not missing:
        return
    blocks = _choose(genome, run.regions, run.spec.chroms, run.spec.grid)
    logger.info("thresholds by rank: scoring %d blocks beside the regions in each group", len(blocks))
    parts = [_score(run, genome, missing, chrom, at) for chrom, at in _by_chrom(blocks)]
    for g, group in enumerate(missing):
        nothing = np.zeros((len(run.spec.tfs), 0), dtype=np.float32)
        run.store.write_background(group, np.concatenate([*(part[g] for part in parts), nothing], axis=1))


def _is_cheap(run: Run, genome: Genome) -> bool:
    """Whether a sample has few windows beside those of a group."""
    n_windows = sum(len(run.window_starts(genome, chrom)) for chrom in run.spec.chroms)
    return _CHEAP * N_BLOCKS * len(_shifts(run.spec.step, run.spec.grid)) <= n_windows


def _shifts(step: int, grid: Grid) -> np.ndarray:
    """Distances from a block, as wide as a window, to the windows that reach into it."""
    n = (grid.window - 1) // step
    return np.arange(-n, n + 1) * step


def _choose(genome: Genome, regions: Intervals, chroms: Sequence[str], grid: Grid) -> list[tuple[str, int]]:
    """Draw blocks of known sequence, off the blacklist and off the regions."""
    candidates = [blocks_beside(genome, chrom, regions, grid) for chrom in chroms]
    chrom_of = np.repeat(np.arange(len(chroms)), [len(starts) for starts in candidates])
    rng = np.random.default_rng(_SEED)
    chosen = np.sort(rng.choice(len(chrom_of), size=min(N_BLOCKS, len(chrom_of)), replace=False))
    positions = np.concatenate(candidates)[chosen]
    return [(chroms[c], int(at)) for c, at in zip(chrom_of[chosen], positions, strict=True)]


def _by_chrom(blocks: list[tuple[str, int]]) -> list[tuple[str, np.ndarray]]:
    chroms = dict.fromkeys(chrom for chrom, _ in blocks)
    return [(chrom, np.array([at for name, at in blocks if name == chrom])) for chrom in chroms]


def _score(run: Run, genome: Genome, groups: Sequence[str], chrom: str, at: np.ndarray) -> list[np.ndarray]:
    """Largest scores of the 200-bp bins inside blocks of a chromosome; (TFs, bins) for each group."""
    signals, grid = [read_signal(run.store, group, [chrom]) for group in groups], run.spec.grid
    starts = np.unique((at[:, None] + _shifts(run.spec.step, grid)).ravel())
    unknown = genome.unknown_runs(chrom)
    tiles: list[list[BinScores]] = [[] for _ in groups]
    scored = predict_groups(run.engine(), genome.codes(chrom), signals, chrom, starts, strand=run.spec.strand)
    for g, tile in scored:
        tiles[g].append(known_bins(tile, unknown, grid.bin))
    allowed = np.zeros(genome.sizes[chrom] // CALIBRATION_BIN, dtype=bool)
    for start in at:
        allowed[-(-start // CALIBRATION_BIN) : (start + grid.window) // CALIBRATION_BIN] = True
    allowed &= calibration_bins(genome, chrom)
    return [_largest(of_group, allowed, grid.bin) for of_group in tiles]


def _largest(tiles: Sequence[BinScores], allowed: np.ndarray, bin_size: int) -> np.ndarray:
    """Largest scores of the 200-bp bins that count; (TFs, bins)."""
    bins = np.concatenate([tile.bins for tile in tiles])
    scores = np.concatenate([tile.scores for tile in tiles], axis=1)
    return np.stack([largest_per_calibration_bin(bins, row, allowed, bin_size) for row in scores])
