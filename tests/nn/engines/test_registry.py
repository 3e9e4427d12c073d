"""What every engine has to do, whichever library runs it."""

import logging
import re
from dataclasses import replace

import numpy as np
import pytest
from _family import family_forward, family_model
from _networks import forward, random_network, random_weights, random_windows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scmaxatac as sma
from scmaxatac.nn._spec import PUBLISHED, PlainNetwork
from scmaxatac.nn.engines import _registry
from scmaxatac.nn.engines._options import EngineOptions
from scmaxatac.nn.engines._registry import (
    BackendRecord,
    make_engine,
    possible_engine_options,
    resolve_engine_options,
)


@pytest.fixture(scope="module")
def engines():
    """Engines with a small network's weights by backend and batch size, each made once."""
    made = {}

    def engine(backend: str, batch_size: int | None):
        if (backend, batch_size) not in made:
            made[backend, batch_size] = make_engine(
                [random_network(0)], backend=backend, device="cpu", batch_size=batch_size
            )
        return made[backend, batch_size]

    return engine


@pytest.fixture(scope="module")
def many_windows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes and signal of 70 windows, and their scores by a plain numpy network."""
    codes, signal = random_windows(70, seed=3)
    return codes, signal, forward(random_weights(0), codes, signal)


def test_published_networks_score_as_the_original_does(backend, golden_windows, golden_scores, published_networks):
    """All ten networks at once, which also shows that none is taken for another."""
    engine = make_engine(list(published_networks.values()), backend=backend, device="cpu")
    scores = engine.predict(*golden_windows)
    assert engine.n_outputs == 10
    assert scores.shape == (10, 256, 32)
    assert scores.dtype == np.float32
    for tf, found in zip(published_networks, scores, strict=True):
        assert np.abs(found - golden_scores[tf]).max() < 1e-5, tf


@pytest.mark.parametrize("batch_size", [1, 7, 32, 300])
def test_scores_do_not_depend_on_the_batch_size(backend, batch_size, golden_windows, golden_scores, published_networks):
    some = slice(0, 256, 4) if batch_size < 300 else slice(None)
    codes, signal = (array[some] for array in golden_windows)
    engine = make_engine([published_networks["CTCF"]], backend=backend, device="cpu", batch_size=batch_size)
    assert np.abs(engine.predict(codes, signal)[0] - golden_scores["CTCF"][some]).max() < 1e-5


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(0, 70), batch_size=st.sampled_from([1, 2, 7, 32, 64]), data=st.data())
def test_every_window_is_scored_for_any_number_of_windows_and_any_batch_size(
    backend, engines, many_windows, n, batch_size, data
):
    codes, signal, expected = many_windows
    rows = np.array(data.draw(st.permutations(range(len(codes)))), dtype=int)[:n]
    scores = engines(backend, batch_size).predict(codes[rows], signal[rows])
    assert scores.shape == (1, n, 32)
    np.testing.assert_allclose(scores[0], expected[rows], rtol=0, atol=1e-5)


def test_an_engine_can_be_used_again_and_again(backend, engines, many_windows):
    codes, signal, expected = many_windows
    for n in (33, 1, 70, 32):
        np.testing.assert_allclose(engines(backend, None).predict(codes[:n], signal[:n])[0], expected[:n], atol=1e-5)


def test_several_models_at_once_equal_each_alone(backend):
    windows = random_windows(9, seed=5)
    networks = [random_network(seed) for seed in (1, 2, 3)]
    together = make_engine(networks, backend=backend, device="cpu", batch_size=4).predict(*windows)
    for scores, one in zip(together, networks, strict=True):
        alone = make_engine([one], backend=backend, device="cpu", batch_size=4).predict(*windows)[0]
        np.testing.assert_array_equal(scores, alone)
        np.testing.assert_allclose(scores, forward(one.weights, *windows), rtol=0, atol=1e-5)


def test_bfloat16_is_close(backend, golden_windows, golden_scores, published_networks):
    some = slice(0, 256, 2)
    tfs = ["CTCF", "SPI1", "ELF1"]
    networks = [published_networks[tf] for tf in tfs]
    engine = make_engine(networks, backend=backend, device="cpu", precision="bfloat16")
    scores = engine.predict(*(array[some] for array in golden_windows))
    assert scores.dtype == np.float32
    for tf, found in zip(tfs, scores, strict=True):
        assert np.abs(found - golden_scores[tf][some]).max() < 2e-2, tf


def test_windows_may_be_views_and_are_left_as_they_are(backend, engines, many_windows):
    codes, signal, expected = many_windows
    flipped = np.ascontiguousarray(codes[:9, ::-1]), np.ascontiguousarray(signal[:9, ::-1])
    before = [array.copy() for array in flipped]
    scores = engines(backend, 7).predict(flipped[0][:, ::-1], flipped[1][:, ::-1])
    np.testing.assert_allclose(scores[0], expected[:9], rtol=0, atol=1e-5)
    for array, copy in zip(flipped, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_codes_may_lie_in_read_only_memory(backend, engines, many_windows):
    """As those of a genome that is memory-mapped."""
    codes, signal, expected = (array[:3].copy() for array in many_windows)
    codes.setflags(write=False)
    signal.setflags(write=False)
    np.testing.assert_allclose(engines(backend, 7).predict(codes, signal)[0], expected, rtol=0, atol=1e-5)


def test_every_code_that_is_no_base_counts_as_unknown(backend, engines):
    codes, signal = random_windows(2, seed=1)
    odd = codes.copy()
    odd[codes == 4] = 255
    assert (odd == 255).any()
    engine = engines(backend, 7)
    np.testing.assert_array_equal(engine.predict(odd, signal), engine.predict(codes, signal))


def test_the_threads_of_the_caller_stay_as_many(backend, engines, many_windows):
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    engines(backend, 7).predict(*many_windows[:2])
    assert torch.get_num_threads() == before


def test_large_signals_give_numbers(backend, engines):
    codes, signal = random_windows(2, seed=2)
    assert np.isfinite(engines(backend, 7).predict(codes, signal * 1e4)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "jax"}, "backend is 'jax'.*'openvino', 'torch' or 'triton'"),
        ({"precision": "float16"}, "precision is 'float16'.*'bfloat16'"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": -3}, "batch_size is -3"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_engine([random_network(0)], **options)


@pytest.mark.parametrize(("device", "message"), [("gpu", "device is 'gpu'.*'cuda'"), ("cuda:97", "CUDA devices")])
def test_devices_that_are_not_there_are_named(device, message):
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match=message):
        make_engine([random_network(0)], device=device)


def test_an_engine_needs_a_model():
    with pytest.raises(ValueError, match="no model"):
        make_engine([])


def test_openvino_is_for_the_cpu(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match=r"openvino.*runs on the CPU.*'cuda'"):
        make_engine([random_network(0)], backend="openvino", device="cuda")


def test_openvino_takes_the_cpu_where_there_is_a_gpu(monkeypatch):
    pytest.importorskip("openvino")
    torch = pytest.importorskip("torch")
    from scmaxatac.nn.engines._openvino import OpenVINOEngine

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert isinstance(make_engine([random_network(0)], backend="openvino"), OpenVINOEngine)


def test_without_openvino_auto_takes_torch_and_asking_for_it_says_how_to_install_it(monkeypatch):
    pytest.importorskip("torch")
    from scmaxatac.nn.engines._torch import TorchEngine

    record = _registry.BACKENDS["openvino"]
    monkeypatch.setitem(_registry.BACKENDS, "openvino", replace(record, is_installed=lambda: False))
    assert isinstance(make_engine([random_network(0)], device="cpu"), TorchEngine)
    with pytest.raises(ImportError, match=r"pip install 'scmaxatac\[openvino\]'"):
        make_engine([random_network(0)], backend="openvino")


def test_auto_takes_openvino_where_it_is_installed():
    pytest.importorskip("openvino")
    from scmaxatac.nn.engines._openvino import OpenVINOEngine

    assert isinstance(make_engine([random_network(0)], device="cpu"), OpenVINOEngine)


class CountingEngine:
    """Scores each bin by the number of the network."""

    def __init__(self, networks, options):
        self.options = options
        self.grid = networks[0].spec.grid
        self.n_outputs = sum(network.spec.outputs for network in networks)

    def predict(self, codes, signal):
        scores = np.arange(self.n_outputs, dtype=np.float32)[:, None, None] / 10
        return np.broadcast_to(scores, (self.n_outputs, len(codes), self.grid.bins_per_window))


@pytest.fixture
def counting(monkeypatch):
    """A backend of one's own, by a record alone."""
    record = BackendRecord(
        name="counting",
        devices=("cpu", "abacus"),
        precisions=("float32",),
        is_installed=lambda: True,
        install="pip install counting",
        find_device=lambda device: "abacus:0" if device == "auto" else device,
        make=CountingEngine,
    )
    monkeypatch.setitem(_registry.BACKENDS, "counting", record)
    return record


def test_a_backend_is_a_record(counting):
    engine = make_engine([random_network(0), random_network(1)], backend="counting", batch_size=3)
    assert isinstance(engine, CountingEngine)
    assert engine.options == EngineOptions("counting", "abacus:0", "float32", 3)
    with pytest.raises(ValueError, match="precision is 'bfloat16'; backend 'counting' computes in 'float32'"):
        make_engine([random_network(0)], backend="counting", precision="bfloat16")
    with pytest.raises(ValueError, match="backend 'counting' runs on the CPU or ABACUS, but device is 'cuda'"):
        make_engine([random_network(0)], backend="counting", device="cuda")


def test_auto_takes_the_accelerator_that_a_backend_finds_and_on_the_cpu_the_first(counting):
    assert resolve_engine_options(EngineOptions()) == EngineOptions("counting", "abacus:0")
    assert resolve_engine_options(EngineOptions(device="abacus")) == EngineOptions("counting", "abacus")
    has_openvino = _registry.BACKENDS["openvino"].is_installed()
    assert resolve_engine_options(EngineOptions(device="cpu")).backend == ("openvino" if has_openvino else "counting")


@pytest.mark.parametrize("options", [{}, {"device": "abacus"}, {"backend": "counting"}])
def test_a_device_that_lacks_an_operation_is_told_once_and_the_cpu_used(counting, monkeypatch, caplog, options):
    lacks = replace(counting, lacks=lambda options: f"no beads for {options.precision} on {options.device}")
    monkeypatch.setitem(_registry.BACKENDS, "counting", lacks)
    _registry._tell.cache_clear()
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        found = [resolve_engine_options(EngineOptions(**options)) for _ in range(2)]
    assert found[0] == found[1] == resolve_engine_options(EngineOptions(**options | {"device": "cpu"}))
    (line,) = caplog.messages
    assert re.fullmatch(
        r"device 'abacus(:0)?' can't run the networks \(no beads for float32 on abacus(:0)?\): the CPU is used", line
    )


def test_the_cpu_is_not_asked_what_it_lacks(counting, monkeypatch):
    monkeypatch.setitem(_registry.BACKENDS, "counting", replace(counting, lacks=lambda options: "everything"))
    assert resolve_engine_options(EngineOptions("counting", "cpu")) == EngineOptions("counting", "cpu")


def test_apples_gpu_without_what_the_networks_need_leaves_the_cpu(monkeypatch, caplog):
    """Torch says that it is there, but this build can't use it, as one that lacks an operation can't."""
    torch = pytest.importorskip("torch")
    if torch.backends.mps.is_available():
        pytest.skip("Apple's GPU is there")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    _registry._tell.cache_clear()
    with caplog.at_level(logging.WARNING, logger="scmaxatac"):
        found = resolve_engine_options(EngineOptions())
    assert found == resolve_engine_options(EngineOptions(device="cpu"))
    assert re.search(r"device 'mps' can't run the networks \(.+\): the CPU is used", caplog.text)


def test_all_that_auto_can_stand_for_on_the_cpu(counting):
    names = [name for name, record in _registry.BACKENDS.items() if record.is_automatic and record.is_installed()]
    possible = possible_engine_options(EngineOptions(device="cpu"))
    assert {options.backend for options in possible} == set(names)
    assert {options.device for options in possible} == {"cpu"}
    assert possible[0] == resolve_engine_options(EngineOptions(device="cpu"))
    precise = possible_engine_options(EngineOptions(device="cpu", precision="bfloat16"))
    assert {options.backend for options in precise} == set(names) - {"counting"}
    assert possible_engine_options(EngineOptions("counting", "cpu")) == [EngineOptions("counting", "cpu")]
    assert possible_engine_options(EngineOptions()) == [EngineOptions("counting", "abacus:0")]


def test_a_run_predicts_with_it(counting, predict, mini, fragment_file):
    adata = mini.adata(fragment_file)
    predict(adata, backend="counting", threshold=0.05)
    params = sma.get.params(adata)
    assert (params["backend"], params["device"]) == ("counting", "abacus:0")
    assert set(sma.get.sites(adata)["tf"]) == {"BBB"}
    assert np.allclose(sma.get.sites(adata)["score"], 0.1)


def test_networks_of_other_windows_are_refused_together():
    with pytest.raises(ValueError, match=r"1,024 bp in bins of 32 bp and 2,048 bp in bins of 64 bp"):
        make_engine([random_network(0), family_model()])


def test_a_network_of_several_outputs_beside_one_of_one(backend):
    """Rows are the outputs of the first network, then those of the next."""
    windows = random_windows(7, seed=1)
    double = PlainNetwork(
        replace(PUBLISHED, outputs=2),
        random_network(0).weights
        | {
            name: np.concatenate([random_network(0).weights[name], 2 * random_network(0).weights[name]])
            for name in ("head.weight", "head.bias")
        },
    )
    networks = [random_network(1), double, random_network(2)]
    engine = make_engine(networks, backend=backend, device="cpu", batch_size=3)
    scores = engine.predict(*windows)
    assert (engine.n_outputs, scores.shape) == (4, (4, 7, 32))
    plain = [forward(random_weights(seed), *windows) for seed in (1, 0, 2)]
    logits = 2 * np.log(plain[1] / (1 - plain[1]))
    expected = [plain[0], plain[1], 1 / (1 + np.exp(-logits)), plain[2]]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_another_geometry_scores_as_in_numpy(backend, batch_size):
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 5, (6, 2048)).astype(np.uint8)
    signal = rng.gamma(0.5, 1.0, (6, 2048)).astype(np.float32)
    model = family_model(1)
    scores = make_engine([model], backend=backend, device="cpu", batch_size=batch_size).predict(codes, signal)
    expected = family_forward(model.weights, codes, signal)
    assert np.ptp(expected) > 0.3
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
