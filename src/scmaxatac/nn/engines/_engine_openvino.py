"""Inference with OpenVINO on the CPU."""

import os
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac._constants import BINS_PER_WINDOW, DILATIONS, KERNEL, NORM_EPSILON, UNKNOWN_BASE, WINDOW
from scmaxatac.nn.engines._engine import Precision, Weights

if TYPE_CHECKING:
    from openvino import CompiledModel, InferRequest, Model

_BATCH = 32
"""Windows in one call: their activations stay in the cache of a core."""

_IN_CHANNELS = UNKNOWN_BASE + 1


class OpenVINOEngine:
    """A compiled model a network, each run in as many streams as there are cores.

    Requests are waited for in turn. A queue with callbacks (``AsyncInferQueue``) would run Python in OpenVINO's
    threads; deleting a model waits for these threads, and one that still waits for the interpreter then never ends.

    See :func:`~scmaxatac.nn.engines._engine.make_engine`.
    """

    def __init__(
        self, weights: Sequence[Weights], *, precision: Precision = "float32", batch_size: int | None = None
    ) -> None:
        self.n_models = len(weights)
        self._batch = batch_size or _BATCH
        self._models = [_compile(one, self._batch, precision) for one in weights]

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows; (n, 1024) codes and signal to (models, n, 32) float32."""
        out = np.empty((self.n_models, len(codes), BINS_PER_WINDOW), dtype=np.float32)
        idle = [_requests(model) for model in self._models]
        running: deque[tuple[InferRequest, int, int, int]] = deque()

        def collect() -> None:
            request, m, lo, hi = running.popleft()
            request.wait()
            out[m, lo:hi] = request.get_output_tensor().data[: hi - lo]
            idle[m].append(request)

        try:
            for lo in range(0, len(codes), self._batch):
                hi = min(lo + self._batch, len(codes))
                x = self._encode(codes[lo:hi], signal[lo:hi])
                for m in range(self.n_models):
                    while not idle[m]:
                        collect()
                    request = idle[m].pop()
                    request.start_async({0: x}, share_inputs=False)
                    running.append((request, m, lo, hi))
        finally:
            while running:
                collect()
        return out

    def _encode(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """One-hot encode windows, padded with empty ones to the size of a batch; (batch, 5, 1024)."""
        x = np.zeros((self._batch, _IN_CHANNELS, WINDOW), dtype=np.float32)
        for base in range(UNKNOWN_BASE):
            np.equal(codes, base, out=x[: len(codes), base], casting="unsafe")
        x[: len(codes), UNKNOWN_BASE] = signal
        return x


def _compile(weights: Weights, batch: int, precision: Precision) -> "CompiledModel":
    import openvino as ov

    # the precision has to be named: the default may be bfloat16 on CPUs that have it
    options = {
        "INFERENCE_NUM_THREADS": _threads(),
        "INFERENCE_PRECISION_HINT": "f32" if precision == "float32" else "bf16",
        "PERFORMANCE_HINT": "THROUGHPUT",
    }
    return ov.Core().compile_model(_graph(weights, batch), "CPU", options)


def _threads() -> int:
    """Threads that this process may use: those of OMP_NUM_THREADS, as torch does, else the cores it may run on.

    OpenVINO does not know the first, nor the second if it was set later, and workers side by side would get in each
    other's way.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(asked) if asked.isdecimal() and int(asked) else len(os.sched_getaffinity(0))


def _requests(model: "CompiledModel") -> "list[InferRequest]":
    """Make as many requests as keep all streams busy."""
    return [model.create_infer_request() for _ in range(model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))]


def _graph(weights: Weights, batch: int) -> "Model":
    """Build the network; OpenVINO fuses ReLU and normalisation into the convolutions by itself."""
    import openvino as ov
    from openvino import opset13 as ops

    x = inputs = ops.parameter([batch, _IN_CHANNELS, WINDOW], np.float32, name="windows")
    for k in range(2 * len(DILATIONS)):
        reach, dilation = KERNEL // 2 * DILATIONS[k // 2], DILATIONS[k // 2]
        x = ops.convolution(x, _constant(weights[f"convs.{k}.weight"]), [1], [reach], [reach], [dilation])
        x = ops.relu(ops.add(x, _per_channel(weights[f"convs.{k}.bias"])))
        scale = weights[f"norms.{k}.weight"] / np.sqrt(weights[f"norms.{k}.running_var"] + NORM_EPSILON)
        shift = weights[f"norms.{k}.bias"] - weights[f"norms.{k}.running_mean"] * scale
        x = ops.add(ops.multiply(x, _per_channel(scale)), _per_channel(shift))
        if k % 2:
            x = ops.max_pool(x, [2], [1], [0], [0], [2]).output(0)
    x = ops.convolution(x, _constant(weights["head.weight"]), [1], [0], [0], [1])
    x = ops.sigmoid(ops.add(x, _per_channel(weights["head.bias"])))
    x = ops.reshape(x, _constant(np.array([batch, BINS_PER_WINDOW], dtype=np.int64)), special_zero=False)
    return ov.Model([x], [inputs], "scmaxatac")


def _constant(array: np.ndarray) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.ascontiguousarray(array))


def _per_channel(values: np.ndarray) -> Any:
    return _constant(np.asarray(values, dtype=np.float32).reshape(1, -1, 1))
