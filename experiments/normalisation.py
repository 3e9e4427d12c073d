"""Whether a pile-up of insertions at one locus spoils the signal: 99th percentile against maximum.

Plants a pile-up, scales the coverage by either, and predicts CTCF on chr22 with the published weights, and all factors
on the simulated chr5 with the demo models. Takes a few minutes on two cores.

Usage: python experiments/normalisation.py [--check] [--threads 2]
"""

from collections.abc import Mapping
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _chr22 import CHROM, Chr22
from _ranking import bins_with_peaks, interval, precision_and_draws
from _report import data_dir, options, publish
from matplotlib.figure import Figure

import scmaxatac as sma
from scmaxatac._constants import CALIBRATION_BIN, WINDOW
from scmaxatac.atac import Insertions, Signal
from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.evaluate._benchmark import ScoredBins
from scmaxatac.evaluate._precision_recall import average_precision
from scmaxatac.fragments._read_groups import read_groups
from scmaxatac.genome import Genome, Intervals
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._windows import window_starts
from scmaxatac.models import TFModel
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.scores._bin_scores import average_windows

SHARES = (0.0, 0.001, 0.01, 0.1)
"""Insertions at the planted locus, as a share of the group's."""

LOCUS = 200
"""Width of the planted locus in bp."""

BLOCK = {"chr22": 200_000, "toy": 20_000}
"""Length of the stretches that are drawn, in bp."""


def main() -> None:
    """Write the table and the figure."""
    args = options(__doc__)
    torch.set_num_threads(args.threads)
    table = pd.DataFrame(on_chr22(Chr22(data_dir())) + on_toy())
    publish(
        "normalisation",
        table,
        draw(table),
        keys=["data", "tf", "scaled_by", "pile_up_percent"],
        tolerance=dict.fromkeys(
            ["average_precision", "low", "high", "with_locus", "change", "change_low", "change_high"], 0.003
        ),
        check=args.check,
    )


def on_chr22(data: Chr22) -> list[dict[str, object]]:
    """Rows of CTCF on chr22."""
    longest = data.covered.loc[(data.covered["end"] - data.covered["start"]).idxmax()]
    locus = free_locus(data.genome, CHROM, int(longest["start"] + longest["end"]) // 2)
    model = next(model for model in data.models() if model.tf == "CTCF")
    return rows(
        "chr22", data.genome, CHROM, locus, data.insertions, [model], {"CTCF": {"cells": data.peaks["CTCF"]}},
        covered=data.covered,
    )  # fmt: skip


def on_toy() -> list[dict[str, object]]:
    """Rows of all factors on the chromosome that the demo models were tested on, all clusters together."""
    toy = sma.datasets.toy()
    (chrom,) = toy.chroms_test
    grouped = read_groups(toy.adata, "cell_type")
    insertions = collect_insertions(grouped.sources, grouped.libraries, toy.genome)
    models = sma.models.load_many("demo", toy.tfs)
    chip = toy.chip_peaks
    peaks = {
        tf: {group: chip[(chip["tf"] == tf) & (chip["group"] == group)] for group in insertions.libraries}
        for tf in toy.tfs
    }
    return rows(
        "toy", toy.genome, chrom, free_locus(toy.genome, chrom, toy.genome.sizes[chrom] // 2), insertions, models, peaks
    )


def rows(
    name: str,
    genome: Genome,
    chrom: str,
    locus: int,
    insertions: Insertions,
    models: list[TFModel],
    peaks: Mapping[str, Mapping[str, Table]],
    covered: pd.DataFrame | None = None,
) -> list[dict[str, object]]:
    """Average precision of every factor with either scaling and every pile-up, the bins of all groups together."""
    engine = make_engine(models, backend="torch")
    regions = None if covered is None else Intervals.from_frame(covered)
    starts = window_starts(genome, chrom, regions=regions)
    codes = np.lib.stride_tricks.sliding_window_view(genome.codes(chrom), WINDOW)
    table, reference = [], {}
    for scaled_by in ("99th percentile", "maximum"):
        for share in SHARES:
            found: dict[str, list[ScoredBins]] = {tf: [] for tf in peaks}
            units = []
            for group in insertions.libraries:
                signal = scaled(with_pile_up(insertions, group, chrom, locus, share), genome, scaled_by)
                units.append(signal.p99)
                tiles = list(
                    average_windows(
                        starts, len(models), lambda s, x=signal: engine.predict(codes[s], x.windows(chrom, s))
                    )
                )
                for m, model in enumerate(models):
                    bins = bins_with_peaks(tiles, m, peaks[model.tf][group], genome, chrom, covered)
                    found[model.tf].append(bins)
            for tf, parts in found.items():
                every = pooled(parts)
                value, draws = precision_and_draws(off_locus(every, locus), BLOCK[name])
                base, base_draws = reference.setdefault(tf, (value, draws))
                low, high = interval(draws)
                change_low, change_high = interval(draws - base_draws)
                table.append(
                    {
                        "data": name,
                        "tf": tf,
                        "scaled_by": scaled_by,
                        "pile_up_percent": 100 * share,
                        "coverage_of_1": round(float(np.mean(units)), 1),
                        "average_precision": value,
                        "low": low,
                        "high": high,
                        "with_locus": average_precision(every.scores, every.truth),
                        "change": value - base,
                        "change_low": change_low,
                        "change_high": change_high,
                    }
                )
    return table


def free_locus(genome: Genome, chrom: str, near: int) -> int:
    """Start of the first locus from `near` on that lies 1 kb off the blacklist."""
    starts = np.arange(near, genome.sizes[chrom] - 2_000, LOCUS)
    if genome.blacklist is not None:
        starts = starts[~genome.blacklist.overlaps(chrom, starts - 1_000, starts + LOCUS + 1_000)]
    return int(starts[0])


def with_pile_up(insertions: Insertions, group: str, chrom: str, locus: int, share: float) -> Insertions:
    """Take the insertions of a group and add a share of their number at the locus."""
    positions = {name: insertions.positions(group, name) for name in insertions.chroms}
    n = round(share * insertions.n_insertions(group))
    more = np.random.default_rng(0).integers(locus, locus + LOCUS, size=n)
    positions[chrom] = np.concatenate([positions[chrom], more])
    return Insertions.from_positions({group: positions})


def scaled(insertions: Insertions, genome: Genome, scaled_by: str) -> Signal:
    """Signal of the only group, where the 99th percentile or the maximum of the coverage becomes 1."""
    signal = Signal.from_insertions(insertions, insertions.libraries[0], genome, insertions.chroms)
    if scaled_by == "99th percentile":
        return signal
    return replace(signal, maximum=max(float(signal.scaled_runs(chrom)[1].max()) for chrom in insertions.chroms))


def pooled(parts: list[ScoredBins]) -> ScoredBins:
    """Bins of several groups together; a stretch of the chromosome is drawn with those of all groups."""
    return ScoredBins(
        *(np.concatenate(column) for column in zip(*((p.starts, p.scores, p.truth) for p in parts), strict=True))
    )


def off_locus(bins: ScoredBins, locus: int) -> ScoredBins:
    """Leave out the bins that share a window with the locus."""
    keep = (bins.starts + CALIBRATION_BIN <= locus - WINDOW) | (bins.starts >= locus + LOCUS + WINDOW)
    return ScoredBins(bins.starts[keep], bins.scores[keep], bins.truth[keep])


def draw(table: pd.DataFrame) -> Figure:
    """Average precision against the pile-up, a panel a factor."""
    cases = list(dict.fromkeys(zip(table["data"], table["tf"], strict=True)))
    figure, axes = plt.subplots(1, len(cases), figsize=(8.4, 2.7), sharey=True, layout="constrained")
    styles = {"99th percentile": ("#0072B2", "o", -0.06), "maximum": ("#D55E00", "s", 0.06)}
    for ax, (name, tf) in zip(axes, cases, strict=True):
        for scaled_by, (color, marker, shift) in styles.items():
            mine = table[(table["data"] == name) & (table["tf"] == tf) & (table["scaled_by"] == scaled_by)]
            value = mine["average_precision"]
            ax.errorbar(np.arange(len(mine)) + shift, value, yerr=[value - mine["low"], mine["high"] - value],
                        color=color, marker=marker, markersize=4, capsize=2, label=scaled_by)  # fmt: skip
        ax.set_xticks(range(len(SHARES)), ["none", *(f"{100 * share:g}%" for share in SHARES[1:])])
        ax.set_title(f"{tf}, {'simulated' if name == 'toy' else name}", fontsize=9)
        ax.set_ylim(0, 1)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_xlabel("Pile-up, share of all insertions", fontsize=8)
        ax.tick_params(labelsize=8)
    axes[0].set_ylabel("Average precision")
    handles, labels = axes[0].get_legend_handles_labels()
    labels = [f"coverage over its {label}" for label in labels]
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


if __name__ == "__main__":
    main()
