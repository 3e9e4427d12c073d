"""What a network looks like: the one description that network, folding, graphs and checks of weights are made from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from math import prod
from typing import Any, NamedTuple, Self

import numpy as np

from scmaxatac._constants import BIN, DILATIONS, FILTERS, KERNEL, NORM_EPSILON, UNKNOWN_BASE, WINDOW
from scmaxatac.genome._windows import Grid

CHANNELS = UNKNOWN_BASE + 1
"""Channels of the input: A, C, G, T and the ATAC signal."""

_MOST_LAYERS = 1_000


class Layer(NamedTuple):
    """A convolution with its ReLU, its normalisation and the max-pooling after it (1 is none)."""

    n_in: int
    filters: int
    kernel: int
    dilation: int
    pool: int

    @property
    def reach(self) -> int:
        """Zeros of padding on either side, which keep the width."""
        return self.kernel // 2 * self.dilation


@dataclass(frozen=True)
class Block:
    """Several times [convolution with zero padding, ReLU, batch normalisation], then a max-pooling.

    Parameters
    ----------
    filters
        Filters of each convolution.
    dilation
        Distance between the bases that a filter reads.
    kernel
        Width of the filters; odd.
    convolutions
        Convolutions in the block.
    pool
        Positions of which the largest value goes on; 1 pools nothing.
    """

    filters: int
    dilation: int = 1
    kernel: int = KERNEL
    convolutions: int = 2
    pool: int = 2


_PUBLISHED_BLOCKS = tuple(Block(filters, dilation) for filters, dilation in zip(FILTERS, DILATIONS, strict=True))


@dataclass(frozen=True)
class NetworkSpec:
    """Geometry of a dilated convolutional network: blocks, then a convolution of width 1 and a sigmoid.

    The defaults are those of the published maxATAC models (Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863).

    Parameters
    ----------
    window
        Width of the input in bp.
    bin
        Width in bp of what one score stands for; the poolings of the blocks multiplied.
    channels
        Channels of the input: A, C, G, T and the ATAC signal.
    outputs
        Transcription factors that the network scores.
    blocks
        The blocks, from the input on.
    epsilon
        Added to the variance of the batch normalisations.

    Raises
    ------
    ValueError
        If a number is not a positive integer, a kernel is even, the window is no multiple of the bin, the poolings
        don't make the bin, or the channels are others.

    Examples
    --------
    >>> from scmaxatac import models
    >>> spec = models.NetworkSpec()
    >>> spec.window, spec.bin, spec.outputs
    (1024, 32, 1)
    >>> models.NetworkSpec.from_json(spec.to_json()) == spec
    True
    """

    window: int = WINDOW
    bin: int = BIN
    channels: int = CHANNELS
    outputs: int = 1
    blocks: tuple[Block, ...] = _PUBLISHED_BLOCKS
    epsilon: float = NORM_EPSILON

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        for name in ("window", "bin", "channels", "outputs"):
            _check_count(name, getattr(self, name))
        for i, block in enumerate(self.blocks):
            for name, value in asdict(block).items():
                _check_count(f"{name} of block {i}", value)
            if block.kernel % 2 == 0:
                raise ValueError(f"kernel of block {i} is {block.kernel}; it has to be odd, so that it has a middle")
        if not isinstance(self.epsilon, int | float) or isinstance(self.epsilon, bool) or not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon is {self.epsilon!r}; it has to be a number between 0 and 1")
        if not 0 < sum(block.convolutions for block in self.blocks) <= _MOST_LAYERS:
            raise ValueError(f"a network needs 1 to {_MOST_LAYERS:,} convolutions in its blocks")
        if self.channels != CHANNELS:
            raise ValueError(f"channels is {self.channels}; networks read {CHANNELS}: A, C, G, T and the ATAC signal")
        if (pooled := prod(block.pool for block in self.blocks)) != self.bin:
            raise ValueError(f"bin is {self.bin} bp, but the poolings of the blocks make bins of {pooled} bp")
        if self.window % self.bin:
            raise ValueError(f"window is {self.window} bp, which is no multiple of the bin of {self.bin} bp")

    @property
    def grid(self) -> Grid:
        """Widths of windows and bins."""
        return Grid(self.window, self.bin)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The convolutions of all blocks, in their order."""
        layers: list[Layer] = []
        n_in = self.channels
        for block in self.blocks:
            for i in range(block.convolutions):
                pool = block.pool if i == block.convolutions - 1 else 1
                layers.append(Layer(n_in, block.filters, block.kernel, block.dilation, pool))
                n_in = block.filters
        return tuple(layers)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the weights, by their names in the state dict of the PyTorch network."""
        shapes: dict[str, tuple[int, ...]] = {}
        for k, layer in enumerate(self.layers):
            shapes[f"convs.{k}.weight"] = (layer.filters, layer.n_in, layer.kernel)
            shapes[f"convs.{k}.bias"] = (layer.filters,)
            for name in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"norms.{k}.{name}"] = (layer.filters,)
        shapes["head.weight"] = (self.outputs, self.layers[-1].filters, 1)
        shapes["head.bias"] = (self.outputs,)
        return shapes

    def to_json(self) -> dict[str, Any]:
        """Description that JSON can hold."""
        return asdict(self) | {"blocks": [asdict(block) for block in self.blocks]}

    @classmethod
    def from_json(cls, table: Any) -> Self:
        """Read what :meth:`to_json` gave.

        Parameters
        ----------
        table
            The decoded JSON.

        Raises
        ------
        ValueError
            If it is no such description.
        """
        known = _checked(table, cls, "a network")
        if "blocks" in known:
            if not isinstance(known["blocks"], list | tuple):
                raise ValueError("the description of a network holds blocks that are no list")
            known["blocks"] = tuple(_block(block) for block in known["blocks"])
        return cls(**known)


@dataclass(frozen=True, eq=False)
class PlainNetwork:
    """A network by its geometry and its weights alone."""

    spec: NetworkSpec
    weights: Mapping[str, np.ndarray]


def softened(network: PlainNetwork, divisor: float) -> PlainNetwork:
    """The network with its logits divided by a number, so that scores near 0 and 1 don't lose their digits."""
    head = {name: network.weights[name] / np.float32(divisor) for name in ("head.weight", "head.bias")}
    return network if divisor == 1 else PlainNetwork(network.spec, {**network.weights, **head})


def _block(table: Any) -> Block:
    known = _checked(table, Block, "a block")
    if "filters" not in known:
        raise ValueError("the description of a block has no filters")
    return Block(**known)


def _checked(table: Any, what: type, name: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise ValueError(f"the description of {name} is {type(table).__name__}, not a table of names and values")
    names = [field.name for field in fields(what)]
    if unknown := [str(key) for key in table if key not in names]:
        raise ValueError(f"the description of {name} holds {', '.join(unknown)}; known are {', '.join(names)}")
    return dict(table)


def _check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} is {value!r}; it has to be a positive integer")


PUBLISHED = NetworkSpec()
"""Geometry of the published models."""
