"""Whether a network finds planted sites in a cell type and on chromosomes that it has not seen, and baselines don't.

Trains three networks for each of two transcription factors on the simulated data: one that reads sequence and signal,
one without signal, one without sequence. Compares them with motif matches, the average ChIP-seq of the training cell
types and the signal. Takes about two minutes, and twenty with ``--train`` on two cores.

Usage: python experiments/recover_sites.py [--check] [--threads 2] [--train [DIR]]
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _report import options
from _training import (
    TOLERANCE,
    TRAIN,
    chip,
    deaf,
    drawn,
    networks,
    open_regions,
    precision,
    predict,
    publish_trained,
    train,
    whole_bins,
)
from matplotlib.figure import Figure

import scmaxatac as sma
from scmaxatac.datasets import Toy
from scmaxatac.io._bigwig import BigWigWriter

HELD_OUT = {"CTCF": "CD4/T", "SPI1": "B"}
"""Factors that bind in the held-out cluster and in another one; GATA3 binds in one cluster only."""

NETWORK = "network"
NETWORKS = {NETWORK: "0", "sequence_only": "sequence", "signal_only": "signal"}
"""The methods that are networks, and what their folders are called after the factor."""

MORE = {"epochs": 10}
"""Networks with one input learn more slowly, so they get more epochs than the one with both."""

APART = (("SPI1", "chr5"), ("SPI1", "other genome"), ("CTCF", "other genome"))
"""Where the page says that the network's interval lies above those of all other methods."""

P_VALUES = (1e-3, 1e-4, 1e-5, 1e-6)
OTHER_SEED = 1

METHODS = {
    NETWORK: "Network",
    "sequence_only": "Network, sequence only",
    "signal_only": "Network, signal only",
    "average_chip": "Average ChIP-seq",
    "motif_p_value": "Best motif in peaks",
    "motif_in_peaks": "Motif count in peaks",
    "motif_everywhere": "Motif count anywhere",
    "signal": "Signal",
}

TESTS = {
    "chr5": "chr5",
    "chr5 specific": "chr5, regions open in\nsome clusters only",
    "other genome": "Another genome",
}


def main() -> None:
    """Train, compare, write the table and the figure."""
    args = options(__doc__, train=TRAIN)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    toy, other = sma.datasets.toy(seed=0), sma.datasets.toy(seed=OTHER_SEED)
    trained = networks(network, [(tf, method) for tf in HELD_OUT for method in NETWORKS], args)
    rows = []
    for tf, cluster in HELD_OUT.items():
        models = {method: trained[tf, method] for method in NETWORKS}
        rows += compare(models, toy, toy.chroms_test, tf, cluster, {"chr5": None, "chr5 specific": specific(toy)})
        rows += compare(models, other, other.genome.chroms, tf, cluster, {"other genome": None})
    table = pd.DataFrame(rows)
    publish_trained(
        "recover_sites",
        table,
        draw(table.round(3)),
        keys=["tf", "held_out", "test", "method"],
        tolerance=TOLERANCE | {"lead_low": 0.08, "lead_high": 0.08},
        args=args,
    )
    if overlapping := [f"{tf}, {test}" for tf, test in APART if not is_ahead(table, tf, test)]:
        raise SystemExit(f"the network's interval is not above all others: {'; '.join(overlapping)}")


def network(tf: str, method: str, folder: Path) -> sma.models.TFModel:
    """Train with both inputs or with either, in the clusters that are not held out."""
    toy, cluster, folder = sma.datasets.toy(seed=0), HELD_OUT[tf], folder / f"{tf}-{NETWORKS[method]}"
    sma.settings.progress = False
    if method == NETWORK:
        return train(toy, tf, cluster, folder)
    if method == "signal_only":
        return train(toy, tf, cluster, folder, genome=without_sequence(toy.genome), **MORE)
    with tempfile.TemporaryDirectory() as temporary:
        silent = Path(temporary) / "zero.bw"
        with BigWigWriter(silent, toy.genome.sizes) as writer:
            for chrom, size in toy.genome.sizes.items():
                writer.add_runs(chrom, np.array([0]), np.array([size]), np.array([0.0]))
        return train(toy, tf, cluster, folder, signal=silent, **MORE)


def without_sequence(genome: sma.Genome) -> sma.Genome:
    """Replace every base by A: a genome of N only counts as one without any covered base."""
    codes = {chrom: np.zeros(size, np.uint8) for chrom, size in genome.sizes.items()}
    return sma.Genome.from_codes(codes, blacklist=genome.blacklist)


def specific(toy: Toy) -> pd.DataFrame:
    """Regions that are open in some clusters and closed in others, in whole bins."""
    return whole_bins(toy.peaks[~toy.peaks[list(toy.clusters)].all(axis=1)])


def compare(
    models: dict[str, sma.models.TFModel],
    toy: Toy,
    chroms: tuple[str, ...],
    tf: str,
    cluster: str,
    tests: dict[str, pd.DataFrame | None],
) -> list[dict[str, object]]:
    """Average precision of every method in the held-out cluster, a row a method and test.

    The lead is the difference between the network and the method in the same draws of the bootstrap.
    """
    sites, rows = chip(toy, tf, cluster), []
    with tempfile.TemporaryDirectory() as folder:
        scored = dict(scores(models, toy, chroms, tf, cluster, Path(folder)))
        for test, regions in tests.items():
            best = drawn(scored[NETWORK], sites, toy, chroms, regions)
            for method in METHODS:
                found = precision(scored[method], sites, toy, chroms, regions)
                lead = best - drawn(scored[method], sites, toy, chroms, regions)
                low, high = (np.nan, np.nan) if method == NETWORK else np.nanpercentile(lead, [2.5, 97.5])
                row = {"tf": tf, "held_out": cluster, "test": test, "method": method, **found}
                rows.append(row | {"lead_low": low, "lead_high": high})
    return rows


def scores(
    models: dict[str, sma.models.TFModel], toy: Toy, chroms: tuple[str, ...], tf: str, cluster: str, folder: Path
) -> Iterator[tuple[str, pd.DataFrame | Path]]:
    """Scores of every method in a cluster, as ``tl.benchmark`` takes them."""
    yield NETWORK, predict(toy, models[NETWORK], cluster, chroms)
    yield "sequence_only", predict(toy, deaf(models["sequence_only"]), cluster, chroms)
    yield "signal_only", predict(toy, models["signal_only"], cluster, chroms, genome=without_sequence(toy.genome))
    seen = [chip(toy, tf, name) for name in toy.clusters if name != cluster]
    yield "average_chip", sma.tl.average_chip(seen, genome=toy.genome, chroms=chroms)
    peaks = open_regions(toy, cluster)
    everything = pd.DataFrame({"chrom": chroms, "start": 0, "end": [toy.genome.sizes[chrom] for chrom in chroms]})
    for method, regions in (("motif_in_peaks", peaks), ("motif_everywhere", everything)):
        yield method, sma.tl.motif_scan(toy.genome, toy.motifs, regions=regions, tfs=tf, chroms=chroms)
    matches = [
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=peaks, tfs=tf, chroms=chroms, p_value=p).assign(
            score=-np.log10(p)
        )
        for p in P_VALUES
    ]
    yield "motif_p_value", pd.concat(matches, ignore_index=True)
    cells = toy.adata[toy.adata.obs["cell_type"] == cluster].copy()
    tracks = sma.pp.tn5_tracks(
        cells, "cell_type", genome=toy.genome, out_dir=folder, chroms=chroms, signal_chroms=toy.genome.select_chroms()
    )
    yield "signal", folder / tracks.files["path"].iloc[0]


def is_ahead(table: pd.DataFrame, tf: str, test: str) -> bool:
    """Whether the interval of the network lies above those of all other methods."""
    rows = table[(table["tf"] == tf) & (table["test"] == test)].set_index("method")
    return bool(rows.loc[NETWORK, "ap_low"] > rows["ap_high"].drop(NETWORK).max())


def draw(table: pd.DataFrame) -> Figure:
    """Average precision and interval, a panel a factor and test."""
    figure, axes = plt.subplots(
        len(HELD_OUT), len(TESTS), figsize=(9, 5.2), sharex=True, sharey=True, layout="constrained"
    )
    place = {method: -i for i, method in enumerate(METHODS)}
    for (tf, cluster), line in zip(HELD_OUT.items(), axes, strict=True):
        for (test, title), ax in zip(TESTS.items(), line, strict=True):
            rows = table[(table["tf"] == tf) & (table["test"] == test)]
            for row in rows.itertuples():
                color = "#D55E00" if row.method == NETWORK else "#4D4D4D"
                ax.plot([row.ap_low, row.ap_high], [place[row.method]] * 2, color=color, linewidth=1.6)
                ax.plot(row.average_precision, place[row.method], "o", color=color, markersize=5)
            low = rows.loc[rows["method"] == NETWORK, "ap_low"].item()
            ax.axvline(low, color="#D55E00", linewidth=0.7, linestyle=":")
            ax.spines[["top", "right", "left"]].set_visible(False)
            ax.tick_params(axis="y", length=0)
            ax.set_yticks(list(place.values()), list(METHODS.values()), fontsize=8)
            ax.set_xlim(0, 1)
            if ax in axes[0]:
                ax.set_title(title, fontsize=9)
            if ax in axes[-1]:
                ax.set_xlabel("Average precision", fontsize=8)
            ax.tick_params(axis="x", labelsize=8)
        line[0].set_ylabel(f"{tf} in {cluster}", fontsize=9)
    return figure


if __name__ == "__main__":
    main()
