"""OpenVINO's requests, as many at once as there are threads."""

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from scmaxatac.nn.engines._processor import usable_threads

if TYPE_CHECKING:
    from openvino import CompiledModel, InferRequest


class Requests:
    """Requests to several models, of which so many run at once as there are threads; they end in the order given.

    Every model has streams for all threads, so without this bound thirty models would keep thirty times as many threads
    busy. Requests are waited for in turn. A queue with callbacks (``AsyncInferQueue``) would run Python in OpenVINO's
    threads; deleting a model waits for these threads, and one that still waits for the interpreter then never ends.

    At the end of the ``with`` block all of them have ended.
    """

    def __init__(self) -> None:
        self._most = usable_threads()
        self._idle: dict[int, list[InferRequest]] = {}
        self._running: deque[tuple[InferRequest, CompiledModel, Callable[[np.ndarray], None]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while self._running:
            self._collect()

    def start(self, model: "CompiledModel", x: np.ndarray, take: Callable[[np.ndarray], None]) -> None:
        """Start a request as soon as there is a thread for it; `take` gets the result, a view, when it is there."""
        self.wait(self._most - 1)
        idle = self._idle.setdefault(id(model), [])
        request = idle.pop() if idle else model.create_infer_request()
        request.start_async({0: x}, share_inputs=False)
        self._running.append((request, model, take))

    def wait(self, n: int) -> None:
        """Wait until at most `n` of the requests that were started have not ended."""
        while len(self._running) > n:
            self._collect()

    def _collect(self) -> None:
        request, model, take = self._running.popleft()
        request.wait()
        take(request.get_output_tensor().data)
        self._idle[id(model)].append(request)
