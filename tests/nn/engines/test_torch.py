import numpy as np
import pytest
from _networks import random_network, random_windows

pytest.importorskip("torch")

import torch

from scmaxatac.nn.engines._torch import TorchEngine, lacking, resolve_device


def test_the_device_is_a_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == torch.device("cpu")


@pytest.mark.parametrize(("name", "n", "good"), [("cuda", 1, True), ("cuda:1", 2, True), ("cuda:1", 1, False)])
def test_a_gpu_has_to_be_there(monkeypatch, name, n, good):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n)
    if good:
        assert resolve_device(name) == torch.device(name)
    else:
        with pytest.raises(ValueError, match=f"'{name}', but torch sees {n} CUDA devices"):
            resolve_device(name)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_batches_side_by_side_give_what_one_after_the_other_gives(monkeypatch, n_threads):
    windows = random_windows(23, seed=0)
    engine = TorchEngine([random_network(0)], device=torch.device("cpu"), batch_size=2)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    expected = engine.predict(*windows)
    monkeypatch.setattr(torch, "get_num_threads", lambda: n_threads)
    torch.testing.assert_close(torch.from_numpy(engine.predict(*windows)), torch.from_numpy(expected), rtol=0, atol=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 2e-2)])
def test_a_gpu_gives_the_scores_of_the_original(
    golden_windows, golden_scores, published_networks, precision, tolerance
):
    engine = TorchEngine(
        list(published_networks.values()), device=torch.device("cuda"), precision=precision, batch_size=100
    )
    for tf, scores in zip(published_networks, engine.predict(*golden_windows), strict=True):
        assert abs(scores - golden_scores[tf]).max() < tolerance, tf


def test_the_device_is_apples_gpu_where_there_is_no_other(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_device_that_scores_as_the_cpu_lacks_nothing(precision):
    lacking.cache_clear()
    assert lacking("cpu", precision) == ""


@pytest.mark.parametrize("off", [2e-4, 0.5])
def test_a_device_that_gives_other_scores_lacks_something(monkeypatch, off):
    """Only the engine on the device under trial is off, which here is the second."""
    lacking.cache_clear()
    predict, engines = TorchEngine.predict, []

    def predict_wrongly(self, codes, signal):
        engines.append(self)
        return predict(self, codes, signal) + off * (len(engines) > 1)

    monkeypatch.setattr(TorchEngine, "predict", predict_wrongly)
    assert lacking("cpu", "float32") == f"its scores differ from those of the CPU by {off:.2g}"
    lacking.cache_clear()


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="Apple's GPU is there")
def test_a_device_that_fails_says_why():
    lacking.cache_clear()
    assert lacking("mps", "float32")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="Apple's GPU is there")
def test_apples_gpu_has_to_be_there():
    with pytest.raises(ValueError, match=r"device is 'mps', which torch does not find here; use device='cpu'"):
        resolve_device("mps")


@pytest.mark.parametrize("n", [1, 5, 31, 33])
def test_scores_on_the_cpu_do_not_depend_on_what_else_is_scored_in_a_call(n):
    codes, signal = random_windows(70, seed=n)
    engine = TorchEngine([random_network(3)], device=torch.device("cpu"))
    np.testing.assert_array_equal(engine.predict(codes[:n], signal[:n]), engine.predict(codes, signal)[:, :n])
