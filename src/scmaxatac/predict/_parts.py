"""Results of the tasks: scores of a group on a part of a chromosome, and from all parts those on the chromosome."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac.genome._genome import Genome
from scmaxatac.io._arrays import write_arrays
from scmaxatac.io._files import atomic_folder
from scmaxatac.io._temporary import remove
from scmaxatac.predict._plan import Interval, parts_of
from scmaxatac.predict._run import Run
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._kept_bins import KeptBins, count_reaching, rank_reached
from scmaxatac.scores._known_bins import known_bins
from scmaxatac.scores._ranking import calibration_bins, covered_calibration_bins
from scmaxatac.scores._sites import max_per_interval


class PartScores:
    """Scores of a group on a part of a chromosome, gathered as they come.

    Bins without a known base are neither kept nor ranked nor count in a region; all bins, for bigWigs, has them.

    Parameters
    ----------
    run
        The run.
    genome
        Sequence, sizes and blacklist.
    group, chrom, part
        Group, chromosome and part.
    all_bins
        Whether all bins are kept as well.
    """

    def __init__(self, run: Run, genome: Genome, group: str, chrom: str, part: Interval, *, all_bins: bool) -> None:
        spec = run.spec
        self._path = run.store.part_path(group, chrom, *part, all_bins=all_bins)
        self._part = part
        self._bin_size = spec.grid.bin
        self._min_stored_score = spec.min_stored_score
        self._allowed = calibration_bins(genome, chrom)
        self._allowed_here = self._allowed[part[0] // CALIBRATION_BIN : -(-part[1] // CALIBRATION_BIN)]
        self._unknown = genome.unknown_runs(chrom)
        reached = _ranks_reached(run, genome, group, chrom)
        self._kept = [
            KeptBins(spec.min_stored_score, rank, self._allowed, self._bin_size, rank_reached=at)
            for rank, at in zip(spec.ranks, reached, strict=True)
        ]
        starts, ends = run.region_bounds(chrom)
        self._regions = np.flatnonzero((starts < part[1]) & (ends > part[0]))
        self._bounds = starts[self._regions], ends[self._regions]
        self._region_scores = np.full((len(spec.tfs), len(self._regions)), np.nan, dtype=np.float32)
        self._n_ranked = 0
        self._last_ranked = -1
        self._all: list[BinScores] | None = [] if all_bins else None

    def add(self, tile: BinScores) -> None:
        """Take the bins of a tile, as far as they lie in the part; tiles come in ascending order."""
        lo, hi = np.searchsorted(tile.bins, [self._part[0] // self._bin_size, -(-self._part[1] // self._bin_size)])
        tile = BinScores(tile.bins[lo:hi], tile.scores[:, lo:hi])
        if self._all is not None:
            self._all.append(BinScores(tile.bins, tile.scores.copy()))
        known = known_bins(tile, self._unknown, self._bin_size)
        if not len(known.bins):
            return
        for m, keeper in enumerate(self._kept):
            keeper.add(known, m)
        found = max_per_interval(known.bins, known.scores, *self._bounds, self._bin_size)
        np.fmax(self._region_scores, found, out=self._region_scores)
        # counted from the part's start, so that a tile costs what it has
        covered = covered_calibration_bins(
            known.bins - self._part[0] // self._bin_size, self._allowed_here, self._bin_size
        )
        self._n_ranked += int(np.count_nonzero(covered > self._last_ranked))
        self._last_ranked = max(self._last_ranked, int(covered.max(initial=-1)))

    def write(self) -> None:
        """Write what was gathered to the run's folder."""
        bins, scores = zip(
            *((bins, scores) for bins, scores, _ in (keeper.finish() for keeper in self._kept)), strict=True
        )
        arrays = {
            "n_kept": np.array([len(kept) for kept in bins]),
            "bins": np.concatenate(bins),
            "scores": np.concatenate(scores),
            "n_reaching": np.stack(
                [
                    count_reaching(*kept, self._allowed, self._min_stored_score, self._bin_size)
                    for kept in zip(bins, scores, strict=True)
                ]
            ),
            "regions": self._regions,
            "region_scores": self._region_scores,
            "n_ranked": np.array(self._n_ranked),
        }
        if self._all is not None:
            arrays["all_bins"] = np.concatenate([*(tile.bins for tile in self._all), np.zeros(0, dtype=np.int64)])
            nothing = np.zeros((len(self._kept), 0), dtype=np.float32)
            arrays["all_scores"] = np.concatenate([*(tile.scores for tile in self._all), nothing], axis=1)
        write_arrays(self._path, arrays)


def _ranks_reached(run: Run, genome: Genome, group: str, chrom: str) -> list[float]:
    """Score that enough 200-bp bins of the parts that are there reach, for each factor: lower ones don't matter."""
    spec = run.spec
    n_reaching = np.zeros((len(spec.tfs), 1), dtype=np.int64)
    if any(spec.ranks):
        for part in parts_of(run, chrom, run.window_starts(genome, chrom)):
            for all_bins in (False, True):
                path = run.store.part_path(group, chrom, *part, all_bins=all_bins)
                if path.is_file():
                    with np.load(path, allow_pickle=False) as arrays:
                        n_reaching = n_reaching + arrays["n_reaching"]
                    break
    return [
        rank_reached(counts, rank, spec.min_stored_score) for counts, rank in zip(n_reaching, spec.ranks, strict=True)
    ]


def merge_parts(run: Run, genome: Genome, group: str, chrom: str, *, all_bins: bool) -> None:
    """Write the scores of a group on a chromosome from those of its parts, which are removed then."""
    store = run.store
    parts = parts_of(run, chrom, run.window_starts(genome, chrom))
    paths = [store.part_path(group, chrom, *part, all_bins=all_bins) for part in parts]
    if all_bins:
        _merge_all_bins(store.all_bins_path(group, chrom), paths)
    if not store.has_scores(group, chrom):
        _merge_scores(run, group, chrom, paths, calibration_bins(genome, chrom))
    store.remove_parts(group, chrom)


def _merge_all_bins(folder: Path, paths: Sequence[Path]) -> None:
    remove(folder)  # bins whose scores are gone
    with atomic_folder(folder) as temporary:
        for i, path in enumerate(paths):
            with np.load(path, allow_pickle=False) as arrays:
                np.save(temporary / f"{i:06d}_bins.npy", arrays["all_bins"])
                np.save(temporary / f"{i:06d}_scores.npy", arrays["all_scores"])


def _merge_scores(run: Run, group: str, chrom: str, paths: Sequence[Path], allowed: np.ndarray) -> None:
    spec = run.spec
    kept: list[list[BinScores]] = [[] for _ in spec.tfs]
    region_scores = np.full((len(run.region_bounds(chrom)[0]), len(spec.tfs)), np.nan, dtype=np.float32)
    n_ranked = 0
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            stops = list(accumulate(arrays["n_kept"].tolist(), initial=0))
            bins, scores, regions = arrays["bins"], arrays["scores"], arrays["regions"]
            region_scores[regions] = np.fmax(region_scores[regions], arrays["region_scores"].T)
            n_ranked += int(arrays["n_ranked"])
        for m, of_tf in enumerate(kept):
            mine = slice(stops[m], stops[m + 1])
            of_tf.append(BinScores(bins[mine], scores[None, mine]))
    finished = []
    for rank, tiles in zip(spec.ranks, kept, strict=True):
        keeper = KeptBins(spec.min_stored_score, rank, allowed, spec.grid.bin)
        for tile in tiles:
            keeper.add(tile, 0)
        finished.append(keeper.finish())
    run.store.write_scores(
        group,
        chrom,
        bins=[bins for bins, _, _ in finished],
        scores=[scores for _, scores, _ in finished],
        min_stored_scores=np.array([kept_from for _, _, kept_from in finished]),
        region_scores=region_scores,
        n_ranked=n_ranked,
    )
