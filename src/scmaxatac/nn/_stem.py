"""The first blocks of networks, computed once a place instead of once a window that covers it.

Windows overlap, by three quarters at the usual step. What the first blocks compute at a place is the same in all
windows that cover it, but not at the edges of a window, because every convolution pads its window with zeros. So a
chromosome is cut into *pieces* as long as the distance between windows. The *stem*, the first blocks, reads a piece
with a halo, as far as its filters reach, and gives three things: the positions of the piece inside a window, the first
ones of a window that begins with it, and the last ones of a window that ends with it. A window is put together from its
pieces, and the *trunk*, the other blocks and the head, is run on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

import numpy as np

from scmaxatac._types import Int64s
from scmaxatac.nn._spec import Block, Layer, NetworkSpec

WORTH = 0.9
"""Share of the multiply-adds that a run of windows may cost at most for its windows to be put together from pieces."""


class StemBlock(NamedTuple):
    """A block of the stem, in positions of what it reads.

    Attributes
    ----------
    layers
        Its convolutions.
    length
        Positions of a piece.
    halo
        Positions on either side of it that the block still reads.
    edge
        First positions of a window that the zero padding of earlier blocks has changed; as many last ones.
    edge_after
        The same behind the block, in positions of what it gives.
    pool
        Positions of which the largest value goes on.
    """

    layers: tuple[Layer, ...]
    length: int
    halo: int
    edge: int
    edge_after: int
    pool: int

    @property
    def reach(self) -> int:
        """Positions on either side that the filters of all its convolutions read."""
        return sum(layer.reach for layer in self.layers)

    @property
    def inner(self) -> int:
        """Positions behind those at the edge that are read as well to compute the edge."""
        return self.edge_after * self.pool + self.reach - self.edge


@dataclass(frozen=True)
class Stem:
    """The first blocks of a network, run on pieces.

    Parameters
    ----------
    spec
        Geometry of the network.
    piece
        Length of a piece in bp.
    n_blocks
        Blocks that are run on pieces.
    """

    spec: NetworkSpec
    piece: int
    n_blocks: int

    @cached_property
    def blocks(self) -> tuple[StemBlock, ...]:
        """The blocks, from the input on."""
        blocks = self.spec.blocks[: self.n_blocks]
        halos = [0]
        for block in reversed(blocks):
            halos.append(halos[-1] * block.pool + _reach(block))
        length, edge, at = self.piece, 0, 0
        found = []
        for block, halo in zip(blocks, halos[:0:-1], strict=True):
            after = -(-(edge + _reach(block)) // block.pool)
            layers = self.spec.layers[at : at + block.convolutions]
            found.append(StemBlock(layers, length, halo, edge, after, block.pool))
            length, edge, at = length // block.pool, after, at + block.convolutions
        return tuple(found)

    @property
    def n_layers(self) -> int:
        """Convolutions of the stem."""
        return sum(block.convolutions for block in self.spec.blocks[: self.n_blocks])

    @property
    def halo(self) -> int:
        """Bases on either side of a piece that are read."""
        return self.blocks[0].halo

    @property
    def width(self) -> int:
        """Bases that are read for a piece."""
        return self.piece + 2 * self.halo

    @property
    def pieces_per_window(self) -> int:
        """Pieces of a window."""
        return self.spec.window // self.piece

    @property
    def pool(self) -> int:
        """Bases of one position behind the stem."""
        return prod(block.pool for block in self.spec.blocks[: self.n_blocks])

    @property
    def filters(self) -> int:
        """Channels behind the stem."""
        return self.spec.blocks[self.n_blocks - 1].filters

    @property
    def edge(self) -> int:
        """Positions behind the stem, at each edge of a window, that the zero padding changes."""
        return self.blocks[-1].edge_after

    @property
    def positions(self) -> int:
        """Positions that the stem gives for a piece: those at a left edge, the piece's, those at a right edge."""
        return self.piece // self.pool + 2 * self.edge

    @property
    def fits(self) -> bool:
        """Whether windows of this geometry can be put together from pieces."""
        return (
            0 < self.n_blocks < len(self.spec.blocks)
            and self.spec.window % self.piece == 0
            and self.pieces_per_window > 1
            and self.piece % self.pool == 0
            and self.blocks[0].reach > 0  # else it has no edges
            and self.edge * self.pool <= self.piece
            and self.width <= self.spec.window
        )

    @cached_property
    def cost_of_piece(self) -> int:
        """Multiply-adds of the stem for one piece."""
        return sum(_valid(block, block.length + 2 * block.halo) + 2 * _at_edge(block) for block in self.blocks)

    @cached_property
    def cost_of_trunk(self) -> int:
        """Multiply-adds of the rest of the network for one window."""
        return cost_of_window(self.spec) - _padded(self.spec.layers[: self.n_layers], self.spec.window)

    def places(self, starts: np.ndarray) -> tuple[Int64s, Int64s]:
        """Starts of the pieces of windows, (m,) sorted, and which of them each is made of, (n, pieces of a window)."""
        starts_of_pieces = starts[:, None] + np.arange(self.pieces_per_window) * self.piece
        places, at = np.unique(starts_of_pieces, return_inverse=True)
        return places, at.reshape(starts_of_pieces.shape)

    def windows(self, given: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
        """Put windows together from what the stem gives for their pieces.

        Parameters
        ----------
        given
            (pieces, positions, filters).
        rows
            (n, pieces of a window) which pieces.
        out
            (n, positions of a window, filters), filled.
        """
        edge, inner, last = self.edge, self.piece // self.pool, self.pieces_per_window - 1
        out[:, :edge] = given[rows[:, 0], :edge]
        for k in range(last + 1):
            lo, hi = (edge if k == 0 else 0), (inner - edge if k == last else inner)
            out[:, k * inner + lo : k * inner + hi] = given[rows[:, k], edge + lo : edge + hi]
        out[:, (last + 1) * inner - edge :] = given[rows[:, last], edge + inner :]


def find_stem(specs: Sequence[NetworkSpec], piece: int) -> Stem | None:
    """Stem of the fewest multiply-adds for windows at the distance of a piece, None where no stem saves any.

    Parameters
    ----------
    specs
        Geometries of networks with the same windows and bins. Their stems have to read alike: kernels, dilations and
        poolings have to be the same, numbers of filters may differ.
    piece
        Length of a piece in bp.
    """
    first = specs[0]
    depths = [n for n in range(1, len(first.blocks)) if all(_alike(first, spec, n) for spec in specs)]
    fitting = [stem for n in depths if (stem := Stem(first, piece, n)).fits]
    best = min(fitting, key=lambda stem: stem.cost_of_piece + stem.cost_of_trunk, default=None)
    if best is None or best.cost_of_piece + best.cost_of_trunk > WORTH * cost_of_window(first):
        return None
    return best


def cost_of_window(spec: NetworkSpec) -> int:
    """Multiply-adds of a network for one window."""
    return _padded(spec.layers, spec.window) + spec.outputs * spec.layers[-1].filters * spec.grid.bins_per_window


def _alike(one: NetworkSpec, other: NetworkSpec, n_blocks: int) -> bool:
    def shape(spec: NetworkSpec) -> list[tuple[int, ...]]:
        return [(block.kernel, block.dilation, block.convolutions, block.pool) for block in spec.blocks[:n_blocks]]

    return n_blocks < len(other.blocks) and shape(one) == shape(other)


def _reach(block: Block) -> int:
    return block.convolutions * (block.kernel // 2) * block.dilation


def _padded(layers: Sequence[Layer], positions: int) -> int:
    """Multiply-adds of layers with zero padding on both sides."""
    total = 0
    for layer in layers:
        total += _multiply_adds(layer, positions)
        positions //= layer.pool
    return total


def _valid(block: StemBlock, positions: int) -> int:
    """Multiply-adds of a block without padding."""
    total = 0
    for layer in block.layers:
        positions -= 2 * layer.reach
        total += _multiply_adds(layer, positions)
    return total


def _at_edge(block: StemBlock) -> int:
    """Multiply-adds of a block at one edge of a window, padded on one side."""
    positions, total = block.edge + block.inner, 0
    for layer in block.layers:
        positions -= layer.reach
        total += _multiply_adds(layer, positions)
    return total


def _multiply_adds(layer: Layer, positions: int) -> int:
    return layer.n_in * layer.filters * layer.kernel * positions
