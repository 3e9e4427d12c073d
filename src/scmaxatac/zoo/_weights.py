"""Checks of a model's weights."""

from collections.abc import Mapping

import numpy as np

from scmaxatac.nn import NetworkSpec

_LARGEST = 1e6
"""Weights of trained networks are far smaller: 98 is the largest of the published ones, a variance."""


def checked_weights(weights: Mapping[str, np.ndarray], spec: NetworkSpec, what: str) -> dict[str, np.ndarray]:
    """Copy the weights to contiguous float32 arrays in the network's order.

    Parameters
    ----------
    weights
        Arrays by their names in the network's state dict.
    spec
        Geometry of the network.
    what
        Where they come from, for messages.

    Raises
    ------
    ValueError
        If a weight is missing, unknown, of another shape, or holds values that no trained network has.
    """
    check_shapes({name: np.shape(array) for name, array in weights.items()}, spec, what)
    checked = {}
    for name in spec.shapes:
        array = np.array(weights[name], dtype=np.float32, order="C")
        _check_values(array, name, what)
        checked[name] = array
    return checked


def check_shapes(found: Mapping[str, tuple[int, ...]], spec: NetworkSpec, what: str) -> None:
    """Raise a ValueError if a weight is missing, unknown, or of another shape than the network's."""
    missing = [name for name in spec.shapes if name not in found]
    unknown = [name for name in found if name not in spec.shapes]
    if missing or unknown:
        raise ValueError(f"{what}: these weights don't fit the network. Missing: {missing}; unknown: {unknown}")
    for name, shape in spec.shapes.items():
        if found[name] != shape:
            raise ValueError(f"{what}: {name} has the shape {found[name]}, the network needs {shape}")


def _check_values(array: np.ndarray, name: str, what: str) -> None:
    problem = ""
    if not np.isfinite(array).all():
        problem = "values that are not finite"
    elif np.abs(array).max() > _LARGEST:
        problem = (
            f"a value of {array.flat[np.abs(array).argmax()]:.3g}, and no trained network has one beyond {_LARGEST:g}"
        )
    elif name.endswith("running_var") and array.min() < 0:
        problem = f"a value of {array.min():.3g}, and a variance can't be negative"
    if problem:
        raise ValueError(f"{what}: {name} holds {problem}. The file is damaged: download, convert or train it again")
