"""Executors that users give."""

from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any


def check_executor(executor: Executor | None) -> None:
    """Raise a ValueError, before any work, if tasks can't be handed to an executor.

    A pool of processes that are forked is refused: of the threads that PyTorch, OpenVINO and others have in this
    process a copy has none, and waits for them for ever.
    """
    if executor is None:
        return
    if not callable(getattr(executor, "submit", None)):
        raise ValueError(
            f"executor is {executor!r}; give a concurrent.futures.Executor, such as ProcessPoolExecutor(8, "
            "mp_context=get_context('spawn')) or Dask's client.get_executor()"
        )
    context: Any = getattr(executor, "_mp_context", None)
    if isinstance(executor, ProcessPoolExecutor) and context is not None and context.get_start_method() == "fork":
        raise ValueError(
            "the executor forks this process, and its copies would wait for ever for threads of PyTorch or OpenVINO "
            "that they don't have; give ProcessPoolExecutor(n, mp_context=multiprocessing.get_context('spawn'))"
        )
