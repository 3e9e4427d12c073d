"""Networks as OpenVINO's graphs: whole, or cut into stem and trunk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac.nn._spec import Layer
from scmaxatac.nn._stem import Stem, StemBlock
from scmaxatac.nn.engines._protocol import Network

if TYPE_CHECKING:
    from openvino import Model


def whole_graph(network: Network, batch: int) -> "Model":
    """Graph of a network; (batch, channels, window) to (batch, outputs, bins)."""
    x = inputs = _parameter(batch, network.spec.channels, network.spec.window)
    return _model(_to_scores(network, x, 0), inputs)


def stem_graph(network: Network, stem: Stem, batch: int) -> "Model":
    """Graph of a network's stem; (batch, channels, width of a piece with its halo) to (batch, positions, filters).

    The positions are those at a window's left edge, those of the piece, those at a right edge.
    """
    from openvino import opset13 as ops

    x = inputs = _parameter(batch, network.spec.channels, stem.width)
    left = right = None
    first = 0
    for block in stem.blocks:
        end = block.length + 2 * block.halo
        near = block.halo + block.edge, block.halo + block.edge + block.inner
        left = _joined(left, _positions(x, *near))
        right = _joined(_positions(x, end - near[1], end - near[0]), right)
        left = _block(network, block, first, left, (True, False))
        right = _block(network, block, first, right, (False, True))
        x = _block(network, block, first, x, (False, False))
        first += len(block.layers)
    return _model(ops.transpose(ops.concat([left, x, right], 2), _integers(0, 2, 1)), inputs)


def trunk_graph(network: Network, stem: Stem, batch: int) -> "Model":
    """Graph of what comes after the stem; (batch, positions of a window, filters) to (batch, outputs, bins)."""
    from openvino import opset13 as ops

    inputs = _parameter(batch, stem.spec.window // stem.pool, network.spec.layers[stem.n_layers - 1].filters)
    return _model(_to_scores(network, ops.transpose(inputs, _integers(0, 2, 1)), stem.n_layers), inputs)


def _to_scores(network: Network, x: Any, first: int) -> Any:
    """Layers from one on, with zero padding, and the head."""
    from openvino import opset13 as ops

    for k, layer in enumerate(network.spec.layers[first:], first):
        x = _pooled(_layer(network, k, layer, x, (True, True)), layer.pool)
    x = ops.convolution(x, _constant(network.weights["head.weight"]), [1], [0], [0], [1])
    return ops.sigmoid(ops.add(x, _per_channel(network.weights["head.bias"])))


def _block(network: Network, block: StemBlock, first: int, x: Any, padded: tuple[bool, bool]) -> Any:
    for k, layer in enumerate(block.layers, first):
        x = _pooled(_layer(network, k, layer, x, padded), layer.pool)
    return x


def _layer(network: Network, k: int, layer: Layer, x: Any, padded: tuple[bool, bool]) -> Any:
    """Convolution, ReLU and normalisation, which OpenVINO fuses by itself; zeros on the sides that are padded."""
    from openvino import opset13 as ops

    weights = network.weights
    left, right = (layer.reach if side else 0 for side in padded)
    x = ops.convolution(x, _constant(weights[f"convs.{k}.weight"]), [1], [left], [right], [layer.dilation])
    x = ops.relu(ops.add(x, _per_channel(weights[f"convs.{k}.bias"])))
    scale = weights[f"norms.{k}.weight"] / np.sqrt(weights[f"norms.{k}.running_var"] + network.spec.epsilon)
    shift = weights[f"norms.{k}.bias"] - weights[f"norms.{k}.running_mean"] * scale
    return ops.add(ops.multiply(x, _per_channel(scale)), _per_channel(shift))


def _pooled(x: Any, pool: int) -> Any:
    from openvino import opset13 as ops

    return ops.max_pool(x, [pool], [1], [0], [0], [pool]).output(0) if pool > 1 else x


def _positions(x: Any, start: int, end: int) -> Any:
    from openvino import opset13 as ops

    return ops.slice(x, _integers(start), _integers(end), _integers(1), _integers(2))


def _joined(one: Any, other: Any) -> Any:
    from openvino import opset13 as ops

    parts = [part for part in (one, other) if part is not None]
    return ops.concat(parts, 2) if len(parts) > 1 else parts[0]


def _parameter(*shape: int) -> Any:
    from openvino import opset13 as ops

    return ops.parameter(list(shape), np.float32)


def _model(result: Any, inputs: Any) -> "Model":
    import openvino as ov

    return ov.Model([result], [inputs], "scmaxatac")


def _integers(*values: int) -> Any:
    return _constant(np.array(values, dtype=np.int64))


def _constant(array: np.ndarray | Sequence[int]) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.ascontiguousarray(array))


def _per_channel(values: np.ndarray) -> Any:
    return _constant(np.asarray(values, dtype=np.float32).reshape(1, -1, 1))
