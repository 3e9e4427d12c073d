"""Runs that go on where an earlier one ended."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from _compare import assert_follows, assert_same_slots
from _mini import GROUPS, SIZES
from _networks import random_model
from _oracle import make_oracle

import scmaxatac as sma
from scmaxatac.io._owned_folder import LOCK
from scmaxatac.io._temporary import temporary_name
from scmaxatac.predict import _schedule, _track_files
from scmaxatac.predict._rules import Rules
from scmaxatac.predict._run import Run
from scmaxatac.zoo import Calibration

pytestmark = pytest.mark.usefixtures("analytic")

F1 = {"AAA": 0.5, "BBB": 0.3}
N_SCORES = len(GROUPS) * len(SIZES)


@pytest.fixture
def adata(mini, fragment_file):
    return mini.adata(fragment_file)


@pytest.fixture
def computed(monkeypatch) -> list[tuple[str, str]]:
    """Group and chromosome of all that was computed, in order; can be emptied."""
    seen: list[tuple[str, str]] = []
    original = _schedule.predict_task

    def spy(task, *args):
        seen.extend((group, task.chrom) for group in task.groups)
        return original(task, *args)

    monkeypatch.setattr(_schedule, "predict_task", spy)
    return seen


@pytest.mark.parametrize("save_tracks", [False, True])
def test_a_second_call_computes_nothing(predict, adata, computed, save_tracks):
    predict(adata, save_tracks=save_tracks)
    first = adata.copy()
    assert len(computed) == len(set(computed)) == N_SCORES
    computed.clear()
    predict(adata, save_tracks=save_tracks)
    assert computed == []
    assert_same_slots(adata.uns["tfbs"], first.uns["tfbs"], but=())


def test_another_threshold_or_key_computes_nothing(predict, adata, computed):
    predict(adata)
    computed.clear()
    predict(adata, threshold=0.2, key_added="mine", include_flanks=True, min_cells=5)
    assert computed == []


def test_only_scores_that_are_missing_are_computed_again(predict, adata, computed, tmp_path):
    predict(adata)
    first = adata.copy()
    files = sorted((tmp_path / "run").glob("run-*/scores/*.npz"))
    assert len(files) == N_SCORES
    files[4].unlink()
    computed.clear()
    predict(adata)
    assert len(computed) == 1
    assert_same_slots(adata.uns["tfbs"], first.uns["tfbs"], but=())


@pytest.mark.parametrize("save_tracks", [False, True])
def test_an_interrupted_run_goes_on(predict, adata, computed, monkeypatch, tmp_path, save_tracks):
    """Interrupted while the second chromosome computes; the object stays as it was, what is complete is kept."""
    original = _schedule.predict_task

    def interrupt(*args):
        if computed:
            raise KeyboardInterrupt
        return original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(_schedule, "predict_task", interrupt)
        with pytest.raises(KeyboardInterrupt):
            predict(adata, save_tracks=save_tracks)
    assert set(adata.uns) == {"files"}
    assert not list(adata.obsm)
    done = computed.copy()
    assert sorted(done) == sorted((group, "chr1") for group in GROUPS)
    computed.clear()
    predict(adata, save_tracks=save_tracks)
    assert len(computed) == N_SCORES - len(GROUPS)
    assert set(done).isdisjoint(computed)
    fresh = adata.copy()
    predict(fresh, save_tracks=save_tracks, out_dir=tmp_path / "fresh")
    assert_same_slots(adata.uns["tfbs"], fresh.uns["tfbs"])


def test_tracks_are_complete_after_an_interruption_in_the_middle_of_a_task(
    predict, adata, analytic, monkeypatch, tmp_path
):
    """The scores were there already, without tracks; half of a task's bins must not pass for all of them."""
    from scmaxatac.nn import _predict

    monkeypatch.setattr(_predict, "_windows_per_tile", lambda *_: 3)
    predict(adata)
    score = analytic.predict
    calls = []

    def fail(engine, codes, signal):
        calls.append(len(codes))
        if len(calls) == 3:
            raise RuntimeError("the machine was needed")
        return score(engine, codes, signal)

    with monkeypatch.context() as patch:
        patch.setattr(analytic, "predict", fail)
        with pytest.raises(RuntimeError, match="the machine was needed"):
            predict(adata, save_tracks=True)
    predict(adata, save_tracks=True)
    fresh = adata.copy()
    predict(fresh, save_tracks=True, out_dir=tmp_path / "fresh")
    for group in GROUPS:
        for tf in F1:
            tracks = [sma.get.track(each, tf, group) for each in (adata, fresh)]
            pd.testing.assert_frame_equal(*tracks)


@pytest.mark.parametrize(
    "change",
    [
        {"step": 512},
        {"strand": "mean"},
        {"regions": "genome"},
        {"signal_chroms": ["chr1"]},
        {"precision": "bfloat16"},
        {"models": [random_model("AAA", 3), random_model("BBB", 2)]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_options_compute_everything_again(predict, adata, computed, change, tmp_path):
    predict(adata)
    computed.clear()
    predict(adata, **change)
    assert len(computed) == N_SCORES
    fresh = adata.copy()
    predict(fresh, out_dir=tmp_path / "fresh", **change)
    assert_same_slots(adata.uns["tfbs"], fresh.uns["tfbs"])


def test_another_blacklist_computes_again(predict, adata, computed, mini):
    predict(adata)
    computed.clear()
    bare = sma.Genome.from_codes(mini.codes)
    predict(adata, genome=bare)
    assert len(computed) == N_SCORES


def test_another_sequence_computes_again(predict, adata, computed, mini):
    predict(adata)
    computed.clear()
    other = dict(mini.codes)
    other["chr1"] = other["chr1"][::-1].copy()
    predict(adata, genome=sma.Genome.from_codes(other, blacklist=mini.genome.blacklist))
    assert len(computed) == N_SCORES


def test_regions_that_cover_the_same_bases_are_not_taken_for_each_other(predict, adata, mini, tmp_path):
    """Two that overlap and their union have the same windows but other region scores."""
    two = pd.DataFrame({"chrom": "chr1", "start": [1_000, 1_400], "end": [1_500, 1_933]})
    one = pd.DataFrame({"chrom": "chr1", "start": [1_000], "end": [1_933]})
    predict(adata, regions=two, chroms="chr1")
    assert adata.uns["tfbs"]["scores"].shape == (3, 2, 2)
    for table in (one, two, one):
        predict(adata, regions=table, chroms="chr1")
        slots = adata.uns["tfbs"]
        assert slots["scores"].shape == (3, len(table), 2)
        assert_follows(slots, make_oracle(mini, table, chroms=["chr1"]), GROUPS, F1)


def test_a_group_whose_cells_changed_is_computed_again_and_the_others_are_not(predict, adata, computed, tmp_path):
    predict(adata)
    computed.clear()
    moved = np.flatnonzero(adata.obs["leiden"] == "B")[0]
    adata.obs.iloc[moved, 0] = np.nan
    predict(adata)
    assert {group for group, _ in computed} == {"B"}
    fresh = adata.copy()
    predict(fresh, out_dir=tmp_path / "fresh")
    assert_same_slots(adata.uns["tfbs"], fresh.uns["tfbs"])


@pytest.mark.parametrize("change", [{"tfs": "BBB"}, {"chroms": ["chr2", "chrX"]}, {"groupby": "batch"}])
def test_a_run_with_other_groups_factors_or_chromosomes_lies_beside_the_first(
    predict, adata, computed, change, tmp_path
):
    predict(adata)
    first = adata.copy()
    predict(adata, **change)
    fresh = adata.copy()
    predict(fresh, out_dir=tmp_path / "fresh", **change)
    assert_same_slots(adata.uns["tfbs"], fresh.uns["tfbs"])
    computed.clear()
    predict(adata)
    assert computed == [], "the first one is still there"
    assert_same_slots(adata.uns["tfbs"], first.uns["tfbs"], but=())


def test_scores_that_are_damaged_are_computed_again(predict, adata, computed, tmp_path):
    predict(adata)
    first = adata.copy()
    damaged = sorted((tmp_path / "run").glob("run-*/scores/*.npz"))[:3]
    for i, path in enumerate(damaged):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 255
        path.write_bytes([content, content[:50], b""][i])
    computed.clear()
    predict(adata)
    assert len(computed) == 3
    assert_same_slots(adata.uns["tfbs"], first.uns["tfbs"], but=())


def test_scores_that_are_damaged_before_the_run_is_complete_are_computed_again(predict, adata, computed, tmp_path):
    """Nobody has noted its checksum yet."""
    predict(adata)
    first = adata.copy()
    next((tmp_path / "run").glob("run-*/complete.json")).unlink()
    path = next((tmp_path / "run").glob("run-*/scores/*.npz"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    computed.clear()
    predict(adata)
    assert len(computed) == 1
    assert_same_slots(adata.uns["tfbs"], first.uns["tfbs"], but=())


def test_files_of_the_user_in_out_dir_are_not_touched(predict, adata, tmp_path):
    """Under all names that the files of a run have, beside the run's folder and in place of it."""
    predict(adata, save_tracks=True)
    (folder,) = (tmp_path / "run").glob("run-*")
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    mine = [tmp_path / "mine" / name for name in names] + [tmp_path / "mine" / "scores" / "notes.txt"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    for options in ({}, {"step": 512}, {"save_tracks": True}):
        predict(adata, out_dir=tmp_path / "mine", **options)
    assert {path.read_text() for path in mine} == {"mine"}


def test_what_is_in_the_way_in_the_runs_own_folder_is_an_error_before_any_work(predict, adata, computed, tmp_path):
    predict(adata)
    (folder,) = (tmp_path / "run").glob("run-*")
    computed.clear()
    (tmp_path / "mine" / folder.name / "scores").mkdir(parents=True)
    (tmp_path / "mine" / folder.name / "scores" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="scores is in the way: scmaxatac did not write it"):
        predict(adata, out_dir=tmp_path / "mine")
    assert computed == []
    assert [path.name for path in (tmp_path / "mine").rglob("*") if path.is_file()] == [".scmaxatac.lock", "notes.txt"]


def test_the_same_run_twice_at_once_is_refused_and_another_one_is_not(predict, adata, monkeypatch, tmp_path):
    """The second call comes while the first computes."""
    original, other = _schedule.predict_task, adata.copy()

    def meanwhile(*args):
        monkeypatch.setattr(_schedule, "predict_task", original)
        with pytest.raises(RuntimeError, match=rf"run-\w+ is being written to by process {os.getpid()} on"):
            predict(other)
        predict(other, step=512)
        return original(*args)

    monkeypatch.setattr(_schedule, "predict_task", meanwhile)
    predict(adata)
    alone = adata.copy()
    predict(alone, out_dir=tmp_path / "alone")
    assert_same_slots(adata.uns["tfbs"], alone.uns["tfbs"])
    predict(alone, out_dir=tmp_path / "alone", step=512)
    assert_same_slots(other.uns["tfbs"], alone.uns["tfbs"])


def test_nothing_is_left_under_temporary_names(predict, adata, tmp_path):
    predict(adata, save_tracks=True)
    assert {path.name for path in (tmp_path / "run").rglob(".*")} == {LOCK}
    assert {path.suffix for path in (tmp_path / "run").glob("run-*/scores/*")} == {".npz"}


def test_what_a_killed_process_left_is_gone_after_the_next_call(predict, adata, tmp_path):
    """In each folder of the run; the files of others in it stay."""
    predict(adata, save_tracks=True)
    (run,) = (tmp_path / "run").glob("run-*")
    dead = 2**22 + 1  # above the largest number that Linux gives a process
    machine = temporary_name("").split(".")[2]
    for folder in (run, *run.glob("*/")):
        (folder / f".01234567.{machine}.{dead}.half.npz").touch()
    (run / ".notes").touch()
    predict(adata, save_tracks=True)
    assert {path.name for path in run.rglob(".*")} == {".notes", LOCK}


def test_an_out_dir_that_is_relative_is_found_from_elsewhere(predict, adata, monkeypatch, tmp_path):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    predict(adata, out_dir="results", save_tracks=True)
    monkeypatch.chdir(tmp_path)
    sma.tl.call_sites(adata, 0.2)
    assert len(sma.get.track(adata, "AAA", "B")) > 100


def test_home_may_be_written_as_a_tilde(predict, adata, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    predict(adata, out_dir="~/results")
    assert Run.open(tmp_path / "results").is_complete
    assert Run.open("~/results").folder.parent == tmp_path / "results"


def test_a_folder_without_a_run_or_with_several_can_not_be_opened(predict, adata, tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"no prediction run in .*nowhere.*tl.relocate.*run tl.predict_tfbs again"
    ):
        Run.open(tmp_path / "nowhere")
    predict(adata)
    run = Run.open(tmp_path / "run")
    assert Run.open(run.folder).spec == run.spec
    predict(adata, step=512)
    with pytest.raises(FileNotFoundError, match=r"holds several runs: run-\w+, run-\w+\. Give the folder of one"):
        Run.open(tmp_path / "run")
    assert Run.open(run.folder).spec.step == 256


def test_a_run_that_was_opened_has_its_signal_regions_and_sites(predict, adata, mini, tmp_path):
    predict(adata)
    run = Run.open(tmp_path / "run")
    bulks = sma.pp.pseudobulk(adata, "leiden", genome=mini.genome, chroms=run.spec.chroms, min_fragments=100)
    for chrom in run.spec.chroms:
        np.testing.assert_array_equal(run.signal("B").values(chrom), bulks.signal("B").values(chrom))
    called = run.call(Rules.parse("f1"))
    pd.testing.assert_frame_equal(called.sites, adata.uns["tfbs"]["sites"])
    pd.testing.assert_frame_equal(called.activity, adata.uns["tfbs"]["activity"])
    starts, ends = run.region_bounds("chr1")
    regions = adata.uns["tfbs"]["regions"].query("chrom == 'chr1'")
    assert (starts.tolist(), ends.tolist()) == (regions["start"].tolist(), regions["end"].tolist())


def test_another_calibration_of_the_same_weights_is_another_run(predict, adata, computed, mini_models, tmp_path):
    """Its thresholds are those of its own table; nothing is predicted again."""
    predict(adata)
    computed.clear()
    frame = mini_models[0].calibration.frame
    other = replace(mini_models[0], calibrations=Calibration(frame.assign(threshold=frame["threshold"] * 0.8)))
    predict(adata, models=[other, mini_models[1]])
    assert computed == []
    assert sma.get.params(adata)["thresholds"]["AAA"] == dict.fromkeys(GROUPS, other.threshold("f1"))
    assert other.threshold("f1") != mini_models[0].threshold("f1")
    fresh = adata.copy()
    predict(fresh, models=[other, mini_models[1]], out_dir=tmp_path / "fresh")
    assert_same_slots(adata.uns["tfbs"], fresh.uns["tfbs"])


def test_bigwigs_of_a_finished_run_are_read_once_a_call(predict, adata, monkeypatch):
    predict(adata, save_tracks=True)
    read = []
    original = _track_files.checksum
    monkeypatch.setattr(_track_files, "checksum", lambda path: read.append(path) or original(path))
    predict(adata, save_tracks=True)
    bigwigs = [path for path in read if path.suffix == ".bw"]
    assert len(bigwigs) == len(set(bigwigs)) == len(GROUPS) * (len(F1) + 1)
