"""Which windows a network should learn from: around peaks, shown in any cell type or in their own, or from anywhere.

Trains a network for CTCF in each of the three ways and with two seeds on the simulated data, with the same number of
steps. Takes about twenty minutes on one core.

Usage: python experiments/sampling.py [--check] [--threads 2] [--models DIR]
"""

from contextlib import ExitStack

import torch
from _report import options, publish
from _training import (
    MODELS,
    RECIPE_TOLERANCE,
    compare_recipes,
    draw_recipes,
    model_folder,
    open_regions,
    train,
    whole_bins,
)

import scmaxatac as sma

TF, CLUSTER = "CTCF", "CD4/T"
SEEDS = (0, 1)
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
    args = options(__doc__, models=MODELS)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    toy, other = sma.datasets.toy(seed=0), sma.datasets.toy(seed=OTHER_SEED)
    with ExitStack() as stack:
        folder = model_folder(args.models, stack)
        models = {
            way: [train(toy, TF, CLUSTER, folder / f"{TF}{name}-{seed}", seed=seed, **more) for seed in SEEDS]
            for way, (name, more) in OPTIONS.items()
        }
        cases = []
        for name, data, chroms in (("chr5", toy, toy.chroms_test), ("other genome", other, other.genome.chroms)):
            cases += [(name, data, chroms, None)]
            cases += [(f"{name} peaks", data, chroms, whole_bins(open_regions(data, CLUSTER)))]
        table = compare_recipes(models, cases, TF, CLUSTER)
    publish(
        "sampling",
        table,
        draw_recipes(table, TITLES, WAYS),
        keys=["test", "training"],
        tolerance=RECIPE_TOLERANCE | {f"seed_{seed}": 0.08 for seed in SEEDS},
        check=args.check,
    )


if __name__ == "__main__":
    main()
