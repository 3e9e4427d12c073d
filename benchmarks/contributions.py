"""Contributions: how much of the network's bare rate is left to mutagenesis of sites, and what DeepLIFT takes.

Bins of the chr22 data with the largest scores, real signal, published weights. Mutagenesis of 128 bases is 385 windows
a site. The bare rate is that of the engine alone on the very same windows, in the same blocks, in the same turn; the
other side is everything from the table of regions to the contributions. DeepLIFT runs in the same turns where
tangermeme is installed.

    python benchmarks/contributions.py [--quick]
"""

import tempfile
from importlib.util import find_spec

import numpy as np
import pandas as pd
from _chr22 import Chr22
from _common import ROUNDS, data_dir, machine, options, ratio, table, take_turns, timed

from scmaxatac import settings
from scmaxatac.predict._contribution_sites import place
from scmaxatac.predict._run import Run
from scmaxatac.predict._run_contributions import explain
from scmaxatac.sequence import _mutagenesis

TFS = ("CTCF", "SPI1")
GROUP = "g00"
SHARE = 0.02
"""Of the regions, that are predicted before sites are explained."""

WIDTH = 128


def best_regions(run: Run, tf: str, n: int) -> pd.DataFrame:
    """Bins with the largest scores, at least 1 kb apart."""
    starts, scores = run.store.read(GROUP, tf, "chr22")
    chosen: list[int] = []
    for start in starts[np.argsort(-scores, kind="stable")].tolist():
        if all(abs(start - other) >= 1_000 for other in chosen):
            chosen.append(start)
        if len(chosen) == n:
            break
    return pd.DataFrame({"chrom": "chr22", "start": chosen, "end": np.array(chosen) + 32})


class Recorder:
    """An engine that keeps what it was asked for."""

    def __init__(self, engine) -> None:
        self._engine, self.grid, self.n_outputs = engine, engine.grid, engine.n_outputs
        self.blocks: list[tuple[np.ndarray, np.ndarray]] = []

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows."""
        self.blocks.append((codes, signal))
        return self._engine.predict(codes, signal)


def measure(run: Run, chr22: Chr22, tf: str, n: int, rounds: int) -> list[tuple]:
    """Rows of the table for one factor and number of sites."""
    regions = best_regions(run, tf, n)

    def contributions(method: str) -> None:
        placed = place(run, chr22.genome, regions, tf, [GROUP], WIDTH)[GROUP]
        explain(run, chr22.genome, placed, tf, GROUP, method=method, strand="forward")

    blocks = recorded(run, lambda: contributions("mutagenesis"))
    engine = run.engine([tf], precision="float32", soften=_mutagenesis.SOFTEN)
    peers = {
        "bare network": timed(lambda: [engine.predict(*block) for block in blocks]),
        "mutagenesis": timed(lambda: contributions("mutagenesis")),
    }
    if find_spec("tangermeme"):
        peers["DeepLIFT"] = timed(lambda: contributions("deeplift"))
    for call in peers.values():
        call()  # compiles and warms up
    seconds = take_turns(peers, rounds)
    n_windows = sum(len(codes) for codes, _ in blocks)
    return [
        (name, tf, len(regions), n_windows if name != "DeepLIFT" else "", float(np.median(each)) / len(regions),
         ratio(seconds["bare network"], each) if name != "DeepLIFT" else "")
        for name, each in seconds.items()
    ]  # fmt: skip


def recorded(run: Run, call) -> list[tuple[np.ndarray, np.ndarray]]:
    """Windows that a call asks the run's engine for."""
    recorders: list[Recorder] = []

    def engine(*args, **options) -> Recorder:
        recorders.append(Recorder(Run.engine(run, *args, **options)))
        return recorders[-1]

    run.engine = engine
    try:
        call()
    finally:
        del run.engine
    return [block for recorder in recorders for block in recorder.blocks]


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__)
    settings.progress = False
    chr22 = Chr22(data_dir())
    rounds = 1 if args.quick else ROUNDS
    print(machine())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        chr22.predict(chr22.models(TFS), regions=chr22.fewer_regions(SHARE), out_dir=folder)
        run = Run.open(folder)
        for n in (1, 4) if args.quick else (1, 20):
            for tf in TFS:
                rows += measure(run, chr22, tf, n, rounds)
    print(f"\nContributions of {WIDTH} bases a site, median of {rounds} rounds.\n")
    print(table(["", "factor", "sites", "windows", "seconds a site", "of the bare rate"], rows))


if __name__ == "__main__":
    main()
