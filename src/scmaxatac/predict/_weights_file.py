"""The weights of a run's networks, in one file of its folder."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from scmaxatac.io._files import atomic_path
from scmaxatac.nn._spec import PlainNetwork
from scmaxatac.results._run_spec import ModelId


def write_weights(path: Path, weights: Sequence[dict[str, np.ndarray]]) -> None:
    """Write the weights of networks, in the order of a run's models."""
    from safetensors.numpy import save

    arrays = {f"{i}/{name}": array for i, one in enumerate(weights) for name, array in one.items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(arrays))  # save_file would make a file that only its owner can read


def read_networks(path: Path, models: Sequence[ModelId], chosen: Collection[ModelId]) -> list[PlainNetwork]:
    """Read the networks of some of a run's models from the file of the weights of all."""
    from safetensors.numpy import load_file

    weights: list[dict[str, np.ndarray]] = [{} for _ in models]
    for name, array in load_file(path).items():
        i, _, plain = name.partition("/")
        weights[int(i)][plain] = array
    return [PlainNetwork(model.network, one) for model, one in zip(models, weights, strict=True) if model in chosen]
