"""DeepLIFT of the networks: against what it has to add up to, a linear network, and the other strand."""

import builtins
import warnings

import numpy as np
import pytest
from _networks import random_network, random_windows

pytest.importorskip("torch")
pytest.importorskip("tangermeme")

import torch
from tangermeme.ersatz import dinucleotide_shuffle

from scmaxatac.genome._bases import one_hot
from scmaxatac.nn._network import TFNetwork
from scmaxatac.nn._spec import Block, NetworkSpec, PlainNetwork
from scmaxatac.sequence import _deeplift
from scmaxatac.sequence._deeplift import N_SHUFFLES, check_installed, deeplift
from scmaxatac.sequence._site_windows import SiteWindows

WHOLE = 1024


def some(n=2, width=WHOLE, seed=0):
    codes, signal = random_windows(n, seed)
    signal = np.ascontiguousarray(signal, dtype=np.float32)
    return SiteWindows(codes % 4, signal, np.resize([16, 5], n), np.full(n, (WHOLE - width) // 2), width)


def bin_logits(network, codes, signal, bins):
    windows = torch.cat([torch.from_numpy(one_hot(codes)), torch.from_numpy(signal)[:, None]], dim=1)
    with torch.inference_mode():
        logits = TFNetwork.from_weights(network.weights, network.spec).double().logits(windows.double())
    return logits[np.arange(len(codes)), 0, bins].numpy()


def shuffles(bases, seed):
    """The references: one shuffle a seed."""
    return torch.stack(
        [
            torch.cat([dinucleotide_shuffle(one[None], n=1, random_state=seed + k)[0] for k in range(N_SHUFFLES)])
            for one in bases
        ]
    )


@pytest.fixture(scope="module")
def network():
    return random_network(1)


@pytest.fixture(scope="module")
def explained(network):
    return deeplift(network, 0, some(), device="cpu", seed=3)


def test_contributions_add_up_to_the_difference_to_the_shuffles(network, explained):
    sites = some()
    bases = torch.from_numpy(one_hot(sites.codes))
    shuffled = shuffles(bases, 3).argmax(dim=2).numpy()
    added = (explained.hypothetical * one_hot(sites.codes)).sum(axis=(1, 2))
    for i in range(len(bases)):
        there = bin_logits(network, sites.codes[i : i + 1], sites.signal[i : i + 1], sites.bins[i : i + 1])[0]
        signal = np.repeat(sites.signal[i : i + 1], N_SHUFFLES, axis=0)
        bins = np.repeat(sites.bins[i : i + 1], N_SHUFFLES)
        without = bin_logits(network, shuffled[i].astype(np.uint8), signal, bins).mean()
        assert abs(there - without) > 0.05
        assert added[i] == pytest.approx(there - without, abs=1e-4)
    assert explained.delta.max() < 1e-4


def test_a_linear_network_is_explained_by_its_weights():
    """Convolutions so far above 0 that every ReLU lets everything pass, so the logit is a sum over the bases."""
    spec = NetworkSpec(window=32, bin=1, blocks=(Block(1, kernel=9, convolutions=1, pool=1),))
    kernel = np.random.default_rng(0).normal(0, 1, (5, 9))
    weights = {
        "convs.0.weight": kernel[None],
        "convs.0.bias": np.array([100.0]),
        "norms.0.weight": np.sqrt([1 + spec.epsilon]),
        "norms.0.bias": np.zeros(1),
        "norms.0.running_mean": np.zeros(1),
        "norms.0.running_var": np.ones(1),
        "head.weight": np.ones((1, 1, 1)),
        "head.bias": np.zeros(1),
    }
    network = PlainNetwork(spec, {name: array.astype(np.float32) for name, array in weights.items()})
    codes = np.random.default_rng(1).integers(0, 4, (1, 32)).astype(np.uint8)
    sites = SiteWindows(codes, np.zeros((1, 32), dtype=np.float32), np.array([16]), np.array([0]), 32)
    found = deeplift(network, 0, sites, device="cpu")
    of_base = np.zeros((4, 32))
    of_base[:, 12:21] = kernel[:4]
    references = shuffles(torch.from_numpy(one_hot(codes)), 0)[0].numpy()
    expected = of_base - (of_base * references).sum(axis=1).mean(axis=0)
    np.testing.assert_allclose(found.hypothetical[0], expected, atol=1e-4)
    assert np.abs(expected).max() > 1


def test_contributions_are_cut_to_the_columns(network, explained):
    part = deeplift(network, 0, some(width=50), device="cpu", seed=3)
    np.testing.assert_allclose(part.hypothetical, explained.hypothetical[..., 487:537], atol=1e-6)


def test_each_site_has_its_shuffles_whatever_stands_beside_it(network, explained, monkeypatch):
    monkeypatch.setattr(_deeplift, "_SITES_PER_BLOCK", 1)
    done = []
    found = deeplift(network, 0, some(), device="cpu", seed=3, progress=done.append)
    assert done == [1, 1]
    np.testing.assert_allclose(found.hypothetical, explained.hypothetical, atol=1e-6)
    other = deeplift(network, 0, some(n=1), device="cpu", seed=4)
    assert np.abs(other.hypothetical - explained.hypothetical[:1]).max() > 1e-3


def test_the_second_strand_adds_up_to_the_difference_of_the_reverse_complements(network):
    sites = some()
    forward = deeplift(network, 0, sites, device="cpu").hypothetical
    # the second strand alone: twice the mean, less the first
    second = 2 * deeplift(network, 0, sites, device="cpu", strand="mean").hypothetical - forward
    assert np.abs(second - forward).max() > 1e-3
    turned = sites.on_reverse_strand(network.spec.grid)
    references = shuffles(torch.from_numpy(one_hot(sites.codes)), 0)
    shuffled = references.flip(2, 3).argmax(dim=2).numpy().astype(np.uint8)
    added = (second * one_hot(sites.codes)).sum(axis=(1, 2))
    for i in range(2):
        there = bin_logits(network, turned.codes[i : i + 1], turned.signal[i : i + 1], turned.bins[i : i + 1])[0]
        signal = np.repeat(turned.signal[i : i + 1], N_SHUFFLES, axis=0)
        without = bin_logits(network, shuffled[i], signal, np.repeat(turned.bins[i : i + 1], N_SHUFFLES)).mean()
        assert added[i] == pytest.approx(there - without, abs=1e-4)


def test_unknown_bases_contribute_nothing_and_the_rest_adds_up(network):
    sites = some()
    sites.codes[0, 500:540] = 4
    sites.codes[1] = 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = deeplift(network, 0, sites, device="cpu")
    assert not found.hypothetical[0, :, 500:540].any()
    assert np.abs(found.hypothetical[0]).max() > 0
    assert not found.hypothetical[1].any()
    assert found.delta[1] == 0
    assert found.delta[0] < 1e-4


def test_what_does_not_add_up_is_seen(network, monkeypatch):
    """A step that is no module is taken as linear: the share by which it is off is given."""

    def logits(self, x):
        for conv, norm, pool in zip(self.convs, self.norms, self.pools, strict=True):
            x = pool(norm(torch.relu(conv(x))))
        return self.head(x)

    monkeypatch.setattr(TFNetwork, "logits", logits)
    assert deeplift(network, 0, some(), device="cpu").delta.min() > _deeplift.LARGEST_DELTA


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    check_installed()
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "tangermeme":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"scmaxatac\[interpret\]"):
        check_installed()
