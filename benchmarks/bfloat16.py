"""What bfloat16 costs in accuracy, and what it saves: average precision, scores and rates on chr22 in both precisions.

Predicted binding of three factors in 100 PBMC cells against ChIP-seq of GM12878, over 200-bp bins of the covered part
of chr22. Differences between the precisions mean something; the figures themselves little, because the cells are
others and the models were trained on this chromosome. Rates are those of the bare networks on random windows, the
precisions in turn. OpenVINO computes where the processor multiplies bfloat16 numbers, else torch, which can do so on
any processor, but slowly where it has to imitate them.

    python benchmarks/bfloat16.py [--quick]
"""

import statistics
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from _chr22 import Chr22
from _common import ROUNDS, data_dir, has_bfloat16, machine, options, ratio, table, take_turns

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.nn.engines._registry import BACKENDS, make_engine

TFS = ("CTCF", "SPI1", "ELF1")


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__)
    settings.progress = False
    warnings.simplefilter("ignore")
    data = data_dir()
    chr22 = Chr22(data)
    regions = chr22.fewer_regions(0.02) if args.quick else chr22.regions
    print(machine() + "\n")
    backend = "openvino" if has_bfloat16() and BACKENDS["openvino"].is_installed() else "torch"
    precision: dict[tuple[str, str], float] = {}
    scores: dict[tuple[str, str], np.ndarray] = {}
    for number in ("float32", "bfloat16"):
        with tempfile.TemporaryDirectory() as folder:
            adata = chr22.predict(
                chr22.models(TFS), regions=regions, include_flanks=True, save_tracks=True, out_dir=folder,
                device="cpu", backend=backend, precision=number,
            )  # fmt: skip
            tracks = adata.uns["tfbs"]["files"].set_index(["kind", "tf"])["path"]
            for tf in TFS:
                scores[tf, number] = sma.get.track(adata, tf, "g00")["score"].to_numpy()
                scored = sma.tl.benchmark(
                    Path(folder) / tracks["bigwig", tf], data / "chr22" / "chip" / f"{tf}.GM12878.bed.gz",
                    genome=chr22.genome, chroms="chr22", regions=regions, n_bootstrap=0,
                )  # fmt: skip
                precision[tf, number] = float(scored.loc["pooled", "average_precision"])
    rows = [
        (tf, f"{precision[tf, 'float32']:.4f}", f"{precision[tf, 'bfloat16']:.4f}",
         f"{precision[tf, 'bfloat16'] - precision[tf, 'float32']:+.4f}",
         float(np.abs(scores[tf, "bfloat16"] - scores[tf, "float32"]).max())) for tf in TFS
    ]  # fmt: skip
    columns = ["average precision", "float32", "bfloat16", "difference", "largest difference of a score"]
    print(f"{backend} computed.\n\n{table(columns, rows)}\n")
    _rates(chr22, backend, 0.3 if args.quick else 3.0)


def _rates(chr22: Chr22, backend: str, seconds: float) -> None:
    rng = np.random.default_rng(0)
    windows = rng.integers(0, 4, (512, 1024), dtype=np.uint8), rng.gamma(0.5, 1.0, (512, 1024)).astype(np.float32)
    engines = {
        number: make_engine(chr22.models(TFS[:1]), backend=backend, device="cpu", precision=number)
        for number in ("float32", "bfloat16")
    }
    for engine in engines.values():
        engine.predict(*windows)

    def rate(number: str) -> float:
        n, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            engines[number].predict(*windows)
            n += len(windows[0])
        return n / (time.perf_counter() - start)

    rates = take_turns({number: lambda number=number: rate(number) for number in engines}, ROUNDS)
    rows = [(number, statistics.median(found), ratio(found, rates["float32"])) for number, found in rates.items()]
    print(table(["", "windows/s", "times float32"], rows))


if __name__ == "__main__":
    main()
