"""The task of a prediction: one group on one chromosome, with all transcription factors."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from scmaxatac.genome._genome import Genome
from scmaxatac.io._files import atomic_folder
from scmaxatac.io._temporary import remove
from scmaxatac.nn._predict import predict_bins
from scmaxatac.predict._run import Run
from scmaxatac.results._stored_signal import read_signal
from scmaxatac.scores._kept_bins import KeptBins
from scmaxatac.scores._known_bins import known_bins
from scmaxatac.scores._ranking import calibration_bins, covered_calibration_bins
from scmaxatac.scores._sites import max_per_interval


def predict_task(
    group: str,
    chrom: str,
    folder: Path,
    genome: Genome,
    all_bins: bool,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Score a group's bins on a chromosome with all models and write them to the run's folder.

    What is computed stands in the folder alone, so that little travels to the workers. Bins without a known base are
    neither kept nor ranked nor count in a region; those for bigWigs are all there.

    Parameters
    ----------
    group, chrom
        Group and chromosome.
    folder
        Folder of the run.
    genome
        Sequence, sizes and blacklist.
    all_bins
        Whether all bins are kept as well, for bigWigs.
    progress
        Called with numbers of windows as they are scored.
    """
    run = Run.open(folder)
    spec, store = run.spec, run.store
    allowed, bin_size = calibration_bins(genome, chrom), spec.grid.bin
    kept = [KeptBins(spec.min_stored_score, rank, allowed, bin_size) for rank in spec.ranks]
    bounds = run.region_bounds(chrom)
    region_scores = np.full((len(kept), len(bounds[0])), np.nan, dtype=np.float32)
    covered: list[np.ndarray] = []
    tiles = predict_bins(
        run.engine(),
        genome.codes(chrom),
        read_signal(store, group, [chrom]),
        chrom,
        run.window_starts(genome, chrom),
        strand=spec.strand,
        progress=progress,
    )
    unknown = genome.unknown_runs(chrom)
    whole = store.all_bins_path(group, chrom)
    if all_bins:
        remove(whole)  # bins whose scores are gone
    with atomic_folder(whole) if all_bins else nullcontext() as bins_folder:
        for i, tile in enumerate(tiles):
            known = known_bins(tile, unknown, bin_size)
            for m, keeper in enumerate(kept):
                keeper.add(known, m)
            np.fmax(region_scores, max_per_interval(known.bins, known.scores, *bounds, bin_size), out=region_scores)
            covered.append(covered_calibration_bins(known.bins, allowed, bin_size))
            if bins_folder is not None:
                np.save(bins_folder / f"{i:06d}_bins.npy", tile.bins)
                np.save(bins_folder / f"{i:06d}_scores.npy", tile.scores)
    if store.has_unit(group, chrom):  # only its bins were missing
        return
    finished = [keeper.finish() for keeper in kept]
    store.write_unit(
        group,
        chrom,
        bins=[bins for bins, _, _ in finished],
        scores=[scores for _, scores, _ in finished],
        min_stored_scores=np.array([kept_from for _, _, kept_from in finished]),
        region_scores=region_scores.T,
        n_ranked=len(np.unique(np.concatenate(covered))) if covered else 0,
    )
