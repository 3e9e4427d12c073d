"""The unit of work of a prediction: one group on one chromosome, with all transcription factors."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from scmaxatac.io._files import atomic_path, sha256_of
from scmaxatac.io._store import ScoreStore
from scmaxatac.nn._engine import Backend, Engine, Precision, check_engine_options, make_engine
from scmaxatac.nn._predict import Strand, predict_bins
from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._intervals import Intervals
from scmaxatac.tracks._kept_bins import KeptBins
from scmaxatac.tracks._known_sequence import known_bins
from scmaxatac.tracks._ranking import calibration_bins, covered_calibration_bins
from scmaxatac.tracks._sites import largest_in
from scmaxatac.tracks._stored_signal import read_signal
from scmaxatac.tracks._windows import window_starts

_WEIGHTS_FILE = "weights.safetensors"


@dataclass(frozen=True)
class EngineOptions:
    """How the networks are run; see :func:`scmaxatac.nn._engine.make_engine`."""

    backend: Backend = "auto"
    device: str = "auto"
    precision: Precision = "float32"
    batch_size: int | None = None

    def check(self) -> None:
        """Raise what :func:`~scmaxatac.nn._engine.make_engine` would raise about the options."""
        check_engine_options(self.backend, self.device, self.precision, self.batch_size)


@dataclass(frozen=True)
class UnitOptions:
    """What all units of a run share. Small enough to travel to worker processes.

    Attributes
    ----------
    folder
        Folder of the run; workers read insertions and weights there and write scores there.
    genome
        Sequence, sizes and blacklist.
    regions
        Regions whose windows are predicted, or None for whole chromosomes.
    step
        Distance between windows in bp.
    strand
        Forward strand, or mean of both.
    engine
        How the networks are run.
    floor
        Bins with at least this score are kept.
    ranks
        For each transcription factor the number of 200-bp bins whose largest scores have to be known.
    dense
        Whether all bins are kept as well, for bigWigs.
    """

    folder: Path
    genome: Genome
    regions: Intervals | None
    step: int
    strand: Strand
    engine: EngineOptions
    floor: float
    ranks: tuple[int, ...]
    dense: bool


def write_weights(folder: Path, weights: Sequence[dict[str, np.ndarray]]) -> None:
    """Put the weights of a run's models into its folder, for the workers."""
    from safetensors.numpy import save

    arrays = {f"{i}/{name}": array for i, one in enumerate(weights) for name, array in one.items()}
    with atomic_path(folder / _WEIGHTS_FILE) as temporary:
        temporary.write_bytes(save(arrays))  # save_file would make a file that only its owner can read


def unit_fingerprint(options: UnitOptions, group: str, chrom: str, region_bounds: tuple[np.ndarray, np.ndarray]) -> str:
    """Digest of everything that a unit's scores depend on; `region_bounds` as in :func:`predict_unit`."""
    store = ScoreStore(options.folder)
    # not the merged intervals: regions that overlap differently have scores of their own
    regions = None if options.regions is None else [bound.tolist() for bound in region_bounds]
    inputs = {
        "insertions": sha256_of(store.insertions_path(group, chrom)),
        "weights": _weights_sha256(options.folder),
        "genome": options.genome.fingerprint,
        "chrom": chrom,
        "regions": regions,
        "options": [options.step, options.strand, options.engine.precision, options.engine.backend],
        "kept": [options.floor, options.ranks, "known bases"],
    }
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def unit_windows(options: UnitOptions, chrom: str) -> np.ndarray:
    """Find the starts of the windows that a unit on this chromosome scores."""
    return window_starts(options.genome, chrom, step=options.step, regions=options.regions)


def predict_unit(
    options: UnitOptions,
    group: str,
    chrom: str,
    fingerprint: str,
    region_bounds: tuple[np.ndarray, np.ndarray],
    progress: Callable[[int], object] | None = None,
) -> str:
    """Score a group's bins on a chromosome with all models and write them to the store.

    `region_bounds` are starts and ends of the regions to score on this chromosome, in the order of the results. Bins
    without a known base are neither kept nor ranked nor count in a region; those for bigWigs are all there.
    """
    store = ScoreStore(options.folder)
    engine = run_engine(options)
    allowed = calibration_bins(options.genome, chrom)
    signal = read_signal(store, group, chrom)
    kept = [KeptBins(options.floor, rank, allowed) for rank in options.ranks]
    region_scores = np.full((len(kept), len(region_bounds[0])), np.nan, dtype=np.float32)
    covered: list[np.ndarray] = []
    dense = dense_folder(store, group, chrom)
    growing = dense.with_suffix(".growing")  # complete when it gets its name; what a dead process left is removed
    for old in (dense, growing):
        shutil.rmtree(old, ignore_errors=True)
    if options.dense:
        growing.mkdir(parents=True)
    tiles = predict_bins(
        engine,
        options.genome.codes(chrom),
        signal,
        chrom,
        unit_windows(options, chrom),
        strand=options.strand,
        progress=progress,
    )
    unknown = options.genome.unknown_runs(chrom)
    for i, tile in enumerate(tiles):
        known = known_bins(tile, unknown)
        for m, keeper in enumerate(kept):
            keeper.add(known, m)
        np.fmax(region_scores, largest_in(known.bins, known.scores, *region_bounds), out=region_scores)
        covered.append(covered_calibration_bins(known.bins, allowed))
        if options.dense:
            np.save(growing / f"{i:06d}_bins.npy", tile.bins)
            np.save(growing / f"{i:06d}_scores.npy", tile.scores)
    if options.dense:
        growing.rename(dense)
    finished = [keeper.finish() for keeper in kept]
    store.write_unit(
        group,
        chrom,
        fingerprint=fingerprint,
        bins=[bins for bins, _, _ in finished],
        scores=[scores for _, scores, _ in finished],
        floors=np.array([floor for _, _, floor in finished]),
        region_scores=region_scores.T,
        n_ranked=len(np.unique(np.concatenate(covered))) if covered else 0,
    )
    return fingerprint


def dense_folder(store: ScoreStore, group: str, chrom: str) -> Path:
    """Folder of all bins of a unit, kept until its group's bigWigs are written."""
    return store.unit_path(group, chrom).with_suffix(".dense")


def run_engine(options: UnitOptions) -> Engine:
    """Give the engine of a run, made once a process."""
    return _engine(options.folder, _weights_sha256(options.folder), options.engine)


def _weights_sha256(folder: Path) -> str:
    """Checksum of the run's weights, computed once for every file that was ever there."""
    path = folder / _WEIGHTS_FILE
    stat = path.stat()
    return _sha256(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _sha256(path: Path, modified: int, size: int) -> str:
    return sha256_of(path)


@lru_cache(maxsize=2)
def _engine(folder: Path, weights_sha256: str, options: EngineOptions) -> Engine:
    """Make the engine from the weights in the run's folder; their checksum is there so that new ones make a new one."""
    from safetensors.numpy import load_file

    arrays = load_file(folder / _WEIGHTS_FILE)
    n_models = 1 + max(int(name.split("/")[0]) for name in arrays)
    weights: list[dict[str, np.ndarray]] = [{} for _ in range(n_models)]
    for name, array in arrays.items():
        i, _, plain = name.partition("/")
        weights[int(i)][plain] = array
    return make_engine(
        weights,
        backend=options.backend,
        device=options.device,
        precision=options.precision,
        batch_size=options.batch_size,
    )
