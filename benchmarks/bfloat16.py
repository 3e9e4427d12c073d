"""What bfloat16 costs in accuracy: average precision on chr22 in both precisions.

Predicted binding of three factors in 100 PBMC cells against ChIP-seq of GM12878, over 200-bp bins of the covered part
of chr22. Differences between the precisions mean something; the figures themselves little, because the cells are
others and the models were trained on this chromosome. Torch computes both, as it does bfloat16 on any processor.

    python benchmarks/bfloat16.py [--quick]
"""

import tempfile
import warnings
from pathlib import Path

from _chr22 import Chr22
from _common import data_dir, machine, options, table

import scmaxatac as sma
from scmaxatac import settings

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
    precision: dict[tuple[str, str], float] = {}
    for number in ("float32", "bfloat16"):
        with tempfile.TemporaryDirectory() as folder:
            adata = chr22.predict(
                chr22.models(TFS), regions=regions, include_flanks=True, save_tracks=True, out_dir=folder,
                device="cpu", backend="torch", precision=number,
            )  # fmt: skip
            tracks = adata.uns["tfbs"]["files"].set_index(["kind", "tf"])["path"]
            for tf in TFS:
                scored = sma.tl.benchmark(
                    Path(folder) / tracks["bigwig", tf], data / "chr22" / "chip" / f"{tf}.GM12878.bed.gz",
                    genome=chr22.genome, chroms="chr22", regions=regions, n_bootstrap=0,
                )  # fmt: skip
                precision[tf, number] = float(scored.loc["pooled", "average_precision"])
    rows = [
        (tf, f"{precision[tf, 'float32']:.4f}", f"{precision[tf, 'bfloat16']:.4f}",
         f"{precision[tf, 'bfloat16'] - precision[tf, 'float32']:+.4f}") for tf in TFS
    ]  # fmt: skip
    print(table(["average precision", "float32", "bfloat16", "difference"], rows))


if __name__ == "__main__":
    main()
