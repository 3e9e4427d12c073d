"""The Triton engine in Triton's interpreter, against plain numpy. It needs no GPU, and says nothing about rates.

The interpreter runs the programs one after the other, so it does not see a barrier that is missing; and it cuts
numbers off where a GPU rounds them to bfloat16.
"""

from dataclasses import replace

import numpy as np
import pytest
from _any_network import network_of, score
from _family import SPEC, family_forward, family_weights
from _networks import forward, random_weights, random_windows
from _triton_worker import Case, interpret

pytest.importorskip("torch")
pytest.importorskip("triton", reason="triton is not installed: pip install triton")

import torch

from scmaxatac.models import load
from scmaxatac.nn._spec import PUBLISHED, Block, NetworkSpec, PlainNetwork
from scmaxatac.nn.engines import _registry
from scmaxatac.nn.engines._options import EngineOptions
from scmaxatac.nn.engines._registry import make_engine, resolve_engine_options

LARGE = 1024, 128, 64
"""Tiles with which the interpreter is quick."""

ORIGINAL = slice(100, 101)
"""A window of the original's, with a score of .37."""

SHORT = replace(PUBLISHED, window=96)
"""The published blocks with a window that is no power of two."""

ODD = NetworkSpec(
    window=180,
    bin=6,
    outputs=19,
    blocks=(
        Block(filters=1, dilation=3, kernel=5, convolutions=1, pool=3),
        Block(filters=70, dilation=2, kernel=1, convolutions=2, pool=1),
        Block(filters=17, kernel=3, convolutions=1, pool=2),
    ),
)
"""An even number of convolutions, poolings of 3 and 1, and more filters and outputs than a tile of 16 holds."""

SMALL = NetworkSpec(window=24, bin=3, blocks=(Block(filters=3, convolutions=3, pool=3),))
"""An odd number of convolutions; fewer positions than the least tile."""


def windows(spec: NetworkSpec, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes and signal; every code that there may be among them."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, spec.window)).astype(np.uint8)
    unknown = rng.random(codes.shape) < 0.1
    codes[unknown] = rng.integers(4, 256, unknown.sum())
    return codes, rng.gamma(0.5, 1.0, codes.shape).astype(np.float32)


def plain(seed: int) -> PlainNetwork:
    return PlainNetwork(PUBLISHED, dict(random_weights(seed)))


@pytest.fixture(scope="module")
def original(request) -> dict[str, Case]:
    """CTCF's network; nothing where the reference data are not there."""
    try:
        codes, signal = request.getfixturevalue("golden_windows")
    except pytest.skip.Exception:
        return {}
    weights = load(request.getfixturevalue("data_dir") / "maxatac" / "models" / "CTCF").weights
    return {"CTCF": Case([PlainNetwork(PUBLISHED, dict(weights))], codes[ORIGINAL], signal[ORIGINAL], tiles=LARGE)}


@pytest.fixture(scope="module")
def cases(original) -> dict[str, Case]:
    """Few windows where networks are large: the interpreter takes a second for each."""
    published = Case([plain(0)], *random_windows(1, seed=1), tiles=LARGE)
    small = network_of(SMALL, 2)
    nan = windows(SMALL, 3, 4)
    nan[1][0, 2] = np.nan
    return {
        "published": published,
        "published bfloat16": replace(published, precision="bfloat16"),
        "short": Case([network_of(SHORT, 2)], *windows(SHORT, 1, 0)),
        "family": Case([PlainNetwork(SPEC, family_weights(1))], *windows(SPEC, 3, 1), batch_size=2, tiles=LARGE),
        "odd": Case([network_of(ODD, 2)], *windows(ODD, 1, 2), tiles=(32, 16, 16)),
        "small": Case([small], *windows(SMALL, 7, 3), batch_size=4),
        "together": Case(
            [small, network_of(replace(SMALL, outputs=2), 5), network_of(SMALL, 6)], *windows(SMALL, 3, 3), batch_size=2
        ),
        "nan": Case([small], *nan),
        "none": Case([small], *windows(SMALL, 0, 0)),
    } | original


@pytest.fixture(scope="module")
def scores(cases, tmp_path_factory) -> dict[str, np.ndarray]:
    """What the interpreter gives, all at once."""
    return interpret(cases, tmp_path_factory.mktemp("triton"))


@pytest.mark.parametrize(("precision", "tolerance"), [("", 2e-5), (" bfloat16", 0.05)])
def test_the_published_geometry_scores_as_in_numpy(cases, scores, precision, tolerance):
    case = cases["published"]
    expected = forward(case.networks[0].weights, case.codes, case.signal)
    found = scores["published" + precision]
    assert (found.shape, found.dtype) == ((1, 1, 32), np.float32)
    assert np.ptp(expected) > 0.3
    assert np.abs(found[0] - expected).max() < tolerance
    assert (found[0] != expected.astype(np.float32)).any()


@pytest.mark.parametrize("name", ["short", "odd", "small"])
def test_windows_filters_and_outputs_of_any_number_score_as_in_numpy(cases, scores, name):
    case = cases[name]
    expected = score(case.networks[0], case.codes, case.signal)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(scores[name], expected, rtol=0, atol=2e-5)


def test_another_family_scores_as_in_numpy(cases, scores):
    case = cases["family"]
    expected = family_forward(case.networks[0].weights, case.codes, case.signal)
    assert np.ptp(expected) > 0.3
    np.testing.assert_allclose(scores["family"], expected, rtol=0, atol=2e-5)


def test_outputs_of_several_networks_follow_each_other(cases, scores):
    case = cases["together"]
    expected = np.concatenate([score(network, case.codes, case.signal) for network in case.networks])
    assert len(expected) == 4
    np.testing.assert_allclose(scores["together"], expected, rtol=0, atol=2e-5)


def test_a_signal_that_is_no_number_is_not_hidden(cases, scores):
    case = cases["nan"]
    expected = score(case.networks[0], case.codes, case.signal)
    np.testing.assert_array_equal(np.isnan(scores["nan"]), np.isnan(expected))
    assert np.isnan(scores["nan"][0, 0]).any()


def test_no_windows_give_no_scores(scores):
    assert scores["none"].shape == (1, 0, 8)


def test_published_weights_score_as_the_original_does(scores, golden_scores):
    expected = golden_scores["CTCF"][ORIGINAL]
    assert expected.max() > 0.3
    assert np.abs(scores["CTCF"][0] - expected).max() < 2e-5


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("auto", "device is 'cuda', but torch sees 0 CUDA devices"),
        ("cuda:1", "device is 'cuda:1', but torch sees 0 CUDA devices"),
        ("cpu", "backend 'triton' runs on the CUDA, but device is 'cpu'; use backend='torch'"),
    ],
)
def test_it_needs_a_gpu_of_nvidia(no_gpu, device, message):
    with pytest.raises(ValueError, match=message):
        make_engine([plain(0)], backend="triton", device=device)


def test_without_triton_the_message_says_how_to_install_it(monkeypatch):
    record = _registry.BACKENDS["triton"]
    monkeypatch.setitem(_registry.BACKENDS, "triton", replace(record, is_installed=lambda: False))
    with pytest.raises(ImportError, match="backend 'triton' needs a package that is not installed: pip install triton"):
        make_engine([plain(0)], backend="triton")


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_only_its_name_chooses_it(monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert resolve_engine_options(EngineOptions("triton", device)) == EngineOptions("triton", "cuda")
    monkeypatch.setitem(
        _registry.BACKENDS, "openvino", replace(_registry.BACKENDS["openvino"], is_installed=lambda: False)
    )
    assert resolve_engine_options(EngineOptions("auto", device)) == EngineOptions("torch", "cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 2e-2)])
def test_a_gpu_gives_the_scores_of_the_original(
    golden_windows, golden_scores, published_networks, precision, tolerance
):
    """The test that also sees barriers that are missing."""
    engine = make_engine(list(published_networks.values()), backend="triton", precision=precision, batch_size=100)
    for tf, found in zip(published_networks, engine.predict(*golden_windows), strict=True):
        assert np.abs(found - golden_scores[tf]).max() < tolerance, tf
