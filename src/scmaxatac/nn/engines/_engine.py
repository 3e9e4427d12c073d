"""Inference engines: many windows, several networks, one pass over the windows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.scores._bin_scores import BinScores

Backend = Literal["auto", "torch", "openvino"]
Precision = Literal["float32", "bfloat16"]
Strand = Literal["forward", "mean"]
Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class EngineOptions:
    """How networks are run; see :func:`make_engine`."""

    backend: Backend = "auto"
    device: str = "auto"
    precision: Precision = "float32"
    batch_size: int | None = None


class Engine(Protocol):
    """Scores windows with several networks."""

    n_models: int

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows.

        Parameters
        ----------
        codes
            (n, 1024) uint8: 0 to 3 are A, C, G, T, everything else is unknown.
        signal
            (n, 1024) float32.

        Returns
        -------
        (models, n, 32) float32.
        """
        ...


@runtime_checkable
class ChromosomeEngine(Engine, Protocol):
    """An engine that also cuts the windows and averages the bins itself, where it keeps the chromosome."""

    def predict_chromosome(
        self,
        codes: np.ndarray,
        signals: Sequence[SignalTrack],
        chrom: str,
        starts: np.ndarray,
        *,
        strand: Strand = "forward",
        progress: Callable[[int], object] | None = None,
    ) -> Iterator[tuple[int, BinScores]]:
        """Score the bins that windows cover; see :func:`~scmaxatac.nn._predict.predict_groups`."""
        ...


def make_engine(
    weights: Sequence[Weights],
    *,
    backend: Backend = "auto",
    device: str = "auto",
    precision: Precision = "float32",
    batch_size: int | None = None,
) -> Engine:
    """Make an engine for the given networks.

    Parameters
    ----------
    weights
        Weights of each network, as in :class:`~scmaxatac.models.TFModel`.
    backend
        ``"openvino"`` (CPU, extra ``openvino``), ``"torch"``, or ``"auto"``: OpenVINO on the CPU when it is installed.
    device
        A torch device such as ``"cpu"`` or ``"cuda:0"``; ``"auto"`` takes a GPU when there is one and the backend can
        use it.
    precision
        ``"float32"`` (parity with maxATAC to 1e-5) or ``"bfloat16"`` (about 1e-2, faster where the hardware has it).
    batch_size
        Windows per call of the network; chosen for the device by default.

    Raises
    ------
    ValueError
        If an option is unknown, or the device is not there.
    ImportError
        If OpenVINO is asked for and not installed.
    """
    if not weights:
        raise ValueError("no model to predict with")
    chosen = resolve_engine_options(EngineOptions(backend, device, precision, batch_size))
    if chosen.backend == "openvino":
        from scmaxatac.nn.engines._engine_openvino import OpenVINOEngine

        return OpenVINOEngine(weights, precision=precision, batch_size=batch_size)
    from scmaxatac.nn.engines._engine_torch import TorchEngine, resolve_device

    where = resolve_device(chosen.device)
    if where.type == "cuda":
        from scmaxatac.nn.engines._engine_device import DeviceEngine

        return DeviceEngine(weights, device=where, precision=precision, batch_size=batch_size)
    return TorchEngine(weights, device=where, precision=precision, batch_size=batch_size)


def resolve_engine_options(options: EngineOptions) -> EngineOptions:
    """Options with the backend and the device that :func:`make_engine` would take, in place of ``"auto"``.

    Raises
    ------
    ValueError
        If an option is unknown, or the device is not there.
    ImportError
        If OpenVINO is asked for and not installed.
    """
    _check_names(options)
    backend, device = options.backend, options.device
    device = "cpu" if backend == "openvino" and device == "auto" else _name_device(device)
    on_cpu = device.partition(":")[0] == "cpu"
    if backend == "auto":
        backend = "openvino" if on_cpu and openvino_is_installed() else "torch"
    elif backend == "openvino":
        if not on_cpu:
            raise ValueError(f"backend 'openvino' runs on the CPU, but device is {device!r}; use backend='torch' there")
        if not openvino_is_installed():
            raise ImportError("backend 'openvino' needs OpenVINO: pip install 'scmaxatac[openvino]'")
    return replace(options, backend=backend, device=device)


def _check_names(options: EngineOptions) -> None:
    """Raise a ValueError about an option that does not exist."""
    if options.precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision is {options.precision!r}; it can be 'float32' or 'bfloat16'")
    if options.backend not in ("auto", "torch", "openvino"):
        raise ValueError(f"backend is {options.backend!r}; it can be 'auto', 'torch' or 'openvino'")
    if options.batch_size is not None and options.batch_size < 1:
        raise ValueError(f"batch_size is {options.batch_size}; it has to be at least 1")


def _name_device(device: str) -> str:
    """Name of a device that is there; torch, which takes seconds to import, is asked only where it has to be.

    Raises
    ------
    ValueError
        If the name is no device, or the device is not there.
    """
    if device == "cpu" or (device == "auto" and find_spec("torch") is None):
        return "cpu"
    from scmaxatac.nn.engines._engine_torch import resolve_device

    return str(resolve_device(device))


def openvino_is_installed() -> bool:
    """Whether the optional package can be imported, found out without importing it."""
    return find_spec("openvino") is not None
