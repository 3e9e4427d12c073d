"""How networks are run."""

from dataclasses import dataclass
from typing import Literal

Backend = str
"""``"auto"``, or the name of a backend: ``"torch"``, ``"openvino"``, ``"triton"``."""

Precision = Literal["float32", "bfloat16"]
Strand = Literal["forward", "mean"]


@dataclass(frozen=True)
class EngineOptions:
    """How networks are run; see :func:`~scmaxatac.nn.engines._registry.make_engine`."""

    backend: Backend = "auto"
    device: str = "auto"
    precision: Precision = "float32"
    batch_size: int | None = None
