"""Inference with OpenVINO on the CPU."""

from collections.abc import Sequence
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.genome._bases import one_hot
from scmaxatac.nn._pieces import WindowPieces
from scmaxatac.nn._stem import Stem, find_stem
from scmaxatac.nn.engines._openvino_graph import stem_graph, trunk_graph, whole_graph
from scmaxatac.nn.engines._openvino_requests import Requests
from scmaxatac.nn.engines._options import Precision
from scmaxatac.nn.engines._processor import usable_threads
from scmaxatac.nn.engines._protocol import Network

if TYPE_CHECKING:
    from openvino import CompiledModel, Model

_BATCH = 32
"""Windows, or pieces of windows, in one call: their activations stay in the cache of a core."""


class OpenVINOEngine:
    """A compiled model a network for windows, and two, stem and trunk, for windows that are put together from pieces.

    They are compiled when they are first needed. See :func:`~scmaxatac.nn.engines._registry.make_engine`.
    """

    def __init__(
        self, networks: Sequence[Network], *, precision: Precision = "float32", batch_size: int | None = None
    ) -> None:
        self.grid = networks[0].spec.grid
        self.n_outputs = sum(network.spec.outputs for network in networks)
        self._networks = list(networks)
        self._channels = networks[0].spec.channels
        self._batch = batch_size or _BATCH
        self._precision: Precision = precision
        ends = np.cumsum([network.spec.outputs for network in networks]).tolist()
        self._rows = [slice(end - n.spec.outputs, end) for end, n in zip(ends, networks, strict=True)]
        self._split: dict[tuple[int, int], list[tuple[CompiledModel, CompiledModel]]] = {}
        self._lock = Lock()

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows; (n, window) codes and signal to (outputs, n, bins) float32."""
        out = np.empty((self.n_outputs, len(codes), self.grid.bins_per_window), dtype=np.float32)
        with Requests() as requests:
            for lo in range(0, len(codes), self._batch):
                some = slice(lo, min(lo + self._batch, len(codes)))
                x = self._encode(codes[some], signal[some])
                for model, rows in zip(self._models, self._rows, strict=True):
                    requests.start(model, x, partial(_store_scores, out[rows, some]))
        return out

    def find_stem(self, piece: int) -> Stem | None:
        """Stem for pieces of a length in bp; None where it saves nothing."""
        return find_stem([network.spec for network in self._networks], piece)

    def predict_pieces(self, stem: Stem, pieces: WindowPieces) -> np.ndarray:
        """Score windows that are put together from pieces; (outputs, windows, bins) float32.

        The stem of the next network runs before the trunk of this one, so that no thread waits in between.
        """
        models = self._split_models(stem)
        out = np.empty((self.n_outputs, len(pieces.rows), self.grid.bins_per_window), dtype=np.float32)
        batches = range(0, len(pieces.codes), self._batch)
        encoded = [
            self._encode(pieces.codes[lo : lo + self._batch], pieces.signal[lo : lo + self._batch]) for lo in batches
        ]
        given: np.ndarray | None = None
        with Requests() as requests:
            for m, (stem_model, _) in enumerate(models):
                filters = self._networks[m].spec.layers[stem.n_layers - 1].filters
                upcoming = np.empty((len(pieces.codes), stem.positions, filters), dtype=np.float32)
                for lo, x in zip(batches, encoded, strict=True):
                    requests.start(stem_model, x, partial(_store, upcoming[lo : lo + self._batch]))
                if given is not None:
                    requests.wait(len(batches))
                    self._start_trunk(requests, models[m - 1][1], stem, given, pieces.rows, out[self._rows[m - 1]])
                given = upcoming
            if given is not None:
                requests.wait(0)
                self._start_trunk(requests, models[-1][1], stem, given, pieces.rows, out[self._rows[-1]])
        return out

    def _start_trunk(
        self,
        requests: Requests,
        model: "CompiledModel",
        stem: Stem,
        given: np.ndarray,
        rows: np.ndarray,
        out: np.ndarray,
    ) -> None:
        """Put windows together from what the stem gave, (pieces, positions, filters), and start their scoring."""
        for lo in range(0, len(rows), self._batch):
            some = slice(lo, min(lo + self._batch, len(rows)))
            x = np.zeros((self._batch, stem.spec.window // stem.pool, given.shape[2]), dtype=np.float32)
            stem.windows(given, rows[some], x[: some.stop - lo])
            requests.start(model, x, partial(_store_scores, out[:, some]))

    def _encode(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """One-hot encode windows or pieces, padded with empty ones to the size of a batch; (batch, 5, width)."""
        x = np.zeros((self._batch, self._channels, codes.shape[1]), dtype=np.float32)
        one_hot(codes, out=x[: len(codes)])
        x[: len(codes), UNKNOWN_BASE] = signal
        return x

    @cached_property
    def _models(self) -> "list[CompiledModel]":
        """The whole networks."""
        return [self._compile(whole_graph(network, self._batch)) for network in self._networks]

    def _split_models(self, stem: Stem) -> "list[tuple[CompiledModel, CompiledModel]]":
        key = stem.piece, stem.n_blocks
        with self._lock:
            if key not in self._split:
                self._split[key] = [
                    (
                        self._compile(stem_graph(network, stem, self._batch)),
                        self._compile(trunk_graph(network, stem, self._batch)),
                    )
                    for network in self._networks
                ]
        return self._split[key]

    def _compile(self, graph: "Model") -> "CompiledModel":
        import openvino as ov

        options = {
            # every process would bind its threads to the same cores, the first ones
            "ENABLE_CPU_PINNING": False,
            # OpenVINO knows neither OMP_NUM_THREADS nor cores that were taken from the process later
            "INFERENCE_NUM_THREADS": usable_threads(),
            # the precision has to be named: the default may be bfloat16 on CPUs that have it
            "INFERENCE_PRECISION_HINT": "f32" if self._precision == "float32" else "bf16",
            "PERFORMANCE_HINT": "THROUGHPUT",
        }
        return ov.Core().compile_model(graph, "CPU", options)


def _store(out: np.ndarray, result: np.ndarray) -> None:
    out[:] = result[: len(out)]


def _store_scores(out: np.ndarray, result: np.ndarray) -> None:
    """Store (batch, outputs, bins) as (outputs, n, bins)."""
    out[:] = result[: out.shape[1]].swapaxes(0, 1)
