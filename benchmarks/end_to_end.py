"""The whole of `predict_tfbs` on chr22 with three networks against the bare networks on the same windows.

"bare" scores the windows from arrays that are there already; `predict_tfbs` reads fragments and models, makes the
signal, gathers the windows, averages bins, calls sites and fills the slots. The bare networks score every window by
itself, while `predict_tfbs` computes the first blocks once a place, so it can be the faster one. Both take turns; the
last line is measured within the runs of `predict_tfbs` themselves.

    python benchmarks/end_to_end.py [--quick]
"""

import statistics
import time
import warnings

import numpy as np
from _chr22 import Chr22
from _common import ROUNDS, data_dir, machine, options, ratio, table, take_turns, timed

from scmaxatac import settings
from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.atac._signal import Signal
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.nn.engines import _registry
from scmaxatac.nn.engines._protocol import Engine
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.predict import _run

TFS = ["CTCF", "SPI1", "ELF1"]


class Watched:
    """An engine that adds up the time spent in it."""

    seconds = 0.0

    def __init__(self, engine: Engine) -> None:
        for name in ("n_outputs", "grid", "predict", "find_stem", "predict_pieces"):
            if hasattr(engine, name):
                setattr(self, name, self._timed(getattr(engine, name)))

    def _timed(self, value: object) -> object:
        if not callable(value):
            return value

        def call(*args: object, **kwargs: object) -> object:
            start = time.perf_counter()
            try:
                return value(*args, **kwargs)
            finally:
                Watched.seconds += time.perf_counter() - start

        return call


def main() -> None:
    """Measure and print the tables."""
    args = options(__doc__)
    settings.progress = False
    warnings.simplefilter("ignore")
    chr22 = Chr22(data_dir())
    models = chr22.models(TFS)
    regions = chr22.fewer_regions(0.1) if args.quick else chr22.regions
    codes, signal = _windows(chr22, regions)
    engine = make_engine(models, device="cpu")
    engine.predict(codes[:256], signal[:256])
    shares = []

    def whole(**more: object) -> float:
        Watched.seconds = 0.0
        start = time.perf_counter()
        chr22.predict(models, regions=regions, device="cpu", **more)
        took = time.perf_counter() - start
        if not more:
            shares.append(Watched.seconds / took)
        return took

    print(machine())
    _run.make_engine = lambda *a, **k: Watched(_registry.make_engine(*a, **k))
    whole()  # compiles kernels, fills caches
    shares.clear()
    peers = {
        "bare networks": timed(lambda: engine.predict(codes, signal)),
        "predict_tfbs": whole,
        "predict_tfbs with bigWigs": lambda: whole(save_tracks=True),
    }
    seconds = take_turns(peers, 2 if args.quick else ROUNDS)
    work = len(codes) * len(models)
    print(f"{type(engine).__name__}, {len(codes):,} windows, {len(models)} networks.\n")
    rows = [
        (name, statistics.median(took), work / statistics.median(took), f"{ratio(seconds['bare networks'], took):.0%}")
        for name, took in seconds.items()
    ]
    print(table(["", "seconds", "windows/s a network", "of the bare rate"], rows))
    print(f"\nInside predict_tfbs, {statistics.median(shares):.1%} of the time is spent in the engine.")


def _windows(chr22: Chr22, regions: object) -> tuple[np.ndarray, np.ndarray]:
    """Codes and signal of the windows that a prediction scores."""
    from scmaxatac.fragments._fragment_file import FragmentFile

    source = FragmentFile(chr22.fragments, chr22.barcodes)
    insertions = collect_insertions([(source, np.zeros(len(chr22.barcodes), int))], ["g"], chr22.genome)
    starts = window_starts(chr22.genome, "chr22", regions=Intervals.from_frame(regions))
    signal = Signal.from_insertions(insertions, "g", chr22.genome, ["chr22"]).windows("chr22", starts)
    return np.lib.stride_tricks.sliding_window_view(chr22.genome.codes("chr22"), 1024)[starts], signal


if __name__ == "__main__":
    main()
