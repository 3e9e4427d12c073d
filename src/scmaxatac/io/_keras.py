"""Weights in Keras' HDF5 files, read without TensorFlow."""

import os
from typing import Any

import numpy as np

from scmaxatac.io._files import existing_file


def read_keras_weights(path: str | os.PathLike[str]) -> dict[str, dict[str, np.ndarray]]:
    """Read the layers' weights of a Keras HDF5 file (a saved model or saved weights); the optimizer's state is ignored.

    Parameters
    ----------
    path
        File written by Keras 2 or by Keras 3 in the HDF5 format.

    Returns
    -------
    The weights of each layer that has any, by the layer's name and then the weight's name without ``:0``, such as
    ``{"conv1d": {"kernel": ..., "bias": ...}, "batch_normalization": {"gamma": ..., ...}}``. A convolution's kernel has
    the shape (width, input channels, output channels).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not HDF5 or holds no Keras weights.
    """
    import h5py

    path = existing_file(path, "Keras weights file")
    try:
        handle = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path} is not a readable HDF5 file: {error}") from None
    with handle:
        root = handle["model_weights"] if "model_weights" in handle else handle
        layers = {name: _weights(group) for name, group in root.items() if isinstance(group, h5py.Group)}
    layers = {name: weights for name, weights in layers.items() if weights and name != "optimizer_weights"}
    if not layers:
        raise ValueError(f"{path} holds no Keras weights (no datasets below 'model_weights')")
    return layers


def _weights(layer: Any) -> dict[str, np.ndarray]:
    import h5py

    found: dict[str, np.ndarray] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name.rsplit("/", 1)[-1].removesuffix(":0")] = np.asarray(item[()])

    layer.visititems(visit)
    return found
