"""What a run has to compute: chromosomes cut into tasks, each with all its groups."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import ceil, lcm

import numpy as np

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac.genome._genome import Genome
from scmaxatac.nn._sharing import windows_to_score
from scmaxatac.predict._run import Run
from scmaxatac.results._stored_signal import read_signal

_LARGEST_TASK = 32_768
"""Windows of a task at most: what a kill costs, and a share of the work that balances workers."""

_SMALLEST_TASK = 1_024
"""Windows of a task at least, however many groups and models there are."""

_ENOUGH_TASKS = 16
"""Tasks into which a chromosome is cut though it could be fewer, so that the workers of a small run end together."""

_WORTH_A_TASK = 4_096
"""Windows times groups and models that are worth a task then: some seconds of a core."""

_TASK_BYTES = 512e6
"""Memory for the scores of a task, all its groups and models together, if every bin is kept."""

_BYTES_ON_DISK = 20e9
"""Room on the disk for all bins of the groups whose bigWigs are not written yet, unless one group alone needs more."""

Interval = tuple[int, int]
"""Start and end in bp, 0-based and half-open."""


@dataclass(frozen=True)
class Task:
    """A chromosome, or a part of it, with the groups that are scored there together.

    Attributes
    ----------
    chrom, start, end
        The part, 0-based and half-open.
    groups
        The groups.
    n_scored
        Windows to score with each model; those without signal count once for all groups.
    """

    chrom: str
    start: int
    end: int
    groups: tuple[str, ...]
    n_scored: int

    def __str__(self) -> str:
        return f"{self.chrom}:{self.start:,}-{self.end:,}"


@dataclass(frozen=True)
class ChromosomePlan:
    """A chromosome with the groups that lack scores there.

    Attributes
    ----------
    chrom
        The chromosome.
    groups
        The groups.
    tasks
        What is left to compute; the results of the other parts are there.
    """

    chrom: str
    groups: tuple[str, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Plan:
    """What is missing in a run.

    Attributes
    ----------
    chromosomes
        In the order in which they are computed. With bigWigs a chromosome comes again for further groups, so that the
        bins of few groups are on the disk at once.
    all_bins
        Whether all bins are kept, for bigWigs.
    n_windows
        Windows of all groups of all tasks.
    """

    chromosomes: tuple[ChromosomePlan, ...]
    all_bins: bool
    n_windows: int

    @property
    def tasks(self) -> list[Task]:
        """All tasks, in the order in which they are computed."""
        return [task for chromosome in self.chromosomes for task in chromosome.tasks]

    @property
    def n_scored(self) -> int:
        """Windows to score with each model; those without signal count once for the groups of a task."""
        return sum(task.n_scored for task in self.tasks)


def make_plan(run: Run, genome: Genome, *, has_tracks: Callable[[str], bool] | None = None) -> Plan:
    """Find out what is left to compute; what is complete from an earlier call is kept.

    Parameters
    ----------
    run
        The run, whose folder is held.
    genome
        Sequence, sizes and blacklist.
    has_tracks
        With bigWigs: whether a group's are written, so that all its bins are not needed any more.
    """
    all_bins = has_tracks is not None
    windows = {chrom: run.window_starts(genome, chrom) for chrom in run.spec.chroms}
    is_tracked = cache(has_tracks) if has_tracks is not None else None  # reads all of a group's bigWigs

    def is_done(group: str, chrom: str) -> bool:
        if not run.store.has_scores(group, chrom):
            return False
        if is_tracked is None or run.store.all_bins_path(group, chrom).is_dir() or not len(windows[chrom]):
            return True
        return is_tracked(group)

    missing: dict[str, list[str]] = {chrom: [] for chrom in run.spec.chroms}
    for group in run.spec.groups:
        for chrom in run.spec.chroms:
            if is_done(group, chrom):
                run.store.remove_parts(group, chrom)
            else:
                missing[chrom].append(group)
    chromosomes = []
    n_windows = 0
    for batch in _batches(run, windows) if all_bins else [run.spec.groups]:
        for chrom in run.spec.chroms:
            groups = tuple(group for group in batch if group in missing[chrom])
            if groups:
                tasks = _tasks(run, chrom, groups, windows[chrom], all_bins=all_bins)
                chromosomes.append(ChromosomePlan(chrom, groups, tuple(task for task, _ in tasks)))
                n_windows += sum(n for _, n in tasks)
    return Plan(tuple(chromosomes), all_bins, n_windows)


def parts_of(run: Run, chrom: str, starts: np.ndarray) -> list[Interval]:
    """Parts of a chromosome of about as many windows each, always the same ones in a run.

    Parameters
    ----------
    run
        The run.
    chrom
        The chromosome.
    starts
        Its windows, as :meth:`Run.window_starts` gives them.
    """
    spec = run.spec
    kept_bytes = len(spec.groups) * len(spec.tfs) * (spec.step / spec.grid.bin) * 8
    most = int(np.clip(_TASK_BYTES / kept_bytes, _SMALLEST_TASK, _LARGEST_TASK))
    worth = len(starts) * len(spec.groups) * len(spec.models) // _WORTH_A_TASK
    n = max(ceil(len(starts) / most), min(_ENOUGH_TASKS, worth, len(starts) // _SMALLEST_TASK), 1)
    whole = lcm(spec.grid.bin, CALIBRATION_BIN)  # so that no bin, of the networks or of 200 bp, lies in two parts
    inner = starts[np.arange(1, n) * len(starts) // n] // whole * whole
    edges = [0, *(int(at) for at in inner), spec.sizes[chrom]]
    return list(pairwise(edges))


def windows_of_part(starts: np.ndarray, part: Interval, window: int) -> slice:
    """Which windows cover bins of a part; those across its edges are windows of the part beside it as well."""
    start, end = part
    return slice(int(np.searchsorted(starts, start - window, side="right")), int(np.searchsorted(starts, end)))


def _tasks(
    run: Run, chrom: str, groups: tuple[str, ...], starts: np.ndarray, *, all_bins: bool
) -> list[tuple[Task, int]]:
    """Tasks that are left on a chromosome, each with the number of windows of all its groups."""
    lacking = {}
    for start, end in parts_of(run, chrom, starts):
        paths = {group: run.store.part_path(group, chrom, start, end, all_bins=all_bins) for group in groups}
        if left := tuple(group for group, path in paths.items() if not run.store.is_sound(path)):
            lacking[start, end] = left
    every = dict.fromkeys(group for left in lacking.values() for group in left)
    loud = {
        group: read_signal(run.store, group, [chrom]).has_signal(chrom, starts, run.spec.grid.window) for group in every
    }
    tasks = []
    for part, left in lacking.items():
        mine = windows_of_part(starts, part, run.spec.grid.window)
        of_groups = np.stack([loud[group][mine] for group in left])
        tasks.append((Task(chrom, *part, left, windows_to_score(of_groups)), of_groups.size))
    return tasks


def _batches(run: Run, windows: Mapping[str, np.ndarray]) -> list[list[str]]:
    """Groups in batches, so that all bins of a batch have room on the disk."""
    n_bins = sum(map(len, windows.values())) * run.spec.step // run.spec.grid.bin
    most = max(int(_BYTES_ON_DISK / max(n_bins * len(run.spec.tfs) * 4, 1)), 1)
    groups = run.spec.groups
    return [groups[at : at + most] for at in range(0, len(groups), most)]
