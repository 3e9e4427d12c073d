"""What fewer fragments do to predictions, and whether these stay above a motif scan.

Thins the 100 cells of chr22 (published weights, factors with ChIP-seq peaks) and the deepest cluster of the simulated
data (demo models, test chromosome). Takes about ten minutes on two cores.

Usage: python experiments/downsampling.py [--check] [--threads 2]
"""

import tempfile
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import torch
from _chr22 import CHROM, MOTIFS, Chr22
from _report import data_dir, options, publish
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import scmaxatac as sma
from scmaxatac._constants import HUMAN_GENOME_SIZE

N_SEEDS = {"chr22": 2, "toy": 3}
SIZES = {"chr22": (2_000, 6_000, 20_000), "toy": (300, 1_000, 3_000, 10_000, 30_000, 100_000)}
"""Fragments; all fragments of the cells come on top."""

BLOCK = {"chr22": 200_000, "toy": 20_000}
"""Length of the stretches that are drawn for intervals, in bp."""

MEAN = "mean"
"""Name of the rows that hold the means over all factors."""


def main() -> None:
    """Write the table and the figure."""
    args = options(__doc__)
    torch.set_num_threads(args.threads)
    table = pd.concat([on_chr22(Chr22(data_dir())), on_toy()], ignore_index=True)
    precisions = ["average_precision", "low", "high", "seeds_differ", "of_all", "motifs_covered", "motifs_anywhere"]
    publish(
        "downsampling",
        table,
        draw(table),
        keys=["data", "tf", "n_fragments"],
        tolerance=dict.fromkeys([*precisions, "spearman"], 0.005) | {"n_sites": 2},
        check=args.check,
    )


def on_chr22(data: Chr22) -> pd.DataFrame:
    """Rows of chr22; bins count that lie in the stretches of known sequence."""
    hits = sma.tl.motif_scan(data.genome, MOTIFS, regions=data.covered)
    anywhere = {
        tf: average_precision(hits, tf, bed, genome=data.genome, regions=data.covered) for tf, bed in data.peaks.items()
    }
    found = thinned(
        "chr22", data.adata, "all", group="cells", genome=data.genome, fragments=data.fragments, models=data.models(),
        peaks=data.peaks, motifs=MOTIFS, regions=data.covered, compare_in=data.covered, chroms=CHROM,
    )  # fmt: skip
    return summary("chr22", found, anywhere, per_genome=HUMAN_GENOME_SIZE / data.genome.sizes[CHROM])


def on_toy() -> pd.DataFrame:
    """Rows of the simulated cluster with most fragments, on the chromosome that the demo models were tested on."""
    toy = sma.datasets.toy()
    bulks = sma.pp.pseudobulk(toy.adata, "cell_type", genome=toy.genome)
    group = str(bulks.qc["n_fragments"].idxmax())
    mine = toy.chip_peaks[toy.chip_peaks["group"] == group]
    peaks = dict(list(mine.groupby("tf")))
    hits = sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks, chroms=toy.chroms_test)
    anywhere = {tf: average_precision(hits, tf, table, genome=toy.genome) for tf, table in peaks.items()}
    found = thinned(
        "toy", toy.adata, "cell_type", group=group, genome=toy.genome, models="demo", peaks=peaks, motifs=toy.motifs,
        chroms=toy.chroms_test, signal_chroms=toy.genome.chroms,
    )  # fmt: skip
    return summary("toy", found, anywhere, per_genome=HUMAN_GENOME_SIZE / sum(toy.genome.sizes.values()))


def thinned(name: str, adata: Any, groupby: str, **arguments: Any) -> pd.DataFrame:
    """Down-sampling curves of all seeds, one below the other."""
    with tempfile.TemporaryDirectory() as folder:  # the prediction from all fragments is made once
        curves = [
            sma.tl.downsampling_curve(
                adata,
                groupby,
                sizes=SIZES[name],
                threshold="f1",
                block_size=BLOCK[name],
                out_dir=folder,
                rng=seed,
                **arguments,
            )
            for seed in range(N_SEEDS[name])
        ]
    return pd.concat(curves)


def average_precision(hits: pd.DataFrame, tf: str, peaks: Any, **where: Any) -> float:
    """Average precision of a factor's motif matches, wherever they are."""
    table = sma.tl.benchmark(hits[hits["tf"] == tf], peaks, n_bootstrap=0, **where)
    return float(table.loc["pooled", "average_precision"])


def summary(name: str, found: pd.DataFrame, anywhere: dict[str, float], *, per_genome: float) -> pd.DataFrame:
    """Means over the seeds, a row a factor and size, and below them the means over all factors."""
    cases = found.groupby(["tf", "n_fragments"])
    table = cases[["n_cells", "n_positive", "n_sites", "spearman", "average_precision"]].mean()
    table["low"], table["high"] = cases["ap_low"].mean(), cases["ap_high"].mean()
    table["seeds_differ"] = cases["average_precision"].max() - cases["average_precision"].min()
    table["motifs_covered"] = cases["motif_average_precision"].mean()
    table = table.reset_index()
    table["motifs_anywhere"] = table["tf"].map(anywhere)
    means = table.groupby("n_fragments").mean(numeric_only=True).reset_index().assign(tf=MEAN)
    means[["low", "high", "seeds_differ"]] = float("nan")
    table = pd.concat([table.set_index("tf").loc[list(anywhere)].reset_index(), means], ignore_index=True)
    full = table[table["n_fragments"] == table["n_fragments"].max()].set_index("tf")["average_precision"]
    return pd.DataFrame(
        {
            "data": name,
            "tf": table["tf"],
            "n_fragments": table["n_fragments"],
            "millions_per_genome": (table["n_fragments"] * per_genome / 1e6).round(2),
            "n_cells": table["n_cells"].round().astype(int),
            "n_positive": table["n_positive"].round().astype(int),
            "average_precision": table["average_precision"],
            "low": table["low"],
            "high": table["high"],
            "seeds_differ": table["seeds_differ"],
            "of_all": table["average_precision"] / table["tf"].map(full),
            "motifs_covered": table["motifs_covered"],
            "motifs_anywhere": table["motifs_anywhere"],
            "spearman": table["spearman"],
            "n_sites": table["n_sites"].round().astype(int),
        }
    )


def draw(table: pd.DataFrame) -> Figure:
    """Average precision against fragments, a panel a factor."""
    named = table[table["tf"] != MEAN]
    cases = list(dict.fromkeys(zip(named["data"], named["tf"], strict=True)))
    figure, axes = plt.subplots(-(-len(cases) // 4), 4, figsize=(8.8, 4.4), sharey=True, layout="constrained")
    for ax, (name, tf) in zip(axes.flat, cases, strict=False):
        _draw_curve(ax, table[(table["data"] == name) & (table["tf"] == tf)])
        ax.set_title(f"{tf}, {'simulated' if name == 'toy' else name}", fontsize=9)
    for ax in axes.flat[len(cases) :]:
        ax.set_axis_off()
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.supylabel("Average precision", fontsize=9)
    for ax in axes[-1]:
        ax.set_xlabel("Fragments", fontsize=8)
    return figure


def _draw_curve(ax: Axes, rows: pd.DataFrame) -> None:
    x = rows["n_fragments"]
    ax.fill_between(x, rows["low"], rows["high"], color="#0072B2", alpha=0.15, linewidth=0)
    ax.plot(x, rows["average_precision"], color="#0072B2", marker="o", markersize=4, linewidth=1.4, label="model")
    ax.plot(x, rows["motifs_covered"], color="#D55E00", marker="s", markersize=3.5, linewidth=1.1,
            label="motif scan, where insertions are")  # fmt: skip
    ax.plot(x, rows["motifs_anywhere"], color="#009E73", linestyle="--", linewidth=1.1, label="motif scan, everywhere")
    ax.set_xscale("log")
    ax.set_ylim(0, 1)
    ax.minorticks_off()
    shown = x if len(x) < 5 else x[::2]
    ax.set_xticks(shown, [f"{n / 1000:.{0 if n > 999 else 1}f}k" for n in shown])
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
