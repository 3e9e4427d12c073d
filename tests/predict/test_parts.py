"""Chromosomes that are computed in parts, and runs that are killed between them."""

import shutil
from functools import partial

import numpy as np
import pytest
from _compare import assert_follows, assert_same_slots
from _kills import kills
from _mini import GROUPS, REGIONS
from _oracle import make_oracle

from scmaxatac.predict import _plan, _prediction
from scmaxatac.predict._plan import make_plan
from scmaxatac.predict._run import Run
from scmaxatac.predict._schedule import run_tasks
from scmaxatac.predict._track_files import has_tracks, write_tracks

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def small_tasks(monkeypatch):
    """Tasks of about nine windows."""
    monkeypatch.setattr(_plan, "_SMALLEST_TASK", 9)
    monkeypatch.setattr(_plan, "_TASK_BYTES", 1)


@pytest.fixture
def adata(mini, fragment_file):
    return mini.adata(fragment_file)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"regions": "genome", "strand": "mean"},
        {"regions": "genome", "step": 96},
        {"regions": "genome", "threshold": "matched"},
        {"threshold": "matched"},
    ],
    ids=str,
)
def test_parts_give_what_whole_chromosomes_give(predict, adata, monkeypatch, tmp_path, options):
    predict(adata, out_dir=tmp_path / "whole", **options)
    whole = adata.uns["tfbs"]
    monkeypatch.setattr(_plan, "_SMALLEST_TASK", 9)
    monkeypatch.setattr(_plan, "_TASK_BYTES", 1)
    predict(adata, out_dir=tmp_path / "parts", **options)
    assert_same_slots(adata.uns["tfbs"], whole)
    one, other = (Run.open(tmp_path / name).folder / "scores" for name in ("whole", "parts"))
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes()
    assert not (other.parent / "parts").exists()


@pytest.mark.parametrize("regions", [REGIONS, None], ids=["regions", "genome"])
def test_parts_follow_the_plain_model(predict, adata, mini, small_tasks, regions):
    predict(adata, regions="genome" if regions is None else regions, threshold=0.2, save_tracks=True)
    oracle = make_oracle(mini, regions)
    assert_follows(adata.uns["tfbs"], oracle, GROUPS, dict.fromkeys(oracle.scores, 0.2))


def test_bigwigs_are_those_of_whole_chromosomes(predict, adata, monkeypatch, tmp_path):
    predict(adata, out_dir=tmp_path / "whole", save_tracks=True)
    whole = adata.uns["tfbs"]["files"]
    monkeypatch.setattr(_plan, "_SMALLEST_TASK", 9)
    monkeypatch.setattr(_plan, "_TASK_BYTES", 1)
    monkeypatch.setattr(_plan, "_BYTES_ON_DISK", 1)
    predict(adata, out_dir=tmp_path / "parts", save_tracks=True)
    bigwigs = whole["kind"].isin(["bigwig", "signal_bigwig"])
    assert whole.loc[bigwigs, "sha256"].all()
    assert adata.uns["tfbs"]["files"].loc[bigwigs, "sha256"].equals(whole.loc[bigwigs, "sha256"])


@pytest.mark.parametrize("tracks", [False, True])
def test_a_run_that_is_killed_at_any_point_goes_on_with_the_same_result(
    predict, sparse_fragment_file, mini, small_tasks, monkeypatch, tmp_path, tracks
):
    """In the middle of a task with several groups, between its files, and while parts are put together."""
    monkeypatch.setattr(_plan, "_SMALLEST_TASK", 20)
    adata = mini.adata(sparse_fragment_file)
    two = adata[adata.obs["leiden"].isin(["B", "Mono"])].copy()

    def stop(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_prediction, "run_tasks", stop)
        with pytest.raises(KeyboardInterrupt):
            predict(two, regions="genome", chroms="chr2", signal_chroms=["chr1", "chr2"], threshold="matched")
    begun = Run.open(tmp_path / "run").folder

    def compute(folder) -> Run:
        run = Run.open(folder)
        plan = make_plan(run, mini.genome, has_tracks=partial(has_tracks, run.store) if tracks else None)
        run_tasks(run, mini.genome, plan, finish_group=partial(write_tracks, run.store) if tracks else None)
        return run

    def content(folder) -> dict[str, bytes]:
        names = ("scores/*.npz", "tracks/*/*.bw", "parts", "all_bins/*")
        found = [path for name in names for path in folder.glob(name)]
        return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in found}

    shutil.copytree(begun, tmp_path / "whole")
    expected = content(compute(tmp_path / "whole").folder)
    assert len([name for name in expected if name.startswith("scores/")]) == 2
    n_kept = set()
    for folder in kills(lambda folder: shutil.copytree(begun, folder, dirs_exist_ok=True), compute):
        n_kept.add(len(list(folder.glob("parts/*.npz"))))
        compute(folder)
        assert content(folder) == expected
    assert {0, 1, 2, 3} <= n_kept, "killed between two parts, and between the groups of one"


def test_parts_that_are_there_are_not_computed_again(predict, adata, analytic, small_tasks, monkeypatch, tmp_path):
    from scmaxatac.predict import _schedule

    done = []
    original = _schedule.predict_task

    def interrupt(*args):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(args[0])
        return original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(_schedule, "predict_task", interrupt)
        with pytest.raises(KeyboardInterrupt):
            predict(adata, regions="genome")
    folder = Run.open(tmp_path / "run").folder
    assert len(list((folder / "parts").glob("*.npz"))) == 3 * len(GROUPS)
    damaged = folder / "parts" / sorted(path.name for path in (folder / "parts").glob("*.npz"))[0]
    damaged.write_bytes(damaged.read_bytes()[:-30])
    again = []
    monkeypatch.setattr(_schedule, "predict_task", lambda *args: again.append(args[0]) or original(*args))
    predict(adata, regions="genome")
    places = [(task.start, task.end) for task in again if task.chrom == "chr1"]
    repeated = [task for task in again if (task.chrom, task.start) in {(t.chrom, t.start) for t in done}]
    assert len(repeated) == 1
    assert len(repeated[0].groups) == 1, "of the damaged one only its group"
    assert len(places) == len(set(places)) > 1
    fresh = adata.copy()
    predict(fresh, regions="genome", out_dir=tmp_path / "fresh")
    assert_same_slots(adata.uns["tfbs"], fresh.uns["tfbs"])


def test_parts_without_bins_do_not_stand_for_those_of_bigwigs(predict, adata, small_tasks, monkeypatch, tmp_path):
    """Interrupted without bigWigs, and called again with them."""
    from scmaxatac.predict import _schedule

    original = _schedule.merge_parts

    def stop(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_schedule, "merge_parts", stop)
        with pytest.raises(KeyboardInterrupt):
            predict(adata)
    assert _schedule.merge_parts is original
    predict(adata, save_tracks=True)
    fresh = adata.copy()
    predict(fresh, save_tracks=True, out_dir=tmp_path / "fresh")
    found, expected = (each.uns["tfbs"]["files"].query("kind == 'bigwig'")["sha256"] for each in (adata, fresh))
    assert found.tolist() == expected.tolist()
    assert not list((tmp_path / "run").glob("run-*/parts"))
    for name in ("sites", "activity"):
        np.testing.assert_array_equal(adata.uns["tfbs"][name], fresh.uns["tfbs"][name])
