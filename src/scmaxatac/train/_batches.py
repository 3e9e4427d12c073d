"""From the inputs of training to the network and the batches that it learns from."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import torch

from scmaxatac._constants import PERCENTILE
from scmaxatac._logging import logger, warn
from scmaxatac.genome._genome import Genome
from scmaxatac.train._data_module import TFDataModule
from scmaxatac.train._dataset import Examples
from scmaxatac.train._inputs import TrainingInputs
from scmaxatac.train._module import TFTrainingModule
from scmaxatac.train._options import BATCH_OPTIONS
from scmaxatac.train._split import Split
from scmaxatac.zoo import TFModel

_RANDOM_WINDOWS = 100_000
"""Windows from anywhere that `random_ratio` draws from."""

_USUAL_PERCENTILE = (0.1, 10.0)
"""Where the 99th percentile of the signal around peaks lies if that of the whole signal is 1."""


def make_module(start: TFModel | None, options: Mapping[str, Any], seed: int) -> TFTrainingModule:
    """Make the network: with a model's weights, or with random ones that the seed alone decides."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TFTrainingModule(
            learning_rate=options["learning_rate"],
            decay=options["decay"],
            weights=None if start is None else start.weights,
        )


def make_batches(
    inputs: TrainingInputs, genome: Genome, split: Split, options: Mapping[str, Any], seed: int
) -> TFDataModule:
    """Collect the examples of both sets of chromosomes.

    Raises
    ------
    ValueError
        If there are fewer regions than a batch needs.
    """
    n_random = max(_RANDOM_WINDOWS, options["batch_size"]) if options["random_ratio"] else 0
    jitter = options["jitter"]
    learn = Examples.build(genome, inputs.train, split.train, n_random=n_random, jitter=jitter, rng=seed)
    choose = Examples.build(genome, inputs.valid, split.valid)
    for examples, names in ((learn, learn.names), (choose, [n for n in choose.names if n not in learn.names])):
        _check_scale(examples, names)
    logger.info(
        "%d regions of %d cell types to learn from, %d of %d to choose the epoch by; %.2f GB of memory",
        learn.n_regions,
        len(learn.names),
        choose.n_regions,
        len(choose.names),
        (learn.n_bytes + choose.n_bytes) / 1e9,
    )
    return TFDataModule(learn, choose, seed=seed, **{name: options[name] for name in BATCH_OPTIONS})


def _check_scale(examples: Examples, names: Collection[str]) -> None:
    """Warn of signals, among those of some cell types, that are not on the scale that the network expects."""
    for name, signal in zip(examples.names, examples.signal, strict=True):
        if name not in names:
            continue
        some = signal[:: max(1, len(signal) // 1_000_000)].astype(np.float32)
        covered = some[some != 0]
        percentile = float(np.percentile(covered, PERCENTILE)) if len(covered) else 0.0
        if not _USUAL_PERCENTILE[0] <= percentile <= _USUAL_PERCENTILE[1]:
            warn(
                f"the signal of {name!r} has a 99th percentile of {percentile:.3g} around peaks, where it should be "
                "near 1: use the min-max scaled bigWig of pp.tn5_tracks or pp.average_replicates"
            )
