"""Executors that are refused before any work."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import scmaxatac as sma
from scmaxatac.predict._executor import check_executor


def test_a_pool_that_forks_is_refused_and_others_are_not():
    with pytest.raises(ValueError, match=r"forks this process.*get_context\('spawn'\)"):
        check_executor(ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")))
    for context in ("spawn", "forkserver"):
        check_executor(ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(context)))
    check_executor(ThreadPoolExecutor(1))
    check_executor(None)


CALLS = pytest.mark.parametrize(
    ("call", "options"), [("predict_tfbs", {}), ("downsampling_curve", {"group": "B"}), ("differential_tfbs", {})]
)
"""Functions that take an executor, and what else they need."""


@CALLS
def test_what_is_no_executor_is_refused_first(call, options):
    with pytest.raises(ValueError, match=r"executor is 'dask' \(str\); it has to be a concurrent"):
        getattr(sma.tl, call)(None, "cell_type", executor="dask", **options)


@CALLS
def test_a_pool_that_forks_is_refused_by_every_function_before_any_work(call, options):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        with pytest.raises(ValueError, match="forks this process"):
            getattr(sma.tl, call)(None, "cell_type", executor=pool, **options)
