"""Geometry and price of stems, against networks in plain numpy."""

import numpy as np
import pytest
from _any_network import encode, network_of, run_blocks, run_stem, stems
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.nn._spec import PUBLISHED, Block, NetworkSpec
from scmaxatac.nn._stem import Stem, cost_of_window, find_stem


def test_the_geometry_of_the_published_networks():
    """Two convolutions of width 7 reach 6 positions; with poolings of 2 and dilations 1, 1, 2 that is 66 bases."""
    stem = Stem(PUBLISHED, 256, 3)
    assert stem.fits
    assert (stem.halo, stem.width) == (6 + 2 * 6 + 4 * 12, 256 + 2 * 66)
    assert [block.edge_after for block in stem.blocks] == [3, 5, 9], "6 of 1,024, 9 of 512 and 17 of 256 are changed"
    assert (stem.pool, stem.positions, stem.filters, stem.n_layers, stem.pieces_per_window) == (8, 32 + 18, 33, 6, 4)
    assert cost_of_window(PUBLISHED) == pytest.approx(16.24e6, rel=1e-3)
    assert find_stem([PUBLISHED], 256) == stem


@settings(max_examples=40, deadline=None)
@given(stem=stems(), seed=st.integers(0, 99))
def test_windows_put_together_are_what_the_blocks_give_for_each(stem, seed):
    """A piece inside a window is read with its surroundings; at the edges of a window there are zeros instead."""
    spec, pieces = stem.spec, stem.pieces_per_window
    rng = np.random.default_rng(seed)
    network = network_of(spec, seed)
    length = 2 * spec.window + 2 * stem.halo
    x = encode(rng.integers(0, 5, (1, length)), rng.random((1, length)))
    places = np.arange(stem.halo, length - stem.halo - stem.piece + 1, stem.piece)
    around = np.concatenate([x[:, :, place - stem.halo : place + stem.piece + stem.halo] for place in places])
    of_pieces = run_stem(network, stem, around)
    rows = np.arange(len(places) - pieces + 1)[:, None] + np.arange(pieces)
    found = np.zeros((len(rows), spec.window // stem.pool, stem.filters))
    stem.windows(of_pieces, rows, found)
    starts = places[rows[:, 0]]
    windows = np.concatenate([x[:, :, start : start + spec.window] for start in starts])
    np.testing.assert_allclose(found, run_blocks(network, windows, stem.n_blocks).swapaxes(1, 2), rtol=0, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(stem=stems())
def test_the_price_is_the_products_that_have_to_be_made(stem):
    """Counted position by position, from the last layer of the stem to the first."""
    spec, cost = stem.spec, 0
    for block in stem.blocks:
        after = set(range(-_beyond(stem, block), block.length // block.pool + _beyond(stem, block)))
        cost += _products(block, after, None)
        cost += 2 * _products(block, set(range(block.edge_after)), 0)
    assert stem.cost_of_piece == cost
    trunk, positions = 0, spec.window
    for k, layer in enumerate(spec.layers):
        trunk += layer.n_in * layer.filters * layer.kernel * positions if k >= stem.n_layers else 0
        positions //= layer.pool
    assert stem.cost_of_trunk == trunk + spec.outputs * spec.layers[-1].filters * spec.window // spec.bin


def _beyond(stem: Stem, block) -> int:
    """Positions on either side of a piece that the next block reads."""
    following = [after for before, after in zip(stem.blocks, stem.blocks[1:], strict=False) if before is block]
    return following[0].halo if following else 0


def _products(block, after: set[int], first: int | None) -> int:
    """Multiply-adds for some positions behind a block; those before `first` are zeros."""
    needed = {position * block.pool + i for position in after for i in range(block.pool)}
    total = 0
    for layer in reversed(block.layers):
        total += len(needed) * layer.n_in * layer.filters * layer.kernel
        taps = (np.arange(layer.kernel) - layer.kernel // 2) * layer.dilation
        needed = {position + int(tap) for position in needed for tap in taps}
        needed = set(range(min(needed), max(needed) + 1))
        if first is not None:
            needed = {position for position in needed if position >= first}
    return total


@pytest.mark.parametrize(
    ("spec", "piece"),
    [
        pytest.param(PUBLISHED, 1024, id="windows that do not overlap"),
        pytest.param(PUBLISHED, 768, id="pieces that windows are not made of"),
        pytest.param(PUBLISHED, 4, id="pieces shorter than what the edges change"),
        pytest.param(
            NetworkSpec(blocks=(Block(3), Block(99, 1, pool=16))),
            256,
            id="a stem that is next to nothing of the network",
        ),
        pytest.param(NetworkSpec(blocks=(Block(15, pool=32),)), 256, id="a single block"),
        pytest.param(
            NetworkSpec(blocks=(Block(15, dilation=99), Block(15, pool=16))), 256, id="filters that reach too far"
        ),
    ],
)
def test_there_is_no_stem_where_it_can_not_be_or_saves_nothing(spec, piece):
    assert find_stem([spec], piece) is None


def test_networks_share_the_blocks_that_read_alike():
    blocks = PUBLISHED.blocks
    wider = NetworkSpec(
        blocks=(*(Block(f + 1, b.dilation) for f, b in zip((15, 22, 33, 50, 75), blocks, strict=True)),)
    )
    assert find_stem([PUBLISHED, wider], 256) == Stem(PUBLISHED, 256, 3)
    dilated = NetworkSpec(blocks=(*blocks[:2], Block(33, 3), *blocks[3:]))
    assert find_stem([PUBLISHED, dilated], 256) == Stem(PUBLISHED, 256, 2)
    assert find_stem([PUBLISHED, NetworkSpec(blocks=(Block(15, kernel=5), *blocks[1:]))], 256) is None
