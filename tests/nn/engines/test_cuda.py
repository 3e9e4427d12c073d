"""The engine that keeps chromosomes on its device, on the CPU as the device, against windows gathered on the host."""

import numpy as np
import pytest
from _networks import random_network, random_windows
from _signals import ArraySignal
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

import torch

from scmaxatac.genome._windows import Grid
from scmaxatac.nn._predict import predict_bins, predict_groups
from scmaxatac.nn.engines import _cuda, _torch
from scmaxatac.nn.engines._cuda import CudaEngine
from scmaxatac.nn.engines._cuda_bins import CudaBins
from scmaxatac.nn.engines._cuda_codes import CudaCodes
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.nn.engines._torch import TorchEngine, exact_convolutions
from scmaxatac.scores._bin_scores import average_windows

CPU = torch.device("cpu")
LENGTH = 20_000
NETWORKS = [random_network(0), random_network(1)]


@pytest.fixture(scope="module")
def chromosome() -> tuple[np.ndarray, ArraySignal]:
    """Codes and signal; unknown bases at both ends and here and there."""
    codes, signal = random_windows(20, seed=4)
    codes, signal = codes.ravel()[:LENGTH], signal.ravel()[:LENGTH]
    codes[:70] = codes[-1_100:] = 4
    return codes, ArraySignal(signal)


@pytest.fixture(scope="module")
def host() -> TorchEngine:
    return TorchEngine(NETWORKS, device=CPU)


@pytest.fixture(scope="module")
def on_device() -> CudaEngine:
    return CudaEngine(NETWORKS, device=CPU)


def scores_of(engine, chromosome, starts, **options) -> tuple[np.ndarray, np.ndarray]:
    codes, signal = chromosome
    tiles = list(predict_bins(engine, codes, signal, "chr1", np.asarray(starts, dtype=np.int64), **options))
    return np.concatenate([tile.bins for tile in tiles]), np.concatenate([tile.scores for tile in tiles], axis=1)


def assert_same(found, expected, atol: float = 1e-5) -> None:
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[1].dtype == np.float32
    np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=atol)


def formula(seed: int):
    """A network's place taken by a weighted mean over each bin; rounding in it does not depend on the batch."""
    weights = torch.rand(1, 8, 1, 1024, generator=torch.Generator().manual_seed(seed))
    return lambda x: (x * weights).sum(dim=(1, 2)).view(len(x), 1, 32, 32).mean(dim=3)


@settings(max_examples=60, deadline=None)
@given(
    which=st.sets(st.integers(0, (LENGTH - 1024) // 32), min_size=1, max_size=24),
    per_tile=st.integers(1, 9),
    longest=st.sampled_from([1024, 5_000, 1 << 26]),
    batch_size=st.sampled_from([1, 3, 32]),
    strand=st.sampled_from(["forward", "mean"]),
)
def test_bins_are_those_of_the_host_for_any_windows_tiles_and_batches(
    chromosome, host, on_device, which, per_tile, longest, batch_size, strand
):
    starts = 32 * np.array(sorted(which))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cuda, "_LARGEST_TILE", per_tile)
        patch.setattr(_cuda, "_LONGEST_TILE", longest)
        patch.setattr(on_device, "_batch", batch_size)
        for engine in (host, on_device):
            patch.setattr(engine, "_networks", [formula(0), formula(1)])
        found, expected = (scores_of(each, chromosome, starts, strand=strand) for each in (on_device, host))
    assert_same(found, expected, atol=1e-6)


@pytest.mark.parametrize("strand", ["forward", "mean"])
@pytest.mark.parametrize("batch_size", [1, 5, 100])
def test_networks_score_the_bins_as_on_the_host(chromosome, host, strand, batch_size):
    starts = np.array([0, 256, 512, 4_096, 9_984, 10_240, LENGTH // 32 * 32 - 1024])
    engine = CudaEngine(NETWORKS, device=CPU, batch_size=batch_size)
    assert_same(
        scores_of(engine, chromosome, starts, strand=strand), scores_of(host, chromosome, starts, strand=strand)
    )


def test_windows_at_both_ends_of_the_chromosome(chromosome, host, on_device):
    starts = [0, LENGTH - 1024]
    assert_same(scores_of(on_device, chromosome, starts), scores_of(host, chromosome, starts))


def test_published_networks_score_as_the_original_does(golden_windows, golden_scores, published_networks):
    """Windows beside each other, so that each bin lies in one."""
    codes, signal = golden_windows
    engine = CudaEngine(list(published_networks.values()), device=CPU, batch_size=100)
    starts = np.arange(len(codes)) * 1024
    found = scores_of(engine, (codes.ravel(), ArraySignal(signal.ravel())), starts)[1]
    for tf, scores in zip(published_networks, found, strict=True):
        assert np.abs(scores.reshape(-1, 32) - golden_scores[tf]).max() < 1e-5, tf


def test_bfloat16_is_close(chromosome, host):
    starts = np.arange(0, 4_096, 256)
    engine = CudaEngine(NETWORKS, device=CPU, precision="bfloat16")
    found, expected = (scores_of(each, chromosome, starts, strand="mean") for each in (engine, host))
    np.testing.assert_array_equal(found[0], expected[0])
    assert 0 < np.abs(found[1] - expected[1]).max() < 5e-2


def test_no_windows_give_no_bins(chromosome, on_device):
    codes, signal = chromosome
    assert list(predict_bins(on_device, codes, signal, "chr1", np.zeros(0, dtype=np.int64))) == []


def test_progress_counts_every_window_once(chromosome, on_device, monkeypatch):
    monkeypatch.setattr(_cuda, "_LARGEST_TILE", 4)
    counts: list[int] = []
    scores_of(on_device, chromosome, np.arange(0, 2_600, 256), progress=counts.append)
    assert counts == [4, 4, 3]


def test_read_only_codes_are_taken_without_a_warning(chromosome, host, on_device, recwarn):
    codes, signal = chromosome
    codes = codes.copy()
    codes.setflags(write=False)
    assert_same(scores_of(on_device, (codes, signal), [512]), scores_of(host, (codes, signal), [512]))
    assert not [warning for warning in recwarn if "writable" in str(warning.message)]


def test_one_engine_serves_several_threads(chromosome, host, on_device, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setattr(_cuda, "_LARGEST_TILE", 2)
    codes, signal = chromosome
    data = [(codes, signal), (codes[::-1].copy(), signal), (codes[256:], signal)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda each: scores_of(on_device, each, [0, 256, 512, 2_048]), data))
    for each, scores in zip(data, found, strict=True):
        assert_same(scores, scores_of(host, each, [0, 256, 512, 2_048]))


@settings(max_examples=60, deadline=None)
@given(
    step=st.integers(1, 32),
    keep=st.lists(st.booleans(), min_size=1, max_size=60).filter(any),
    per_tile=st.integers(1, 70),
)
def test_averages_equal_those_of_the_host_to_the_last_digit(step, keep, per_tile):
    first = step * np.flatnonzero(keep)
    scores = np.random.default_rng(len(first)).random((2, len(first), 32), dtype=np.float32)
    expected = list(
        average_windows(first * 32, 2, lambda some: scores[:, np.searchsorted(first, some // 32)], windows_per_tile=9)
    )
    averages = CudaBins(2, CPU, Grid())
    found = []
    for lo in range(0, len(first), per_tile):
        hi = lo + per_tile
        upto = int(first[hi]) if hi < len(first) else None
        found.append(averages.add(first[lo:hi], torch.from_numpy(scores[:, lo:hi]), upto))
    np.testing.assert_array_equal(np.concatenate([b for b, _ in found]), np.concatenate([t.bins for t in expected]))
    np.testing.assert_array_equal(
        torch.cat([means for _, means in found], dim=1), np.concatenate([tile.scores for tile in expected], axis=1)
    )


def test_codes_are_copied_once_and_the_longest_unused_go_first():
    arrays = [np.full(10, i, dtype=np.uint8) for i in range(4)]
    held = CudaCodes(CPU, most_bytes=25)
    first, second = held[arrays[0]], held[arrays[1]]
    assert held[arrays[0]] is first
    held[arrays[2]]
    assert held[arrays[0]] is first
    assert held[arrays[1]] is not second
    large = np.full(1_000, 3, dtype=np.uint8)
    assert held[large].tolist() == large.tolist(), "even if it alone needs more memory than it should"
    assert held[arrays[0].copy()] is not first


def test_groups_that_follow_each_other_share_the_sequence(chromosome, monkeypatch):
    copied = []
    original = torch.from_numpy
    monkeypatch.setattr(torch, "from_numpy", lambda array: copied.append(array.dtype) or original(array))
    engine = CudaEngine(NETWORKS[:1], device=CPU)
    for _ in range(3):
        scores_of(engine, chromosome, [0, 256])
    assert copied.count(np.uint8) == 1


@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_a_gpu_gets_the_engine_that_keeps_chromosomes(monkeypatch, name):
    made = {}

    def engine(networks, **options):
        made.update(options)
        return "an engine"

    monkeypatch.setattr(_torch, "resolve_device", lambda device: torch.device(device))
    monkeypatch.setattr(_cuda, "CudaEngine", engine)
    assert make_engine(NETWORKS, device=name, precision="bfloat16", batch_size=7) == "an engine"
    assert made == {"device": torch.device(name), "precision": "bfloat16", "batch_size": 7}


def test_the_cpu_gets_one_that_gathers_windows_on_the_host():
    assert type(make_engine(NETWORKS, backend="torch", device="cpu")) is TorchEngine


def test_convolutions_are_exact_on_a_gpu_and_the_flags_are_put_back():
    cudnn = torch.backends.cudnn

    def flags() -> list[object]:
        return [cudnn.deterministic, cudnn.conv.fp32_precision if hasattr(cudnn, "conv") else cudnn.allow_tf32]

    before = flags()
    with exact_convolutions():
        assert flags() == [True, "ieee" if hasattr(cudnn, "conv") else False]
    assert flags() == before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 5e-2)])
def test_a_gpu_gives_the_bins_of_the_host(chromosome, host, precision, tolerance, monkeypatch):
    monkeypatch.setattr(_cuda, "_LARGEST_TILE", 9)
    engine = make_engine(NETWORKS, device="cuda", precision=precision, batch_size=5)
    starts = np.arange(0, LENGTH - 1024, 256)
    found, expected = (scores_of(each, chromosome, starts, strand="mean") for each in (engine, host))
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=tolerance)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    which=st.sets(st.integers(0, (LENGTH - 1024) // 32), min_size=1, max_size=24),
    per_tile=st.integers(1, 9),
    strand=st.sampled_from(["forward", "mean"]),
)
def test_groups_together_score_as_each_alone(chromosome, on_device, seed, which, per_tile, strand):
    rng = np.random.default_rng(seed)
    signals = []
    for n in (0, 1, 3, 40):
        values = np.zeros(LENGTH, dtype=np.float32)
        values[rng.integers(0, LENGTH, n)] = 0.5
        signals.append(ArraySignal(values))
    starts = 32 * np.array(sorted(which))
    counts: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cuda, "_LARGEST_TILE", per_tile)
        patch.setattr(on_device, "_networks", [formula(0), formula(1)])
        tiles = list(
            predict_groups(on_device, chromosome[0], signals, "chr1", starts, strand=strand, progress=counts.append)
        )
        for g, signal in enumerate(signals):
            mine = [tile for at, tile in tiles if at == g]
            found = np.concatenate([t.bins for t in mine]), np.concatenate([t.scores for t in mine], axis=1)
            assert_same(found, scores_of(on_device, (chromosome[0], signal), starts, strand=strand), atol=1e-6)
    has_signal = np.stack([signal.has_signal("chr1", starts) for signal in signals])
    assert sum(counts) == has_signal.sum() + (~has_signal).any(axis=0).sum()
