"""The time that is told before a run against the time that it takes.

Three cases: one group and three networks on chr22, the 13 cell types of PBMC on their loci, and 20 groups of a sparse
data set over whole chromosomes (as in `groups.py`), with one network each. Every round runs each case once, in a new
folder, and reads from the log what it was told. The time is that of the whole call. Target: estimates within 30% of the
median time.

    python benchmarks/estimate.py [--quick] [--backend openvino]
"""

import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from _chr22 import Chr22
from _common import ROUNDS, data_dir, machine, options, table, take_turns
from groups import FALL, Said, pbmc, sparse

from scmaxatac import settings
from scmaxatac.predict import _estimate


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__, backend={"default": "auto", "help": "engine; default: the one that predict_tfbs takes"})
    settings.progress = False
    warnings.simplefilter("ignore")
    logging.getLogger("scmaxatac").setLevel(logging.INFO)
    print(machine() + "\n")
    if args.quick:
        _estimate._LARGE_RUN = 1
    chr22 = Chr22(data_dir())
    models = chr22.models(["CTCF", "SPI1", "ELF1"])
    regions = chr22.fewer_regions(0.2) if args.quick else chr22.regions
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        settings.cache_dir = place / "cache"
        folders = {case: place / case for case in ("PBMC", "sparse")}
        for folder in folders.values():
            folder.mkdir()
        many, few = pbmc(folders["PBMC"], args.quick), sparse(folders["sparse"], args.quick, FALL)
        calls: dict[str, Callable[[Path], object]] = {
            "chr22, 1 group, 3 networks": lambda out: chr22.predict(
                models, regions=regions, device="cpu", backend=args.backend, out_dir=out
            ),
            f"PBMC, {len(many.groups)} groups": lambda out: many.predict(many.groups, out, args.backend),
            f"sparse, {len(few.groups)} groups": lambda out: few.predict(few.groups, out, args.backend),
        }
        told: dict[str, list[float]] = {case: [] for case in calls}

        def run(case: str) -> float:
            said = Said()
            logging.getLogger("scmaxatac").addHandler(said)
            with tempfile.TemporaryDirectory(dir=place) as out:
                start = time.perf_counter()
                calls[case](Path(out))
                took = time.perf_counter() - start
            logging.getLogger("scmaxatac").removeHandler(said)
            if said.seconds is None:
                raise SystemExit(f"{case}: no estimate was logged")
            told[case].append(said.seconds)
            return took

        for call in calls:  # compiles kernels, encodes genomes, measures backends
            run(call)
            told[call].clear()
        took = take_turns({case: lambda case=case: run(case) for case in calls}, 1 if args.quick else ROUNDS)
    rows = []
    for case, seconds in took.items():
        median = statistics.median(seconds)
        ratios = [estimate / median for estimate in told[case]]
        within = all(abs(ratio - 1) <= 0.3 for ratio in ratios)
        span = f"{min(ratios):.2f} to {max(ratios):.2f}"
        rows.append((case, len(seconds), statistics.median(told[case]), median, span, "yes" if within else "no"))
    print(table(["", "runs", "told, s", "median time, s", "told / median time", "within 30%"], rows))


if __name__ == "__main__":
    main()
