"""Batch normalisation folded into the convolutions, exactly."""

from dataclasses import dataclass

import numpy as np

from scmaxatac.nn._spec import Layer
from scmaxatac.nn.engines._protocol import Network


@dataclass(frozen=True)
class FoldedLayer:
    """A convolution whose output is clamped channel by channel, which is what [convolution, ReLU, normalisation] is.

    Normalisation after the ReLU gives ``a * relu(z) + b``. With ``u = a * z + b``, which is again a convolution, that
    is ``max(u, b)`` where a is positive and ``min(u, b)`` where it is negative: a clamp. A clamp is monotone, so the
    pooling may come before it. The zero padding of the next convolution stays what it was, zeros after the
    normalisation, so nothing changes but the rounding.
    """

    kernel: np.ndarray
    """(out, in, width) float32."""

    bias: np.ndarray
    """(out,) float32."""

    low: np.ndarray
    """(out,) float32, smallest value that passes; -inf where there is none."""

    high: np.ndarray
    """(out,) float32, largest value that passes; inf where there is none."""

    layer: Layer
    """Dilation, pooling and the like."""


def fold(network: Network) -> list[FoldedLayer]:
    """Fold the convolutions and normalisations of a network; the head stays as it is."""
    return [_fold_layer(network, k, layer) for k, layer in enumerate(network.spec.layers)]


def _fold_layer(network: Network, k: int, layer: Layer) -> FoldedLayer:
    weights = network.weights
    kernel, bias = (np.asarray(weights[f"convs.{k}.{name}"], dtype=np.float64) for name in ("weight", "bias"))
    gamma, beta, mean, variance = (
        np.asarray(weights[f"norms.{k}.{name}"], dtype=np.float64)
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    a = gamma / np.sqrt(variance + network.spec.epsilon)
    b = beta - mean * a
    return FoldedLayer(
        kernel=(kernel * a[:, None, None]).astype(np.float32),
        bias=(bias * a + b).astype(np.float32),
        low=np.where(a >= 0, b, -np.inf).astype(np.float32),
        high=np.where(a <= 0, b, np.inf).astype(np.float32),
        layer=layer,
    )
