"""A sample of the genome beside the regions, for thresholds that are ranks."""

import numpy as np

from scmaxatac._constants import BIN, CALIBRATION_BIN, STEP, WINDOW
from scmaxatac.nn._predict import predict_bins
from scmaxatac.predict._run import Run
from scmaxatac.results._stored_signal import read_signal
from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._ranking import calibration_bins, largest_per_calibration_bin
from scmaxatac.tracks._windows import window_starts

N_STRETCHES = 512
"""Stretches of the genome in a sample."""


def add_background(run: Run, genome: Genome, *, n_stretches: int = N_STRETCHES, seed: int = 0) -> None:
    """Score a seeded sample of stretches beside the regions, for the groups that need one.

    A group needs one when its regions hold fewer 200-bp bins than a calibration expects to be called in all. Each
    stretch has 1,024 bp whose bins lie in all their windows; the 200-bp bins in it are kept.
    """
    if run.spec.regions is None:
        return
    stretches: list[tuple[str, int]] | None = None
    for group in run.spec.groups:
        if max(run.spec.ranks) <= run.store.n_ranked(group) or run.store.has_background(group):
            continue
        stretches = _choose(run, genome, n_stretches, seed) if stretches is None else stretches
        parts = [_score(run, genome, group, chrom, at) for chrom, at in _by_chrom(stretches)]
        maxima = np.concatenate([*parts, np.zeros((len(run.spec.tfs), 0), dtype=np.float32)], axis=1)
        run.store.write_background(group, maxima)


def _choose(run: Run, genome: Genome, n: int, seed: int) -> list[tuple[str, int]]:
    """Draw windows, off the blacklist and off the regions together with their neighbours."""
    candidates = []
    for chrom in run.spec.chroms:
        starts = window_starts(genome, chrom, step=STEP)
        lows, highs = starts - WINDOW, starts + 2 * WINDOW
        free = (lows >= 0) & (highs <= genome.sizes[chrom])
        for taken in (run.regions, genome.blacklist):
            if taken is not None:
                free &= ~taken.overlaps(chrom, lows, highs)
        candidates.append(starts[free])
    chrom_of = np.repeat(np.arange(len(run.spec.chroms)), [len(starts) for starts in candidates])
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(chrom_of), size=min(n, len(chrom_of)), replace=False))
    positions = np.concatenate(candidates)[chosen]
    return [(run.spec.chroms[c], int(at)) for c, at in zip(chrom_of[chosen], positions, strict=True)]


def _by_chrom(stretches: list[tuple[str, int]]) -> list[tuple[str, np.ndarray]]:
    chroms = dict.fromkeys(chrom for chrom, _ in stretches)
    return [(chrom, np.array([at for name, at in stretches if name == chrom])) for chrom in chroms]


def _score(run: Run, genome: Genome, group: str, chrom: str, at: np.ndarray) -> np.ndarray:
    """Largest scores of the 200-bp bins inside stretches of a chromosome; (TFs, bins)."""
    signal = read_signal(run.store, group, [chrom])
    step = run.spec.step
    shifts = np.arange(step - WINDOW, WINDOW - step + 1, step)
    starts = np.unique((at[:, None] + shifts).ravel())
    codes = genome.codes(chrom)
    tiles = list(predict_bins(run.engine(), codes, signal, chrom, starts, strand=run.spec.strand))
    bins = np.concatenate([tile.bins for tile in tiles])
    scores = np.concatenate([tile.scores for tile in tiles], axis=1)
    allowed = np.zeros(genome.sizes[chrom] // CALIBRATION_BIN, dtype=bool)
    for start in at:
        allowed[-(-start // CALIBRATION_BIN) : (start + WINDOW) // CALIBRATION_BIN] = True
    allowed &= calibration_bins(genome, chrom)
    inside = np.isin(bins * BIN // CALIBRATION_BIN, np.flatnonzero(allowed)) | np.isin(
        (bins * BIN + BIN - 1) // CALIBRATION_BIN, np.flatnonzero(allowed)
    )
    return np.stack([largest_per_calibration_bin(bins[inside], row[inside], allowed) for row in scores])
