"""The backends there are, the choice among them, and the making of engines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import get_args

from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger
from scmaxatac.genome._windows import Grid
from scmaxatac.nn.engines._options import Backend, EngineOptions, Precision
from scmaxatac.nn.engines._protocol import Engine, Network


@dataclass(frozen=True)
class BackendRecord:
    """What can run networks. A new one is a module in this folder and a record in ``BACKENDS``.

    Attributes
    ----------
    name
        What users give as `backend`.
    devices
        Kinds of devices that it runs on (``"cpu"``); None for whatever else `find_device` accepts.
    precisions
        Precisions that it can compute in.
    is_installed
        Whether what it needs can be imported, found out without importing it.
    install
        The line that installs what it needs.
    find_device
        Name of the device that a device's name stands for, the best one there for ``"auto"``; a ValueError where it is
        not there.
    make
        Makes an engine from networks and options whose device is resolved.
    lacks
        What the device of resolved options can't do that the networks need; "" if nothing. The CPU is used then.
    is_automatic
        Whether ``"auto"`` may take it.
    """

    name: str
    devices: tuple[str, ...] | None
    precisions: tuple[Precision, ...]
    is_installed: Callable[[], bool]
    install: str
    find_device: Callable[[str], str]
    make: Callable[[Sequence[Network], EngineOptions], Engine]
    lacks: Callable[[EngineOptions], str] = lambda options: ""
    is_automatic: bool = True


def _make_openvino(networks: Sequence[Network], options: EngineOptions) -> Engine:
    from scmaxatac.nn.engines._openvino import OpenVINOEngine

    return OpenVINOEngine(networks, precision=options.precision, batch_size=options.batch_size)


def _make_torch(networks: Sequence[Network], options: EngineOptions) -> Engine:
    from scmaxatac.nn.engines._torch import TorchEngine, resolve_device

    device = resolve_device(options.device)
    if device.type == "cuda":
        from scmaxatac.nn.engines._cuda import CudaEngine

        return CudaEngine(networks, device=device, precision=options.precision, batch_size=options.batch_size)
    return TorchEngine(networks, device=device, precision=options.precision, batch_size=options.batch_size)


def _find_torch_device(device: str) -> str:
    if device == "cpu":  # torch takes seconds to import
        return device
    from scmaxatac.nn.engines._torch import resolve_device

    return str(resolve_device(device))


def _lacking_in_torch(options: EngineOptions) -> str:
    if _kind(options.device) in ("cpu", "cuda"):
        return ""
    from scmaxatac.nn.engines._torch import lacking

    return lacking(options.device, options.precision)


def _make_triton(networks: Sequence[Network], options: EngineOptions) -> Engine:
    from scmaxatac.nn.engines._torch import resolve_device
    from scmaxatac.nn.engines._triton import TritonEngine

    device = resolve_device(options.device)
    return TritonEngine(networks, device=device, precision=options.precision, batch_size=options.batch_size)


def _find_cuda_device(device: str) -> str:
    from scmaxatac.nn.engines._torch import resolve_device

    return str(resolve_device("cuda" if device == "auto" else device))


BACKENDS: dict[str, BackendRecord] = {
    record.name: record
    for record in (
        BackendRecord(
            name="openvino",
            devices=("cpu",),
            precisions=("float32", "bfloat16"),
            is_installed=lambda: find_spec("openvino") is not None,
            install="pip install 'scmaxatac[openvino]'",
            find_device=lambda device: "cpu" if device == "auto" else device,
            make=_make_openvino,
        ),
        BackendRecord(
            name="torch",
            devices=None,
            precisions=("float32", "bfloat16"),
            is_installed=lambda: find_spec("torch") is not None,
            install="pip install torch",
            find_device=_find_torch_device,
            make=_make_torch,
            lacks=_lacking_in_torch,
        ),
        BackendRecord(
            name="triton",
            devices=("cuda",),
            precisions=("float32", "bfloat16"),
            is_installed=lambda: find_spec("triton") is not None and find_spec("torch") is not None,
            install="pip install triton",
            find_device=_find_cuda_device,
            make=_make_triton,
            is_automatic=False,  # its rate was not measured on a GPU
        ),
    )
}
"""Backends by name. Of several that can run on a device, ``"auto"`` takes the first that is installed; a prediction on
the CPU takes the fastest (``_fastest.py``), and the first where rates are alike."""


@shared_docs
def make_engine(
    networks: Sequence[Network],
    *,
    backend: Backend = "auto",
    device: str = "auto",
    precision: Precision = "float32",
    batch_size: int | None = None,
) -> Engine:
    """Make an engine for the given networks.

    {agreement}

    Parameters
    ----------
    networks
        Networks with the same windows and bins, such as :class:`~scmaxatac.models.TFModel`.
    backend
        ``"openvino"`` (CPU, extra ``openvino``), ``"torch"``, ``"triton"`` (one kernel a network on NVIDIA GPUs, whose
        rate was not measured), or ``"auto"``: OpenVINO on the CPU when it is installed, else torch; never Triton.
        Nothing is measured here; predictions name the backend that they found to be the fastest.
    device
        A torch device such as ``"cpu"``, ``"cuda:0"`` or ``"mps"``; ``"auto"`` takes a GPU when there is one and the
        backend can use it. One that lacks an operation of the networks is told in the log, and the CPU used.
    precision
        ``"float32"`` or ``"bfloat16"``, which is faster where the hardware has it.
    batch_size
        Windows per call of the network; chosen for the device by default.

    Raises
    ------
    ValueError
        If there is no network, windows or bins differ, an option is unknown, or the device is not there.
    ImportError
        If what the backend needs is not installed.
    """
    common_grid(networks)
    chosen = resolve_engine_options(EngineOptions(backend, device, precision, batch_size))
    return BACKENDS[chosen.backend].make(networks, chosen)


def common_grid(networks: Sequence[Network]) -> Grid:
    """Windows and bins of networks that run together.

    Raises
    ------
    ValueError
        If there is no network, or windows or bins differ.
    """
    if not networks:
        raise ValueError("no model to predict with")
    grids = dict.fromkeys(network.spec.grid for network in networks)
    if len(grids) > 1:
        found = " and ".join(f"{grid.window:,} bp in bins of {grid.bin} bp" for grid in grids)
        raise ValueError(
            f"the models read windows of {found}; models that are predicted together need the same windows and bins: "
            "predict them one family after the other, with a key_added for each"
        )
    return next(iter(grids))


def resolve_engine_options(options: EngineOptions) -> EngineOptions:
    """Options with the backend and the device that :func:`make_engine` would take, in place of ``"auto"``.

    Raises what :func:`possible_engine_options` raises.
    """
    return possible_engine_options(options)[0]


def possible_engine_options(options: EngineOptions) -> list[EngineOptions]:
    """All that the options can stand for here: several where ``backend="auto"`` has a choice on the CPU.

    The first one is what is installed and comes first in ``BACKENDS``.

    Raises
    ------
    ValueError
        If an option is unknown, the backend can't compute in the precision, or the device is not there.
    ImportError
        If what the backend needs is not installed.
    """
    _check_names(options)
    found = [_named(options)] if options.backend != "auto" else _automatic(options)
    able = [(record, device) for record, device in found if options.precision in record.precisions]
    if not able:
        has = " or ".join(map(repr, found[0][0].precisions))
        raise ValueError(f"precision is {options.precision!r}; backend {found[0][0].name!r} computes in {has}")
    possible = [replace(options, backend=record.name, device=device) for record, device in able]
    if _kind(possible[0].device) != "cpu" and (lacking := able[0][0].lacks(possible[0])):
        _tell(f"device {possible[0].device!r} can't run the networks ({lacking}): the CPU is used")
        return possible_engine_options(replace(options, device="cpu"))
    return possible


@cache
def _tell(line: str) -> None:
    """Log a line once in a session."""
    logger.warning(line)


def _named(options: EngineOptions) -> tuple[BackendRecord, str]:
    record = BACKENDS[options.backend]
    if not _runs_on(record, options.device):
        kinds = " or ".join(kind.upper() for kind in record.devices or ())
        raise ValueError(
            f"backend {record.name!r} runs on the {kinds}, but device is {options.device!r}; use backend='torch' there"
        )
    if not record.is_installed():
        raise ImportError(f"backend {record.name!r} needs a package that is not installed: {record.install}")
    return record, record.find_device(options.device)


def _automatic(options: EngineOptions) -> list[tuple[BackendRecord, str]]:
    """Backend for the device; without one named, for the first accelerator that a backend finds. On the CPU, all."""
    candidates = [record for record in BACKENDS.values() if record.is_automatic and _runs_on(record, options.device)]
    fitting = [record for record in candidates if record.is_installed()]
    fitting.sort(key=lambda record: record.devices is None)  # those that name the device first
    if not fitting:
        lines = " or ".join(record.install for record in candidates)
        raise ImportError(f"no backend for device {options.device!r} is installed: {lines}")
    if options.device not in ("auto", "cpu"):
        return [(fitting[0], fitting[0].find_device(options.device))]
    found = [(record, record.find_device(options.device)) for record in fitting]
    return [(record, device) for record, device in found if _kind(device) != "cpu"][:1] or found


def _runs_on(record: BackendRecord, device: str) -> bool:
    return device == "auto" or record.devices is None or _kind(device) in record.devices


def _kind(device: str) -> str:
    return device.partition(":")[0]


def _check_names(options: EngineOptions) -> None:
    """Raise a ValueError about an option that does not exist."""
    if options.precision not in get_args(Precision):
        raise ValueError(f"precision is {options.precision!r}; it can be 'float32' or 'bfloat16'")
    if options.backend != "auto" and options.backend not in BACKENDS:
        names = [repr(name) for name in ("auto", *BACKENDS)]
        raise ValueError(f"backend is {options.backend!r}; it can be {', '.join(names[:-1])} or {names[-1]}")
    if options.batch_size is not None and options.batch_size < 1:
        raise ValueError(f"batch_size is {options.batch_size}; it has to be at least 1")
