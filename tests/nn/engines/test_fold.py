import numpy as np
import pytest
from _networks import encoded, random_network, random_weights, random_windows
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

import torch

from scmaxatac.nn._network import TFNetwork
from scmaxatac.nn._spec import PUBLISHED, PlainNetwork
from scmaxatac.nn.engines._fold import fold


def convolve(x: torch.Tensor, kernel: np.ndarray, bias: np.ndarray, dilation: int) -> torch.Tensor:
    weight, bias = (torch.from_numpy(array.astype(np.float64)) for array in (kernel, bias))
    return torch.nn.functional.conv1d(x, weight, bias, padding=3 * dilation, dilation=dilation)


def score_folded(weights, x: torch.Tensor) -> torch.Tensor:
    """Score with the folded layers in float64: convolution, pooling, clamp."""
    for layer in fold(PlainNetwork(PUBLISHED, weights)):
        x = convolve(x, layer.kernel, layer.bias, layer.layer.dilation)
        if layer.layer.pool == 2:
            x = torch.nn.functional.max_pool1d(x, 2)
        low, high = (torch.from_numpy(v.astype(np.float64))[:, None] for v in (layer.low, layer.high))
        x = torch.minimum(torch.maximum(x, low), high)
    logits = convolve_head(weights, x)
    return torch.sigmoid(logits)


def convolve_head(weights, x: torch.Tensor) -> torch.Tensor:
    head = torch.from_numpy(weights["head.weight"].astype(np.float64))
    return torch.nn.functional.conv1d(x, head, torch.from_numpy(weights["head.bias"].astype(np.float64)))[:, 0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**20))
def test_folded_networks_score_as_they_did(seed):
    weights = random_weights(seed)
    assert any((weights[f"norms.{k}.weight"] < 0).any() for k in range(10)), "negative gammas turn ReLU over"
    x = torch.from_numpy(encoded(*random_windows(2, seed))).double()
    with torch.inference_mode():
        expected = TFNetwork.from_weights(weights).double()(x)[:, 0]
        # what is left is the rounding of folded weights to float32
        torch.testing.assert_close(score_folded(weights, x), expected, rtol=0, atol=2e-5)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**20),
    k=st.integers(0, 9),
    gamma=st.sampled_from(["positive", "negative", "mixed", "zero"]),
    variance=st.sampled_from([0.0, 1e-6, 1.0, 50.0]),
)
def test_each_layer_is_the_convolution_relu_and_normalisation_that_it_replaces(seed, k, gamma, variance):
    rng = np.random.default_rng(seed)
    weights = dict(random_weights(seed % 3))
    n_out, n_in, _ = weights[f"convs.{k}.weight"].shape
    signs = {"positive": 1.0, "negative": -1.0, "mixed": rng.choice([-1, 1], n_out), "zero": 0.0}[gamma]
    weights[f"norms.{k}.weight"] = (rng.uniform(0.2, 2, n_out) * signs).astype(np.float32)
    weights[f"norms.{k}.running_var"] = np.full(n_out, variance, dtype=np.float32)
    x = torch.from_numpy(rng.normal(0, 1, (1, n_in, 64)))
    layer = fold(PlainNetwork(PUBLISHED, weights))[k]
    original = torch.relu(convolve(x, weights[f"convs.{k}.weight"], weights[f"convs.{k}.bias"], layer.layer.dilation))
    scale, shift, mean, var = (
        torch.from_numpy(weights[f"norms.{k}.{name}"].astype(np.float64))[:, None]
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    expected = scale * (original - mean) / torch.sqrt(var + 1e-3) + shift
    if layer.layer.pool == 2:
        expected = torch.nn.functional.max_pool1d(expected, 2)
    found = convolve(x, layer.kernel, layer.bias, layer.layer.dilation)
    if layer.layer.pool == 2:
        found = torch.nn.functional.max_pool1d(found, 2)
    low, high = (torch.from_numpy(v.astype(np.float64))[:, None] for v in (layer.low, layer.high))
    found = torch.minimum(torch.maximum(found, low), high)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max().clamp(min=1)))


def test_layers_pool_and_dilate_as_the_network_does():
    layers = fold(random_network(0))
    assert [layer.layer.pool for layer in layers] == [1, 2] * 5
    assert [layer.layer.dilation for layer in layers] == [1, 1, 1, 1, 2, 2, 4, 4, 8, 8]
    assert {array.dtype for layer in layers for array in (layer.kernel, layer.bias, layer.low, layer.high)} == {
        np.dtype(np.float32)
    }


@pytest.mark.parametrize(("gamma", "low", "high"), [(1.0, True, False), (-1.0, False, True), (0.0, True, True)])
def test_the_sign_of_gamma_decides_on_which_side_a_layer_clamps(gamma, low, high):
    weights = dict(random_weights(0))
    weights["norms.0.weight"] = np.full(15, gamma, dtype=np.float32)
    layer = fold(PlainNetwork(PUBLISHED, weights))[0]
    assert np.isfinite(layer.low).all() == low
    assert np.isfinite(layer.high).all() == high
    if gamma == 0:
        np.testing.assert_allclose(layer.low, weights["norms.0.bias"])
