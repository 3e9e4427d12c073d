import pytest
from _networks import random_network, random_windows

pytest.importorskip("torch")

import torch

from scmaxatac.nn.engines._torch import TorchEngine, resolve_device


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
