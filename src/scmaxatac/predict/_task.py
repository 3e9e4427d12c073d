"""The task of a prediction: groups on a chromosome or a part of it, with all transcription factors."""

from collections.abc import Callable
from pathlib import Path

from scmaxatac.genome._genome import Genome
from scmaxatac.nn._predict import predict_groups
from scmaxatac.predict._parts import PartScores
from scmaxatac.predict._plan import Task, windows_of_part
from scmaxatac.predict._run import Run
from scmaxatac.results._stored_signal import read_signal


def predict_task(
    task: Task,
    folder: Path,
    genome: Genome,
    all_bins: bool,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Score the bins of a part of a chromosome for its groups with all models, and write them to the run's folder.

    What is computed stands in the folder alone, so that little travels to the workers.

    Parameters
    ----------
    task
        Part of a chromosome, and groups.
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
    part = task.start, task.end
    starts = run.window_starts(genome, task.chrom)
    gathered = [PartScores(run, genome, group, task.chrom, part, all_bins=all_bins) for group in task.groups]
    tiles = predict_groups(
        run.engine(),
        genome.codes(task.chrom),
        [read_signal(run.store, group, [task.chrom]) for group in task.groups],
        task.chrom,
        starts[windows_of_part(starts, part, run.spec.grid.window)],
        strand=run.spec.strand,
        progress=progress,
    )
    for g, tile in tiles:
        gathered[g].add(tile)
    for of_group in gathered:
        of_group.write()
