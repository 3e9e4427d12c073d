"""Values cut to intervals are the same however long the pieces are that are looked at together."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.train import _packed_windows

SIZES = {"chr1": 9_000, "chr2": 3_000}


def _intervals(*rows):
    return Intervals.from_frame(pd.DataFrame(rows, columns=["chrom", "start", "end"]))


class Dense:
    """Signal held base by base."""

    sizes = SIZES

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.track = {chrom: rng.random(size).astype(np.float32) for chrom, size in SIZES.items()}

    def values(self, chrom, start=0, end=None):
        return self.track[chrom][start:end]

    def windows(self, chrom, starts, width=1024):
        return np.stack([self.track[chrom][s : s + 1024] for s in starts])


@pytest.fixture
def intervals():
    return _intervals(
        ("chr1", 0, 30), ("chr1", 31, 40), ("chr1", 500, 6_000), ("chr1", 8_000, 9_000), ("chr2", 7, 2_990)
    )


@pytest.fixture(params=[40, 333, 1 << 24])
def block(request, monkeypatch):
    monkeypatch.setattr(_packed_windows, "_BLOCK", request.param)


@pytest.mark.usefixtures("block")
def test_codes_and_signals_are_those_of_the_intervals_end_to_end(intervals):
    rng = np.random.default_rng(0)
    genome = Genome.from_codes({chrom: rng.integers(0, 5, size).astype(np.uint8) for chrom, size in SIZES.items()})
    rows = intervals.frame()
    expected = np.concatenate([genome.codes(row.chrom)[row.start : row.end] for row in rows.itertuples()])
    np.testing.assert_array_equal(_packed_windows.cut_codes(genome, intervals), expected)
    signals = [Dense(1), Dense(2)]
    cut = _packed_windows.cut_signals(signals, intervals)
    assert cut.dtype == np.float16
    for row, signal in zip(cut, signals, strict=True):
        expected = np.concatenate([signal.values(r.chrom, r.start, r.end) for r in rows.itertuples()])
        np.testing.assert_array_equal(row, expected.astype(np.float16))


@pytest.mark.usefixtures("block")
def test_labels_count_the_bases_of_the_bin_that_starts_at_each_base(intervals):
    chip = _intervals(
        ("chr1", 0, 20), ("chr1", 22, 50), ("chr1", 5_990, 6_040), ("chr1", 8_500, 8_517), ("chr2", 2_980, 3_000)
    )
    unknown = _intervals(("chr1", 700, 701), ("chr2", 2_999, 3_000))
    bound, known = (np.unpackbits(bits) for bits in _packed_windows.cut_labels(chip, unknown, intervals))
    inside = {chrom: np.zeros(size + 32, int) for chrom, size in SIZES.items()}
    hidden = {chrom: np.zeros(size + 32, int) for chrom, size in SIZES.items()}
    for marked, track in ((chip, inside), (unknown, hidden)):
        for row in marked.frame().itertuples():
            track[row.chrom][row.start : row.end] = 1
    at = 0
    for row in intervals.frame().itertuples():
        for base in range(row.start, row.end):
            assert bound[at] == (inside[row.chrom][base : base + 32].sum() > 16), (row.chrom, base)
            assert known[at] == (hidden[row.chrom][base : base + 32].sum() == 0), (row.chrom, base)
            at += 1
