import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.atac import Insertions, Signal
from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.genome import Genome, Intervals
from scmaxatac.io._bigwig import read_bigwig

SIZES = {"chr1": 3000, "chr2": 1500}
CHROMS = list(SIZES)


def dense_coverage(positions: np.ndarray, length: int, black: np.ndarray) -> np.ndarray:
    """Coverage by 41-bp insertions that stay off the blacklist, base by base."""
    dense = np.zeros(length)
    for position in positions:
        low, high = max(position - 20, 0), min(position + 21, length)
        if not black[low:high].any():
            dense[low:high] += 1
    return dense


def dense_signal(libraries, sizes, black, scaling=None) -> tuple[dict[str, np.ndarray], float, float]:
    """The signal as the original computes it: RP20M tracks, their mean, min-max with numpy's percentile."""
    scaling = list(sizes) if scaling is None else scaling
    mean = {chrom: np.zeros(length) for chrom, length in sizes.items()}
    for library in libraries:
        total = sum(len(library[chrom]) for chrom in scaling)
        scale = 20e6 / total if total else 0.0
        for chrom, length in sizes.items():
            mean[chrom] += dense_coverage(library[chrom], length, black[chrom]) * scale / len(libraries)
    allowed = np.concatenate([mean[chrom][~black[chrom]] for chrom in scaling])
    low, high = allowed.min(), np.percentile(allowed[allowed > 0], 99)
    signal = {chrom: np.where(black[chrom], 0, (mean[chrom] - low) / (high - low)) for chrom in sizes}
    return signal, low, high


def blacklist(pairs) -> tuple[Intervals, dict[str, np.ndarray]]:
    black = {chrom: np.zeros(length, dtype=bool) for chrom, length in SIZES.items()}
    for chrom, start, end in pairs:
        black[chrom][start:end] = True
    return Intervals.from_frame(pd.DataFrame(pairs, columns=["chrom", "start", "end"])), black


@st.composite
def libraries(draw, most: int = 3):
    """Insertions of one to three replicates, of very different depth, piled up in places."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    drawn = []
    for _ in range(draw(st.integers(1, most))):
        n = draw(st.integers(1, 120))
        spread = draw(st.sampled_from([5, 60, 3000]))
        centre = rng.integers(0, 1500)
        drawn.append(
            {c: np.clip(rng.normal(centre, spread, n).astype(int), 0, length - 1) for c, length in SIZES.items()}
        )
    return drawn


def build(libraries, intervals=None, **options) -> Signal:
    names = [f"r{i}" for i in range(len(libraries))]
    insertions = Insertions.from_positions(dict(zip(names, libraries, strict=True)))
    return Signal.from_insertions(insertions, names, Genome.from_sizes(SIZES, blacklist=intervals), CHROMS, **options)


@settings(max_examples=60, deadline=None)
@given(libraries())
def test_signal_is_the_mean_of_scaled_tracks_over_its_99th_percentile(libraries):
    intervals, black = blacklist([("chr1", 0, 30), ("chr1", 1490, 1520), ("chr2", 1400, 1500)])
    signal = build(libraries, intervals)
    kept = sum(dense_coverage(lib[c], SIZES[c], black[c]).sum() for lib in libraries for c in SIZES)
    if kept == 0:
        assert signal.is_empty
        return
    expected, low, high = dense_signal(libraries, SIZES, black)
    assert signal.minimum == pytest.approx(low)
    assert signal.maximum == pytest.approx(high)
    for chrom in SIZES:
        np.testing.assert_allclose(signal.values(chrom), expected[chrom], rtol=1e-5, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(libraries(), st.lists(st.integers(0, (3000 - 1024) // 32), max_size=12))
def test_values_runs_and_windows_agree(libraries, windows):
    intervals, _ = blacklist([("chr1", 700, 720)])
    signal = build(libraries, intervals)
    dense = signal.values("chr1")
    assert dense.dtype == np.float32
    from_runs = np.zeros(SIZES["chr1"], dtype=np.float32)
    starts, ends, values = signal.runs("chr1")
    assert np.all(values != 0)
    assert np.all(starts[1:] >= ends[:-1])
    for start, end, value in zip(starts, ends, values, strict=True):
        from_runs[start:end] = value
    np.testing.assert_allclose(from_runs, dense, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(signal.values("chr1", 123, 777), dense[123:777])
    starts = 32 * np.unique(windows).astype(np.int64)
    rows = signal.windows("chr1", starts)
    assert (rows.shape, rows.dtype) == ((len(starts), 1024), np.float32)
    for row, start in zip(rows, starts, strict=True):
        np.testing.assert_allclose(row, dense[start : start + 1024], rtol=1e-6, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(libraries(), st.integers(2, 5))
def test_depth_cancels(libraries, times):
    intervals, _ = blacklist([("chr1", 700, 720)])
    deep = [{chrom: np.repeat(p, times) for chrom, p in library.items()} for library in libraries]
    one, many = build(libraries, intervals), build(deep, intervals)
    for chrom in SIZES:
        np.testing.assert_allclose(many.values(chrom), one.values(chrom), rtol=1e-5, atol=1e-6)
    if len(libraries) == 1 and not one.is_empty:
        assert many.p99 == pytest.approx(times * one.p99)


def test_replicates_weigh_the_same_whatever_their_depth():
    rng = np.random.default_rng(1)
    small, other = ({c: rng.integers(0, n, 200) for c, n in SIZES.items()} for _ in range(2))
    large = {chrom: np.repeat(positions, 7) for chrom, positions in other.items()}
    for chrom in SIZES:
        np.testing.assert_allclose(
            build([small, large]).values(chrom), build([small, other]).values(chrom), rtol=1e-5, atol=1e-6
        )
    assert not np.allclose(build([small, large]).values("chr1"), build([small]).values("chr1"), atol=1e-2)


@pytest.mark.parametrize("n_libraries", [1, 2])
def test_a_genome_that_is_covered_everywhere_has_its_minimum_at_zero(n_libraries):
    rng = np.random.default_rng(0)
    intervals, black = blacklist([("chr1", 1000, 1010)])
    drawn = [{chrom: np.arange(0, length, 7) for chrom, length in SIZES.items()} for _ in range(n_libraries)]
    for library in drawn:
        library["chr2"] = np.sort(np.concatenate([library["chr2"], rng.integers(0, 1500, 400)]))
        # every base up to the blacklist is covered by insertions that don't touch it
        library["chr1"] = np.concatenate([library["chr1"], np.repeat([979, 1030], 3)])
    signal = build(drawn, intervals)
    expected, low, _ = dense_signal(drawn, SIZES, black)
    assert low > 0
    assert signal.minimum == pytest.approx(low)
    for chrom in SIZES:
        np.testing.assert_allclose(signal.values(chrom), expected[chrom], rtol=1e-5, atol=1e-6)
    rows = signal.windows("chr1", np.array([0, 512]))
    np.testing.assert_allclose(rows[1], expected["chr1"][512 : 512 + 1024], rtol=1e-5, atol=1e-6)
    starts, ends, values = signal.runs("chr1")
    for start, end, value in zip(starts, ends, values, strict=True):
        np.testing.assert_allclose(expected["chr1"][start:end], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("position", [1_003, 1_004, 1_005, 1_500, 2_043, 2_044, 2_045, 2_100])
def test_a_window_has_signal_where_an_insertion_lies_within_20_bp_of_it(position):
    signal = build([{"chr1": np.array([position]), "chr2": np.array([700])}])
    assert not signal.is_empty
    starts = np.arange(0, 1_977, 4)
    has_signal = signal.has_signal("chr1", starts)
    np.testing.assert_array_equal(has_signal, signal.windows("chr1", starts).any(axis=1))
    np.testing.assert_array_equal(has_signal, (starts - 20 <= position) & (position <= starts + 1_023 + 20))


@settings(max_examples=50, deadline=None)
@given(libraries=libraries())
def test_windows_that_have_no_insertion_have_no_signal(libraries):
    signal = build(libraries)
    starts = np.arange(0, SIZES["chr1"] - 1_023, 8)
    has_signal = signal.has_signal("chr1", starts)
    assert not signal.windows("chr1", starts)[~has_signal].any()
    near = [
        any(((library["chr1"] >= start - 20) & (library["chr1"] < start + 1_044)).any() for library in libraries)
        for start in starts
    ]
    if not signal.is_empty:
        assert has_signal.tolist() == near


def test_a_genome_that_is_covered_evenly_has_no_signal():
    signal = Signal.from_insertions(
        Insertions.from_positions({"A": {"chr1": np.array([10])}}), "A", Genome.from_sizes({"chr1": 30}), ["chr1"]
    )
    assert signal.is_empty
    assert signal.values("chr1").tolist() == [0] * 30
    assert [len(column) for column in signal.runs("chr1")] == [0, 0, 0]


@pytest.mark.parametrize("positions", [[], [1000]])
def test_without_insertions_off_the_blacklist_the_signal_is_zero_without_a_warning(positions):
    intervals, _ = blacklist([("chr1", 1000, 1010)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        signal = build([{"chr1": np.array(positions, dtype=int)}], intervals)
        assert signal.is_empty
        assert not signal.values("chr1").any()
        assert not signal.windows("chr1", np.array([0, 256])).any()
        assert [len(column) for column in signal.runs("chr2")] == [0, 0, 0]
    assert np.isnan(signal.p99)
    assert (signal.n_insertions, signal.n_insertions_kept) == (len(positions), 0)


def test_the_percentile_can_come_from_other_chromosomes():
    rng = np.random.default_rng(5)
    library = {"chr1": rng.integers(0, 3000, 300), "chr2": np.repeat(rng.integers(0, 1500, 60), 5)}
    black = {chrom: np.zeros(length, dtype=bool) for chrom, length in SIZES.items()}
    expected, _, high = dense_signal([library], SIZES, black, scaling=["chr2"])
    signal = Signal.from_insertions(
        Insertions.from_positions({"A": library}), "A", Genome.from_sizes(SIZES), ["chr1"], signal_chroms=["chr2"]
    )
    assert signal.maximum == pytest.approx(high)
    assert signal.n_insertions == 300
    np.testing.assert_allclose(signal.values("chr1"), expected["chr1"], rtol=1e-5)


@pytest.fixture(scope="module")
def chr22(data_dir) -> Signal:
    """Signal of all fragments of the chr22 file, with the original's blacklist."""
    genome = Genome.from_sizes(
        data_dir / "maxatac" / "hg38.chrom.sizes", blacklist=data_dir / "maxatac" / "hg38_maxatac_blacklist.bed"
    )
    source = FragmentFile(data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz", None)
    insertions = collect_insertions([(source, np.zeros(1, dtype=int))], ["all"], genome)
    return Signal.from_insertions(insertions, "all", genome, ["chr22"])


def test_counts_and_percentile_are_those_of_the_original(chr22):
    assert chr22.n_insertions == 114_230
    assert chr22.n_insertions_kept == 113_470
    assert chr22.p99 == pytest.approx(6)
    assert chr22.maximum == pytest.approx(1050.51, rel=1e-5)
    assert chr22.minimum == 0


def test_signal_is_that_of_the_original_on_every_base(chr22, data_dir):
    golden = np.load(data_dir / "golden" / "prepare" / "chr22_IS_slop20_RP20M_minmax01.npz")
    expected = np.zeros(int(golden["chrom_length"]), dtype=np.float32)
    expected[: golden["end"][-1]] = np.repeat(*_dense(golden))
    values = chr22.values("chr22")
    np.testing.assert_array_equal(values == 0, expected == 0)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_scaled_coverage_is_that_of_the_original(chr22, data_dir):
    starts, ends, values = read_bigwig(data_dir / "golden" / "prepare" / "chr22_IS_slop20_RP20M.bw", "chr22")
    breaks, levels = chr22.scaled_runs("chr22")
    keep = levels > 0
    assert int((ends - starts).sum()) == int(np.diff(breaks)[keep].sum())
    at = np.searchsorted(breaks, starts, side="right") - 1
    np.testing.assert_allclose(values, levels[at], rtol=1e-5)


def _dense(runs) -> tuple[np.ndarray, np.ndarray]:
    """Values and lengths of runs and of the gaps before them."""
    gaps = runs["start"] - np.concatenate([[0], runs["end"][:-1]])
    values = np.stack([np.zeros(len(gaps), dtype=np.float32), runs["value"]], axis=1).ravel()
    return values, np.stack([gaps, runs["end"] - runs["start"]], axis=1).ravel()
