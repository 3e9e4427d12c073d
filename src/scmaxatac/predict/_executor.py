"""Executors that users give."""

from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any


def check_executor(executor: Executor | None) -> None:
    """Raise a ValueError, before any work, if an executor forks this process.

    A pool of processes that are forked is refused: of the threads that PyTorch, OpenVINO and others have in this
    process a copy has none, and waits for them for ever.
    """
    context: Any = getattr(executor, "_mp_context", None)
    if isinstance(executor, ProcessPoolExecutor) and context is not None and context.get_start_method() == "fork":
        raise ValueError(
            "the executor forks this process, and its copies would wait for ever for threads of PyTorch or OpenVINO "
            "that they don't have; give ProcessPoolExecutor(n, mp_context=multiprocessing.get_context('spawn'))"
        )
