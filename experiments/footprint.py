"""What footprints show: where a factor is bound, where it is not, and on how many insertions the correction rests.

Takes footprints of planted sites in the simulated data, without and with a preference of Tn5 that was planted too, and
of CTCF on chr22 with the published weights; and draws insertions anew to see how many outside peaks the correction
takes, and whether its intervals hold. About two minutes on two cores.

Usage: python experiments/footprint.py [--check] [--threads 2]
"""

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata as ad
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _chr22 import CHROM, MOTIFS, Chr22
from _planted_preference import Planted, planted, with_preference
from _report import data_dir, options, publish
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import scmaxatac as sma
from scmaxatac.evaluate._motif_hits import motif_hits
from scmaxatac.evaluate._motifs import read_any_motifs, select_motifs
from scmaxatac.genome import Intervals
from scmaxatac.io._bed import read_bed

SHOWN = {"CTCF": "CD4/T", "SPI1": "Mono", "GATA3": "CD4/T"}
"""Group of the simulated data that each factor is shown in."""

OUTSIDE = (2_000, 5_000, 20_000, 200_000)
SEEDS = range(30)
NEAR = 20
"""Positions on either side of the middle where errors are measured."""

FAR = 1_000
"""Distance in bp from sites and peaks from which on a motif lies elsewhere."""

P_VALUE = 1e-5


def main() -> None:
    """Take the footprints, write the table and the figure."""
    args = options(__doc__)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    warnings.filterwarnings("ignore", category=UserWarning)
    cases = {**dict(simulated()), **dict(chr22(data_dir()))}
    rows = [row(data, kind, one) for (data, kind), one in cases.items()]
    table = pd.DataFrame(rows + [how_many(n) for n in OUTSIDE])
    tolerance = dict.fromkeys(table.columns[6:], 0.05)
    publish(
        "footprint",
        table,
        draw(cases, table),
        keys=["data", "sites", "n_outside"],
        tolerance=tolerance | {"n_insertions": 0},
        check=args.check,
    )


def row(data: str, kind: str, found: ad.AnnData) -> dict[str, Any]:
    """Numbers of the one footprint in an object."""
    profile, depth = (sma.get.footprint(found, level) for level in ("profiles", "depths"))
    numbers = depth.iloc[0]
    at = profile["position"].to_numpy() + 0.5
    core, shoulder = np.abs(at) < 10, (np.abs(at) > 10) & (np.abs(at) < 50)
    raw = profile["uncorrected"].to_numpy()
    flat = (profile["corrected_low"] <= 0) & (profile["corrected_high"] >= 0)
    return {
        "data": data,
        "sites": kind,
        "group": numbers["group"],
        "n_sites": numbers["n_sites"],
        "n_insertions": numbers["n_insertions"],
        "n_outside": int(sma.get.footprint(found, "bias")["n_insertions"].sum()),
        "uncorrected_depth": raw[shoulder].mean() - raw[core].mean(),
        **{name: numbers[name] for name in ("depth", "depth_low", "depth_high", "flank_accessibility")},
        "flat_in_core": flat[core].mean(),
        "expected_span": np.ptp(profile["expected"].to_numpy()[np.abs(at) < NEAR]),
        "expected_error": np.nan,
        "covered": np.nan,
        "depth_covered": np.nan,
        "depth_of_bound": np.nan,
    }


def simulated() -> Iterator[tuple[tuple[str, str], ad.AnnData]]:
    """Bound motifs, and closed ones, of the simulated data."""
    toy = sma.datasets.toy()
    plain = sma.pp.pseudobulk(toy.adata, "cell_type", genome=toy.genome)
    closed = toy.sites[~Intervals.from_frame(toy.peaks).overlapped(toy.sites)]
    for data, bulks in (("simulated", plain), ("with a preference", with_preference(toy, plain))):
        for tf, group in SHOWN.items():
            for kind, sites in (("bound", toy.sites[toy.sites["bound"]]), ("closed", closed)):
                found = sma.tl.footprint(bulks, sites, peaks=toy.peaks, tfs=tf, groups=group)
                yield (data, f"{tf}, {kind}"), found


def chr22(folder: Path) -> Iterator[tuple[tuple[str, str], ad.AnnData]]:
    """CTCF's motifs on chr22: in ChIP-seq peaks, in sites that were predicted, and elsewhere."""
    data = Chr22(folder)
    hits = ctcf_motifs(data)
    around = hits.assign(start=hits["start"] - FAR // 2, end=hits["end"] + FAR // 2)
    with tempfile.TemporaryDirectory() as out_dir:
        sma.tl.predict_tfbs(
            data.adata, "all", genome=data.genome, models=data.models()[:1], chroms=CHROM, regions=around,
            fragments=data.fragments, threshold="matched", min_fragments=1_000, out_dir=out_dir,
        )  # fmt: skip
        predicted = sma.get.sites(data.adata)
        predicted = predicted.astype({"chrom": str})
        chip = {tf: read_bed(path) for tf, path in data.peaks.items()}
        bound = {"in ChIP-seq peaks": chip["CTCF"], "in predicted sites": predicted[predicted["tf"] == "CTCF"]}
        near = pd.concat([table[["chrom", "start", "end"]] for table in (*chip.values(), predicted)])
        near = near.assign(start=(near["start"] - FAR).clip(lower=0), end=near["end"] + FAR)
        chosen = {kind: hits[Intervals.from_frame(table).overlapped(hits)] for kind, table in bound.items()}
        chosen["elsewhere"] = hits[~Intervals.from_frame(near).overlapped(hits)]
        for kind, sites in chosen.items():
            found = sma.tl.footprint(data.adata, sites, genome=data.genome, peaks=near, tfs="CTCF", copy=True)
            yield ("chr22", f"CTCF, {kind}"), found


def ctcf_motifs(data: Chr22) -> pd.DataFrame:
    """Matches of CTCF's motif in the known sequence, with their strand; of overlapping ones the first."""
    (motif,) = select_motifs(read_any_motifs(MOTIFS), "CTCF")
    starts, ends = (data.covered[name].to_numpy() for name in ("start", "end"))
    hits = motif_hits(data.genome.codes(CHROM), starts, ends, [motif.probabilities(0.8)], P_VALUE)
    strand = np.where(hits.reverse, "-", "+")
    table = pd.DataFrame({"chrom": CHROM, "start": hits.start, "end": hits.end, "strand": strand})
    table = table.sort_values("start", ignore_index=True)
    return table[table["start"].diff().fillna(1e9) >= len(motif.counts)].reset_index(drop=True)


def how_many(n_outside: int) -> dict[str, Any]:
    """Error of the expectation, and how often intervals of unbound motifs hold, with so many insertions outside."""
    errors, covered, depths, outside, bound_depths = [], [], [], [], []
    for seed in SEEDS:
        data = planted(n_outside, seed)
        free, bound = (data.sites[data.sites["bound"] == is_bound] for is_bound in (False, True))
        found = sma.tl.footprint(data.bulks, free, peaks=data.peaks, n_bootstrap=200)
        profile, numbers = (sma.get.footprint(found, level) for level in ("profiles", "depths"))
        near = np.abs(profile["position"].to_numpy() + 0.5) < NEAR
        errors.append(profile["expected"].to_numpy()[near] - true_expectation(data, free)[near])
        covered.append(((profile["corrected_low"] <= 0) & (profile["corrected_high"] >= 0)).to_numpy()[near].mean())
        depths.append((numbers["depth_low"] <= 0).iloc[0] and (numbers["depth_high"] >= 0).iloc[0])
        outside.append(sma.get.footprint(found, "bias")["n_insertions"].sum())
        found = sma.tl.footprint(data.bulks, bound, peaks=data.peaks, correction="divide", core=16, n_bootstrap=0)
        bound_depths.append(sma.get.footprint(found, "depths")["depth"].iloc[0])
    return {
        "data": "drawn anew",
        "sites": "CTCF, open, not bound",
        "group": "cells",
        "n_sites": len(free),
        "n_insertions": int(numbers["n_insertions"].iloc[0]),
        "n_outside": n_outside,
        "expected_error": float(np.sqrt(np.mean(np.square(errors)))),
        "covered": float(np.mean(covered)),
        "depth_covered": float(np.mean(depths)),
        "depth_of_bound": float(np.mean(bound_depths)),
    }


def true_expectation(data: Planted, sites: pd.DataFrame) -> np.ndarray:
    """Mean of the true expectation over the windows of sites, in their direction, over its mean in the outer 50 bp."""
    total = np.zeros(500)
    for site in sites.itertuples():
        flipped = site.strand == "-"
        first = (site.start + site.end - flipped) // 2 - 250
        window = data.expected[first : first + 500]
        total += (window[::-1] if flipped else window) / window.mean()
    return total / np.r_[total[:50], total[-50:]].mean()


def draw(cases: dict[tuple[str, str], ad.AnnData], table: pd.DataFrame) -> Figure:
    """Curves of bound and closed motifs, and the error by the number of insertions."""
    figure, axes = plt.subplots(2, 3, figsize=(11, 5.4), layout="constrained")
    shown = [
        ("with a preference", "CTCF, bound"), ("with a preference", "CTCF, closed"), None,
        ("chr22", "CTCF, in ChIP-seq peaks"), ("chr22", "CTCF, elsewhere"), None,
    ]  # fmt: skip
    for ax, case in zip(axes.flat, shown, strict=True):
        if case is not None:
            draw_curves(ax, sma.get.footprint(cases[case]), ": ".join(case))
    axes[0, 0].legend(fontsize=8, frameon=False)
    many = table[table["data"] == "drawn anew"]
    upper, lower = axes[:, 2]
    upper.plot(many["n_outside"], many["expected_error"], "o-", color="#0072B2")
    upper.set(title="Error of the expectation", ylabel="Root mean square", ylim=(0, None))
    lower.plot(many["n_outside"], many["covered"], "o-", color="#D55E00", label="curve")
    lower.plot(many["n_outside"], many["depth_covered"], "s-", color="#009E73", label="depth")
    lower.axhline(0.95, color="0.6", linewidth=0.8)
    lower.set(title="Intervals that hold", ylabel="Share", ylim=(0.5, 1.02), xlabel="Insertions outside peaks")
    lower.legend(fontsize=8, frameon=False, loc="lower right")
    for ax in (upper, lower):
        ax.set_xscale("log")
    for ax in axes[1, :2]:
        ax.set_xlabel("Distance from the motif (bp)")
    return figure


def draw_curves(ax: Axes, profile: pd.DataFrame, title: str) -> None:
    """Draw what was observed and expected, and the corrected curve, as means of 5 bp."""
    at = profile["position"] + 0.5
    for name, color, level in (("uncorrected", "0.6", 0), ("expected", "#D55E00", 0), ("corrected", "#0072B2", 1)):
        line, low, high = (
            level + profile[name + end].rolling(5, center=True, min_periods=1).mean() for end in ("", "_low", "_high")
        )
        ax.plot(at, line, color=color, linewidth=1, label=f"{name} + 1" if level else name)
        if name != "uncorrected":
            ax.fill_between(at, low, high, color=color, alpha=0.15, linewidth=0)
        if name == "corrected":
            ax.set_ylim(min(0, 1.1 * line.min()), 1.4 * max(line.max(), 1.5))
    ax.set_title(title, fontsize=10)


if __name__ == "__main__":
    main()
