"""Which backend is the fastest on this machine: measured once, and kept in the cache folder."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._files import atomic_path
from scmaxatac.io._lock import Lock
from scmaxatac.nn.engines._options import EngineOptions
from scmaxatac.nn.engines._processor import has_bfloat16, processor_name, usable_threads
from scmaxatac.nn.engines._protocol import Network
from scmaxatac.nn.engines._registry import make_engine

_FORMAT = 1
"""Raised when what is measured changes."""

_SECONDS = 0.8
"""Time of a measurement, all backends together and the making of engines not counted; two rounds at least."""

_WINDOWS = 32
"""Windows of a call for each thread."""

_MARGIN = 1.1
"""How much faster than one before it in the order a backend has to be: less may be chance."""

_WORTH_A_HINT = 1.3
"""How much faster bfloat16 has to be to be spoken of."""

_BFLOAT16_DIFFERENCE = 0.05
"""Largest difference of a score in bfloat16 where the signal is not extreme, as benchmarks/agreement.py measures it."""


def fastest(possible: Sequence[EngineOptions], network: Network) -> EngineOptions:
    """Of several backends on the CPU the one that scores most windows a second; the log says which, and the rates.

    Of those within 10% of the fastest the first is taken, so that chance decides nothing. Rates are measured once for
    a processor, number of threads, precision, geometry and versions, and kept in the cache folder. A file there that
    is damaged is written anew; where none can be written, every session measures. A process that finds another one
    measuring waits for it.

    Parameters
    ----------
    possible
        Options with the backends, the preferred one first.
    network
        Network to measure with.
    """
    key = _key(possible, network)
    path = Path(settings.cache_dir).expanduser() / "rates" / f"{_digest(key)}.json"
    rates = _read(path, key)
    if rates is None:
        with _alone(path):
            rates = _read(path, key) or _write(path, key, _measure(possible, network))
    if not rates["windows"]:  # none works, which making the engine of the run will tell
        return possible[0]
    chosen = _choose(possible, rates["windows"])
    found = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates["windows"].items())
    logger.info(
        "backend %s: on this machine a network scores, in windows a second: %s (measured %s)",
        chosen.backend, found, rates["measured"],
    )  # fmt: skip
    faster = max(rates["bfloat16"].values(), default=0.0) / rates["windows"][chosen.backend]
    if faster >= _WORTH_A_HINT:
        _hint(f"{faster:.1f}")
    return chosen


@cache
def _hint(faster: str) -> None:
    """Say once in a session what bfloat16 would do."""
    logger.info(
        'precision="bfloat16" is %s times as fast on this processor; scores differ by up to %s',
        faster, _BFLOAT16_DIFFERENCE,
    )  # fmt: skip


def _choose(possible: Sequence[EngineOptions], rates: Mapping[str, float]) -> EngineOptions:
    """First backend of those that are fast enough."""
    enough = max(rates.values()) / _MARGIN
    return next(options for options in possible if rates.get(options.backend, 0.0) >= enough)


def _key(possible: Sequence[EngineOptions], network: Network) -> dict[str, Any]:
    """What rates depend on."""
    return {
        "format": _FORMAT,
        "processor": processor_name(),
        "threads": usable_threads(),
        "options": [asdict(options) for options in possible],
        "network": network.spec.to_json(),
        "versions": {name: _version(name) for name in ("scmaxatac", *(options.backend for options in possible))},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a backend of one's own
        return ""


def _digest(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]


def _read(path: Path, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Rates that were kept; None where there are none that can be used."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        of_backends = [*found["windows"].values(), *found["bfloat16"].values()]
        numbers = all(isinstance(rate, float) and isfinite(rate) and rate > 0 for rate in of_backends)
        names = {options["backend"] for options in key["options"]}
        known = found["windows"] and {*found["windows"], *found["bfloat16"]} <= names
        return found if numbers and known and found["key"] == key and isinstance(found["measured"], str) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(path: Path, key: Mapping[str, Any], rates: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Keep rates, if there are any; what is kept."""
    found = {"measured": time.strftime("%Y-%m-%d"), **rates, "key": key}
    if rates["windows"]:
        try:
            with atomic_path(path) as temporary:
                temporary.write_text(json.dumps(found, indent=1), encoding="utf-8")
        except OSError as error:
            logger.info("the rates of the backends are not kept (%s): the next session measures again", error)
    return found


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time measure, where locks can be made: two would disturb each other."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = Lock(path.with_suffix(".lock"), path, wait=True, passing=True)
    except (OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _measure(possible: Sequence[EngineOptions], network: Network) -> dict[str, dict[str, float]]:
    """Windows a second of every backend that works, and in bfloat16 where the processor has it."""
    kinds = {("windows", options.backend): options for options in possible}
    if has_bfloat16():
        kinds |= {
            ("bfloat16", options.backend): replace(options, precision="bfloat16")
            for options in possible
            if options.precision == "float32"
        }
    rng = np.random.default_rng(0)
    n = max(usable_threads() * _WINDOWS, possible[0].batch_size or 0)
    shape = n, network.spec.window
    windows = rng.integers(0, UNKNOWN_BASE, shape, dtype=np.uint8), rng.gamma(0.5, 1.0, shape).astype(np.float32)
    engines = {}
    for kind, options in kinds.items():
        try:
            engines[kind] = make_engine([network], **asdict(options))
            engines[kind].predict(*windows)
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            engines.pop(kind, None)
            logger.info("backend %s does not work here in %s: %s", options.backend, options.precision, error)
    seconds = dict.fromkeys(engines, float("inf"))
    end, rounds = time.perf_counter() + _SECONDS, 0
    while engines and (rounds < 2 or time.perf_counter() < end):
        rounds += 1
        for kind, engine in engines.items():
            before = time.perf_counter()
            engine.predict(*windows)
            seconds[kind] = min(seconds[kind], time.perf_counter() - before)
    rates: dict[str, dict[str, float]] = {"windows": {}, "bfloat16": {}}
    for (what, backend), took in seconds.items():
        rates[what][backend] = n / took
    return rates
