"""Names and shapes of a model's weights."""

from collections.abc import Mapping

import numpy as np

from scmaxatac._constants import FILTERS, KERNEL

_IN_CHANNELS = 5  # A, C, G, T and the signal
_PER_BLOCK = 2

N_CONVS = _PER_BLOCK * len(FILTERS)
"""Convolutions of the network, each with its normalisation; the head of width 1 comes on top."""


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Shapes of the weights of a :class:`~scmaxatac.nn._network.TFNetwork`, by their names in its state dict."""
    shapes: dict[str, tuple[int, ...]] = {}
    n_in = _IN_CHANNELS
    for k in range(N_CONVS):
        n_out = FILTERS[k // _PER_BLOCK]
        shapes[f"convs.{k}.weight"] = (n_out, n_in, KERNEL)
        shapes[f"convs.{k}.bias"] = (n_out,)
        for name in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"norms.{k}.{name}"] = (n_out,)
        n_in = n_out
    shapes["head.weight"] = (1, n_in, 1)
    shapes["head.bias"] = (1,)
    return shapes


def checked_weights(weights: Mapping[str, np.ndarray], what: str) -> dict[str, np.ndarray]:
    """Copy the weights to contiguous float32 arrays in the network's order.

    Parameters
    ----------
    weights
        Arrays by their names in the network's state dict.
    what
        Where they come from, for messages.

    Raises
    ------
    ValueError
        If a weight is missing, unknown, of another shape, or not finite.
    """
    shapes = expected_shapes()
    missing = [name for name in shapes if name not in weights]
    unknown = [name for name in weights if name not in shapes]
    if missing or unknown:
        raise ValueError(f"{what}: these weights don't fit the network. Missing: {missing}; unknown: {unknown}")
    checked = {}
    for name, shape in shapes.items():
        array = np.array(weights[name], dtype=np.float32, order="C")
        if array.shape != shape:
            raise ValueError(f"{what}: {name} has the shape {array.shape}, the network needs {shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{what}: {name} holds values that are not finite")
        checked[name] = array
    return checked
