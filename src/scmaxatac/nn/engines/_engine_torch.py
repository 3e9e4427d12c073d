"""Inference with torch, on CPU and GPU."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import RLock

import numpy as np
import torch

from scmaxatac._constants import BINS_PER_WINDOW, KERNEL, UNKNOWN_BASE, WINDOW
from scmaxatac.nn.engines._engine import Precision, Weights
from scmaxatac.nn.engines._fold import fold

_CHANNEL_MULTIPLE = 8
"""Channels are padded with zeros to a multiple of this, which convolution libraries prefer."""

_CPU_BATCH = 32
"""Windows whose activations stay in the cache of a core."""

_GPU_BATCH = 4096


class TorchEngine:
    """Networks with folded normalisation in channels-last layout; :func:`make_engine` has the options."""

    def __init__(
        self,
        weights: Sequence[Weights],
        *,
        device: torch.device,
        precision: Precision = "float32",
        batch_size: int | None = None,
    ) -> None:
        self.n_models = len(weights)
        self._device = device
        self._dtype = torch.float32 if precision == "float32" else torch.bfloat16
        self._batch = batch_size or (_CPU_BATCH if device.type == "cpu" else _GPU_BATCH)
        self._networks = [_FoldedNetwork(w, device, self._dtype) for w in weights]
        self._one_hot = torch.zeros(256, _CHANNEL_MULTIPLE, dtype=self._dtype, device=device)
        self._one_hot[:UNKNOWN_BASE, :UNKNOWN_BASE] = torch.eye(UNKNOWN_BASE, dtype=self._dtype)

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows; (n, 1024) codes and signal to (models, n, 32) float32."""
        out = np.empty((self.n_models, len(codes), BINS_PER_WINDOW), dtype=np.float32)

        def score(lo: int) -> None:
            hi = min(lo + self._batch, len(codes))
            with torch.inference_mode():
                bases, levels = (torch.from_numpy(np.ascontiguousarray(part[lo:hi])) for part in (codes, signal))
                x = self._encode(bases.to(self._device), levels.to(self._device))
                for m, network in enumerate(self._networks):
                    out[m, lo:hi] = network(x).cpu().numpy()

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
        """One-hot encode windows that lie on the device: (n, channels, 1, 1024) in channels-last layout."""
        x = self._one_hot.index_select(0, codes.int().view(-1)).view(len(codes), 1, WINDOW, _CHANNEL_MULTIPLE)
        x[:, 0, :, UNKNOWN_BASE] = signal
        return x.permute(0, 3, 1, 2)


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
    """Ten convolutions with clamps, and the head."""

    def __init__(self, weights: Weights, device: torch.device, dtype: torch.dtype) -> None:
        self._layers: list[Callable[[torch.Tensor], torch.Tensor]] = []
        n_in = _CHANNEL_MULTIPLE
        for layer in fold(weights):
            n_out = _round_up(len(layer.kernel))
            kernel = np.zeros((n_out, n_in, 1, KERNEL), dtype=np.float32)
            kernel[: layer.kernel.shape[0], : layer.kernel.shape[1], 0] = layer.kernel
            tensors = [kernel, _pad(layer.bias, n_out, 0), _pad(layer.low, n_out, 0), _pad(layer.high, n_out, np.inf)]
            self._layers.append(_Layer(tensors, layer.dilation, layer.pooled, device, dtype))
            n_in = n_out
        head = np.zeros((1, n_in, 1, 1), dtype=np.float32)
        head[:, : weights["head.weight"].shape[1], 0] = weights["head.weight"]
        self._head = _place(head, device, dtype)
        self._head_bias = torch.from_numpy(np.array(weights["head.bias"], dtype=np.float32)).to(device, dtype)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self._layers:
            x = layer(x)
        x = torch.nn.functional.conv2d(x, self._head, self._head_bias)
        return torch.sigmoid(x.float()).view(len(x), BINS_PER_WINDOW)


class _Layer:
    """A folded layer on a device."""

    def __init__(
        self, tensors: list[np.ndarray], dilation: int, pooled: bool, device: torch.device, dtype: torch.dtype
    ) -> None:
        kernel, bias, low, high = tensors
        self._kernel = _place(kernel, device, dtype)
        self._bias = torch.from_numpy(bias).to(device, dtype)
        self._low, bound = (torch.from_numpy(v).to(device, dtype).view(1, -1, 1, 1) for v in (low, high))
        self._high = bound if torch.isfinite(bound).any() else None
        self._dilation = dilation
        self._pooled = pooled

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        reach = KERNEL // 2 * self._dilation
        x = torch.nn.functional.conv2d(x, self._kernel, self._bias, padding=(0, reach), dilation=(1, self._dilation))
        if self._pooled:
            # twice as fast on the CPU as max_pool2d, which also looks for the places of the maxima
            x = torch.maximum(x[..., 0::2], x[..., 1::2])
        x = torch.maximum(x, self._low, out=x)
        return x if self._high is None else torch.minimum(x, self._high, out=x)


def _place(kernel: np.ndarray, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(kernel).to(device, dtype).contiguous(memory_format=torch.channels_last)


def _round_up(n: int) -> int:
    return -(-n // _CHANNEL_MULTIPLE) * _CHANNEL_MULTIPLE


def _pad(values: np.ndarray, n: int, fill: float) -> np.ndarray:
    return np.pad(values, (0, n - len(values)), constant_values=fill).astype(np.float32)


def resolve_device(device: str) -> torch.device:
    """Turn ``"auto"`` into a GPU when there is one, and check that a named device is there.

    Raises
    ------
    ValueError
        If the name is no device, or the device is not available.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device is {device!r}; it can be 'auto', 'cpu', 'cuda' or 'cuda:0', ...") from error
    if resolved.type == "cuda" and (resolved.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device is {device!r}, but torch sees {torch.cuda.device_count()} CUDA devices; "
            "use device='cpu', or install a CUDA build of torch"
        )
    return resolved
