"""Which threshold finds most of what is bound when a group has few fragments.

Compares the published threshold ("f1"), the one by rank ("matched"), the one halfway between ("mixed"), one learned by
thinning another group ("thinned"), and the best in hindsight: on a simulated genome that the demo models have not seen,
three clusters, at several depths; and on chr22 with the published weights. About fifteen minutes on two cores.

Usage: python experiments/thresholds.py [--check] [--threads 2]
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _chr22 import CHROM, Chr22
from _report import data_dir, options, publish
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import scmaxatac as sma
from scmaxatac._constants import BIN, CALIBRATION_BIN
from scmaxatac.evaluate._benchmark import max_per_bin
from scmaxatac.genome import Genome, Intervals
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals_on_genome import as_intervals
from scmaxatac.models import Calibration
from scmaxatac.predict._run import Run
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._ranking import calibration_bins, nth_largest

SIZES = {"toy": (4_000, 10_000, 40_000), "chr22": (5_711, 14_279, 28_557)}
"""Fragments; all fragments of the group come on top."""

BLOCK = {"toy": 100_000, "chr22": 200_000}
"""Length of the stretches that are drawn for intervals, in bp."""

RULES = ("f1", "matched", "mixed", "thinned")
N_DRAWS = 1_000
COLOURS = {"f1": "#D55E00", "matched": "#009E73", "mixed": "#0072B2", "thinned": "#CC79A7", "best": "0.45"}
LABELS = {"thinned": "learned by thinning", "best": "best in hindsight"}


class Bins(NamedTuple):
    """200-bp bins that count: largest score, whether a site is there, number of the stretch."""

    scores: np.ndarray
    truth: np.ndarray
    blocks: np.ndarray


class Case(NamedTuple):
    """A group's scores for a factor at a depth, and the model's calibration."""

    bins: Bins
    calibration: Calibration

    @property
    def expected(self) -> float:
        """Bins that the calibration expects to be called."""
        return self.calibration.rate() * len(self.bins.scores)

    def threshold(self, rule: str) -> float:
        """Threshold of a rule, as predict_tfbs would choose it if it had predicted exactly these bins."""
        published, by_rank = self.calibration.threshold("f1"), nth_largest(self.bins.scores, round(self.expected))
        if rule == "f1":
            return published
        if rule == "matched":
            return by_rank
        odds = np.sqrt(np.prod([t / (1 - t) for t in np.clip([published, by_rank], 1e-6, 1 - 1e-6)]))
        return float(odds / (1 + odds))


def main() -> None:
    """Write the table and the figure."""
    args = options(__doc__)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    table = pd.concat([compare("toy", toy_cases()), compare("chr22", chr22_cases())], ignore_index=True)
    publish(
        "thresholds",
        table,
        draw(table),
        keys=["data", "group", "tf", "n_fragments"],
        tolerance=dict.fromkeys([*RULES, "best", "low", "high"], 0.01)
        | {f"{rule}_called": 3 for rule in RULES}
        | {"expected": 1},
        check=args.check,
    )


Cases = dict[tuple[str, str, int], Case]
"""By group, factor and number of fragments."""


def toy_cases() -> Cases:
    """Predict simulated clusters: a second genome, of which no chromosome was learned from."""
    toy = sma.datasets.toy(seed=1)
    cases: Cases = {}
    for group in toy.clusters:
        mine = toy.chip_peaks[toy.chip_peaks["group"] == group]
        peaks = {tf: mine[mine["tf"] == tf] for tf in toy.tfs}
        cases |= predicted(
            "toy", toy.adata, "cell_type", group, peaks, genome=toy.genome, models="demo", regions="genome",
            chroms=toy.genome.chroms,
        )  # fmt: skip
    return cases


def chr22_cases() -> Cases:
    """100 blood cells and published weights; bins count that lie in the stretches of known sequence."""
    data = Chr22(data_dir())
    return predicted(
        "chr22", data.adata, "all", "cells", data.peaks, genome=data.genome, models=data.models(),
        fragments=data.fragments, regions=data.covered, chroms=[CHROM],
    )  # fmt: skip


def predicted(
    name: str, adata: object, groupby: str, group: str, peaks: Mapping[str, Table], *, genome: Genome,
    models: object, regions: str | pd.DataFrame, chroms: Sequence[str], fragments: Path | None = None,
) -> Cases:  # fmt: skip
    """Predict a group at every depth and read the scores of all its bins."""
    inside = None if isinstance(regions, str) else as_intervals(regions, "regions")
    calibrations = {model.tf: model.calibration for model in sma.models.load_many(models, list(peaks))}
    cases: Cases = {}
    with tempfile.TemporaryDirectory() as folder:
        sma.tl.downsampling_curve(
            adata, groupby, group=group, genome=genome, sizes=SIZES[name], tfs=list(peaks), models=models,
            fragments=fragments, regions=regions, chroms=chroms, n_bootstrap=0, out_dir=folder,
        )  # fmt: skip
        store = Run.open(folder).store
        for size in store.groups:
            for tf, table in peaks.items():
                parts = [read_bins(store, size, tf, chrom, genome, table, inside, BLOCK[name]) for chrom in chroms]
                cases[group, tf, int(size)] = Case(joined(parts), calibrations[tf])
    return cases


def read_bins(
    store: ScoreStore,
    size: str,
    tf: str,
    chrom: str,
    genome: Genome,
    peaks: Table,
    inside: Intervals | None,
    block: int,
) -> Bins:
    """Bins of a chromosome, off the blacklist and wholly in the regions."""
    counts = calibration_bins(genome, chrom)
    begin = np.arange(len(counts)) * CALIBRATION_BIN
    if inside is not None:
        counts &= inside.overlap_length(chrom, begin, begin + CALIBRATION_BIN) == CALIBRATION_BIN
    start, score = store.read(size, tf, chrom)
    largest = max_per_bin(start, start + BIN, score, len(counts), CALIBRATION_BIN)
    truth = as_intervals(peaks, "peaks").overlaps(chrom, begin, begin + CALIBRATION_BIN)
    return Bins(largest[counts], truth[counts], begin[counts] // block)


def joined(parts: Sequence[Bins]) -> Bins:
    """Bins of all chromosomes; stretches are numbered through."""
    ends = np.cumsum([0, *(part.blocks.max() + 1 for part in parts)])
    blocks = [part.blocks + end for part, end in zip(parts, ends, strict=False)]
    return Bins(*(np.concatenate([part[i] for part in parts]) for i in range(2)), np.concatenate(blocks))


def compare(name: str, cases: Cases) -> pd.DataFrame:
    """Give F1 and called bins of each rule, a row a case; low and high hold what "matched" gains over "f1" (95%)."""
    rows = []
    for (group, tf, size), case in cases.items():
        thresholds = {rule: case.threshold(rule) for rule in RULES[:3]}
        thresholds["thinned"] = learned_elsewhere(cases, group, tf, size)
        called = {rule: (case.bins.scores >= at) & (case.bins.scores > 0) for rule, at in thresholds.items()}
        gain = draws_of_f1(case.bins, called["matched"]) - draws_of_f1(case.bins, called["f1"])
        low, high = np.percentile(gain, [2.5, 97.5])
        bound = bool(case.bins.truth.any())
        row = {"data": name, "group": group, "tf": tf, "n_fragments": size, "bound": int(case.bins.truth.sum())}
        row["expected"] = round(case.expected)
        row |= {rule: f1(case.bins.truth, hits) if bound else np.nan for rule, hits in called.items()}
        row["best"] = largest_f1(case.bins) if bound else np.nan
        row |= {"low": low, "high": high} if bound else {"low": np.nan, "high": np.nan}
        row |= {f"{rule}_called": int(hits.sum()) for rule, hits in called.items()}
        if np.isnan(thresholds["thinned"]):
            row |= {"thinned": np.nan, "thinned_called": pd.NA}
        rows.append(row)
    table = pd.DataFrame(rows).astype({"thinned_called": "Int64"})
    return table.sort_values(["data", "tf", "group", "n_fragments"], ignore_index=True)


def learned_elsewhere(cases: Cases, group: str, tf: str, size: int) -> float:
    """Threshold that thinning another group has taught, NaN without one.

    The bins that reach the published threshold in the deepest other group that has sites of the factor are counted;
    the threshold at a smaller size is the score that as many of its bins reach when it is thinned to that size.
    """
    sizes = {other: [n for g, t, n in cases if (g, t) == (other, tf)] for other, _, _ in cases if other != group}
    having = [other for other in sizes if cases[other, tf, max(sizes[other])].bins.truth.any()]
    if not having:
        return float("nan")
    source = max(having, key=lambda other: max(sizes[other]))
    full = cases[source, tf, max(sizes[source])]
    published = full.calibration.threshold("f1")
    if size not in sizes[source]:
        return published
    n_called = int((full.bins.scores >= published).sum())
    return nth_largest(cases[source, tf, size].bins.scores, n_called)


def f1(truth: np.ndarray, called: np.ndarray) -> float:
    """Harmonic mean of precision and recall of called bins."""
    return float(2 * (truth & called).sum() / max(truth.sum() + called.sum(), 1))


def largest_f1(bins: Bins) -> float:
    """F1 at the best threshold in hindsight."""
    order = np.argsort(-bins.scores, kind="stable")
    hits = np.cumsum(bins.truth[order])
    last = np.flatnonzero(np.diff(bins.scores[order], append=-1.0))  # all bins of a score are called together
    return float((2 * hits[last] / (last + 1 + bins.truth.sum())).max())


def draws_of_f1(bins: Bins, called: np.ndarray) -> np.ndarray:
    """(N_DRAWS,) F1 of stretches drawn with replacement, the same ones for all rules."""
    _, number = np.unique(bins.blocks, return_inverse=True)
    n = number.max() + 1
    times = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=N_DRAWS)
    both, either = (
        times @ np.bincount(number, weights=weights, minlength=n)
        for weights in (bins.truth & called, bins.truth.astype(int) + called)
    )
    return 2 * both / np.maximum(either, 1)


def draw(table: pd.DataFrame) -> Figure:
    """F1 against fragments where the factor binds, and called bins where it does not."""
    bound = table["bound"] > 0
    blocks = {
        "F1, simulated": table[bound & (table["data"] == "toy")],
        "F1, chr22": table[bound & (table["data"] == "chr22")],
        "Bins called, none bound": table[~bound],
    }
    figure, axes = plt.subplots(len(blocks), 6, figsize=(11, 6.4), sharey="row", layout="constrained")
    for row, (label, rows) in zip(axes, blocks.items(), strict=True):
        panels = list(rows.groupby(["tf", "group"], sort=False))
        for ax, ((tf, group), one) in zip(row, panels, strict=False):
            draw_case(ax, one)
            ax.set_title(tf if group == "cells" else f"{tf}, {group}", fontsize=9)
        row[0].set_ylabel(label, fontsize=9)
        row[0].set_ylim(bottom=0)
        for ax in row[len(panels) :]:
            ax.set_axis_off()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    axes[2, 3].legend(handles, labels, loc="center left", fontsize=9, frameon=False)
    return figure


def draw_case(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw a panel: lines of all rules."""
    bound = bool((rows["bound"] > 0).all())
    for rule in (*RULES, "best") if bound else RULES:
        ax.plot(
            rows["n_fragments"] / 1_000, rows[rule if bound else f"{rule}_called"].astype(float), color=COLOURS[rule],
            linestyle="--" if rule == "best" else "-", marker=None if rule == "best" else "o", markersize=3,
            linewidth=1.2, label=LABELS.get(rule, f'"{rule}"'),
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_xticks([6, 14, 29, 57] if rows["data"].iloc[0] == "chr22" else [4, 10, 40, 200])
    ax.xaxis.set_major_formatter("{x:g}k")
    ax.minorticks_off()
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel("Fragments", fontsize=8)


if __name__ == "__main__":
    main()
