import numpy as np
import pytest
from _any_network import network_of, score, specs
from _networks import random_network, random_windows
from _signals import ArraySignal
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from scmaxatac.genome._bases import reverse_complement
from scmaxatac.genome._windows import Grid
from scmaxatac.nn import _predict, _sharing
from scmaxatac.nn._predict import predict_bins, predict_groups, score_alike, score_windows
from scmaxatac.nn._sharing import plan_sharing
from scmaxatac.nn.engines._registry import make_engine


class PlaceEngine:
    """Scores that say which base and signal stand where: not the same on both strands, nor in all bins of a window."""

    n_outputs = 2
    grid = Grid()

    def __init__(self) -> None:
        self.seen: list[tuple[np.ndarray, np.ndarray]] = []

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        self.seen.append((codes.copy(), signal.copy()))
        place = np.arange(32) / 64
        bases = codes.reshape(len(codes), 32, 32)
        first = (bases == 0).mean(axis=2) + place
        second = (bases == 1).mean(axis=2) * signal.reshape(len(signal), 32, 32).max(axis=2) + place**2
        return np.stack([first, second]).astype(np.float32)


def brute_force(codes, signal, starts, score) -> dict[int, np.ndarray]:
    """Mean over the windows that cover each bin, window by window."""
    sums: dict[int, list[np.ndarray]] = {}
    for start in starts:
        window = slice(start, start + 1024)
        scores = score(codes[None, window], signal[None, window])[:, 0]
        for b in range(32):
            sums.setdefault(start // 32 + b, []).append(scores[:, b])
    return {bin_: np.mean(values, axis=0) for bin_, values in sorted(sums.items())}


@pytest.fixture(scope="module")
def chromosome() -> tuple[np.ndarray, np.ndarray]:
    """Codes and signal of 20,000 bases."""
    codes, signal = random_windows(20, seed=0)
    return codes.ravel()[:20_000], signal.ravel()[:20_000]


def predict_all(engine, chromosome, starts, **options):
    codes, signal = chromosome
    starts = np.asarray(starts, dtype=np.int64)
    tiles = list(predict_bins(engine, codes, ArraySignal(signal), "chr1", starts, **options))
    bins = np.concatenate([tile.bins for tile in tiles]) if tiles else np.zeros(0, dtype=np.int64)
    scores = np.concatenate([tile.scores for tile in tiles], axis=1) if tiles else np.zeros((2, 0), np.float32)
    return bins, scores


@settings(max_examples=25, deadline=None)
@given(
    which=st.sets(st.integers(0, 73), max_size=40),
    tile=st.integers(1, 12),
    strand=st.sampled_from(["forward", "mean"]),
)
def test_bins_are_the_mean_over_their_windows_for_any_windows_and_tiles(chromosome, which, tile, strand):
    """Gaps, single windows, windows that touch; tiles that end anywhere."""
    engine = PlaceEngine()

    def score(codes, signal):
        forward = engine.predict(codes, signal)
        if strand == "forward":
            return forward
        complement = np.array([3, 2, 1, 0, 4], dtype=np.uint8)[codes]
        return (forward + engine.predict(complement[:, ::-1], signal[:, ::-1])[:, :, ::-1]) / 2

    starts = np.array(sorted(which), dtype=np.int64) * 256
    expected = brute_force(*chromosome, starts, score)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_predict, "_windows_per_tile", lambda *_: tile)
        bins, scores = predict_all(PlaceEngine(), chromosome, starts, strand=strand)
    assert bins.tolist() == list(expected), "every bin of every window once, ascending"
    if len(bins):
        np.testing.assert_allclose(scores, np.stack(list(expected.values()), axis=1), rtol=0, atol=1e-6)


@pytest.mark.parametrize("step", [32, 96, 512, 1024])
def test_any_step_on_the_grid_of_bins_works(chromosome, step):
    starts = np.arange(0, 4 * 1024 + 1, step)
    expected = brute_force(*chromosome, starts, PlaceEngine().predict)
    bins, scores = predict_all(PlaceEngine(), chromosome, starts)
    assert bins.tolist() == list(expected)
    np.testing.assert_allclose(scores, np.stack(list(expected.values()), axis=1), rtol=0, atol=1e-6)


def test_a_network_averages_over_windows(chromosome, backend):
    """With a network, whose zero padding makes a bin's score depend on where in the window it lies."""
    engine = make_engine([random_network(0), random_network(1)], backend=backend, device="cpu", batch_size=4)
    starts = np.array([0, 256, 512, 768, 2048, 2304, 6144])
    expected = brute_force(*chromosome, starts, engine.predict)
    bins, scores = predict_all(engine, chromosome, starts)
    assert bins.tolist() == list(expected)
    np.testing.assert_allclose(scores, np.stack(list(expected.values()), axis=1), rtol=0, atol=1e-5)


def test_mean_of_both_strands_is_the_mean_of_forward_and_reverse_complement(chromosome, backend):
    codes, signal = chromosome
    engine = make_engine([random_network(0)], backend=backend, device="cpu")
    window = slice(512, 1536)
    forward = engine.predict(codes[None, window], signal[None, window])[0, 0]
    complement = {0: 3, 1: 2, 2: 1, 3: 0, 4: 4}
    other = np.array([[complement[int(code)] for code in codes[window][::-1]]], dtype=np.uint8)
    reverse = engine.predict(other, np.ascontiguousarray(signal[None, window][:, ::-1]))[0, 0][::-1]
    assert np.abs(forward - reverse).max() > 1e-3, "this network does tell the strands apart"
    _, scores = predict_all(engine, chromosome, [512], strand="mean")
    np.testing.assert_allclose(scores[0], (forward + reverse) / 2, rtol=0, atol=1e-5)


def test_a_palindrome_scores_the_same_on_both_strands(backend):
    rng = np.random.default_rng(0)
    half = rng.integers(0, 5, (1, 512)).astype(np.uint8)
    level = rng.random((1, 512)).astype(np.float32)
    codes = np.concatenate([half, reverse_complement(half)], axis=1)
    signal = np.concatenate([level, level[:, ::-1]], axis=1)
    engine = make_engine([random_network(2)], backend=backend, device="cpu")
    bins = [
        next(iter(predict_bins(engine, codes[0], ArraySignal(signal[0]), "chr1", np.array([0]), strand=strand))).scores[
            0
        ]
        for strand in ("forward", "mean")
    ]
    np.testing.assert_allclose(bins[1], (bins[0] + bins[0][::-1]) / 2, atol=1e-5)


def test_unknown_bases_stay_unknown_on_the_other_strand(chromosome):
    engine = PlaceEngine()
    codes = np.full(1024, 4, dtype=np.uint8)
    codes[:3] = [0, 1, 2]
    silent = ArraySignal(np.zeros(1024, np.float32))
    list(predict_bins(engine, codes, silent, "chr1", np.array([0]), strand="mean"))
    (_, reverse) = (seen[0][0] for seen in engine.seen)
    assert reverse[-3:].tolist() == [1, 2, 3]
    assert (reverse[:-3] == 4).all()


def test_no_windows_give_no_bins(chromosome):
    codes, signal = chromosome
    nothing = np.zeros(0, dtype=np.int64)
    assert list(predict_bins(PlaceEngine(), codes, ArraySignal(signal), "chr1", nothing)) == []


def test_progress_counts_every_window_once(chromosome):
    counts = []
    starts = np.arange(0, 8192, 256)
    predict_all(PlaceEngine(), chromosome, starts, progress=counts.append)
    assert sum(counts) == len(starts)


def test_an_unknown_strand_is_refused(chromosome):
    with pytest.raises(ValueError, match=r"strand is 'reverse'.*'forward' or 'mean'"):
        list(predict_bins(PlaceEngine(), chromosome[0], ArraySignal(chromosome[1]), "chr1", [0], strand="reverse"))


def some_signals(seed: int, n_groups: int, length: int) -> list[ArraySignal]:
    """Signals with values in a few places; one has none, and two of them share a place."""
    rng = np.random.default_rng(seed)
    common = rng.integers(0, length, 1)
    signals = []
    for g in range(n_groups):
        values = np.zeros(length, dtype=np.float32)
        for place in [*common, *rng.integers(0, length, g)] if g else ():
            values[max(place - 20, 0) : place + 21] += 0.5
        signals.append(ArraySignal(values))
    return signals


def bins_of_groups(engine, codes, signals, starts, **options) -> list[tuple[np.ndarray, np.ndarray]]:
    """Bins and scores of every group."""
    tiles: list[list] = [[] for _ in signals]
    for g, tile in predict_groups(engine, codes, signals, "chr1", starts, **options):
        tiles[g].append(tile)
    return [
        (np.concatenate([tile.bins for tile in of_group]), np.concatenate([tile.scores for tile in of_group], axis=1))
        for of_group in tiles
    ]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_groups=st.integers(1, 5),
    which=st.sets(st.integers(0, 73), min_size=1, max_size=40),
    tile=st.integers(1, 12),
    strand=st.sampled_from(["forward", "mean"]),
)
def test_groups_together_score_as_each_alone_and_what_is_the_same_is_scored_once(
    chromosome, seed, n_groups, which, tile, strand
):
    codes = chromosome[0].copy()
    codes[:6_000] = 4
    signals = some_signals(seed, n_groups, len(codes))
    starts = np.array(sorted(which), dtype=np.int64) * 256
    counts: list[int] = []
    together, alone = PlaceEngine(), PlaceEngine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_predict, "_windows_per_tile", lambda *_: tile)
        found = bins_of_groups(together, codes, signals, starts, strand=strand, progress=counts.append)
    for signal, (bins, scores) in zip(signals, found, strict=True):
        ((expected_bins, expected),) = bins_of_groups(alone, codes, [signal], starts, strand=strand)
        np.testing.assert_array_equal(bins, expected_bins)
        np.testing.assert_array_equal(scores, expected)
    windows = [
        np.concatenate([codes[start : start + 1024], signal.values("chr1", start, start + 1024).view(np.uint8)])
        for signal in signals
        for start in starts
    ]
    n_seen = sum(len(seen) for seen, _ in together.seen) // (1 if strand == "forward" else 2)
    n_distinct = len(np.unique(windows, axis=0))
    assert n_distinct <= n_seen <= sum(counts)
    if tile >= len(starts):
        assert n_seen == n_distinct
    has_signal = np.array([[signal.values("chr1", s, s + 1024).any() for s in starts] for signal in signals])
    assert sum(counts) == has_signal.sum() + (~has_signal).any(axis=0).sum()


@pytest.mark.parametrize("strand", ["forward", "mean"])
def test_networks_score_groups_together_as_each_alone(chromosome, backend, strand):
    engine = make_engine([random_network(0), random_network(1)], backend=backend, device="cpu")
    signals = some_signals(3, 4, len(chromosome[0]))
    starts = np.arange(0, 18_000, 256)
    found = bins_of_groups(engine, chromosome[0], signals, starts, strand=strand)
    for signal, (bins, scores) in zip(signals, found, strict=True):
        ((expected_bins, expected),) = bins_of_groups(engine, chromosome[0], [signal], starts, strand=strand)
        np.testing.assert_array_equal(bins, expected_bins)
        # torch rounds otherwise in a batch that is not full
        np.testing.assert_allclose(scores, expected, rtol=0, atol=0 if backend == "openvino" else 1e-6)


@pytest.mark.parametrize("strand", ["forward", "mean"])
def test_windows_in_pieces_score_as_each_by_itself(chromosome, backend, strand, monkeypatch):
    """Two published geometries; groups with signal in few places; windows that overlap, a gap, two that are alone."""
    engine = make_engine([random_network(0), random_network(1)], backend=backend, device="cpu", batch_size=5)
    signals = [*some_signals(4, 3, len(chromosome[0])), ArraySignal(chromosome[1])]
    starts = np.r_[0:9_000:256, 10_752, 12_032, 14_080 : len(chromosome[0]) - 1023 : 256]
    expected = bins_of_groups(engine, chromosome[0], signals, starts, strand=strand)
    monkeypatch.setattr(_sharing, "FEWEST_IN_PIECES", 1)
    monkeypatch.setattr(_predict, "_windows_per_tile", lambda *_: 23)
    seen, predict_pieces, counts = [], engine.predict_pieces, []
    monkeypatch.setattr(engine, "predict_pieces", lambda *of: seen.append(of) or predict_pieces(*of))
    found = bins_of_groups(engine, chromosome[0], signals, starts, strand=strand, progress=counts.append)
    assert len(seen) == (1 if strand == "forward" else 2) * -(-len(starts) // 23)
    has_signal = np.array([signal.has_signal("chr1", starts) for signal in signals])
    assert sum(counts) == has_signal.sum() + (~has_signal).any(axis=0).sum()
    for (bins, scores), (expected_bins, of_windows) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(bins, expected_bins)
        np.testing.assert_allclose(scores, of_windows, rtol=0, atol=1e-6)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=specs(), seed=st.integers(0, 2**32 - 1), data=st.data(), strand=st.sampled_from(["forward", "mean"]))
def test_networks_of_any_geometry_score_in_pieces_as_plain_numpy_does(backend, spec, seed, data, strand):
    """Any chromosome's length, any step and any windows; what doesn't fit is scored window by window."""
    rng = np.random.default_rng(seed)
    length = spec.window * 3 + data.draw(st.integers(0, spec.window))
    step = spec.bin * data.draw(st.sampled_from([1, 2, spec.grid.step // spec.bin]))
    starts = np.arange(data.draw(st.integers(0, 3)) * spec.bin, length - spec.window + 1, step)
    starts = starts[rng.random(len(starts)) < 0.9]
    assume(len(starts))
    codes = rng.integers(0, 5, length).astype(np.uint8)
    signals = [ArraySignal(rng.random(length).astype(np.float32)), ArraySignal(np.zeros(length, dtype=np.float32))]
    networks = [network_of(spec, 0), network_of(spec, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sharing, "FEWEST_IN_PIECES", 1)
        engine = make_engine(networks, backend=backend, device="cpu", batch_size=3)
        found = bins_of_groups(engine, codes, signals, starts, strand=strand)
        event(f"in pieces: {plan_sharing(engine, starts) is not None}")
    windows = np.lib.stride_tricks.sliding_window_view(codes, spec.window)[starts]
    for signal, (_, in_bins) in zip(signals, found, strict=True):
        levels = signal.windows("chr1", starts, spec.window)
        expected = np.concatenate([score(network, windows, levels) for network in networks])
        if strand == "mean":
            other = [score(network, reverse_complement(windows), levels[:, ::-1]) for network in networks]
            expected = (expected + np.concatenate(other)[:, :, ::-1]) / 2
        np.testing.assert_allclose(in_bins, mean_in_bins(starts // spec.bin, expected), rtol=0, atol=1e-5)


def mean_in_bins(first: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Mean over the windows that cover each bin; first bins and (outputs, n, bins) scores to (outputs, bins)."""
    in_bin: dict[int, list[np.ndarray]] = {}
    for w, start in enumerate(first):
        for b in range(scores.shape[2]):
            in_bin.setdefault(start + b, []).append(scores[:, w, b])
    return np.stack([np.mean(values, axis=0) for _, values in sorted(in_bin.items())], axis=1)


@pytest.mark.parametrize("strand", ["forward", "mean"])
def test_windows_of_alleles_score_as_each_by_itself(chromosome, backend, strand, monkeypatch):
    codes, signal = chromosome
    engine = make_engine([random_network(seed) for seed in (0, 1)], device="cpu", backend=backend)
    starts = np.arange(0, 6 * 256, 256)
    windows, levels = (np.lib.stride_tricks.sliding_window_view(a, 1024)[starts] for a in (codes, signal))
    others = windows.copy()
    for window, start in zip(others, starts, strict=True):
        if 0 <= 1_100 - start < 1024:
            window[1_100 - start] = (window[1_100 - start] + 1) % 4
    both = np.concatenate([windows, others]), np.concatenate([levels, levels])
    expected = score_windows(engine, *both, strand=strand)
    asked = []
    predict_pieces = engine.predict_pieces

    def note(stem, pieces):
        asked.append(len(pieces.codes))
        return predict_pieces(stem, pieces)

    monkeypatch.setattr(engine, "predict_pieces", note)
    np.testing.assert_array_equal(score_alike(engine, *both, strand=strand), expected)
    assert not asked, "compiling takes longer than scoring so few"
    monkeypatch.setattr(_sharing, "FEWEST_IN_PIECES", len(both[0]))
    np.testing.assert_allclose(score_alike(engine, *both, strand=strand), expected, rtol=0, atol=1e-6)
    assert asked == [9 + 1] * (1 if strand == "forward" else 2), "one of nine pieces has the allele"


def test_windows_that_have_little_in_common_are_scored_one_by_one(backend, monkeypatch):
    monkeypatch.setattr(_sharing, "FEWEST_IN_PIECES", 1)
    engine = make_engine([random_network(0)], device="cpu", backend=backend)
    monkeypatch.setattr(engine, "predict_pieces", None)
    windows = random_windows(6, seed=3)
    np.testing.assert_array_equal(score_alike(engine, *windows), engine.predict(*windows))
