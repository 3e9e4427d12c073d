"""Inference with torch, on CPU and GPU."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import RLock

import numpy as np
import torch

from scmaxatac.nn._encode import encode
from scmaxatac.nn._pieces import WindowPieces
from scmaxatac.nn._spec import PUBLISHED, PlainNetwork
from scmaxatac.nn._stem import Stem, find_stem
from scmaxatac.nn.engines._options import Precision
from scmaxatac.nn.engines._protocol import Network
from scmaxatac.nn.engines._torch_network import FoldedNetwork, round_up

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
        self._channels = round_up(networks[0].spec.channels)
        self._networks = [FoldedNetwork(network, device, self._dtype) for network in networks]
        self._specs = [network.spec for network in networks]

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows; (n, window) codes and signal to (outputs, n, bins) float32."""
        out = np.empty((self.n_outputs, len(codes), self.grid.bins_per_window), dtype=np.float32)

        def score(lo: int) -> None:
            hi = min(lo + self._batch, len(codes))
            with torch.inference_mode():
                bases, levels = (self._batch_at(part, lo) for part in (codes, signal))
                x = self._encode(bases.to(self._device), levels.to(self._device))
                row = 0
                for network in self._networks:
                    scores = network(x)
                    out[row : row + scores.shape[1], lo:hi] = scores[: hi - lo].swapaxes(0, 1).cpu().numpy()
                    row += scores.shape[1]

        batches = range(0, len(codes), self._batch)
        if self._device.type != "cpu":
            with exact_convolutions():
                for lo in batches:
                    score(lo)
            return out
        with _one_core_each() as pool:
            list(pool.map(score, batches))
        return out

    def find_stem(self, piece: int) -> Stem | None:
        """Stem for pieces of a length in bp; None where it saves nothing, and on devices where it was not measured."""
        return find_stem(self._specs, piece) if self._device.type == "cpu" else None

    def predict_pieces(self, stem: Stem, pieces: WindowPieces) -> np.ndarray:
        """Score windows that are put together from pieces; (outputs, windows, bins) float32.

        The stem of the next network runs before the trunk of this one, so that no core waits in between.
        """
        out = np.empty((self.n_outputs, len(pieces.rows), self.grid.bins_per_window), dtype=np.float32)
        batches = range(0, len(pieces.codes), self._batch)

        def run_stem(network: FoldedNetwork, given: np.ndarray, lo: int) -> None:
            some = slice(lo, lo + self._batch)
            bases, levels = (self._batch_at(a, lo) for a in (pieces.codes, pieces.signal))
            with torch.inference_mode():
                given[some] = network.stem(stem, self._encode(bases, levels))[: len(given[some])].float().numpy()

        def run_trunk(network: FoldedNetwork, given: np.ndarray, scores: np.ndarray, lo: int) -> None:
            some = slice(lo, lo + self._batch)
            rows = pieces.rows[some]
            x = np.empty((len(rows), stem.spec.window // stem.pool, given.shape[2]), dtype=np.float32)
            stem.windows(given, rows, x)
            with torch.inference_mode():
                found = network.trunk(stem, self._batch_at(x, 0).to(self._dtype))[: len(rows)]
                scores[:, some] = found.swapaxes(0, 1).numpy()

        with _one_core_each() as pool:
            running: list[Future[None]] = []

            def start_trunk(m: int, given: np.ndarray, stems: Sequence[Future[None]]) -> None:
                for future in stems:
                    future.result()
                row = sum(network.n_outputs for network in self._networks[:m])
                scores = out[row : row + self._networks[m].n_outputs]
                for lo in range(0, len(pieces.rows), self._batch):
                    running.append(pool.submit(run_trunk, self._networks[m], given, scores, lo))

            before: tuple[np.ndarray, list[Future[None]]] | None = None
            for m, network in enumerate(self._networks):
                given = np.empty((len(pieces.codes), stem.positions, network.channels_after(stem)), dtype=np.float32)
                stems = [pool.submit(run_stem, network, given, lo) for lo in batches]
                if before is not None:
                    start_trunk(m - 1, *before)
                before = given, stems
            if before is not None:
                start_trunk(len(self._networks) - 1, *before)
            for future in running:
                future.result()
        return out

    def _batch_at(self, array: np.ndarray, lo: int) -> torch.Tensor:
        """Rows of a batch from `lo` on; on the CPU the last batch gets empty rows up to a multiple of 32.

        The last digits of scores depend on the size of a batch, and so on what else is scored in the same call.
        """
        rows = array[lo : lo + self._batch]
        multiple = min(self._batch, _CPU_BATCH)
        missing = -len(rows) % multiple if self._device.type == "cpu" else 0
        if missing:
            rows = np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), dtype=rows.dtype)])
        return torch.from_numpy(np.ascontiguousarray(rows))

    def _encode(self, codes: torch.Tensor, signal: torch.Tensor) -> torch.Tensor:
        """One-hot encode windows that lie on the device: (n, channels, 1, window) in channels-last layout."""
        return encode(codes, signal, channels=self._channels, dtype=self._dtype).unsqueeze(1).permute(0, 3, 1, 2)


def _one_core_each() -> ThreadPoolExecutor:
    """Threads for batches side by side, each on one core: they need no barrier between the cores after every layer."""
    return ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,))


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
