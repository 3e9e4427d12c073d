"""Inference with torch, on CPU and GPU."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, reduce
from threading import RLock

import numpy as np
import torch

from scmaxatac.nn._encode import encode
from scmaxatac.nn._spec import PUBLISHED, PlainNetwork
from scmaxatac.nn.engines._fold import FoldedLayer, fold
from scmaxatac.nn.engines._options import Precision
from scmaxatac.nn.engines._protocol import Network

_CHANNEL_MULTIPLE = 8
"""Channels are padded with zeros to a multiple of this, which convolution libraries prefer."""

_CPU_BATCH = 32
"""Windows whose activations stay in the cache of a core."""

_GPU_BATCH = 4096

_TOLERANCE = {"float32": 1e-4, "bfloat16": 0.1}
"""Largest difference of a score from the CPU's for which a device is trusted."""


class TorchEngine:
    """Networks with folded normalisation in channels-last layout.

    See :func:`~scmaxatac.nn.engines._registry.make_engine`.
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
        self._dtype = torch.float32 if precision == "float32" else torch.bfloat16
        self._batch = batch_size or (_CPU_BATCH if device.type == "cpu" else _GPU_BATCH)
        self._channels = _round_up(networks[0].spec.channels)
        self._networks = [_FoldedNetwork(network, device, self._dtype) for network in networks]

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows; (n, window) codes and signal to (outputs, n, bins) float32."""
        out = np.empty((self.n_outputs, len(codes), self.grid.bins_per_window), dtype=np.float32)

        def score(lo: int) -> None:
            hi = min(lo + self._batch, len(codes))
            with torch.inference_mode():
                bases, levels = (torch.from_numpy(np.ascontiguousarray(part[lo:hi])) for part in (codes, signal))
                x = self._encode(bases.to(self._device), levels.to(self._device))
                row = 0
                for network in self._networks:
                    scores = network(x)
                    out[row : row + scores.shape[1], lo:hi] = scores.swapaxes(0, 1).cpu().numpy()
                    row += scores.shape[1]

        batches = range(0, len(codes), self._batch)
        if self._device.type != "cpu":
            with exact_convolutions():
                for lo in batches:
                    score(lo)
            return out
        # batches side by side, each on one core, need no barrier between the cores after every layer
        with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(score, batches))
        return out

    def _encode(self, codes: torch.Tensor, signal: torch.Tensor) -> torch.Tensor:
        """One-hot encode windows that lie on the device: (n, channels, 1, window) in channels-last layout."""
        return encode(codes, signal, channels=self._channels, dtype=self._dtype).unsqueeze(1).permute(0, 3, 1, 2)


_FLAGS_LOCK = RLock()


@contextmanager
def exact_convolutions() -> Iterator[None]:
    """Make cuDNN multiply float32 numbers as such, not as TF32, and take algorithms that give the same every time.

    The flags hold for the process, so one thread at a time may have them so.
    """
    cudnn = torch.backends.cudnn
    precision = (cudnn.conv, "fp32_precision", "ieee") if hasattr(cudnn, "conv") else (cudnn, "allow_tf32", False)
    with _FLAGS_LOCK:
        flags = [precision, (cudnn, "deterministic", True)]
        before = [getattr(owner, name) for owner, name, _ in flags]
        try:
            for owner, name, value in flags:
                setattr(owner, name, value)
            yield
        finally:
            for (owner, name, _), value in zip(flags, before, strict=True):
                setattr(owner, name, value)


class _FoldedNetwork:
    """Convolutions with clamps, and the head; (n, channels, 1, window) to (n, outputs, bins) float32."""

    def __init__(self, network: Network, device: torch.device, dtype: torch.dtype) -> None:
        self._layers: list[Callable[[torch.Tensor], torch.Tensor]] = []
        n_in = _round_up(network.spec.channels)
        for layer in fold(network):
            n_out = _round_up(len(layer.kernel))
            self._layers.append(_Layer(layer, n_in, n_out, device, dtype))
            n_in = n_out
        weight = network.weights["head.weight"]
        head = np.zeros((len(weight), n_in, 1, 1), dtype=np.float32)
        head[:, : weight.shape[1], 0] = weight
        self._head = _place(head, device, dtype)
        self._head_bias = torch.from_numpy(np.array(network.weights["head.bias"], dtype=np.float32)).to(device, dtype)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self._layers:
            x = layer(x)
        x = torch.nn.functional.conv2d(x, self._head, self._head_bias)
        return torch.sigmoid(x.float()).squeeze(2)


class _Layer:
    """A folded layer on a device, its channels padded with zeros."""

    def __init__(self, folded: FoldedLayer, n_in: int, n_out: int, device: torch.device, dtype: torch.dtype) -> None:
        layer = folded.layer
        kernel = np.zeros((n_out, n_in, 1, layer.kernel), dtype=np.float32)
        kernel[: layer.filters, : layer.n_in, 0] = folded.kernel
        self._kernel = _place(kernel, device, dtype)
        bias, low, high = (
            torch.from_numpy(_pad(values, n_out, fill)).to(device, dtype)
            for values, fill in ((folded.bias, 0), (folded.low, 0), (folded.high, np.inf))
        )
        self._bias, self._low = bias, low.view(1, -1, 1, 1)
        self._high = high.view(1, -1, 1, 1) if torch.isfinite(high).any() else None
        self._padding, self._dilation, self._pool = (0, layer.reach), (1, layer.dilation), layer.pool

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.nn.functional.conv2d(x, self._kernel, self._bias, padding=self._padding, dilation=self._dilation)
        if self._pool > 1:
            # twice as fast on the CPU as max_pool2d, which also looks for the places of the maxima
            x = reduce(torch.maximum, (x[..., i :: self._pool] for i in range(self._pool)))
        x = torch.maximum(x, self._low, out=x)
        return x if self._high is None else torch.minimum(x, self._high, out=x)


def _place(kernel: np.ndarray, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(kernel).to(device, dtype).contiguous(memory_format=torch.channels_last)


def _round_up(n: int) -> int:
    return -(-n // _CHANNEL_MULTIPLE) * _CHANNEL_MULTIPLE


def _pad(values: np.ndarray, n: int, fill: float) -> np.ndarray:
    return np.pad(values, (0, n - len(values)), constant_values=fill).astype(np.float32)


def resolve_device(device: str) -> torch.device:
    """Turn ``"auto"`` into a GPU when there is one (CUDA, then Apple's), and check that a named device is there.

    Raises
    ------
    ValueError
        If the name is no device, or the device is not available.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device is {device!r}; it can be 'auto', 'cpu', 'mps', 'cuda' or 'cuda:0', ...") from error
    if resolved.type == "cuda" and (resolved.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device is {device!r}, but torch sees {torch.cuda.device_count()} CUDA devices; "
            "use device='cpu', or install a CUDA build of torch"
        )
    if resolved.type not in ("cpu", "cuda"):
        try:
            torch.zeros(1, device=resolved).cpu()
        except (RuntimeError, AssertionError):  # what torch's builds without such a device raise
            raise ValueError(f"device is {device!r}, which torch does not find here; use device='cpu'") from None
    return resolved


@cache
def lacking(device: str, precision: Precision) -> str:
    """What a device can't do that the networks need; "" where it scores as the CPU does.

    Devices differ in the operations that they have, and some give other numbers for what they say they have. So a
    network of the published geometry with random weights scores a few windows on the device and on the CPU.

    Parameters
    ----------
    device
        Name of a device that is there.
    precision
        What it computes in.
    """
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)
        for name, shape in PUBLISHED.shapes.items()
    }
    network = PlainNetwork(PUBLISHED, {n: abs(w) + 0.5 if n.endswith("running_var") else w for n, w in weights.items()})
    shape = 3, PUBLISHED.window
    windows = rng.integers(0, 5, shape).astype(np.uint8), rng.gamma(0.5, 1.0, shape).astype(np.float32)
    expected = TorchEngine([network], device=torch.device("cpu")).predict(*windows)
    try:
        found = TorchEngine([network], device=torch.device(device), precision=precision).predict(*windows)
    except (RuntimeError, TypeError, AssertionError) as error:  # AssertionError: torch without support for the device
        return str(error).partition("\n")[0]
    difference = float(np.abs(found - expected).max())
    return "" if difference <= _TOLERANCE[precision] else f"its scores differ from those of the CPU by {difference:.2g}"
