"""Chromosomes cut into tasks, and the windows that groups share."""

import numpy as np
import pytest
from _mini import GROUPS, SIZES
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.genome._windows import Grid
from scmaxatac.predict import _plan
from scmaxatac.predict._plan import make_plan, parts_of, windows_of_part
from scmaxatac.predict._run import Run

pytestmark = pytest.mark.usefixtures("analytic")


class SomeRun:
    """As much of a run as cutting needs."""

    def __init__(self, size: int, step: int) -> None:
        self.spec = self
        self.groups, self.tfs, self.models = ["a", "b"], ["m"], ["m"]
        self.step, self.sizes, self.grid = step, {"chr1": size}, Grid()


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 60_000),
    step=st.sampled_from([32, 96, 256, 1024]),
    keep=st.integers(0, 2**32 - 1),
    most=st.integers(1, 40),
)
def test_parts_cover_a_chromosome_without_a_shared_bin_and_have_all_windows_of_their_bins(size, step, keep, most):
    every = np.arange(0, size - 1023, step)
    starts = every[np.random.default_rng(keep).random(len(every)) < 0.6]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_plan, "_SMALLEST_TASK", max(most, 2_048 // step))  # parts of at least 1,024 bp
        patch.setattr(_plan, "_TASK_BYTES", 1)
        parts = parts_of(SomeRun(size, step), "chr1", starts)
    assert parts[0][0] == 0
    assert parts[-1][1] == size
    assert [end for _, end in parts[:-1]] == [start for start, _ in parts[1:]]
    assert all(start % 800 == 0 and start < end for start, end in parts)
    for part in parts:
        covering = [s for s in starts if s < part[1] and s + 1024 > part[0]]
        assert starts[windows_of_part(starts, part, 1024)].tolist() == covering


@pytest.mark.parametrize(
    ("n_windows", "n_models", "expected"),
    [
        (4_000, 1, 1),  # two groups: worth one task
        (6_144, 1, 3),
        (6_144, 100, 6),  # none below 1,024 windows
        (30_000, 1, 14),
        (500_000, 1, 16),  # 32,768 windows at most
        (600_000, 1, 19),
    ],
)
def test_chromosomes_are_cut_so_that_workers_end_together(n_windows, n_models, expected):
    run = SomeRun(n_windows * 1024, 1024)
    run.models *= n_models
    starts = np.arange(0, n_windows * 1024, 1024)
    parts = parts_of(run, "chr1", starts)
    assert len(parts) == expected
    sizes = [len(starts[windows_of_part(starts, part, 1024)]) for part in parts]
    assert max(sizes) - min(sizes) <= 3


@pytest.fixture
def run(predict, mini, sparse_fragment_file, tmp_path) -> Run:
    """A complete run of whole chromosomes."""
    predict(mini.adata(sparse_fragment_file), regions="genome")
    return Run.open(tmp_path / "run")


def test_windows_without_signal_count_once(run, mini):
    for path in (run.folder / "scores").iterdir():
        path.unlink()
    plan = make_plan(run, mini.genome)
    assert [(task.chrom, task.start, task.end, task.groups) for task in plan.tasks] == [
        (chrom, 0, size, GROUPS) for chrom, size in SIZES.items()
    ]
    n_windows = n_scored = 0
    for chrom in SIZES:
        starts = run.window_starts(mini.genome, chrom)
        n_windows += 3 * len(starts)
        for start in starts:
            has_signal = [bool(run.signal(group).values(chrom, start, start + 1024).any()) for group in GROUPS]
            n_scored += sum(has_signal) + (not all(has_signal))
    assert (plan.n_windows, plan.n_scored) == (n_windows, n_scored)
    assert n_scored < n_windows


def test_what_is_complete_is_not_planned(run, mini):
    assert make_plan(run, mini.genome).tasks == []
    run.store.scores_path("Mono", "chr2").unlink()
    ((chromosome,)) = make_plan(run, mini.genome).chromosomes
    assert (chromosome.chrom, chromosome.groups) == ("chr2", ("Mono",))
    assert [task.groups for task in chromosome.tasks] == [("Mono",)]


def test_with_bigwigs_a_batch_of_groups_has_room_on_the_disk(run, mini, monkeypatch):
    n_bins = sum(8 * len(run.window_starts(mini.genome, chrom)) for chrom in SIZES)
    for room, expected in ((0, [1, 1, 1]), (2 * n_bins * 2 * 4, [2, 1]), (1e9, [3])):
        monkeypatch.setattr(_plan, "_BYTES_ON_DISK", room)
        plan = make_plan(run, mini.genome, has_tracks=lambda group: False)
        assert plan.all_bins
        batches = list(dict.fromkeys(chromosome.groups for chromosome in plan.chromosomes))
        assert [len(batch) for batch in batches] == expected
        assert [group for batch in batches for group in batch] == list(GROUPS)


def test_groups_are_scored_as_in_runs_of_their_own(run, predict, mini, sparse_fragment_file, analytic, tmp_path):
    """Also one without an insertion on a chromosome, which is scored from the sequence alone."""
    assert not run.signal("B").has_signal("chr2", run.window_starts(mini.genome, "chr2")).any()
    together = analytic.windows
    adata = mini.adata(sparse_fragment_file)
    for i, group in enumerate(GROUPS):
        alone = tmp_path / f"alone {i}"
        predict(adata[adata.obs["leiden"] == group].copy(), regions="genome", out_dir=alone)
        for chrom in SIZES:
            expected = Run.open(alone).store.scores_path(group, chrom)
            assert run.store.scores_path(group, chrom).read_bytes() == expected.read_bytes()
    assert together < (analytic.windows - together) * 0.8
