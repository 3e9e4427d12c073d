"""Which windows a network should learn from: around peaks, shown in any cell type or in their own, or from anywhere.

Trains a network for CTCF in each of the three ways and with three seeds on the simulated data, with the same number of
steps. Takes a few minutes, and about twenty with ``--train`` on two cores.

Usage: python experiments/sampling.py [--check] [--threads 2] [--train [DIR]]
"""

from pathlib import Path

import torch
from _report import options
from _training import (
    RECIPE_TOLERANCE,
    TRAIN,
    compare_recipes,
    draw_recipes,
    networks,
    open_regions,
    publish_trained,
    train,
    whole_bins,
)

import scmaxatac as sma

TF, CLUSTER = "CTCF", "CD4/T"
SEEDS = (0, 1, 2)
OTHER_SEED = 1
WAYS = {
    "peaks, any cell type": "Peaks, any cell type",
    "peaks, own cell type": "Peaks, own cell type",
    "anywhere": "Anywhere",
}
OPTIONS = {
    "peaks, any cell type": ("", {}),
    "peaks, own cell type": ("-own", {"pan_cell": False}),
    "anywhere": ("-anywhere", {"random_ratio": 1.0}),
}
"""For each way what its folder is called, and what it adds to ``tl.train``."""

TITLES = {
    "chr5": "chr5",
    "chr5 peaks": "chr5, in peaks",
    "other genome": "Another genome",
    "other genome peaks": "Another genome, in peaks",
}


def main() -> None:
    """Train, compare, write the table and the figure."""
    args = options(__doc__, train=TRAIN)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    toy, other = sma.datasets.toy(seed=0), sma.datasets.toy(seed=OTHER_SEED)
    trained = networks(network, [(way, seed) for way in WAYS for seed in SEEDS], args)
    models = {way: [trained[way, seed] for seed in SEEDS] for way in WAYS}
    tests = []
    for name, data, chroms in (("chr5", toy, toy.chroms_test), ("other genome", other, other.genome.chroms)):
        tests += [(name, data, chroms, None)]
        tests += [(f"{name} peaks", data, chroms, whole_bins(open_regions(data, CLUSTER)))]
    table = compare_recipes(models, tests, TF, CLUSTER)
    publish_trained(
        "sampling",
        table,
        draw_recipes(table, TITLES, WAYS),
        keys=["test", "training"],
        tolerance=RECIPE_TOLERANCE | {f"seed_{seed}": 0.08 for seed in SEEDS},
        args=args,
    )


def network(way: str, seed: int, folder: Path) -> sma.models.TFModel:
    """Train in one of the three ways."""
    name, more = OPTIONS[way]
    sma.settings.progress = False
    return train(sma.datasets.toy(seed=0), TF, CLUSTER, folder / f"{TF}{name}-{seed}", seed=seed, **more)


if __name__ == "__main__":
    main()
