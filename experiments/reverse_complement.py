"""Whether it pays to show a network the reverse complement, and what the original's version of it does.

Trains a network for CTCF in each of three ways and with three seeds on the simulated data: half of the windows as their
true reverse complement, none of them, or half of them as the original shows them. Takes a few
minutes, and about twenty with ``--train`` on two cores.

Usage: python experiments/reverse_complement.py [--check] [--threads 2] [--train [DIR]]
"""

from pathlib import Path

import numpy as np
import torch
from _report import options
from _training import (
    RECIPE,
    RECIPE_TOLERANCE,
    TRAIN,
    compare_recipes,
    draw_recipes,
    networks,
    publish_trained,
    train,
    training_table,
)

import scmaxatac as sma
from scmaxatac.datasets import Toy
from scmaxatac.train._data_module import Batch, TFDataModule
from scmaxatac.train._dataset import Draw, Examples
from scmaxatac.train._fit import TrainingRun
from scmaxatac.train._inputs import read_inputs
from scmaxatac.train._module import TFTrainingModule, masked_cross_entropy, one_hot
from scmaxatac.train._split import split_chroms
from scmaxatac.train._table import read_training_table

TF, CLUSTER = "CTCF", "CD4/T"
SEEDS = (0, 1, 2)
OTHER_SEED = 1
WAYS = {"true": "True reverse complement", "none": "Forward strand only", "rolled": "As in the original"}


def main() -> None:
    """Train, compare, write the table and the figure."""
    args = options(__doc__, train=TRAIN)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    toy, other = sma.datasets.toy(seed=0), sma.datasets.toy(seed=OTHER_SEED)
    trained = networks(network, [(way, seed) for way in WAYS for seed in SEEDS], args)
    models = {way: [trained[way, seed] for seed in SEEDS] for way in WAYS}
    tests = [("chr5", toy, toy.chroms_test, None), ("other genome", other, other.genome.chroms, None)]
    table = compare_recipes(models, tests, TF, CLUSTER)
    publish_trained(
        "reverse_complement",
        table,
        draw_recipes(table, {"chr5": "chr5", "other genome": "Another genome"}, WAYS),
        keys=["test", "training"],
        tolerance=RECIPE_TOLERANCE | {f"seed_{seed}": 0.08 for seed in SEEDS},
        args=args,
    )


def network(way: str, seed: int, folder: Path) -> sma.models.TFModel:
    """Train in one of the three ways."""
    toy = sma.datasets.toy(seed=0)
    sma.settings.progress = False
    if way == "true":
        return train(toy, TF, CLUSTER, folder / f"{TF}-{seed}", seed=seed)
    if way == "none":
        return train(toy, TF, CLUSTER, folder / f"{TF}-forward-{seed}", seed=seed, reverse_complement=False)
    return train_rolled(toy, seed, folder / f"{TF}-rolled-{seed}")


class RolledData(TFDataModule):
    """Marks the windows that are to be turned with a factor of -1, and leaves turning them to the network."""

    def draw(self, epoch: int, number: int) -> Draw:
        """Draw the same batch as with the true reverse complement."""
        draw = super().draw(epoch, number)
        scale = np.where(draw.flipped, -1, 1).astype(np.float32)
        return Draw(draw.offset, draw.cell_type, np.zeros_like(draw.flipped), scale)


class RolledTraining(TFTrainingModule):
    """Turns windows as the original does.

    It complements the bases and then reverses the axis of the channels (A, C, G, T, signal) instead of that of the
    positions: what comes out is signal, A, C, G, T of the same strand, from left to right, and mirrored labels.
    """

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Compute the loss of a batch."""
        turned = torch.zeros(len(batch.labels), dtype=torch.bool) if batch.scale is None else batch.scale < 0
        windows, labels = one_hot(batch._replace(scale=None)), batch.labels.clone()
        windows[turned] = windows[turned].roll(1, dims=1)
        labels[turned] = labels[turned].flip(1)
        loss = masked_cross_entropy(self.network.logits(windows)[:, 0], labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss


def train_rolled(toy: Toy, seed: int, folder: Path) -> sma.models.TFModel:
    """Train as ``tl.train`` does with the same seed, but for how windows are turned."""
    if (folder / "model.json").exists():
        return sma.models.TFModel.read(folder)
    rows, _ = read_training_table(training_table(toy, TF, CLUSTER))
    split = split_chroms(toy.genome, toy.chroms_train, toy.chroms_valid, toy.chroms_test)
    inputs = read_inputs(rows, toy.genome, split, toy.adata, "cell_type")
    jitter = RECIPE["jitter"]
    data = RolledData(
        Examples.build(toy.genome, inputs.train, split.train, jitter=jitter, rng=seed),
        Examples.build(toy.genome, inputs.valid, split.valid),
        seed=seed,
        **{name: RECIPE[name] for name in ("batch_size", "batches_per_epoch", "jitter", "max_validation")},
    )
    torch.manual_seed(seed)
    module = RolledTraining(learning_rate=RECIPE["learning_rate"], decay=RECIPE["decay"])
    options = {"epochs": RECIPE["epochs"], "accelerator": RECIPE["accelerator"]}
    weights, _ = TrainingRun(folder, batch_size=data.batch_size, **options).fit(module, data)
    model = sma.models.TFModel(TF, weights, None, {"made_by": "experiments/reverse_complement.py"}, f"rolled:{TF}")
    model.save(folder)
    return model


if __name__ == "__main__":
    main()
