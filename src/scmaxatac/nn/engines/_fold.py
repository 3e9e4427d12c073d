"""Batch normalisation folded into the convolutions, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scmaxatac._constants import DILATIONS, NORM_EPSILON


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

    dilation: int
    pooled: bool


def fold(weights: Mapping[str, np.ndarray]) -> list[FoldedLayer]:
    """Fold the ten convolutions and normalisations of a network; the head stays as it is.

    Parameters
    ----------
    weights
        Arrays named as in the state dict of :class:`~scmaxatac.nn._network.TFNetwork`.
    """
    return [_fold_layer(weights, k) for k in range(2 * len(DILATIONS))]


def _fold_layer(weights: Mapping[str, np.ndarray], k: int) -> FoldedLayer:
    kernel, bias = (np.asarray(weights[f"convs.{k}.{name}"], dtype=np.float64) for name in ("weight", "bias"))
    gamma, beta, mean, variance = (
        np.asarray(weights[f"norms.{k}.{name}"], dtype=np.float64)
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    a = gamma / np.sqrt(variance + NORM_EPSILON)
    b = beta - mean * a
    return FoldedLayer(
        kernel=(kernel * a[:, None, None]).astype(np.float32),
        bias=(bias * a + b).astype(np.float32),
        low=np.where(a >= 0, b, -np.inf).astype(np.float32),
        high=np.where(a <= 0, b, np.inf).astype(np.float32),
        dilation=DILATIONS[k // 2],
        pooled=k % 2 == 1,
    )
