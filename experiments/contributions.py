"""Whether mutagenesis and DeepLIFT agree, point at the known motif, and find nothing in scrambled sequence.

Explains the 50 bins with the largest scores of the published networks for CTCF and SPI1 among the ChIP-seq peaks of
chr22, with the signal of the 100 cells, by both methods, and 20 of them again with their sequence shuffled. Takes a few
minutes on two cores; needs the extra ``interpret``.

Usage: python experiments/contributions.py [--check] [--threads 2]
"""

import tempfile
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _chr22 import CHROM, MOTIFS, Chr22
from _report import data_dir, options, publish
from matplotlib.figure import Figure
from tangermeme.ersatz import dinucleotide_shuffle

import scmaxatac as sma
from scmaxatac.genome._bases import one_hot, reverse_complement
from scmaxatac.io._bed import read_bed
from scmaxatac.io._motifs import read_motifs
from scmaxatac.plotting._logo import draw_logo
from scmaxatac.predict._contribution_sites import place
from scmaxatac.predict._run import Run
from scmaxatac.sequence._contributions import Contributions
from scmaxatac.sequence._deeplift import LARGEST_DELTA, deeplift
from scmaxatac.sequence._mutagenesis import SOFTEN, mutate
from scmaxatac.sequence._site_windows import SiteWindows

TFS = ("CTCF", "SPI1")
GROUP = "cells"
WIDTH = 128
N_SITES, N_SCRAMBLED = 50, 20
APART = 1_000
"""Least distance of two sites in bp."""

NEAR = 3
"""Distance in bp up to which two places are the same."""

METHODS = ("mutagenesis", "deeplift")
COLOURS = {"mutagenesis": "#0072B2", "deeplift": "#D55E00"}

TOLERANCE = {
    **dict.fromkeys(("correlation", "correlation_low", "correlation_high"), 0.02),
    **dict.fromkeys(("same_place", "motif_mutagenesis", "motif_deeplift"), 0.05),
    **dict.fromkeys(("peak_mutagenesis", "peak_deeplift", "scrambled_mutagenesis", "scrambled_deeplift"), 0.05),
    "motif_chance": 0.01,
}


class Explained(NamedTuple):
    """Contributions of one factor by both methods, at its sites and in scrambled sequence; the sites that add up."""

    sites: dict[str, Contributions]
    scrambled: dict[str, Contributions]
    left_out: int


def main() -> None:
    """Explain, compare, write the table and the figure."""
    args = options(__doc__)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    data = Chr22(data_dir())
    motifs = {motif.tf: motif.probabilities(1.0) for motif in read_motifs(MOTIFS)}
    with tempfile.TemporaryDirectory() as folder:
        run = predict(data, folder)
        explained = {tf: explain(run, data, tf) for tf in TFS}
    table = pd.DataFrame([row(tf, one, motifs[tf]) for tf, one in explained.items()])
    publish("contributions", table, draw(explained, motifs), keys=["tf"], tolerance=TOLERANCE, check=args.check)


def predict(data: Chr22, folder: str) -> Run:
    """Predict both factors around their ChIP-seq peaks."""
    peaks = pd.concat([read_bed(data.peaks[tf])[["chrom", "start", "end"]] for tf in TFS])
    covered = data.covered
    inside = [
        ((covered["start"] <= start) & (end <= covered["end"])).any()
        for start, end in zip(peaks["start"], peaks["end"], strict=True)
    ]
    adata = data.adata.copy()
    sma.tl.predict_tfbs(
        adata, "all", models=[model for model in data.models() if model.tfs[0] in TFS], genome=data.genome,
        fragments=data.fragments, regions=peaks[inside], chroms=CHROM, min_cells=1, min_fragments=1,
        backend="torch", device="cpu", out_dir=folder,
    )  # fmt: skip
    return Run.open(folder)


def best_bins(run: Run, tf: str) -> pd.DataFrame:
    """Bins with the largest scores that lie apart."""
    starts, scores = run.store.read(GROUP, tf, CHROM)
    chosen: list[int] = []
    for start in starts[np.argsort(-scores, kind="stable")].tolist():
        if len(chosen) < N_SITES and all(abs(start - other) >= APART for other in chosen):
            chosen.append(start)
    return pd.DataFrame({"chrom": CHROM, "start": chosen, "end": np.array(chosen) + run.spec.grid.bin})


def explain(run: Run, data: Chr22, tf: str) -> Explained:
    """Explain the best bins of a factor by both methods, and some of them scrambled."""
    grid, codes = run.spec.grid, data.genome.codes(CHROM)
    table = place(run, data.genome, best_bins(run, tf), tf, [GROUP], WIDTH)[GROUP].sort_values("window")
    at = table["window"].to_numpy()
    windows = SiteWindows(
        np.stack([codes[start : start + grid.window] for start in at]),
        run.signal(GROUP).windows(CHROM, at, grid.window),
        (table["bin"].to_numpy() - at) // grid.bin,
        table["start"].to_numpy() - at,
        WIDTH,
    )
    known = ~(windows.codes > 3).any(axis=1)
    table = table[known].reset_index(drop=True)
    windows = SiteWindows(*(array[known] for array in windows[:4]), WIDTH)
    some = np.unique(np.linspace(0, len(table) - 1, N_SCRAMBLED).round().astype(int))
    shuffled = dinucleotide_shuffle(torch.from_numpy(one_hot(windows.codes[some])), n=1, random_state=1)
    scrambled = SiteWindows(
        shuffled[:, 0].argmax(dim=1).numpy().astype(np.uint8), *(array[some] for array in windows[1:4]), WIDTH
    )
    sites, left_out = by_both(run, tf, table, windows)
    return Explained(sites, by_both(run, tf, table.iloc[some], scrambled)[0], left_out)


def by_both(run: Run, tf: str, table: pd.DataFrame, windows: SiteWindows) -> tuple[dict[str, Contributions], int]:
    """Contributions by both methods of the sites whose contributions by DeepLIFT add up, and how many do not."""
    engine = run.engine([tf], precision="float32", soften=SOFTEN)
    lifted = deeplift(run.networks([tf])[0], 0, windows, device="cpu")
    fits = lifted.delta <= LARGEST_DELTA
    values = {"mutagenesis": mutate(engine, 0, windows, softened=SOFTEN), "deeplift": lifted.hypothetical}
    found = {
        method: Contributions(table[fits], windows.bases[fits], each[fits], tf, GROUP)
        for method, each in values.items()
    }
    return found, int((~fits).sum())


def row(tf: str, explained: Explained, motif: np.ndarray) -> dict[str, object]:
    """A row of the table."""
    sites, scrambled = explained.sites, explained.scrambled
    correlation = correlations(sites)
    places = {method: best_place(one.actual, len(motif))[0] for method, one in sites.items()}
    matches = motif_places(sites["mutagenesis"].codes, motif)
    low, middle, high = np.percentile(correlation, [25, 50, 75])
    n_places = WIDTH - len(motif) + 1
    within = [np.minimum(match + NEAR, n_places - 1) - np.maximum(match - NEAR, 0) + 1 for match in matches]
    return {
        "tf": tf,
        "sites": len(correlation),
        "left_out": explained.left_out,
        "correlation": middle,
        "correlation_low": low,
        "correlation_high": high,
        "same_place": np.mean(np.abs(places["mutagenesis"] - places["deeplift"]) <= NEAR),
        **{f"motif_{method}": np.mean(np.abs(places[method] - matches) <= NEAR) for method in METHODS},
        "motif_chance": np.mean(within) / n_places,
        **{f"peak_{method}": peak(sites[method], len(motif)) for method in METHODS},
        **{f"scrambled_{method}": peak(scrambled[method], len(motif)) for method in METHODS},
    }


def correlations(sites: dict[str, Contributions]) -> np.ndarray:
    """Correlation of both methods over the bases of each site."""
    pairs = zip(sites["mutagenesis"].actual, sites["deeplift"].actual, strict=True)
    return np.array([np.corrcoef(one, other)[0, 1] for one, other in pairs])


def best_place(actual: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the motif's width contributes most, and how much: (n,) each."""
    sums = np.lib.stride_tricks.sliding_window_view(actual, width, axis=1).sum(axis=2)
    return sums.argmax(axis=1), sums.max(axis=1)


def peak(found: Contributions, width: int) -> float:
    """Median over the sites of the largest contribution of a motif's width."""
    return float(np.median(best_place(found.actual, width)[1]))


def motif_places(codes: np.ndarray, motif: np.ndarray) -> np.ndarray:
    """Where the best match to a motif begins on either strand; (n,)."""
    bits = np.log2(motif / 0.25)
    forward = match(codes, bits)
    reverse = match(reverse_complement(codes), bits)[:, ::-1]
    places: np.ndarray = np.maximum(forward, reverse).argmax(axis=1)
    return places


def match(codes: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Log odds of the motif at every place; (n, places)."""
    windows = np.lib.stride_tricks.sliding_window_view(codes, len(bits), axis=1)
    scores: np.ndarray = bits[np.arange(len(bits)), windows].sum(axis=2)
    return scores


def draw(explained: dict[str, Explained], motifs: dict[str, np.ndarray]) -> Figure:
    """A site by both methods with the best match of the motif, and peaks at sites and in scrambled sequence."""
    figure = plt.figure(figsize=(11, 2.6 * len(TFS)), layout="constrained")
    grid = figure.add_gridspec(2 * len(TFS), 2, width_ratios=[3.2, 1])
    for t, (tf, one) in enumerate(explained.items()):
        order = np.argsort(correlations(one.sites))
        i = int(order[len(order) // 2])
        width = len(motifs[tf])
        at = motif_places(one.sites["mutagenesis"].codes, motifs[tf])[i]
        for m, method in enumerate(METHODS):
            ax = figure.add_subplot(grid[2 * t + m, 0])
            found = one.sites[method]
            start = int(found.sites["start"].iloc[i])
            heights = found.one_hot[i] * found.actual[i]
            ax.axvspan(start + at, start + at + width, color="#D0D0D0", alpha=0.5, linewidth=0)
            draw_logo(ax, heights, start)
            ax.set(xlim=(start, start + WIDTH), ylim=(1.1 * heights.min(), 1.1 * heights.max()))
            ax.axhline(0, color="#6E6E6E", linewidth=0.5)
            ax.spines[["top", "right", "bottom"]].set_visible(False)
            ax.tick_params(labelsize=7, bottom=False, labelbottom=False)
            ax.set_title(f"{tf}, {method}, {CHROM}:{start:,}, grey: best match of the motif", fontsize=8, loc="left")
        ax = figure.add_subplot(grid[2 * t : 2 * t + 2, 1])
        for m, method in enumerate(METHODS):
            for s, part in enumerate((one.sites, one.scrambled)):
                values = best_place(part[method].actual, width)[1]
                x = 2 * m + s + np.linspace(-0.25, 0.25, len(values))
                ax.plot(x, values, ".", color=COLOURS[method] if s == 0 else "#6E6E6E", markersize=4)
                ax.plot([2 * m + s - 0.3, 2 * m + s + 0.3], [np.median(values)] * 2, color="black", linewidth=1)
        ax.set_xticks(range(4), ["sites", "scrambled"] * 2, fontsize=7)
        ax.set_xlabel("mutagenesis                 DeepLIFT", fontsize=8)
        ax.set_ylabel("Largest contribution of\na motif's width (logit)", fontsize=8)
        ax.axhline(0, color="#D0D0D0", linewidth=0.8, zorder=0)
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    main()
