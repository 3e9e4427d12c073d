"""Prediction through executors: the same results, whatever dies on the way."""

import logging
import multiprocessing
import pickle
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from _mini import GROUPS, REGIONS, SIZES
from _networks import random_model
from _workers import KillingOnce, Recording, busy_cores

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.io._owned_folder import LOCK
from scmaxatac.predict import _plan
from scmaxatac.predict._run import Run

CHROMS = ["chr2", "chr1"]
N_SCORES = len(GROUPS) * len(CHROMS)


@pytest.fixture(scope="module")
def predict(mini, fragment_file):
    """Predict whole chromosomes with networks, as workers don't know the formula of other tests; gives the slots."""

    def run(executor=None, **options):
        adata = mini.adata(fragment_file)
        models = [random_model("AAA", 1), random_model("BBB", 2)]
        common = {"genome": mini.genome, "models": models, "regions": "genome", "chroms": CHROMS, "threshold": 0.2}
        sma.tl.predict_tfbs(adata, "leiden", min_fragments=100, executor=executor, **common | options)
        return adata.uns["tfbs"]

    return run


@pytest.fixture(scope="module")
def serial(predict, tmp_path_factory):
    return predict(out_dir=tmp_path_factory.mktemp("serial"))


def assert_equal_slots(found, expected):
    for name in ("sites", "activity", "qc"):
        pd.testing.assert_frame_equal(found[name], expected[name])


def unfinished(folder: Path) -> list[Path]:
    """Files and folders of a run that have not got their names, and bins that wait for their bigWigs."""
    hidden = [path for path in folder.rglob(".*") if path.name != LOCK]
    return [*hidden, *folder.glob("run-*/all_bins/*")]


@pytest.fixture(scope="module")
def processes():
    """Two processes with one thread each."""
    with pytest.MonkeyPatch.context() as patch, _two_processes(patch) as pool:
        yield pool


def _two_processes(patch: pytest.MonkeyPatch) -> ProcessPoolExecutor:
    patch.setenv("OMP_NUM_THREADS", "1")
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module")
def dask_client(tmp_path_factory):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",  # any port that is free
            local_directory=str(tmp_path_factory.mktemp("dask")),
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_serial_run_finds_sites(serial):
    assert len(serial["sites"]) > 100


def test_processes_give_what_one_process_gives(predict, serial, processes, tmp_path):
    assert_equal_slots(predict(processes, out_dir=tmp_path), serial)
    assert unfinished(tmp_path) == []


def test_dask_gives_what_one_process_gives(predict, serial, dask_client, tmp_path):
    assert_equal_slots(predict(dask_client.get_executor(), out_dir=tmp_path), serial)
    assert unfinished(tmp_path) == []


def test_dask_computes_again_what_a_killed_worker_was_at(predict, serial, dask_client, tmp_path):
    executor = KillingOnce(dask_client.get_executor(), tmp_path / "killed", "chr1")
    found = predict(executor, out_dir=tmp_path / "run", save_tracks=True)
    assert (tmp_path / "killed").exists()
    assert_equal_slots(found, serial)
    assert unfinished(tmp_path / "run") == []


def test_a_killed_process_is_an_error_that_names_what_is_missing_and_a_second_run_completes_it(
    predict, serial, processes, tmp_path, monkeypatch
):
    run = tmp_path / "run"
    with _two_processes(monkeypatch) as pool:
        executor = KillingOnce(pool, tmp_path / "killed", "chr1")
        with pytest.raises(RuntimeError, match=r"tasks are missing \((chr\d:0-[\d,]+(, )?)+\).*call again") as error:
            predict(executor, out_dir=run, save_tracks=True)
    assert str(run) in str(error.value)
    # not what was half written
    n_complete = sum(len(list(run.glob(f"run-*/{folder}/[!.]*.npz"))) for folder in ("scores", "parts"))
    assert n_complete < N_SCORES

    recording = Recording(processes)
    found = predict(recording, out_dir=run, save_tracks=True)
    assert sum(len(task.groups) for task in recording.tasks) == N_SCORES - n_complete
    assert_equal_slots(found, serial)
    assert unfinished(run) == []


def test_a_complete_run_submits_nothing(predict, serial, tmp_path):
    predict(out_dir=tmp_path)
    with ThreadPoolExecutor(1) as pool:
        recording = Recording(pool)
        assert_equal_slots(predict(recording, out_dir=tmp_path), serial)
    assert recording.tasks == []


def test_only_scores_that_were_removed_are_computed_again(predict, serial, tmp_path):
    predict(out_dir=tmp_path)
    run = Run.open(tmp_path)
    run.store.scores_path("Mono", "chr1").unlink()
    with ThreadPoolExecutor(1) as pool:
        recording = Recording(pool)
        assert_equal_slots(predict(recording, out_dir=tmp_path), serial)
    assert [(task.chrom, task.groups) for task in recording.tasks] == [("chr1", ("Mono",))]


def test_regions_are_scored_as_in_one_process(predict, processes, tmp_path):
    options = {"regions": REGIONS, "include_flanks": True}
    expected = predict(out_dir=tmp_path / "serial", **options)
    found = predict(processes, out_dir=tmp_path / "parallel", **options)
    np.testing.assert_array_equal(found["scores"], expected["scores"])
    assert np.isfinite(expected["scores"]).any()
    assert_equal_slots(found, expected)


def test_other_regions_are_computed_again(predict, tmp_path):
    predict(out_dir=tmp_path)
    with ThreadPoolExecutor(1) as pool:
        recording = Recording(pool)
        found = predict(recording, out_dir=tmp_path, regions=REGIONS)
    assert sum(len(task.groups) for task in recording.tasks) == N_SCORES
    assert found["scores"].shape[1] == REGIONS["chrom"].isin(CHROMS).sum()


def test_the_largest_tasks_are_submitted_first(predict, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        recording = Recording(pool)
        predict(recording, out_dir=tmp_path)
    assert [(task.chrom, task.groups) for task in recording.tasks] == [("chr1", GROUPS), ("chr2", GROUPS)]


def test_large_chromosomes_are_cut_into_tasks(predict, serial, tmp_path, monkeypatch):
    monkeypatch.setattr(_plan, "_SMALLEST_TASK", 1)
    monkeypatch.setattr(_plan, "_TASK_BYTES", 10 * len(GROUPS) * 2 * 8 * 8)
    with ThreadPoolExecutor(2) as pool:
        recording = Recording(pool)
        found = predict(recording, out_dir=tmp_path)
    assert [task.chrom for task in recording.tasks].count("chr1") > 2
    assert_equal_slots(found, serial)
    assert unfinished(tmp_path) == []


def test_groups_whose_bins_have_no_room_beside_each_other_are_submitted_one_after_the_other(
    predict, tmp_path, monkeypatch
):
    monkeypatch.setattr(_plan, "_BYTES_ON_DISK", 1)
    with ThreadPoolExecutor(1) as pool:
        recording = Recording(pool)
        predict(recording, out_dir=tmp_path, save_tracks=True)
    tasks = [(*task.groups, task.chrom) for task in recording.tasks]
    assert tasks == [(group, chrom) for group in GROUPS for chrom in CHROMS]
    assert unfinished(tmp_path) == []


class Weighing(Executor):
    """Passes everything on to an executor, and keeps the size of what would travel."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.bytes: list[int] = []

    def submit(self, fn, /, *args, **kwargs):
        self.bytes.append(len(pickle.dumps((fn, args, kwargs))))
        return self._executor.submit(fn, *args, **kwargs)


def test_a_genome_in_memory_does_not_travel(predict, mini, processes, tmp_path):
    """Its 30 kb of sequence are in the run's folder, once; a run with another one does not take them for its own."""
    assert len(pickle.dumps(mini.genome)) > 25_000
    weighing = Weighing(processes)
    other = sma.Genome.from_codes({chrom: codes[::-1] for chrom, codes in mini.codes.items()})
    for genome in (mini.genome, other):
        found = predict(weighing, out_dir=tmp_path / "run", genome=genome)
        assert_equal_slots(found, predict(out_dir=tmp_path / f"serial{len(weighing.bytes)}", genome=genome))
        folder = found["files"]["path"].iloc[0]
        (kept,) = (tmp_path / "run" / folder / "genome").iterdir()
        assert sum(path.stat().st_size for path in kept.glob("*.codes")) == SIZES["chr1"] + SIZES["chr2"]
    assert len(weighing.bytes) == 2 * len(CHROMS)
    assert max(weighing.bytes) < 5_000


def test_an_error_in_a_task_is_told(predict, tmp_path, monkeypatch):
    from scmaxatac.predict import _schedule

    def predict_task(task, *args):
        if task.chrom == "chr2":
            raise MemoryError("not enough memory")
        return original(task, *args)

    original = _schedule.predict_task
    monkeypatch.setattr(_schedule, "predict_task", predict_task)
    with ThreadPoolExecutor(2) as pool, pytest.raises(RuntimeError, match=r"1 of 2 tasks .* not enough memory"):
        predict(pool, out_dir=tmp_path)
    assert len(list(tmp_path.glob("run-*/scores/*.npz"))) == len(GROUPS)


@pytest.mark.parametrize("parallel", [False, True])
def test_the_progress_bar_ends_at_the_number_of_windows(predict, tmp_path, monkeypatch, parallel):
    import tqdm.auto

    bars = []

    class Bar(tqdm.auto.tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.updates = []
            bars.append(self)

        def update(self, n=1):
            self.updates.append(n)
            return super().update(n)

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    monkeypatch.setattr(settings, "progress", True)
    with ThreadPoolExecutor(2) as pool:
        predict(pool if parallel else None, out_dir=tmp_path)
    assert sum(bars[0].updates) == bars[0].total > 0
    assert len(bars[0].updates) >= len(CHROMS)


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_workers_use_the_threads_they_are_given(processes, dask_client, backend):
    pytest.importorskip(backend)
    assert processes.submit(busy_cores, backend).result() < 1.4
    assert dask_client.get_executor().submit(busy_cores, backend).result() < 1.4
