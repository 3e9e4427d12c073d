"""Agreement of scores with the original's networks: every engine against Keras, and both against exact arithmetic.

Ten published networks score windows of chr22 with real signal, random windows with random signal, and the same with
four and sixteen times the signal; the signal is coverage over its 99th percentile, so that 4 is rare. Keras
runs in an environment of its own (`forward.py`). "Exact" is the same network in float64. The largest differences of all
networks, windows and bins are shown, by the largest signal of a window.

    python benchmarks/agreement.py [--quick]
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from _common import data_dir, machine, options, table
from forward import Keras, one_hot

from scmaxatac.models import from_keras
from scmaxatac.nn._network import TFNetwork
from scmaxatac.nn.engines._registry import BACKENDS, make_engine

TIMES = (1, 4, 16)
"""What the signal is multiplied with."""

LIMITS = (4.0, 20.0, np.inf)
"""Largest signal of the windows of each column."""

ON_CPU = ("openvino", "torch")


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__)
    data = data_dir()
    with np.load(data / "golden" / "forward" / "forward_inputs.npz") as stored:
        every = slice(None, None, 8 if args.quick else 1)
        codes = np.concatenate([stored["codes"][every]] * len(TIMES))
        signal = np.concatenate([stored["signal"][every] * np.float32(factor) for factor in TIMES])
    highest = signal.max(axis=1)
    low = (-np.inf, *LIMITS[:-1])
    columns = [(highest > above) & (highest <= limit) for above, limit in zip(low, LIMITS, strict=True)]
    far: dict[tuple[str, str], np.ndarray] = {}
    paths = sorted((data / "maxatac" / "models").glob("*/*.h5"))[: 2 if args.quick else None]
    for path in paths:
        keras, versions = _keras(path, one_hot(codes, signal))
        scores = {"Keras": keras} | _ours(path, codes, signal)
        exact = _exact(path, one_hot(codes, signal))
        for name, found in scores.items():
            for other, reference in (("Keras", keras), ("exact", exact)):
                difference = np.abs(found - reference).max(axis=1)
                largest = np.array([difference[chosen].max() for chosen in columns])
                far[name, other] = np.maximum(far.get((name, other), 0.0), largest)
    print(machine() + "\n")
    print(
        f"Keras {versions['keras']} on TensorFlow {versions['tensorflow']}; {len(paths)} networks, windows by their "
        f"largest signal: {', '.join(f'{int(chosen.sum())}' for chosen in columns)}.\n"
    )
    rows = [(name, f"against {other}", *map(float, far[name, other])) for name, other in far if name != other]
    print(table(["", "", *_titles(low)], rows))


def _titles(low: Sequence[float]) -> list[str]:
    return [
        f"signal up to {limit:g}" if above == -np.inf else f"{above:g} to {limit:g}" if limit < np.inf else
        f"above {above:g}" for above, limit in zip(low, LIMITS, strict=True)
    ]  # fmt: skip


def _keras(path: Path, x: np.ndarray) -> tuple[np.ndarray, dict[str, str]]:
    with Keras(path, x) as keras:
        return keras.scores.astype(np.float64), keras.versions


def _ours(path: Path, codes: np.ndarray, signal: np.ndarray) -> dict[str, np.ndarray]:
    model = from_keras(path, tf=path.parent.name)
    found = {}
    for precision in ("float32", "bfloat16"):
        for backend in ON_CPU:
            if BACKENDS[backend].is_installed():
                engine = make_engine([model], backend=backend, device="cpu", precision=precision)
                found[f"{backend} {precision}"] = engine.predict(codes, signal)[0].astype(np.float64)
    return found


def _exact(path: Path, x: np.ndarray) -> np.ndarray:
    network = TFNetwork.from_weights(from_keras(path, tf=path.parent.name).weights).double()
    with torch.inference_mode():
        parts = [network(torch.from_numpy(part.transpose(0, 2, 1)).double())[:, 0] for part in np.array_split(x, 12)]
    return torch.cat(parts).numpy()


if __name__ == "__main__":
    main()
