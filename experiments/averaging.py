"""Whether it pays to average over more windows, and over both strands.

Predicts the published models on chr22 with windows every 64 bp on both strands, once, and averages the subsets that
larger steps and the forward strand alone would have given. Takes about ten minutes on two cores.

Usage: python experiments/averaging.py [--check] [--threads 2]
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _chr22 import CHROM, Chr22
from _ranking import bins_with_peaks, interval, precision_and_draws
from _report import data_dir, options, publish
from matplotlib.figure import Figure

from scmaxatac._constants import WINDOW
from scmaxatac.atac import Signal
from scmaxatac.genome import Intervals
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.genome._windows import window_starts
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.scores._bin_scores import average_windows

STEPS = (512, 256, 128, 64)
ORIGINAL = (256, "forward")
BLOCK = 200_000
"""Length of the stretches that are drawn, in bp: 28 of them hold a base of known sequence."""

PER_CALL = 4_096

OFFSETS = {(512, "forward"): (7, -10), (256, "forward"): (-32, 5), (512, "mean"): (7, -12), (256, "mean"): (-33, 5)}
"""Where labels of the figure would lie on one another otherwise, in points."""


def main() -> None:
    """Write the table and the figure."""
    args = options(__doc__)
    torch.set_num_threads(args.threads)
    table = compare(Chr22(data_dir()))
    tolerance = {name: 0.003 for name in table if name not in ("step", "strand", "windows", "better")}
    publish("averaging", table, draw(table), keys=["step", "strand"], tolerance=tolerance, check=args.check)


def compare(data: Chr22) -> pd.DataFrame:
    """Average precision of every way to average, a row a way."""
    regions = Intervals.from_frame(data.covered)
    starts = {step: window_starts(data.genome, CHROM, step=step, regions=regions) for step in STEPS}
    every = starts[min(STEPS)]
    by_strand = score_windows(data, every)
    found, draws = {}, {}
    for strand, scores in by_strand.items():
        for step in STEPS:
            tiles = list(
                average_windows(starts[step], len(scores), lambda s, x=scores: x[:, np.searchsorted(every, s)])
            )
            results = [
                precision_and_draws(bins_with_peaks(tiles, m, bed, data.genome, CHROM, data.covered), BLOCK)
                for m, bed in enumerate(data.peaks.values())
            ]
            found[step, strand] = np.array([value for value, _ in results])
            draws[step, strand] = np.nanmean([drawn for _, drawn in results], axis=0)
    rows = []
    for (step, strand), values in found.items():
        low, high = interval(draws[step, strand])
        d_low, d_high = interval(draws[step, strand] - draws[ORIGINAL])
        rows.append(
            {
                "step": step,
                "strand": strand,
                "windows": round(len(starts[step]) / len(starts[ORIGINAL[0]]) * (2 if strand == "mean" else 1), 1),
                "mean": values.mean(),
                "mean_low": low,
                "mean_high": high,
                "difference": values.mean() - found[ORIGINAL].mean(),
                "difference_low": d_low,
                "difference_high": d_high,
                "better": int((values > found[ORIGINAL]).sum()),
                **dict(zip(data.peaks, values, strict=True)),
            }
        )
    return pd.DataFrame(rows)


def score_windows(data: Chr22, starts: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of windows on the forward strand, and their means over both: (models, windows, 32) each."""
    engine = make_engine(data.models(), backend="torch")
    signal = Signal.from_insertions(data.insertions, "cells", data.genome, [CHROM])
    codes = np.lib.stride_tricks.sliding_window_view(data.genome.codes(CHROM), WINDOW)
    forward, both = [], []
    for lo in range(0, len(starts), PER_CALL):
        some = starts[lo : lo + PER_CALL]
        bases, values = codes[some], signal.windows(CHROM, some)
        forward.append(engine.predict(bases, values))
        reverse = engine.predict(reverse_complement(bases), values[:, ::-1])
        both.append((forward[-1] + reverse[:, :, ::-1]) / 2)
    return {"forward": np.concatenate(forward, axis=1), "mean": np.concatenate(both, axis=1)}


def draw(table: pd.DataFrame) -> Figure:
    """Difference to the original against the number of windows."""
    figure, ax = plt.subplots(figsize=(5.2, 3.2), layout="constrained")
    styles = {"forward": ("forward strand", "#0072B2", "o"), "mean": ("mean of both strands", "#D55E00", "s")}
    for i, (strand, (label, color, marker)) in enumerate(styles.items()):
        rows = table[table["strand"] == strand].sort_values("windows")
        x = rows["windows"] * (0.98, 1.02)[i]  # side by side where both need as many windows
        low, high = rows["difference"] - rows["difference_low"], rows["difference_high"] - rows["difference"]
        ax.errorbar(x, rows["difference"], yerr=[low, high], color=color, marker=marker, markersize=5, linewidth=1.2,
                    capsize=2, label=label)  # fmt: skip
        for where, value, step in zip(x, rows["difference"], rows["step"], strict=True):
            ax.annotate(f"{step} bp", (where, value), OFFSETS.get((step, strand), (6, 6)), textcoords="offset points",
                        fontsize=7, color=color)  # fmt: skip
    ax.axhline(0, color="#6E6E6E", linewidth=0.8)
    ax.set_xscale("log", base=2)
    ax.set_xticks([0.5, 1, 2, 4, 8], ["0.5", "1", "2", "4", "8"])
    ax.set_xlim(0.42, 11)
    ax.set_xlabel("Windows, relative to the original (256 bp, forward)")
    ax.set_ylabel("Mean average precision,\ndifference to the original")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    return figure


if __name__ == "__main__":
    main()
