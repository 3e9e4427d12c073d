"""Weights in Keras' HDF5 files, read without TensorFlow."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from scmaxatac.io._files import existing_file
from scmaxatac.io._h5_heaps import check_heaps

KerasName = tuple[str, str]
"""Names of a layer and of a weight without ``:0``, such as ``("conv1d", "kernel")``."""


def keras_shapes(path: str | os.PathLike[str]) -> dict[KerasName, tuple[int, ...]]:
    """Shapes of the layers' weights in a Keras HDF5 file (a saved model or saved weights); nothing else is read.

    Parameters
    ----------
    path
        File written by Keras 2 or by Keras 3 in the HDF5 format.

    Returns
    -------
    The shape of each weight; the optimizer's state is left out. A convolution's kernel has the shape (width, input
    channels, output channels).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not HDF5, is damaged, or holds no Keras weights.
    """
    path = existing_file(path, "Keras weights file")
    with _datasets(path) as datasets:
        return {name: tuple(dataset.shape) for name, dataset in datasets.items()}


def read_keras_weights(path: str | os.PathLike[str], names: Iterable[KerasName]) -> dict[KerasName, np.ndarray]:
    """Some weights of a Keras HDF5 file, whose shapes have to be checked before: a small file can claim large arrays.

    Parameters
    ----------
    path
        As in :func:`keras_shapes`.
    names
        Weights to read, as :func:`keras_shapes` names them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or a weight holds no numbers.
    """
    path = existing_file(path, "Keras weights file")
    with _datasets(path) as datasets:
        return {name: np.asarray(datasets[name][()]) for name in names}


@contextmanager
def _datasets(path: Path) -> Iterator[dict[KerasName, Any]]:
    """Datasets of the weights in an open file; what HDF5 raises becomes a ValueError that names the file."""
    import h5py

    check_heaps(path)
    try:
        handle = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path} is not a readable HDF5 file: {error}") from None
    with handle:
        try:
            found = _find(handle)
            if not found:
                raise _ContentError("holds no Keras weights (no datasets below 'model_weights')")
            yield found
        except _ContentError as error:
            raise ValueError(f"{path} {error}") from None
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, MemoryError) as error:
            # h5py has no error of its own: a damaged file raises any of these
            raise ValueError(f"{path} is damaged; it can't be read as a Keras file: {error}") from None


class _ContentError(Exception):
    """A file can be read, but does not hold what it should."""


def _find(handle: Any) -> dict[KerasName, Any]:
    import h5py

    found: dict[KerasName, Any] = {}
    root = handle["model_weights"] if "model_weights" in handle else handle
    if not isinstance(root, h5py.Group):
        return found

    def visit(layer: str, name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            weight = name.rsplit("/", 1)[-1].removesuffix(":0")
            if item.shape is None or item.dtype.kind not in "fiu":
                raise _ContentError(f"holds no numbers in {layer}/{weight}")
            found[layer, weight] = item

    for layer, group in root.items():
        if not isinstance(layer, str):  # h5py gives bytes for what is not UTF-8
            raise _ContentError(f"is damaged: the name of a layer is no text ({layer!r})")
        if isinstance(group, h5py.Group) and layer != "optimizer_weights":
            group.visititems(lambda name, item, layer=layer: visit(layer, name, item))
    return found
