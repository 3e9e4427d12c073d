import numpy as np
import pytest
from _networks import encoded, forward, random_weights, random_windows

pytest.importorskip("torch")

import torch

from scmaxatac.nn._network import TFNetwork

TFS = ("CTCF", "SPI1", "CEBPB", "GATA3", "YY1", "NRF1", "ELF1", "TCF7", "RUNX1", "REST")


def score(network: TFNetwork, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return network(torch.from_numpy(encoded(codes, signal)))[:, 0].numpy()


@pytest.mark.parametrize("tf", TFS)
def test_published_weights_score_as_the_original_does(tf, golden_windows, golden_scores, published_weights):
    scores = score(TFNetwork.from_weights(published_weights[tf]), *golden_windows)
    assert scores.shape == golden_scores[tf].shape == (256, 32)
    assert np.abs(scores - golden_scores[tf]).max() < 1e-5


def test_golden_scores_are_no_constants(golden_scores):
    """What the parity tests compare with has something to compare."""
    assert set(golden_scores) == set(TFS)
    assert all(scores.std() > 0.005 for scores in golden_scores.values())


@pytest.mark.parametrize("seed", range(4))
def test_network_equals_a_plain_numpy_one(seed):
    windows = random_windows(5, seed)
    expected = forward(random_weights(seed), *windows)
    assert np.ptp(expected) > 0.3
    np.testing.assert_allclose(score(TFNetwork.from_weights(random_weights(seed)), *windows), expected, atol=1e-5)


def test_weights_survive_the_network():
    weights = random_weights(1)
    network = TFNetwork.from_weights(weights)
    assert not network.training, "batch normalisation has to use what it learnt, not the batch"
    back = network.weights()
    assert set(back) == set(weights)
    for name, array in weights.items():
        np.testing.assert_array_equal(back[name], array)


def test_changing_the_arrays_that_a_network_gave_leaves_it_alone():
    network = TFNetwork.from_weights(random_weights(1))
    windows = random_windows(1, 0)
    before = score(network, *windows)
    for array in network.weights().values():
        array += 1
    np.testing.assert_array_equal(score(network, *windows), before)


def test_trainable_parameters_are_as_many_as_in_the_original():
    assert sum(parameter.numel() for parameter in TFNetwork().parameters()) == 116_424


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_weights_that_do_not_fit_are_refused_by_name(change):
    weights = dict(random_weights(0))
    if change == "missing":
        del weights["convs.3.bias"]
    else:
        weights["convs.10.bias"] = np.zeros(3)
    with pytest.raises(ValueError, match="convs.3.bias" if change == "missing" else "convs.10.bias"):
        TFNetwork.from_weights(weights)


def test_every_nonlinear_step_is_a_module_of_its_own_that_is_called_once():
    """DeepLIFT replaces the gradients of modules, so what is no module, or shared, would be taken as linear."""
    network = TFNetwork()
    calls = []
    steps = [module for module in network.modules() if isinstance(module, torch.nn.ReLU | torch.nn.MaxPool1d)]
    for module in steps:
        module.register_forward_hook(lambda module, *_: calls.append(module))
    codes, signal = random_windows(1, 0)
    x = torch.from_numpy(encoded(codes, signal))
    network.logits(x)
    assert len(steps) == len(calls) == len(set(calls)) == len(network.spec.layers) + 5
    assert set(network.state_dict()) == {*network.spec.shapes} | {
        f"norms.{k}.num_batches_tracked" for k in range(len(network.spec.layers))
    }
