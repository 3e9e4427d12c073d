"""Networks of any geometry: specs for hypothesis, and their forward pass in plain numpy as an independent source."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from scmaxatac.nn._spec import Block, NetworkSpec, PlainNetwork
from scmaxatac.nn._stem import Stem


@st.composite
def specs(draw) -> NetworkSpec:
    """Small networks of two to four blocks; windows are a multiple of four bins."""
    blocks = [
        Block(
            filters=draw(st.integers(1, 5)),
            dilation=draw(st.integers(1, 3)),
            kernel=draw(st.sampled_from([1, 3, 5, 7])),
            convolutions=draw(st.integers(1, 2)),
            pool=draw(st.integers(1, 3)),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    blocks.append(Block(filters=3, kernel=3, convolutions=1, pool=4))
    bin_width = int(np.prod([block.pool for block in blocks]))
    return NetworkSpec(
        window=bin_width * 4 * draw(st.integers(1, 12)),
        bin=bin_width,
        outputs=draw(st.integers(1, 2)),
        blocks=tuple(blocks),
    )


def network_of(spec: NetworkSpec, seed: int) -> PlainNetwork:
    """A network with random weights, gammas of both signs among them."""
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in spec.shapes.items():
        kind = name.split(".")[0] + "." + name.split(".")[-1]
        if kind == "convs.weight":
            weights[name] = rng.normal(0, np.sqrt(2 / (shape[1] * shape[2])), shape)
        elif kind == "norms.running_var":
            weights[name] = rng.uniform(0.4, 1.6, shape)
        elif kind == "norms.weight":
            weights[name] = rng.uniform(0.6, 1.4, shape) * rng.choice([-1, 1], shape)
        else:
            weights[name] = rng.normal(0, 0.5, shape)
    return PlainNetwork(spec, {name: array.astype(np.float32) for name, array in weights.items()})


def score(network: PlainNetwork, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Score windows in float64; (n, window) codes and signal to (outputs, n, bins)."""
    x = run_blocks(network, encode(codes, signal), len(network.spec.blocks))
    logits = np.einsum("oi,nil->onl", network.weights["head.weight"][:, :, 0].astype(float), x)
    return 1 / (1 + np.exp(-(logits + network.weights["head.bias"].astype(float)[:, None, None])))


def encode(codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Windows as networks read them; (n, 5, width)."""
    return np.stack([*(codes == base for base in range(4)), signal], axis=1).astype(float)


def run_blocks(network: PlainNetwork, x: np.ndarray, n_blocks: int) -> np.ndarray:
    """Run the first blocks, every convolution padded with zeros."""
    k = 0
    for block in network.spec.blocks[:n_blocks]:
        for _ in range(block.convolutions):
            x = _layer(network, k, x, block.kernel, block.dilation)
            k += 1
        x = x.reshape(*x.shape[:2], -1, block.pool).max(axis=3)
    return x


def _layer(network: PlainNetwork, k: int, x: np.ndarray, width: int, dilation: int) -> np.ndarray:
    weights, reach, length = network.weights, width // 2 * dilation, x.shape[2]
    kernel = weights[f"convs.{k}.weight"].astype(float)
    padded = np.pad(x, ((0, 0), (0, 0), (reach, reach)))
    taps = [padded[:, :, i * dilation : i * dilation + length] for i in range(width)]
    x = sum(np.einsum("oi,nil->nol", kernel[:, :, i], tap) for i, tap in enumerate(taps))
    x = np.maximum(x + weights[f"convs.{k}.bias"][:, None], 0)
    mean, variance, gamma, beta = (
        weights[f"norms.{k}.{name}"].astype(float)[:, None]
        for name in ("running_mean", "running_var", "weight", "bias")
    )
    return gamma * (x - mean) / np.sqrt(variance + network.spec.epsilon) + beta


def run_stem(network: PlainNetwork, stem: Stem, x: np.ndarray) -> np.ndarray:
    """What a stem gives for pieces with their surroundings; (n, 5, width) to (n, positions, filters).

    Zeros stand around them, so far away that the positions that are taken do not see them.
    """
    fill = -stem.halo % stem.pool

    def blocks(start: int, end: int, left: int, right: int) -> np.ndarray:
        cut = np.pad(x[:, :, start:end], ((0, 0), (0, 0), (left, right)))
        return run_blocks(network, cut, stem.n_blocks).swapaxes(1, 2)

    inner, before = stem.piece // stem.pool, (stem.halo + fill) // stem.pool
    return np.concatenate(
        [
            blocks(stem.halo, stem.width, 0, fill)[:, : stem.edge],
            blocks(0, stem.width, fill, fill)[:, before : before + inner],
            blocks(0, stem.width - stem.halo, fill, 0)[:, -stem.edge :],
        ],
        axis=1,
    )


@st.composite
def stems(draw) -> Stem:
    """Stems of small networks."""
    spec = draw(specs())
    stem = Stem(spec, spec.window // draw(st.sampled_from([2, 4])), draw(st.integers(1, len(spec.blocks) - 1)))
    assume(stem.fits)
    return stem


def some_pieces(stem: Stem, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes and signal of random pieces; (n, width) each."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 5, (n, stem.width)).astype(np.uint8), rng.random((n, stem.width)).astype(np.float32)
