"""Networks in torch, with folded normalisation: whole, or cut into stem and trunk."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import torch

from scmaxatac.nn._stem import Stem
from scmaxatac.nn.engines._fold import FoldedLayer, fold
from scmaxatac.nn.engines._protocol import Network

_CHANNEL_MULTIPLE = 8
"""Channels are padded with zeros to a multiple of this, which convolution libraries prefer."""


class FoldedNetwork:
    """Convolutions with clamps, and the head.

    Parameters
    ----------
    network
        Geometry and weights.
    device, dtype
        Where it computes, and in what.

    Attributes
    ----------
    n_outputs
        Transcription factors that it scores.
    """

    def __init__(self, network: Network, device: torch.device, dtype: torch.dtype) -> None:
        self.n_outputs = network.spec.outputs
        self._layers: list[_Layer] = []
        n_in = round_up(network.spec.channels)
        for layer in fold(network):
            n_out = round_up(len(layer.kernel))
            self._layers.append(_Layer(layer, n_in, n_out, device, dtype))
            n_in = n_out
        weight = network.weights["head.weight"]
        head = np.zeros((len(weight), n_in, 1, 1), dtype=np.float32)
        head[:, : weight.shape[1], 0] = weight
        self._head = _place(head, device, dtype)
        self._head_bias = torch.from_numpy(np.array(network.weights["head.bias"], dtype=np.float32)).to(device, dtype)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Score windows; (n, channels, 1, window) to (n, outputs, bins) float32."""
        return self._to_scores(x, self._layers)

    def channels_after(self, stem: Stem) -> int:
        """Channels that the stem gives, those included that are zero."""
        return round_up(self._layers[stem.n_layers - 1].filters)

    def stem(self, stem: Stem, x: torch.Tensor) -> torch.Tensor:
        """Run the stem on pieces; (n, channels, 1, width of a piece with its halo) to (n, positions, channels)."""
        left = right = x[..., :0]
        first = 0
        for block in stem.blocks:
            end = block.length + 2 * block.halo
            near, far = block.halo + block.edge, block.halo + block.edge + block.inner
            left = torch.cat([left, x[..., near:far]], 3)
            right = torch.cat([x[..., end - far : end - near], right], 3)
            for layer in self._layers[first : first + len(block.layers)]:
                left, right, x = layer(left, (True, False)), layer(right, (False, True)), layer(x, (False, False))
            first += len(block.layers)
        return torch.cat([left, x, right], 3).squeeze(2).swapaxes(1, 2)

    def trunk(self, stem: Stem, x: torch.Tensor) -> torch.Tensor:
        """Score windows from what the stem gave; (n, positions of a window, channels) to (n, outputs, bins) float32."""
        return self._to_scores(x.unsqueeze(1).permute(0, 3, 1, 2), self._layers[stem.n_layers :])

    def _to_scores(self, x: torch.Tensor, layers: Sequence["_Layer"]) -> torch.Tensor:
        for layer in layers:
            x = layer(x)
        x = torch.nn.functional.conv2d(x, self._head, self._head_bias)
        return torch.sigmoid(x.float()).squeeze(2)


class _Layer:
    """A folded layer on a device, its channels padded with zeros."""

    def __init__(self, folded: FoldedLayer, n_in: int, n_out: int, device: torch.device, dtype: torch.dtype) -> None:
        layer = folded.layer
        kernel = np.zeros((n_out, n_in, 1, layer.kernel), dtype=np.float32)
        kernel[: layer.filters, : layer.n_in, 0] = folded.kernel
        self._kernel = _place(kernel, device, dtype)
        bias, low, high = (
            torch.from_numpy(_pad(values, n_out, fill)).to(device, dtype)
            for values, fill in ((folded.bias, 0), (folded.low, 0), (folded.high, np.inf))
        )
        self._bias, self._low = bias, low.view(1, -1, 1, 1)
        self._high = high.view(1, -1, 1, 1) if torch.isfinite(high).any() else None
        self.filters = layer.filters
        self._reach, self._dilation, self._pool = layer.reach, (1, layer.dilation), layer.pool

    def __call__(self, x: torch.Tensor, padded: tuple[bool, bool] = (True, True)) -> torch.Tensor:
        """Run the layer, with zeros on the sides that are padded."""
        if padded[0] != padded[1]:
            x = torch.nn.functional.pad(x, (self._reach * padded[0], self._reach * padded[1]))
        padding = (0, self._reach if all(padded) else 0)
        x = torch.nn.functional.conv2d(x, self._kernel, self._bias, padding=padding, dilation=self._dilation)
        if self._pool > 1:
            # twice as fast on the CPU as max_pool2d, which also looks for the places of the maxima
            x = reduce(torch.maximum, (x[..., i :: self._pool] for i in range(self._pool)))
        x = torch.maximum(x, self._low, out=x)
        return x if self._high is None else torch.minimum(x, self._high, out=x)


def _place(kernel: np.ndarray, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(kernel).to(device, dtype).contiguous(memory_format=torch.channels_last)


def round_up(n: int) -> int:
    """Channels with those that are added."""
    return -(-n // _CHANNEL_MULTIPLE) * _CHANNEL_MULTIPLE


def _pad(values: np.ndarray, n: int, fill: float) -> np.ndarray:
    return np.pad(values, (0, n - len(values)), constant_values=fill).astype(np.float32)
