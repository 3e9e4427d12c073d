"""What this process computes on: the processor, and the threads that it may use."""

import os
import platform
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")

_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""Flags of processors that multiply bfloat16 numbers: two of x86, and that of Arm."""


def usable_threads() -> int:
    """Threads that this process may use: those of OMP_NUM_THREADS, as torch does, else the cores it may run on."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name() -> str:
    """Name of the processor's model; of its architecture where the system does not say more."""
    return _fields().get("model name") or platform.processor() or platform.machine()


def has_bfloat16() -> bool:
    """Whether the processor is known to multiply bfloat16 numbers."""
    fields = _fields()
    return not _BFLOAT16.isdisjoint((fields.get("flags") or fields.get("Features") or "").split())


@cache
def _fields() -> dict[str, str]:
    """What Linux says of the last of the cores."""
    if not _CPUINFO.is_file():
        return {}
    lines = (line.partition(":") for line in _CPUINFO.read_text(errors="replace").splitlines())
    return {name.strip(): value.strip() for name, colon, value in lines if colon}
