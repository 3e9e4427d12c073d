"""Windows put together from pieces that they share against windows that are scored one by one, on random sequence.

The published network of CTCF scores windows every 256 bp with `predict_groups`, as `predict_tfbs` does, in both ways:
every window by itself, and with the first blocks computed once a place. "Stretch" are neighbouring windows, "regions"
runs of six (a peak of 500 bp lies in so many), "pairs" two neighbours, which share too little and are scored one by one
in both ways, "20 groups" a stretch with signal in 1% of the places of each group. Peers take turns; ratios are medians
over the rounds. CPU seconds are those of the process, so that neighbours on the machine matter less. Keras, which gets
one-hot encoded windows in batches, runs in a process of its own (`forward.py`): windows a second by the clock.

    python benchmarks/stretches.py [--quick] [--without-keras]
"""

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np
from _common import ROUNDS, data_dir, has_bfloat16, machine, options, ratio, table, take_turns
from _group_work import one_by_one
from forward import Keras, one_hot

from scmaxatac.models import from_keras
from scmaxatac.nn._predict import predict_groups
from scmaxatac.nn.engines._protocol import Engine
from scmaxatac.nn.engines._registry import BACKENDS, make_engine

N_WINDOWS = 4_000
KERAS_BATCH = 128


class ArraySignal:
    """A signal that is an array."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values
        self.sizes = {"chr1": len(values)}

    def values(self, chrom: str, start: int = 0, end: int | None = None) -> np.ndarray:
        """Signal of every base of ``[start, end)``."""
        return self._values[start:end]

    def windows(self, chrom: str, starts: np.ndarray, width: int = 1024) -> np.ndarray:
        """Signal of windows."""
        return np.lib.stride_tricks.sliding_window_view(self._values, width)[starts]

    def has_signal(self, chrom: str, starts: np.ndarray, width: int = 1024) -> np.ndarray:
        """Which windows have signal."""
        before = np.concatenate([[0], np.cumsum(self._values != 0)])
        return before[starts + width] > before[starts]


class Case:
    """Windows of a chromosome with the signals of groups."""

    def __init__(self, starts: np.ndarray, n_groups: int, share: float) -> None:
        rng = np.random.default_rng(0)
        length = int(starts[-1]) + 1_024
        self.starts = starts
        self.codes = rng.integers(0, 4, length, dtype=np.uint8)
        self.signals = []
        for _ in range(n_groups):
            values = np.zeros(length, dtype=np.float32)
            for at in rng.choice(length // 41, int(length * share / 41), replace=False) * 41:
                values[at : at + 41] = rng.gamma(0.5, 1.0)
            self.signals.append(ArraySignal(values))

    def score(self, engine: Engine) -> list[np.ndarray]:
        """Scores of all groups."""
        scored = predict_groups(engine, self.codes, self.signals, "chr1", self.starts)
        return [bins.scores for _, bins in scored]


def timed(case: Case, engine: Engine, every_window: bool) -> Callable[[], tuple[float, float]]:
    """Make a call that gives CPU seconds and seconds."""

    def run() -> tuple[float, float]:
        with one_by_one(every_window):
            start = time.process_time(), time.perf_counter()
            case.score(engine)
            return time.process_time() - start[0], time.perf_counter() - start[1]

    return run


def main() -> None:
    """Measure and print the tables."""
    args = options(__doc__, without_keras={"action": "store_true", "help": "leave Keras out"})
    rounds, n = (2, 600) if args.quick else (ROUNDS, N_WINDOWS)
    (path,) = (data_dir() / "maxatac" / "models" / "CTCF").glob("*.h5")
    model = from_keras(path, tf="CTCF")
    neighbours = np.arange(n) * 256
    few = max(n // 20, 100)
    cases = {
        "stretch": Case(neighbours, 1, 0.5),
        "regions": Case(neighbours // 256 // 6 * 20_480 + neighbours % (6 * 256), 1, 0.5),
        "pairs": Case(neighbours[: n // 2] // 512 * 20_480 + neighbours[: n // 2] % 512, 1, 0.5),
        "20 groups": Case(neighbours[:few], 20, 0.01),
    }
    backends = [record.name for record in BACKENDS.values() if record.is_installed()]
    print(machine() + "\n")
    peers, rows, differences = {}, [], {}
    with ExitStack() as stack:
        for backend in backends:
            for precision in ("float32", "bfloat16") if has_bfloat16() else ("float32",):
                engine = make_engine([model], backend=backend, device="cpu", precision=precision)
                for name, case in cases.items():
                    if name != "stretch" and precision != "float32":
                        continue
                    scores = []
                    for every_window in (True, False):
                        peers[name, backend, precision, every_window] = timed(case, engine, every_window)
                        with one_by_one(every_window):
                            scores.append(np.concatenate(case.score(engine), axis=1))
                    differences[name, backend, precision] = float(np.abs(scores[0] - scores[1]).max())
        if not args.without_keras:
            stretch = cases["stretch"]
            windows = np.lib.stride_tricks.sliding_window_view(stretch.codes, 1_024)[stretch.starts]
            x = one_hot(windows, stretch.signals[0].windows("chr1", stretch.starts))
            keras = stack.enter_context(Keras(path, x))
            peers["Keras"] = lambda: n / keras.rate(KERAS_BATCH, n)
        took = take_turns(peers, rounds)
    for (name, backend, precision), difference in differences.items():
        whole, pieces = (np.array(took[name, backend, precision, every_window]) for every_window in (True, False))
        rows.append((
            name, f"{backend} {precision}", *(float(np.median(part[:, 0])) for part in (whole, pieces)),
            ratio(whole[:, 0], pieces[:, 0]), ratio(whole[:, 1], pieces[:, 1]),
            ratio(took["Keras"], pieces[:, 1]) if "Keras" in took and name == "stretch" else "-", difference,
        ))  # fmt: skip
    columns = ["windows", "engine", "one by one, CPU s", "pieces, CPU s", "gain", "gain by the clock", "against Keras",
               "largest difference"]  # fmt: skip
    print(table(columns, rows))
    if "Keras" in took:
        print(
            f"\nKeras scores {n / statistics.median(took['Keras']):,.0f} windows a second in batches of {KERAS_BATCH}."
        )


if __name__ == "__main__":
    main()
