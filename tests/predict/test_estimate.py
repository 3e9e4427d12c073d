"""The time that is told before a run."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from _mini import SIZES

from scmaxatac.genome._windows import Grid
from scmaxatac.nn import _sharing
from scmaxatac.nn._sharing import equivalent_windows
from scmaxatac.nn._spec import PUBLISHED
from scmaxatac.nn._stem import cost_of_window, find_stem
from scmaxatac.predict import _estimate
from scmaxatac.predict._plan import make_plan
from scmaxatac.predict._run import Run


@pytest.mark.parametrize(("strand", "strands"), [("forward", 1), ("mean", 2)])
def test_the_estimate_is_the_work_that_is_not_shared_at_the_rate_of_the_trial(
    predict, mini, sparse_fragment_file, analytic, monkeypatch, caplog, tmp_path, strand, strands
):
    """With a clock that says that the trial took three calls of half a second."""
    predict(mini.adata(sparse_fragment_file), regions="genome", strand=strand)
    run = Run.open(tmp_path / "run")
    for path in (run.folder / "scores").iterdir():
        path.unlink()
    plan = make_plan(run, mini.genome)
    every = 3 * sum(len(run.window_starts(mini.genome, chrom)) for chrom in SIZES)
    assert plan.n_scored < plan.n_windows == every
    clock = iter([10.0, 10.4, 10.8, 11.5])
    monkeypatch.setattr(_estimate, "usable_threads", lambda: 2)
    monkeypatch.setattr(_estimate.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(_estimate, "_LARGE_RUN", plan.n_scored * 2 * strands)
    monkeypatch.setattr(_estimate, "_TRIAL", 1)
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        _estimate.log_estimate(run, mini.genome, plan)
    told = float(re.search(r"about ([\d.]+) s on this machine", caplog.text)[1])
    assert told == round(plan.n_scored * 2 * strands / (3 * 64 * 2 / 1.5))
    assert "executor" not in caplog.text
    caplog.clear()
    monkeypatch.setattr(_estimate, "_LARGE_RUN", plan.n_scored * 2 * strands + 1)
    _estimate.log_estimate(run, mini.genome, plan)
    assert not caplog.text


class Engine:
    """Has a stem, and notes what it is given."""

    n_outputs = 2
    grid = Grid()

    def __init__(self) -> None:
        self.seen = []

    def predict(self, codes, signal):
        raise AssertionError("all windows are put together from pieces")

    def find_stem(self, piece):
        return find_stem([PUBLISHED], piece)

    def predict_pieces(self, stem, pieces):
        self.seen.append((len(pieces.codes), pieces.rows))


def test_the_estimate_counts_pieces_that_windows_share(
    predict, mini, sparse_fragment_file, analytic, monkeypatch, caplog, tmp_path
):
    predict(mini.adata(sparse_fragment_file), regions="genome")
    run = Run.open(tmp_path / "run")
    for path in (run.folder / "scores").iterdir():
        path.unlink()
    plan, engine = make_plan(run, mini.genome), Engine()
    monkeypatch.setattr(_sharing, "FEWEST_IN_PIECES", 1)
    monkeypatch.setattr(Run, "engine", lambda self: engine)
    monkeypatch.setattr(_estimate, "_LARGE_RUN", 1)
    monkeypatch.setattr(_estimate, "_TRIAL", 1)
    clock = iter([10.0, 11.0])
    monkeypatch.setattr(_estimate, "usable_threads", lambda: 2)
    monkeypatch.setattr(_estimate.time, "perf_counter", lambda: next(clock))
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        _estimate.log_estimate(run, mini.genome, plan)
    whole = sum(
        equivalent_windows(
            engine, [run.signal(group) for group in task.groups], task.chrom, run.window_starts(mini.genome, task.chrom)
        )
        for task in plan.tasks
    )
    assert 0.3 * plan.n_scored < whole < 0.9 * plan.n_scored
    stem = engine.find_stem(256)
    (n_pieces, rows), _ = engine.seen
    assert (n_pieces, len(rows)) == (67, 64)
    assert (rows[1:, :3] == rows[:-1, 1:]).all(), "windows beside each other"
    trial = (67 * stem.cost_of_piece + 64 * stem.cost_of_trunk) / cost_of_window(PUBLISHED)
    told = float(re.search(r"about ([\d.]+) s on this machine", caplog.text)[1])
    assert told == round(whole * 2 / (trial * 2 / 1.0))


def test_the_estimate_says_that_workers_divide_the_time(
    predict, mini, sparse_fragment_file, analytic, monkeypatch, caplog
):
    monkeypatch.setattr(_estimate, "_LARGE_RUN", 1)
    monkeypatch.setattr(_estimate, "_TRIAL_SECONDS", 0.01)
    with ThreadPoolExecutor(2) as executor, caplog.at_level(logging.INFO, logger="scmaxatac"):
        predict(mini.adata(sparse_fragment_file), regions="genome", executor=executor)
    assert re.search(r"about \d+ s on this machine, in one process: the executor's workers divide them", caplog.text)
