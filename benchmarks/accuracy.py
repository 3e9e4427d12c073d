"""Accuracy of the published models on 100 PBMC cells against ChIP-seq of GM12878, in the covered part of chr22.

Prints average precision and precision at 5% recall over 200-bp bins for every transcription factor that has both a
model and ChIP-seq peaks in the reference data, beside the same figures for the ATAC signal alone, and the F1 of sites
called by the rules for thresholds. The data are small (20 to 240 positive bins) and chr22 was among the training
chromosomes of the models: differences between methods on the same bins mean something, absolute figures little.

Usage: python benchmarks/accuracy.py [--precision bfloat16] [--strand mean] [--step 128] [--backend torch]
"""

import argparse
import gzip
import os
import tempfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

import scmaxatac as sma
from scmaxatac.genome import Intervals
from scmaxatac.io._bed import read_bed

RULES = ("f1", "matched")

BLOCK = 200_000
"""Length of the stretches that are drawn for intervals, in bp; the covered part of chr22 has 5 Mb."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--strand", default="forward")
    parser.add_argument("--step", type=int, default=256)
    options = parser.parse_args()
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = Path(os.environ.get("SCMAXATAC_TEST_DATA") or default)
    with tempfile.TemporaryDirectory() as scratch:
        print(table(data, Path(scratch), vars(options)).to_markdown(floatfmt=".3f"))


def table(data: Path, out_dir: Path, options: dict) -> pd.DataFrame:
    """Predict the factors that have peaks and compare them, a row a factor."""
    chr22, maxatac = data / "chr22", data / "maxatac"
    genome = sma.Genome(chr22 / "hg38_chr22_partial.fa.gz", blacklist=maxatac / "hg38_maxatac_blacklist.bed")
    fragments = chr22 / "pbmc_100cells_chr22.fragments.tsv.gz"
    with gzip.open(fragments, "rt") as lines:
        barcodes = sorted({line.split("\t")[3].strip() for line in lines if not line.startswith("#")})
    adata = ad.AnnData(obs=pd.DataFrame({"all": "cells"}, index=barcodes))
    covered = chr22 / "hg38_chr22_partial.covered.bed"
    peaks = {path.name.split(".")[0]: path for path in sorted((chr22 / "chip").glob("*.bed.gz"))}
    sma.tl.predict_tfbs(
        adata,
        "all",
        tfs=list(peaks),
        genome=genome,
        fragments=fragments,
        models=maxatac / "models",
        regions=covered,
        include_flanks=True,
        save_tracks=True,
        out_dir=out_dir,
        **options,
    )
    files = sma.get.params(adata)["out_dir"]
    tracks = adata.uns["tfbs"]["files"].set_index(["kind", "tf"])["path"]
    where = {"genome": genome, "chroms": "chr22", "regions": covered}
    rows = {}
    signal = Path(files) / tracks["signal_bigwig", ""]
    sites = {}
    for rule in RULES:
        sma.tl.call_sites(adata, rule)
        sites[rule] = sma.get.sites(adata)
    for tf, bed in peaks.items():
        model = sma.tl.benchmark(Path(files) / tracks["bigwig", tf], bed, **where, block_size=BLOCK).loc["pooled"]
        alone = sma.tl.benchmark(signal, bed, **where, n_bootstrap=0).loc["pooled"]
        rows[tf] = {
            "positive bins": int(model["n_positive"]),
            "average precision": model["average_precision"],
            "95% low": model["ap_low"],
            "95% high": model["ap_high"],
            "precision at 5% recall": model["precision_at_5pct_recall"],
            "ATAC alone": alone["average_precision"],
            "ATAC alone, at 5%": alone["precision_at_5pct_recall"],
            **{f"F1 of sites, {rule}": f1(sites[rule], tf, bed, where) for rule in RULES},
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def f1(sites: pd.DataFrame, tf: str, bed: Path, where: dict) -> float:
    """F1 of called 200-bp bins: those that a site overlaps."""
    called = sites[sites["tf"] == tf].assign(score=1.0)
    row = sma.tl.benchmark(called, bed, **where, n_bootstrap=0).loc["pooled"]
    if not len(called):
        return 0.0
    genome, regions = where["genome"], Intervals.from_frame(read_bed(where["regions"]))
    starts = np.arange(genome.sizes["chr22"] // 200) * 200
    counts = regions.overlap_length("chr22", starts, starts + 200) == 200
    counts &= ~genome.blacklist.overlaps("chr22", starts, starts + 200)
    hit = Intervals.from_frame(called.astype({"chrom": str})).overlaps("chr22", starts, starts + 200) & counts
    known = Intervals.from_frame(read_bed(bed)).overlaps("chr22", starts, starts + 200) & counts
    return float(2 * (hit & known).sum() / (hit.sum() + row["n_positive"]))


if __name__ == "__main__":
    main()
