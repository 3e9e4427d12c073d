"""The bias of groups outside peaks, off the blacklist."""

import numpy as np
import pandas as pd
import pytest
from _footprints import hexamer_counts, text_of

from scmaxatac.genome import Genome, Intervals
from scmaxatac.predict._footprint_sites import Named, place_windows
from scmaxatac.predict._footprints import FootprintOptions, InsertionSource, measure_bias, take_footprints
from scmaxatac.stats._footprint import footprint


@pytest.mark.filterwarnings("ignore:.*insertions lie outside peaks:UserWarning")
def test_the_bias_counts_all_groups_outside_peaks_and_away_from_the_blacklist():
    rng = np.random.default_rng(0)
    codes = {chrom: rng.integers(0, 4, 3_000).astype(np.uint8) for chrom in ("chr1", "chr2")}
    blacklist = pd.DataFrame({"chrom": ["chr1", "chr1"], "start": [5, 2_000], "end": [30, 2_100]})
    genome = Genome.from_codes(codes, blacklist=blacklist)
    peaks = Intervals(
        {"chr1": (np.array([500, 1_900]), np.array([700, 1_990])), "chr3": (np.array([1]), np.array([9]))}
    )
    positions = {
        (group, chrom): np.sort(rng.integers(0, 3_000, 800)).astype(np.int32) for group in "AB" for chrom in codes
    }
    source = InsertionSource(["A", "B"], ["chr1", "chr2"], lambda group, chrom: positions[group, chrom])
    bias = measure_bias(source, genome, peaks)
    # insertions that touch the blacklist when they are widened by 20 bp to either side are none
    allowed = {"chr1": [(50, 500), (700, 1_900), (2_120, 3_000)], "chr2": [(0, 3_000)]}
    n_available = n_observed = 0
    for chrom, intervals in allowed.items():
        text = text_of(codes[chrom])
        n_available += sum(hexamer_counts(text, intervals, None).values())
        for group in "AB":
            n_observed += sum(hexamer_counts(text, intervals, positions[group, chrom]).values())
    assert int(bias.n_available.sum()) == n_available
    assert bias.n_insertions == n_observed


@pytest.mark.filterwarnings("ignore:.*insertions lie outside peaks:UserWarning", "ignore:.*can't be taken:UserWarning")
def test_neighbouring_blocks_are_joined_where_there_are_many(monkeypatch):
    monkeypatch.setattr("scmaxatac.predict._footprints._MOST_BLOCKS", 4)
    seen = []

    def spy(observed, *args, **options):
        seen.append(observed)
        return footprint(observed, *args, **options)

    monkeypatch.setattr("scmaxatac.predict._footprints.footprint", spy)
    genome = Genome.from_codes({"chr1": np.random.default_rng(0).integers(0, 4, 10_000).astype(np.uint8)})
    start = np.arange(8) * 1_000 + 500
    sites = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 1, "tf": "A", "group": "", "flipped": False})
    windows = place_windows(Named(sites, ["A"]), ["chr1"], genome, 50)
    source = InsertionSource(["B"], ["chr1"], lambda *_: np.repeat(start, np.arange(8)).astype(np.int32))
    options = FootprintOptions(50, 10, 10, 10, "subtract", 10, 1_000, 0)
    bias = measure_bias(source, genome, Intervals({}))
    found = take_footprints(source, windows, ["A"], ["B"], genome, bias, options)
    assert seen[0].sum(axis=1).tolist() == [0 + 1, 2 + 3, 4 + 5, 6 + 7]
    assert found.depths["n_blocks"].tolist() == [4]
    assert found.depths["note"].tolist() == ["no insertions in the outer positions"]
