"""How the cost of `predict_tfbs` grows with the number of windows, networks, groups and threads, on chr22.

For windows, networks and groups the exponent b of seconds = a * size^b is fitted: 1 is linear growth, below it
something is shared. Sizes take turns. Threads are set by OMP_NUM_THREADS in fresh processes.

    python benchmarks/scaling.py [--quick]
"""

import os
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from _chr22 import Chr22
from _common import data_dir, machine, options, table, take_turns, timed

from scmaxatac import settings

ROUNDS = 3
TF = "CTCF"


def main() -> None:
    """Measure and print the tables."""
    args = options(__doc__, share={"type": float, "help": "only predict this share of the regions, with one network"})
    settings.progress = False
    warnings.simplefilter("ignore")
    chr22 = Chr22(data_dir())
    one = chr22.models([TF])
    if args.share:
        print(_median_of_three(chr22, args.share))
        return
    print(machine())
    every = chr22.models()
    base = 0.02 if args.quick else 0.1
    rounds = 1 if args.quick else ROUNDS
    chr22.predict(one, regions=chr22.fewer_regions(0.01), device="cpu")  # compiles kernels, fills caches

    def show(what: str, sizes: Sequence[int], call: Callable[[int], object]) -> None:
        took = take_turns({size: timed(lambda size=size: call(size)) for size in sizes}, rounds)
        medians = [statistics.median(took[size]) for size in sizes]
        exponent = np.polyfit(np.log(sizes), np.log(medians), 1)[0]
        rows = [(size, seconds, seconds / size * 1000, seconds / size / (medians[0] / sizes[0]))
                for size, seconds in zip(sizes, medians, strict=True)]  # fmt: skip
        print(f"\nFitted exponent for {what}: {exponent:.2f}\n")
        print(table([what, "seconds", "ms each", "cost of one, against the first row"], rows))

    n_windows = {}
    for factor in (1, 2, 4, 8):
        share = base * factor
        n_windows[_count(chr22, share)] = share
    show(
        "windows",
        list(n_windows),
        lambda n: chr22.predict(one, regions=chr22.fewer_regions(n_windows[n]), device="cpu"),
    )
    few = chr22.fewer_regions(base)
    show("networks", [1, 2, 5, 10], lambda n: chr22.predict(every[:n], regions=few, device="cpu"))
    show("groups", [1, 2, 4, 8, 16], lambda n: chr22.predict(one, n_groups=n, regions=few, device="cpu"))
    cores = len(os.sched_getaffinity(0))
    counts = sorted({1, *(2**i for i in range(1, 10) if 2**i <= cores), cores})
    seconds = {n: _in_process(n, base * 4) for n in counts}
    print()
    rows = [(n, seconds[n], seconds[1] / seconds[n], f"{seconds[1] / seconds[n] / n:.0%}") for n in counts]
    print(table(["threads", "seconds", "times faster than one", "of ideal"], rows))


def _count(chr22: Chr22, share: float) -> int:
    from scmaxatac.genome._intervals import Intervals
    from scmaxatac.genome._windows import window_starts

    return len(window_starts(chr22.genome, "chr22", regions=Intervals.from_frame(chr22.fewer_regions(share))))


def _median_of_three(chr22: Chr22, share: float) -> float:
    models, regions = chr22.models([TF]), chr22.fewer_regions(share)
    chr22.predict(models, regions=chr22.fewer_regions(0.01), device="cpu")
    call = timed(lambda: chr22.predict(models, regions=regions, device="cpu"))
    return statistics.median(call() for _ in range(ROUNDS))


def _in_process(threads: int, share: float) -> float:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, "--share", str(share)]
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
