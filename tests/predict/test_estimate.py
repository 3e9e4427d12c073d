"""The time that is told before a run."""

import logging
import re

import pytest
from _mini import SIZES

from scmaxatac.predict import _estimate
from scmaxatac.predict._plan import make_plan
from scmaxatac.predict._run import Run


@pytest.mark.parametrize(("strand", "strands"), [("forward", 1), ("mean", 2)])
def test_the_estimate_is_the_work_that_is_not_shared_at_the_rate_of_the_trial(
    predict, mini, sparse_fragment_file, analytic, monkeypatch, caplog, tmp_path, strand, strands
):
    """With a clock that says that the trial took half a second."""
    predict(mini.adata(sparse_fragment_file), regions="genome", strand=strand)
    run = Run.open(tmp_path / "run")
    for path in (run.folder / "scores").iterdir():
        path.unlink()
    plan = make_plan(run, mini.genome)
    every = 3 * sum(len(run.window_starts(mini.genome, chrom)) for chrom in SIZES)
    assert plan.n_scored < plan.n_windows == every
    clock = iter([10.0, 10.5])
    monkeypatch.setattr(_estimate.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(_estimate, "_LARGE_RUN", plan.n_scored * 2 * strands)
    monkeypatch.setattr(_estimate, "_TRIAL", 1)
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        _estimate.log_estimate(run, mini.genome, plan)
    told = float(re.search(r"about ([\d.]+) s on this machine", caplog.text)[1])
    assert told == round(plan.n_scored * 2 * strands / (64 * 2 / 0.5))
    caplog.clear()
    monkeypatch.setattr(_estimate, "_LARGE_RUN", plan.n_scored * 2 * strands + 1)
    _estimate.log_estimate(run, mini.genome, plan)
    assert not caplog.text
