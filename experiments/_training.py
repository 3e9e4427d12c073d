"""What the experiments on training share: the recipe, the training table, and the scores of a network."""

import argparse
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _report import publish

import scmaxatac as sma
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac.datasets import Toy
from scmaxatac.evaluate._benchmark import bootstrap_average_precision
from scmaxatac.evaluate._bins import labelled_bins

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RECIPE: dict[str, Any] = {
    "epochs": 6,
    "batches_per_epoch": 200,
    "batch_size": 32,
    "learning_rate": 2e-3,
    "decay": 5e-4,
    "jitter": 300,  # peaks lie anywhere in the windows that a prediction reads
    "max_validation": 1_000,
    "accelerator": "cpu",
}
"""How every network of the experiments is trained: as the demo models, but for less long."""

BLOCK = 30_000
"""Stretches that the bootstrap draws, in bp: 18 on the test chromosome."""

DRAWS = 1_000

TOLERANCE = {"average_precision": 0.05, "ap_low": 0.08, "ap_high": 0.08}
"""Largest differences of figures when networks are trained anew; where they are the kept ones it is `SAME`."""

RECIPE_TOLERANCE = TOLERANCE | {"difference_low": 0.08, "difference_high": 0.08}
"""For the tables of :func:`compare_recipes`, to which the columns of the seeds are added."""

SAME = 0.002

PINNED = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "AVX2",
}
"""Environment of training: sums in one order, so that a network does not depend on threads or newer instructions."""

COLORS = ("#0072B2", "#D55E00", "#009E73")

NETWORKS = Path(__file__).resolve().parent / "networks"
"""Trained networks that belong to the tables in the documentation, a folder each."""

NOT_KEPT = Path()

TRAIN = {
    "metavar": "DIR",
    "nargs": "?",
    "type": Path,
    "const": NOT_KEPT,
    "default": NETWORKS,
    "help": "train the networks instead of taking those of experiments/networks; DIR keeps them, and a run that was "
    "stopped goes on there",
}
"""The option ``--train`` of the command line."""


def networks(
    make: Callable[..., sma.models.TFModel], cases: Sequence[tuple[Any, ...]], args: argparse.Namespace
) -> dict[tuple[Any, ...], sma.models.TFModel]:
    """Take the networks that are kept, or train them, side by side in processes of one thread.

    Sums in another order, such as with two threads, make other networks, whose figures can differ by more than the
    tolerances; so threads and instructions are those of `PINNED`.

    Parameters
    ----------
    make
        Trains the network of a case, ``make(*case, folder)``, or reads it if it is in one of the folder's folders.
    cases
        What tells the networks of an experiment.
    args
        Command line.
    """
    os.environ.update(PINNED)
    with ExitStack() as stack:
        folder = args.train
        if folder == NOT_KEPT:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pool = stack.enter_context(ProcessPoolExecutor(args.threads, mp_context=get_context("spawn")))
        return dict(zip(cases, pool.map(make, *zip(*cases, strict=True), [folder] * len(cases)), strict=True))


def publish_trained(
    name: str,
    table: pd.DataFrame,
    figure: "Figure",
    *,
    keys: list[str],
    tolerance: Mapping[str, float],
    args: argparse.Namespace,
) -> None:
    """Publish a table of networks, which are the kept ones or, with ``--train``, new ones.

    Parameters
    ----------
    name, table, figure, keys
        As in :func:`_report.publish`.
    tolerance
        Largest absolute difference by column if the networks are new.
    args
        Command line.
    """
    kept = dict.fromkeys(tolerance, SAME)
    bounds = ", ".join(f"{column} {bound:g}" for column, bound in tolerance.items())
    publish(
        name,
        table,
        figure,
        keys=keys,
        tolerance=kept if args.train == NETWORKS else tolerance,
        check=args.check,
        note=f"With `--train` it trains the networks anew, and allows: {bounds}.",
    )


def chip(toy: Toy, tf: str, cluster: str) -> pd.DataFrame:
    """Bound sites of a factor in a cluster, as ChIP-seq peaks of 200 bp."""
    peaks = toy.chip_peaks
    return peaks[(peaks["tf"] == tf) & (peaks["group"] == cluster)]


def open_regions(toy: Toy, cluster: str) -> pd.DataFrame:
    """List the accessible regions of a cluster."""
    return toy.peaks[toy.peaks[cluster]]


def training_table(toy: Toy, tf: str, held_out: str, signal: Path | None = None) -> pd.DataFrame:
    """Input of ``tl.train``: all clusters but one, with their own signal or all with the same."""
    clusters = [cluster for cluster in toy.clusters if cluster != held_out]
    table = pd.DataFrame({"name": clusters, "role": "train"})
    table["signal"] = clusters if signal is None else signal
    table["atac_peaks"] = [open_regions(toy, cluster) for cluster in clusters]
    table["chip_peaks"] = [chip(toy, tf, cluster) for cluster in clusters]
    return table


def train(
    toy: Toy,
    tf: str,
    held_out: str,
    folder: Path,
    *,
    genome: sma.Genome | None = None,
    signal: Path | None = None,
    **options: Any,
) -> sma.models.TFModel:
    """Train a network on the training chromosomes, in all clusters but one."""
    return sma.tl.train(
        training_table(toy, tf, held_out, signal),
        tf,
        genome=toy.genome if genome is None else genome,
        out_dir=folder,
        data=toy.adata,
        groupby="cell_type",
        chroms_train=toy.chroms_train,
        chroms_valid=toy.chroms_valid,
        chroms_test=toy.chroms_test,
        **RECIPE | options,
    )


def predict(
    toy: Toy, model: sma.models.TFModel, cluster: str, chroms: Sequence[str], *, genome: sma.Genome | None = None
) -> pd.DataFrame:
    """Score every bin of some chromosomes in a cluster, as a user would: through ``tl.predict_tfbs``."""
    cells = toy.adata[toy.adata.obs["cell_type"] == cluster].copy()
    with tempfile.TemporaryDirectory() as folder:
        sma.tl.predict_tfbs(
            cells,
            "cell_type",
            tfs=model.tf,
            genome=toy.genome if genome is None else genome,
            models=model,
            regions="genome",
            chroms=chroms,
            signal_chroms=toy.genome.select_chroms(),
            threshold=0.5,
            device="cpu",
            backend="torch",
            out_dir=folder,
            save_tracks=True,
        )
        return sma.get.track(cells, model.tf, cluster)


def deaf(model: sma.models.TFModel) -> sma.models.TFModel:
    """Let a network read a signal of 0 whatever the signal is: its first layer's weights of it become 0."""
    weights = dict(model.weights)
    first = weights["convs.0.weight"].copy()
    first[:, -1] = 0
    return sma.models.TFModel(model.tf, weights | {"convs.0.weight": first}, None, model.provenance)


def precision(
    scores: pd.DataFrame | Path, sites: pd.DataFrame, toy: Toy, chroms: Sequence[str], regions: pd.DataFrame | None
) -> dict[str, float]:
    """Average precision on 200-bp bins and its interval, and the number of positive bins."""
    table = sma.tl.benchmark(
        scores, sites, genome=toy.genome, chroms=chroms, regions=regions, n_bootstrap=DRAWS, block_size=BLOCK
    )
    row = table.loc["pooled"]
    return {
        "n_positive": int(row["n_positive"]),
        **{name: float(row[name]) for name in ("average_precision", "ap_low", "ap_high")},
    }


def drawn(
    scores: pd.DataFrame | Path, sites: pd.DataFrame, toy: Toy, chroms: Sequence[str], regions: pd.DataFrame | None
) -> np.ndarray:
    """Average precision in each draw of the bootstrap; draws are the same for all scores on the same bins."""
    parts = labelled_bins(scores, sites, genome=toy.genome, chroms=chroms, regions=regions, bin_size=CALIBRATION_BIN)
    block = [f"{chrom}:{start // BLOCK}" for chrom, part in parts.items() for start in part.starts.tolist()]
    return bootstrap_average_precision(
        np.concatenate([part.scores for part in parts.values()]),
        np.concatenate([part.truth for part in parts.values()]),
        pd.factorize(np.array(block))[0],
        n=DRAWS,
        rng=np.random.default_rng(0),
    )


def compare_recipes(
    models: Mapping[str, Sequence[sma.models.TFModel]],
    cases: Sequence[tuple[str, Toy, Sequence[str], pd.DataFrame | None]],
    tf: str,
    cluster: str,
) -> pd.DataFrame:
    """Compare ways to train, with a network for each seed.

    Parameters
    ----------
    models
        Networks by the way they were trained; the first is what the others are compared with.
    cases
        Name, data, chromosomes and regions of every test.
    tf, cluster
        What is predicted, and in which cell type.

    Returns
    -------
    A row a way and test: average precision of each seed, their mean, the interval of the mean over the same draws of
    the bootstrap for all seeds and ways, and the interval of the difference to the first way.
    """
    rows = []
    tracks: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for test, toy, chroms, regions in cases:
        sites = chip(toy, tf, cluster)
        reference = None
        for way, of_seed in models.items():
            key = (way, str(toy.folder))
            if key not in tracks:
                tracks[key] = [predict(toy, model, cluster, chroms) for model in of_seed]
            found = [precision(track, sites, toy, chroms, regions) for track in tracks[key]]
            draws = np.mean([drawn(track, sites, toy, chroms, regions) for track in tracks[key]], axis=0)
            each = [one["average_precision"] for one in found]
            row: dict[str, object] = {"test": test, "training": way, "n_positive": found[0]["n_positive"]}
            row |= {f"seed_{i}": value for i, value in enumerate(each)} | {"average_precision": np.mean(each)}
            row["ap_low"], row["ap_high"] = np.nanpercentile(draws, [2.5, 97.5])
            row["difference_low"] = row["difference_high"] = np.nan
            if reference is None:
                reference = draws
            else:
                row["difference_low"], row["difference_high"] = np.nanpercentile(draws - reference, [2.5, 97.5])
            rows.append(row)
    return pd.DataFrame(rows)


def draw_recipes(table: pd.DataFrame, titles: Mapping[str, str], labels: Mapping[str, str]) -> "Figure":
    """Mean average precision with its interval and the single seeds, a panel a test."""
    import matplotlib.pyplot as plt

    size = (1.6 + 2.1 * len(titles), 0.9 + 0.4 * len(labels))
    figure, axes = plt.subplots(1, len(titles), figsize=size, sharex=True, sharey=True, layout="constrained")
    place = {way: -i for i, way in enumerate(labels)}
    for (test, title), ax in zip(titles.items(), axes, strict=True):
        for row in table[table["test"] == test].to_dict("records"):
            y, color = place[row["training"]], COLORS[-place[row["training"]]]
            ax.plot([row["ap_low"], row["ap_high"]], [y, y], color=color, linewidth=1.8)
            ax.plot(row["average_precision"], y, "o", color=color, markersize=6)
            seeds = [value for name, value in row.items() if name.startswith("seed_")]
            ax.plot(seeds, [y - 0.22] * len(seeds), "|", color=color, markersize=7)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("Average precision", fontsize=8)
        ax.set_yticks(list(place.values()), list(labels.values()), fontsize=8)
        ax.set_ylim(-len(labels) + 0.4, 0.5)
        ax.locator_params(axis="x", nbins=4)
        ax.tick_params(axis="x", labelsize=8)
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
    return figure


def whole_bins(regions: pd.DataFrame) -> pd.DataFrame:
    """Widen regions to whole bins of 200 bp, so that every bin that touches one counts."""
    start = regions["start"] // CALIBRATION_BIN * CALIBRATION_BIN
    end = -(-regions["end"] // CALIBRATION_BIN) * CALIBRATION_BIN
    return regions[["chrom"]].assign(start=start, end=end)
