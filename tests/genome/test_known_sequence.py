import numpy as np
import pandas as pd
import pytest

from scmaxatac import Genome
from scmaxatac.genome import _known_sequence
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._known_sequence import find_unknown_runs, is_unknown, unknown_grid
from scmaxatac.scores._bin_scores import BinScores
from scmaxatac.scores._known_bins import known_bins
from scmaxatac.scores._ranking import blocks_beside, calibration_bins, nth_largest_with_sample, uncounted

CASES = {
    "known": [],
    "unknown": [(0, 5_000)],
    "ends": [(0, 40), (4_950, 5_000)],
    "short": [(100, 131), (200, 232), (300, 333)],
    "within and across bins": [(409, 1_003), (1_400, 1_600), (2_111, 2_809), (2_810, 3_333)],
}


def codes_of(runs) -> np.ndarray:
    codes = np.random.default_rng(0).integers(0, 4, 5_000).astype(np.uint8)
    for start, end in runs:
        codes[start:end] = 4
    return codes


@pytest.mark.parametrize("runs", CASES.values(), ids=CASES)
@pytest.mark.parametrize("at_once", [1 << 24, 100])
def test_bins_are_unknown_where_no_base_is_known(runs, at_once, monkeypatch):
    monkeypatch.setattr(_known_sequence, "_AT_ONCE", at_once)
    codes = codes_of(runs)
    found = find_unknown_runs(codes)
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == runs
    for width in (32, 200, 1024):
        n = len(codes) // width
        expected = [bool((codes[i * width : i * width + width] == 4).all()) for i in range(n)]
        assert unknown_grid(found, n, width).tolist() == expected
        assert is_unknown(found, np.arange(n) * width, width).tolist() == expected


def test_bins_with_any_known_base_stay():
    codes = codes_of([(40, 160)])
    tile = BinScores(np.arange(8), np.arange(16, dtype=np.float32).reshape(2, 8))
    left = known_bins(tile, find_unknown_runs(codes))
    assert left.bins.tolist() == [0, 1, 5, 6, 7]
    assert left.scores.tolist() == [[0, 1, 5, 6, 7], [8, 9, 13, 14, 15]]


def test_200_bp_bins_count_that_have_a_known_base_and_none_on_the_blacklist():
    codes = codes_of([(150, 799), (1_000, 1_200)])
    blacklist = pd.DataFrame({"chrom": ["a"], "start": [2_399], "end": [2_401]})
    genome = Genome.from_codes({"a": codes}, blacklist=blacklist)
    assert np.flatnonzero(~calibration_bins(genome, "a")).tolist() == [1, 2, 5, 11, 12]


def test_what_does_not_count_is_a_blacklist_that_does_without_the_sequence():
    codes = codes_of(CASES["within and across bins"])
    blacklist = pd.DataFrame({"chrom": ["a"], "start": [4_599], "end": [4_601]})
    genome = Genome.from_codes({"a": codes, "b": codes[:900]}, blacklist=blacklist)
    bare = Genome.from_sizes(genome.sizes, blacklist=uncounted(genome, "ab").frame())
    for chrom in "ab":
        assert calibration_bins(bare, chrom).tolist() == calibration_bins(genome, chrom).tolist()


def test_no_interval_beside_regions_is_unknown():
    codes = np.zeros(20_480, dtype=np.uint8)
    codes[6_000:12_000] = 4
    genome = Genome.from_codes({"a": codes})
    starts = blocks_beside(genome, "a", Intervals({"a": (np.array([16_000]), np.array([16_001]))}))
    expected = [s for s in range(1_024, 20_480 - 2_047, 256) if not 6_000 <= s <= 12_000 - 1_024]
    assert starts.tolist() == [s for s in expected if s + 2_048 <= 16_000 or s - 1_024 >= 16_001]


@pytest.mark.parametrize(
    ("n", "expected"), [(0, np.inf), (1, 0.9), (2, 0.8), (4, 0.8), (5, 0.7), (6, 0.3), (8, 0.3), (9, 0.0)]
)
def test_a_value_of_the_sample_counts_as_those_that_it_stands_for(n, expected):
    values, sample = np.array([0.7, 0.9]), np.array([0.3, 0.8])
    assert nth_largest_with_sample(values, sample, 6, n) == expected


def test_without_a_sample_the_others_are_below():
    assert nth_largest_with_sample(np.array([0.7, 0.9]), np.zeros(0), 6, 2) == 0.7
    assert nth_largest_with_sample(np.array([0.7, 0.9]), np.zeros(0), 6, 3) == 0.0
