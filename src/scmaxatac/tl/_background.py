"""A sample of the genome beside the regions, for thresholds that are ranks."""

from collections.abc import Mapping, Sequence

import numpy as np

from scmaxatac._constants import BIN, CALIBRATION_BIN, WINDOW
from scmaxatac._logging import logger
from scmaxatac.io._store import ScoreStore
from scmaxatac.nn._predict import predict_bins
from scmaxatac.tl._units import UnitOptions, run_engine, unit_windows
from scmaxatac.tracks._intervals import Intervals
from scmaxatac.tracks._known_sequence import known_bins
from scmaxatac.tracks._ranking import calibration_bins, largest_per_calibration_bin, stretches_beside
from scmaxatac.tracks._stored_signal import read_signal

N_STRETCHES = 512
"""Stretches of the genome in a sample: at the default step 3,584 windows a group and factor at most."""


_CHEAP = 10
"""A sample is cheap, and scored for later calls, where the run has at least as many times its windows."""


def add_background(
    options: UnitOptions,
    fingerprints: Mapping[tuple[str, str], str],
    *,
    needed: bool,
    n_stretches: int = N_STRETCHES,
    seed: int = 0,
) -> None:
    """Score a seeded sample of stretches beside the regions, for every group of a run in regions.

    Without it all bins beside the regions would count as below those in them, so that a threshold would rise or fall
    with the number of regions. Each stretch has 1,024 bp whose bins lie in all their windows; the 200-bp bins in it are
    kept. `fingerprints` are those of the run's units. What is not needed now is scored where it is cheap, so that sites
    can be called by rank later.
    """
    store = ScoreStore(options.folder)
    if options.regions is None:
        return
    wanted = needed or (any(options.ranks) and _is_cheap(options, store.chroms, n_stretches))
    stretches: list[tuple[str, int]] | None = None
    for group in store.groups:
        fingerprint = ":".join(fingerprints[group, chrom] for chrom in store.chroms)
        if store.has_background(group, fingerprint):
            continue
        if not wanted:
            store.forget_background(group)
            continue
        if stretches is None:
            stretches = _choose(options, options.regions, store.chroms, n_stretches, seed)
            logger.info("thresholds by rank: scoring %d stretches beside the regions in each group", len(stretches))
        parts = [_score(options, store, group, chrom, at) for chrom, at in _by_chrom(stretches)]
        maxima = np.concatenate([*parts, np.zeros((len(store.tfs), 0), dtype=np.float32)], axis=1)
        store.write_background(group, maxima, fingerprint)


def _is_cheap(options: UnitOptions, chroms: Sequence[str], n_stretches: int) -> bool:
    """Whether a sample has few windows beside those of a group."""
    n_windows = sum(len(unit_windows(options, chrom)) for chrom in chroms)
    return _CHEAP * n_stretches * len(_shifts(options.step)) <= n_windows


def _shifts(step: int) -> np.ndarray:
    """Distances from a stretch of 1,024 bp to the windows that reach into it."""
    return np.arange(step - WINDOW, WINDOW - step + 1, step)


def _choose(
    options: UnitOptions, regions: Intervals, chroms: Sequence[str], n: int, seed: int
) -> list[tuple[str, int]]:
    """Draw stretches of known sequence, off the blacklist and off the regions."""
    candidates = [stretches_beside(options.genome, chrom, regions) for chrom in chroms]
    chrom_of = np.repeat(np.arange(len(chroms)), [len(starts) for starts in candidates])
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(chrom_of), size=min(n, len(chrom_of)), replace=False))
    positions = np.concatenate(candidates)[chosen]
    return [(chroms[c], int(at)) for c, at in zip(chrom_of[chosen], positions, strict=True)]


def _by_chrom(stretches: list[tuple[str, int]]) -> list[tuple[str, np.ndarray]]:
    chroms = dict.fromkeys(chrom for chrom, _ in stretches)
    return [(chrom, np.array([at for name, at in stretches if name == chrom])) for chrom in chroms]


def _score(options: UnitOptions, store: ScoreStore, group: str, chrom: str, at: np.ndarray) -> np.ndarray:
    """Largest scores of the 200-bp bins inside stretches of a chromosome; (TFs, bins)."""
    signal = read_signal(store, group, chrom)
    starts = np.unique((at[:, None] + _shifts(options.step)).ravel())
    unknown = options.genome.unknown_runs(chrom)
    tiles = [
        known_bins(tile, unknown)
        for tile in predict_bins(
            run_engine(options), options.genome.codes(chrom), signal, chrom, starts, strand=options.strand
        )
    ]
    bins = np.concatenate([tile.bins for tile in tiles])
    scores = np.concatenate([tile.scores for tile in tiles], axis=1)
    allowed = np.zeros(options.genome.sizes[chrom] // CALIBRATION_BIN, dtype=bool)
    for start in at:
        allowed[-(-start // CALIBRATION_BIN) : (start + WINDOW) // CALIBRATION_BIN] = True
    allowed &= calibration_bins(options.genome, chrom)
    inside = np.isin(bins * BIN // CALIBRATION_BIN, np.flatnonzero(allowed)) | np.isin(
        (bins * BIN + BIN - 1) // CALIBRATION_BIN, np.flatnonzero(allowed)
    )
    return np.stack([largest_per_calibration_bin(bins[inside], row[inside], allowed) for row in scores])
