"""Inference with OpenVINO on the CPU."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.genome._bases import one_hot
from scmaxatac.nn.engines._options import Precision
from scmaxatac.nn.engines._processor import usable_threads
from scmaxatac.nn.engines._protocol import Network

if TYPE_CHECKING:
    from openvino import CompiledModel, InferRequest, Model

_BATCH = 32
"""Windows in one call: their activations stay in the cache of a core."""


class OpenVINOEngine:
    """A compiled model a network; as many requests run at once, over all of them, as there are threads.

    Every model has streams for all threads, so without this bound thirty models would keep thirty times as many threads
    busy. Requests are waited for in turn. A queue with callbacks (``AsyncInferQueue``) would run Python in OpenVINO's
    threads; deleting a model waits for these threads, and one that still waits for the interpreter then never ends.

    See :func:`~scmaxatac.nn.engines._registry.make_engine`.
    """

    def __init__(
        self, networks: Sequence[Network], *, precision: Precision = "float32", batch_size: int | None = None
    ) -> None:
        self.grid = networks[0].spec.grid
        self.n_outputs = sum(network.spec.outputs for network in networks)
        self._channels = networks[0].spec.channels
        self._batch = batch_size or _BATCH
        # OpenVINO knows neither OMP_NUM_THREADS nor cores that were taken from the process later
        self._most_running = usable_threads()
        self._models = [_compile(network, self._batch, precision, self._most_running) for network in networks]
        ends = np.cumsum([network.spec.outputs for network in networks]).tolist()
        self._rows = [slice(end - n.spec.outputs, end) for end, n in zip(ends, networks, strict=True)]

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows; (n, window) codes and signal to (outputs, n, bins) float32."""
        out = np.empty((self.n_outputs, len(codes), self.grid.bins_per_window), dtype=np.float32)
        idle: list[list[InferRequest]] = [[] for _ in self._models]
        running: deque[tuple[InferRequest, int, int, int]] = deque()

        def collect() -> None:
            request, m, lo, hi = running.popleft()
            request.wait()
            out[self._rows[m], lo:hi] = request.get_output_tensor().data[: hi - lo].swapaxes(0, 1)
            idle[m].append(request)

        try:
            for lo in range(0, len(codes), self._batch):
                hi = min(lo + self._batch, len(codes))
                x = self._encode(codes[lo:hi], signal[lo:hi])
                for m, model in enumerate(self._models):
                    while len(running) >= self._most_running:
                        collect()
                    request = idle[m].pop() if idle[m] else model.create_infer_request()
                    request.start_async({0: x}, share_inputs=False)
                    running.append((request, m, lo, hi))
        finally:
            while running:
                collect()
        return out

    def _encode(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """One-hot encode windows, padded with empty ones to the size of a batch; (batch, 5, window)."""
        x = np.zeros((self._batch, self._channels, self.grid.window), dtype=np.float32)
        one_hot(codes, out=x[: len(codes)])
        x[: len(codes), UNKNOWN_BASE] = signal
        return x


def _compile(network: Network, batch: int, precision: Precision, threads: int) -> "CompiledModel":
    import openvino as ov

    options = {
        # every process would bind its threads to the same cores, the first ones
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_NUM_THREADS": threads,
        # the precision has to be named: the default may be bfloat16 on CPUs that have it
        "INFERENCE_PRECISION_HINT": "f32" if precision == "float32" else "bf16",
        "PERFORMANCE_HINT": "THROUGHPUT",
    }
    return ov.Core().compile_model(_graph(network, batch), "CPU", options)


def _graph(network: Network, batch: int) -> "Model":
    """Build the network; OpenVINO fuses ReLU and normalisation into the convolutions by itself."""
    import openvino as ov
    from openvino import opset13 as ops

    spec, weights = network.spec, network.weights
    x = inputs = ops.parameter([batch, spec.channels, spec.window], np.float32, name="windows")
    for k, layer in enumerate(spec.layers):
        x = ops.convolution(
            x, _constant(weights[f"convs.{k}.weight"]), [1], [layer.reach], [layer.reach], [layer.dilation]
        )
        x = ops.relu(ops.add(x, _per_channel(weights[f"convs.{k}.bias"])))
        scale = weights[f"norms.{k}.weight"] / np.sqrt(weights[f"norms.{k}.running_var"] + spec.epsilon)
        shift = weights[f"norms.{k}.bias"] - weights[f"norms.{k}.running_mean"] * scale
        x = ops.add(ops.multiply(x, _per_channel(scale)), _per_channel(shift))
        if layer.pool > 1:
            x = ops.max_pool(x, [layer.pool], [1], [0], [0], [layer.pool]).output(0)
    x = ops.convolution(x, _constant(weights["head.weight"]), [1], [0], [0], [1])
    x = ops.sigmoid(ops.add(x, _per_channel(weights["head.bias"])))
    return ov.Model([x], [inputs], "scmaxatac")


def _constant(array: np.ndarray) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.ascontiguousarray(array))


def _per_channel(values: np.ndarray) -> Any:
    return _constant(np.asarray(values, dtype=np.float32).reshape(1, -1, 1))
