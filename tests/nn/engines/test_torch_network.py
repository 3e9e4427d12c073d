"""Networks of any geometry in torch, whole and cut, against plain numpy."""

import numpy as np
import pytest
from _any_network import encode, network_of, run_blocks, run_stem, score, some_pieces, stems
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

import torch

from scmaxatac.nn.engines._torch_network import FoldedNetwork, round_up


def padded(x: np.ndarray, axis: int) -> "torch.Tensor":
    """With channels that are zero."""
    widths = [(0, 0)] * x.ndim
    widths[axis] = (0, round_up(x.shape[axis]) - x.shape[axis])
    return torch.from_numpy(np.pad(x, widths).astype(np.float32))


@settings(max_examples=20, deadline=None)
@given(stem=stems(), seed=st.integers(0, 99))
def test_networks_compute_what_they_are(stem, seed):
    plain = network_of(stem.spec, seed)
    network = FoldedNetwork(plain, torch.device("cpu"), torch.float32)
    x = encode(*some_pieces(stem, 2, seed))
    given_ = network.stem(stem, padded(x, 1).unsqueeze(2)).numpy()
    assert given_.shape[2] == network.channels_after(stem)
    np.testing.assert_allclose(given_[:, :, : stem.filters], run_stem(plain, stem, x), rtol=0, atol=1e-4)
    rng = np.random.default_rng(seed)
    codes, signal = rng.integers(0, 5, (3, stem.spec.window)), rng.random((3, stem.spec.window))
    expected = score(plain, codes, signal).swapaxes(0, 1)
    x = encode(codes, signal)
    np.testing.assert_allclose(network(padded(x, 1).unsqueeze(2)).numpy(), expected, rtol=0, atol=1e-5)
    between = run_blocks(plain, x, stem.n_blocks).swapaxes(1, 2)
    np.testing.assert_allclose(network.trunk(stem, padded(between, 2)).numpy(), expected, rtol=0, atol=1e-5)
