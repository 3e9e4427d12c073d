"""What the benchmarks share: the machine, data, turns, tables."""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROUNDS = 3
"""How often every peer gets its turn."""


def options(doc: str, **more: dict[str, object]) -> argparse.Namespace:
    """Read the command line: ``--quick``, and what a script adds as ``name={...}`` for ``add_argument``."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes and fewer rounds: a trial, not a result")
    for name, settings in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **settings)
    return parser.parse_args()


def data_dir() -> Path:
    """Folder of the reference data that the tests use as well."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("SCMAXATAC_TEST_DATA") or default)
    if not (path / "MANIFEST.sha256").is_file():
        raise SystemExit(f"reference data not found at {path}: set SCMAXATAC_TEST_DATA")
    return path


def machine() -> str:
    """Name the machine, the cores that are used, what of its instructions matters here, its load, and the day."""
    model, flags = _processor()
    has = ", ".join(name for name, flag in _INSTRUCTIONS.items() if flag in flags) or "none of AVX2, AVX-512, AMX"
    lacks = ", ".join(name for name, flag in _INSTRUCTIONS.items() if flag not in flags)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = os.environ.get("OMP_NUM_THREADS")
    used = f"{cores} cores, {threads} used" if threads else f"{cores} cores"
    return (
        f"{time.strftime('%Y-%m-%d')}, {model}, {used}; has {has}{f', lacks {lacks}' if lacks else ''}; "
        f"Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f} at the start."
    )


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 numbers."""
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(_processor()[1])


_INSTRUCTIONS = {"AVX2": "avx2", "AVX-512": "avx512f", "AVX-512 bfloat16": "avx512_bf16", "AMX": "amx_tile"}


def _processor() -> tuple[str, set[str]]:
    """Name and flags of the processor."""
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return platform.machine(), set()
    fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
    names = {key.strip(): value.strip() for key, value in fields.items()}
    return names.get("model name", platform.machine()), set(names.get("flags", "").split())


def take_turns(
    peers: Mapping[object, Callable[[], float]], rounds: int, *, seconds: float = float("inf")
) -> dict[object, list[float]]:
    """Call every peer once a round, so that a busy machine slows all of them; what they return, by peer.

    After `seconds` no further round is begun.
    """
    results: dict[object, list[float]] = {name: [] for name in peers}
    begin = time.perf_counter()
    for done in range(rounds):
        if done and time.perf_counter() - begin > seconds:
            break
        for name, call in peers.items():
            results[name].append(call())
    return results


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """Make a call that gives its seconds."""

    def run() -> float:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    return run


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median over the rounds of ours over theirs, which ran one after the other."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a markdown table; the first column is text, the others are numbers or text."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|'}{'---:|' * (len(columns) - 1)}"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if value == 0 or 0.01 <= abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1e}"
