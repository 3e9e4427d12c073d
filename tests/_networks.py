"""Random networks, and the network's forward pass in plain numpy as an independent source of scores."""

from functools import cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pandas as pd

DILATIONS = (1, 1, 2, 4, 8)
FILTERS = (15, 22, 33, 50, 75)


@cache
def random_weights(seed: int) -> MappingProxyType[str, np.ndarray]:
    """Weights of a network whose scores spread over 0 to 1, most of them small; gammas of both signs, a few are 0."""
    rng = np.random.default_rng(seed)
    widths = [5] + [filters for filters in FILTERS for _ in range(2)]
    weights = {}
    for k, (n_in, n_out) in enumerate(pairwise(widths)):
        weights[f"convs.{k}.weight"] = rng.normal(0, np.sqrt(2 / (7 * n_in)), (n_out, n_in, 7))
        weights[f"convs.{k}.bias"] = rng.normal(0, 0.2, n_out)
        gamma = rng.uniform(0.6, 1.4, n_out) * rng.choice([-1, 1], n_out)
        gamma[rng.random(n_out) < 0.05] = 0
        weights[f"norms.{k}.weight"] = gamma
        weights[f"norms.{k}.bias"] = rng.normal(0, 0.3, n_out)
        weights[f"norms.{k}.running_mean"] = rng.normal(0.3, 0.2, n_out)
        weights[f"norms.{k}.running_var"] = rng.uniform(0.4, 1.6, n_out)
    weights["head.weight"] = rng.normal(0, 0.25, (1, widths[-1], 1))
    weights["head.bias"] = np.zeros(1)
    probe = np.concatenate([_logits(weights, *window) for window in zip(*random_windows(6, seed), strict=True)])
    weights["head.weight"] *= 2 / probe.std()
    weights["head.bias"] -= 2 * probe.mean() / probe.std() + 3
    return MappingProxyType({name: array.astype(np.float32) for name, array in weights.items()})


def random_network(seed: int):
    """What engines take: these weights with the published geometry."""
    from scmaxatac.nn._spec import PUBLISHED, PlainNetwork

    return PlainNetwork(PUBLISHED, random_weights(seed))


def encoded(codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Windows as networks read them, (n, 5, window) float32: a channel a base, and one for the signal."""
    return np.stack([*(codes == base for base in range(4)), signal], axis=1).astype(np.float32)


def forward(weights, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Score windows one after the other in float64; (n, 1024) codes and signal to (n, 32).

    Written from MAXATAC's description: [convolution of width 7 with zero padding, ReLU, normalisation with epsilon
    1e-3] twice, pooling of 2, five times; then a convolution of width 1 and a sigmoid.
    """
    return np.stack([1 / (1 + np.exp(-_logits(weights, c, s))) for c, s in zip(codes, signal, strict=True)])


def _logits(weights, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    x = np.zeros((5, 1024))
    for base in range(4):
        x[base] = codes == base
    x[4] = signal
    for k in range(10):
        x = _convolve(x, weights[f"convs.{k}.weight"], DILATIONS[k // 2]) + _column(weights[f"convs.{k}.bias"])
        x = np.maximum(x, 0)
        mean, variance = (_column(weights[f"norms.{k}.{name}"]) for name in ("running_mean", "running_var"))
        gamma, beta = (_column(weights[f"norms.{k}.{name}"]) for name in ("weight", "bias"))
        x = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
        if k % 2:
            x = x.reshape(len(x), -1, 2).max(axis=2)
    return weights["head.weight"][0, :, 0].astype(float) @ x + float(weights["head.bias"][0])


def _convolve(x: np.ndarray, kernel: np.ndarray, dilation: int) -> np.ndarray:
    reach, length = 3 * dilation, x.shape[1]
    padded = np.pad(x, ((0, 0), (reach, reach)))
    taps = [padded[:, i * dilation : i * dilation + length] for i in range(7)]
    return sum(kernel[:, :, i].astype(float) @ tap for i, tap in enumerate(taps))


def _column(values: np.ndarray) -> np.ndarray:
    return values.astype(float)[:, None]


def random_windows(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of random bases, some unknown, and a signal of plateaus; (n, 1024) codes and signal."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, 1024)).astype(np.uint8)
    codes[rng.random((n, 1024)) < 0.02] = 4
    signal = np.repeat(rng.gamma(0.4, 0.8, (n, 32)), 32, axis=1) * (rng.random((n, 1)) < 0.8)
    return codes, signal.astype(np.float32)


def calibration_frame(threshold: float = 0.5, rate: float = 0.02) -> pd.DataFrame:
    """Calibration table whose largest F1 lies at a threshold, and whose expected share of called bins is `rate`."""
    recall = np.array([1.0, 0.8, 0.5, 0.2, 0.0])
    return pd.DataFrame(
        {
            "threshold": [0.0, threshold / 2, threshold, (1 + threshold) / 2, 1.0],
            "precision": [0.01, 0.2, 0.5, 0.8, 1.0],
            "recall": recall,
            "log2fc": [0.0, 2.0, float(np.log2(0.5 / rate)), 6.5, 7.0],
            "f1": [0.02, 0.3, 0.5, 0.3, 0.0],
        }
    )


def random_model(tf: str, seed: int, *, threshold: float = 0.5, rate: float = 0.02, calibrated: bool = True):
    """A random network as a model."""
    from scmaxatac.models import Calibration, TFModel

    calibration = Calibration(calibration_frame(threshold, rate)) if calibrated else None
    return TFModel(tf, dict(random_weights(seed)), calibration, {"source": "random"})
