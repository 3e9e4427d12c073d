"""In-silico mutagenesis against one window at a time, and against tangermeme."""

import numpy as np
import pytest
from _networks import forward, random_network, random_weights

from scmaxatac.genome._windows import Grid
from scmaxatac.sequence import _mutagenesis
from scmaxatac.sequence._mutagenesis import mutate
from scmaxatac.sequence._site_windows import SiteWindows


class NumpyEngine:
    """The network in plain numpy, two of them."""

    grid = Grid()
    n_outputs = 2

    def __init__(self):
        self.batches = []

    def predict(self, codes, signal):
        self.batches.append(len(codes))
        return np.stack([forward(random_weights(seed), codes, signal) for seed in (1, 2)]).astype(np.float32)


class CountingEngine:
    """Scores that depend on single bases of a bin and on nothing else, without a network."""

    grid = Grid(64, 8)
    n_outputs = 2

    def __init__(self):
        self.batches = []
        self.weights = np.random.default_rng(0).normal(0, 1, (2, 5, 64))

    def predict(self, codes, signal):
        self.batches.append(len(codes))
        of_base = self.weights[:, np.minimum(codes, 4), np.arange(64)]
        # a bin feels the whole window, less with distance, and its own signal
        near = np.exp(-np.abs(np.arange(8)[:, None] - np.arange(64) / 8))
        logits = np.einsum("onw,bw->onb", of_base, near) + signal.reshape(len(signal), 8, 8).mean(axis=2)
        return (1 / (1 + np.exp(-logits))).astype(np.float32)


def some(n=5, width=12, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, 64)).astype(np.uint8)
    codes[1, ::3] = 4
    codes[2] = 4
    signal = rng.random((n, 64), dtype=np.float32)
    return SiteWindows(codes, signal, rng.integers(0, 8, n), rng.integers(16, 64 - width, n), width)


def by_hand(engine, output, sites):
    """Each window and each substitution on its own."""
    out = np.zeros((len(sites.codes), 4, sites.width))
    for i, (codes, signal, b, first) in enumerate(zip(*sites[:4], strict=True)):
        for j in range(sites.width):
            if codes[first + j] > 3:
                continue
            logits = []
            for base in range(4):
                changed = codes.copy()
                changed[first + j] = base
                score = float(engine.predict(changed[None], signal[None])[output, 0, b])
                logits.append(np.log(score / (1 - score)))
            for base in range(4):
                out[i, base, j] = logits[base] - np.mean(logits[:base] + logits[base + 1 :])
    return out


@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize("block", [1, 80, 4_096])
def test_every_base_is_compared_with_the_three_others_in_its_place(monkeypatch, output, block):
    monkeypatch.setattr(_mutagenesis, "_WINDOWS_PER_BLOCK", block)
    sites, engine, done = some(), CountingEngine(), []
    found = mutate(engine, output, sites, progress=done.append)
    assert found.dtype == np.float32
    assert sum(done) == len(sites.codes)
    expected = by_hand(CountingEngine(), output, sites)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found.sum(axis=1), 0, atol=1e-5)


def test_only_known_bases_are_replaced_and_each_window_is_scored_once():
    sites, engine = some(), CountingEngine()
    found = mutate(engine, 0, sites)
    known = sites.bases < 4
    assert 0 < known[1].sum() < sites.width
    assert not known[2].any()
    assert sum(engine.batches) == len(sites.codes) + 3 * known.sum()
    assert not found[~np.broadcast_to(known[:, None], found.shape)].any()


def test_a_network_is_explained_in_the_window_that_it_reads():
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, (2, 1024)).astype(np.uint8)
    signal = np.repeat(rng.gamma(0.4, 0.8, (2, 32)), 32, axis=1).astype(np.float32)
    sites = SiteWindows(codes, signal, np.array([16, 3]), np.array([500, 90]), 3)
    found = mutate(NumpyEngine(), 1, sites)
    np.testing.assert_allclose(found, by_hand(NumpyEngine(), 1, sites), atol=1e-4)
    assert np.abs(found).max() > 0.005


def test_tangermeme_gives_three_quarters_of_it():
    """It subtracts the mean of all four logits; the mean of the other three is 4/3 times as far away."""
    torch = pytest.importorskip("torch")
    mutagenesis = pytest.importorskip("tangermeme.saturation_mutagenesis").saturation_mutagenesis
    from scmaxatac.nn._network import TFNetwork
    from scmaxatac.nn.engines._registry import make_engine

    rng = np.random.default_rng(4)
    codes = rng.integers(0, 4, (2, 1024)).astype(np.uint8)
    signal = rng.random((2, 1024), dtype=np.float32)
    network = random_network(2)
    plain = TFNetwork.from_weights(network.weights, network.spec)

    class BinLogit(torch.nn.Module):
        def forward(self, bases, held):
            return plain.logits(torch.cat([bases, held], dim=1))[:, 0, 16:17]

    bases = torch.nn.functional.one_hot(torch.from_numpy(codes.astype(np.int64)), 4).permute(0, 2, 1).float()
    expected = mutagenesis(
        BinLogit(), bases, args=(torch.from_numpy(signal)[:, None],), start=500, end=520, target=0, hypothetical=True,
        device="cpu",
    )  # fmt: skip
    sites = SiteWindows(codes, signal, np.array([16, 16]), np.array([500, 500]), 20)
    found = mutate(make_engine([network], device="cpu"), 0, sites)
    np.testing.assert_allclose(found, expected.numpy() * 4 / 3, atol=2e-4)
    assert np.abs(found).max() > 0.01
