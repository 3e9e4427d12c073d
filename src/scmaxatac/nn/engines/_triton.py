"""Inference with one kernel a network on NVIDIA GPUs; never taken by itself, because it was not measured on one."""

from collections.abc import Sequence

import numpy as np
import torch

from scmaxatac.nn.engines._fold import fold
from scmaxatac.nn.engines._options import Precision
from scmaxatac.nn.engines._protocol import Network
from scmaxatac.nn.engines._triton_kernel import Step, score_windows

_BATCH = 4096
"""Windows that are copied to the device at once."""

_PROGRAMS = 2
"""Programs for each of the GPU's processors: as many as an H100 has registers for."""

_CHANNELS = 16
"""Channels are padded with zeros to a multiple of this, the least that a product of tiles takes."""

_TILES: dict[Precision, tuple[int, int, int]] = {"float32": (64, 64, 16), "bfloat16": (128, 64, 64)}
"""Positions, filters and channels of the largest tiles; chosen so that an H100's registers hold them, not measured."""


class TritonEngine:
    """Networks with folded normalisation, each one kernel; see :mod:`scmaxatac.nn.engines._triton_kernel`.

    No rate was measured: scores were compared in Triton's interpreter, and the kernel compiled for an H100, both
    without a GPU. On the CPU the engine works in the interpreter alone (environment variable ``TRITON_INTERPRET=1``).

    Parameters
    ----------
    networks
        Networks with the same windows and bins.
    device
        A CUDA device.
    precision
        What products are computed in; sums are float32. In float32 the products are exact, not TF32.
    batch_size
        Windows that are copied to the device at once.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        *,
        device: torch.device,
        precision: Precision = "float32",
        batch_size: int | None = None,
    ) -> None:
        self.grid = networks[0].spec.grid
        self.n_outputs = sum(network.spec.outputs for network in networks)
        self._device = device
        self._batch = batch_size or _BATCH
        self._networks = [_PackedNetwork(network, device, precision) for network in networks]

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows; (n, window) codes and signal to (outputs, n, bins) float32."""
        out = np.empty((self.n_outputs, len(codes), self.grid.bins_per_window), dtype=np.float32)
        for lo in range(0, len(codes), self._batch):
            some = slice(lo, lo + self._batch)
            bases, levels = (
                torch.tensor(np.ascontiguousarray(part[some]), device=self._device) for part in (codes, signal)
            )
            row = 0
            for network in self._networks:
                scores = network(bases, levels).permute(2, 0, 1).cpu().numpy()
                out[row : row + len(scores), some] = scores
                row += len(scores)
        return out


class _PackedNetwork:
    """A network's weights on a device in the order in which the kernel reads them."""

    def __init__(self, network: Network, device: torch.device, precision: Precision) -> None:
        steps, weights, bounds = pack(network, _TILES[precision])
        self._steps = steps
        self._space = max(step.length // step.pool * step.n_out for step in steps[:-1])
        self._outputs = network.spec.outputs
        dtype = torch.float32 if precision == "float32" else torch.bfloat16
        self._weights = torch.from_numpy(weights).to(device, dtype)
        self._bounds = torch.from_numpy(bounds).to(device)

    def __call__(self, codes: torch.Tensor, signal: torch.Tensor) -> torch.Tensor:
        """Score windows that lie on the device; (n, window) uint8 and float32 to (n, bins, outputs) float32."""
        device = codes.device
        on_cpu = device.type == "cpu"
        processors = 1 if on_cpu else torch.cuda.get_device_properties(device).multi_processor_count
        programs = min(len(codes), _PROGRAMS * processors)
        scratch = torch.empty((programs, 2, self._space), dtype=self._weights.dtype, device=device)
        scores = torch.empty((len(codes), self._steps[-1].length, self._outputs), device=device)
        with torch.cuda.device_of(codes):  # Triton launches on the current one
            score_windows[(programs,)](
                codes, signal, scratch, self._weights, self._bounds, scores, len(codes),
                STEPS=self._steps, SPACE=self._space, OUTPUTS=self._outputs, WIDEN=on_cpu, enable_fp_fusion=True,
            )  # fmt: skip
        return scores


def pack(network: Network, largest: tuple[int, int, int]) -> tuple[tuple[Step, ...], np.ndarray, np.ndarray]:
    """What the kernel reads of a network.

    Parameters
    ----------
    network
        Geometry and weights.
    largest
        Positions, filters and channels of the largest tiles; powers of two.

    Returns
    -------
    The steps, the last of which is the head; the weights of all of them and their bounds, flat float32.
    """
    steps: list[Step] = []
    weights: list[np.ndarray] = []
    bounds: list[np.ndarray] = []
    n_in, length = _round_up(network.spec.channels, _CHANNELS), network.spec.window

    def add(kernel: np.ndarray, limits: np.ndarray, dilation: int, pool: int, n_out: int) -> None:
        """Add a step with a kernel (width, in, out) and its bias, low and high (3, out)."""
        width, channels, filters = kernel.shape
        columns = _tile(filters, largest[1])
        n_columns = _round_up(filters, columns)
        begin = sum(map(len, weights)), sum(map(len, bounds))
        depth = min(n_in & -n_in, largest[2])  # a power of two that divides the channels
        rows = _tile(length // pool, largest[0])
        steps.append(Step(n_in, n_out, width, dilation, length, pool, rows, columns, depth, n_columns, *begin))
        weights.append(np.pad(kernel, ((0, 0), (0, n_in - channels), (0, n_columns - filters))).ravel())
        bounds.append(np.pad(limits, ((0, 0), (0, n_columns - filters))).ravel())

    for folded in fold(network):
        layer = folded.layer
        n_out = _round_up(layer.filters, _CHANNELS)
        limits = np.stack([folded.bias, folded.low, folded.high])
        add(folded.kernel.transpose(2, 1, 0), limits, layer.dilation, layer.pool, n_out)
        n_in, length = n_out, length // layer.pool
    head = network.weights["head.weight"].transpose(2, 1, 0)
    none = np.full(head.shape[2], np.inf, dtype=np.float32)
    add(head, np.stack([network.weights["head.bias"], -none, none]), 1, 1, head.shape[2])
    return tuple(steps), np.concatenate(weights, dtype=np.float32), np.concatenate(bounds, dtype=np.float32)


def _round_up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


def _tile(n: int, largest: int) -> int:
    """Smallest power of two that holds n, between 16 and the largest tile."""
    return min(max(1 << (n - 1).bit_length(), _CHANNELS), largest)
