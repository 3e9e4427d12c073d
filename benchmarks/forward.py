"""Forward pass of one published network (CTCF): windows a second of every engine, against Keras.

Keras runs in a virtual environment of its own (made in the cache folder on first use) and reads the same file. It gets
windows that are one-hot encoded already; our engines get codes and signal and encode them within the time measured.
Peers take turns. "Against Keras" is the median over the rounds of an engine's rate over Keras' at the batch size that
suited Keras best. The row "matrix product" is what a large float32 product of torch does in the same turns, at 16.24 M
multiply-adds a window: a bound on what any float32 engine could reach here. Engines run on the CPU; the Triton kernel
is measured where there is a CUDA device, in batches of its own size.

    python benchmarks/forward.py [--quick]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from _common import ROUNDS, data_dir, has_bfloat16, machine, options, ratio, table, take_turns

from scmaxatac import settings
from scmaxatac.models import from_keras
from scmaxatac.nn.engines._options import Backend, Precision
from scmaxatac.nn.engines._protocol import Engine
from scmaxatac.nn.engines._registry import BACKENDS, make_engine

KERAS_BATCHES = (32, 128, 1000)
BATCHES = (16, 32, 64, 128)
GPU_BATCH = 4096
SECONDS = 1.5
"""Aimed at for one turn."""

MULTIPLY_ADDS = 16.24e6
"""Of one window."""


class Keras:
    """A process that predicts with Keras."""

    def __init__(self, model: Path, x: np.ndarray) -> None:
        self._python = _keras_python()
        self._folder = tempfile.TemporaryDirectory()
        self._x = x
        self._model = model

    def __enter__(self) -> Self:
        windows, scores = (Path(self._folder.name) / name for name in ("windows.npy", "scores.npy"))
        np.save(windows, self._x)
        script = Path(__file__).with_name("_keras_worker.py")
        self._process = subprocess.Popen(
            [str(self._python), str(script)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.versions = self._ask({"model": str(self._model), "windows": str(windows), "scores": str(scores)})
        self.scores = np.load(scores)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate("\n")
        self._folder.cleanup()

    def rate(self, batch: int, n: int) -> float:
        """Windows a second."""
        return n / self._ask({"batch": batch, "n": n})

    def _ask(self, request: dict[str, object]) -> dict[str, str] | float:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that runs Keras has died")
        return json.loads(answer)


def _keras_python() -> Path:
    folder = Path(settings.cache_dir) / "benchmarks" / "keras"
    python = folder / "bin" / "python"
    if not (folder / "complete").is_file():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "tensorflow-cpu"], check=True, stdout=sys.stderr)
        (folder / "complete").touch()
    return python


def one_hot(codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Windows as the original's network takes them: (n, 1024, 5) float32."""
    x = np.zeros((*codes.shape, 5), dtype=np.float32)
    for base in range(4):
        x[..., base] = codes == base
    x[..., 4] = signal
    return x


def our_rate(engine: Engine, codes: np.ndarray, signal: np.ndarray, n: int) -> float:
    """Windows a second."""
    many_codes, many_signal = np.resize(codes, (n, 1024)), np.resize(signal, (n, 1024))
    start = time.perf_counter()
    engine.predict(many_codes, many_signal)
    return n / (time.perf_counter() - start)


def product_rate(n: int = 2048) -> float:
    """Windows a second if the network were one large product."""
    import torch

    a, b = torch.rand(2, n, n)
    start = time.perf_counter()
    torch.mm(a, b)
    return n**3 / MULTIPLY_ADDS / (time.perf_counter() - start)


def usable_backends() -> list[tuple[Backend, str, Sequence[int]]]:
    """Backends with the device each is measured on and its batch sizes: the CPU, or a CUDA device for Triton."""
    import torch

    installed = [record for record in BACKENDS.values() if record.is_installed()]
    on_cpu = [(record.name, "cpu", BATCHES) for record in installed if "cpu" in (record.devices or ("cpu",))]
    on_gpu = [(record.name, "cuda", (GPU_BATCH,)) for record in installed if record.devices == ("cuda",)]
    return on_cpu + (on_gpu if torch.cuda.is_available() else [])


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__)
    rounds, seconds = (2, 0.3) if args.quick else (ROUNDS, SECONDS)
    data = data_dir()
    with np.load(data / "golden" / "forward" / "forward_inputs.npz") as stored:
        codes, signal = stored["codes"], stored["signal"]
    (path,) = (data / "maxatac" / "models" / "CTCF").glob("*.h5")
    model = from_keras(path, tf="CTCF")
    backends = usable_backends()
    precisions: list[Precision] = ["float32", "bfloat16"]
    print(machine())
    with Keras(path, one_hot(codes, signal)) as keras:
        peers, far = {}, {}
        for batch in KERAS_BATCHES:
            n = max(int(keras.rate(batch, 256) * seconds), batch)
            peers["Keras", "float32", batch] = lambda batch=batch, n=n: keras.rate(batch, n)
        for backend, device, batches in backends:
            for precision in precisions:
                for batch in batches:
                    name = (backend, precision, batch)
                    engine = make_engine([model], backend=backend, device=device, precision=precision, batch_size=batch)
                    scores = engine.predict(codes, signal)[0]
                    n = int(max(our_rate(engine, codes, signal, 256) * seconds, batch))
                    far[name] = float(np.abs(scores - keras.scores).max())
                    peers[name] = lambda engine=engine, n=n: our_rate(engine, codes, signal, n)
        peers["matrix product", "float32", "-"] = product_rate
        rate = take_turns(peers, rounds)
    best_keras = max((name for name in rate if name[0] == "Keras"), key=lambda name: statistics.median(rate[name]))
    rows = []
    for name, rates in rate.items():
        backend, precision, batch = name
        rows.append((f"{backend} {precision}", batch, statistics.median(rates), ratio(rates, rate[best_keras]),
                     far.get(name, "-")))  # fmt: skip
    print(f"Keras {keras.versions['keras']} on TensorFlow {keras.versions['tensorflow']}; {rounds} rounds.\n")
    print(table(["engine", "batch", "windows/s", "against Keras", "largest difference"], rows))
    print()
    best = []
    for engine in dict.fromkeys((backend, precision) for backend, precision, _ in rate):
        name = max((n for n in rate if n[:2] == engine), key=lambda n: statistics.median(rate[n]))
        best.append((" ".join(engine), name[2], ratio(rate[name], rate[best_keras])))
    print(table(["engine", "best batch", "against Keras"], best))
    if not has_bfloat16():
        print("\nThis processor does not multiply bfloat16 numbers: OpenVINO computes in float32, torch emulates them.")


if __name__ == "__main__":
    main()
