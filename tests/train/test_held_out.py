"""Precision and recall of a network whose scores are known."""

import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.genome._windows import Grid
from scmaxatac.train._dataset import TrainingCellType
from scmaxatac.train._held_out import measure_network

SIZE = 16_000


class Echo:
    """A network whose score of a bin is the signal there."""

    n_outputs = 1
    grid = Grid()

    def predict(self, codes, signal):
        return signal.reshape(1, len(signal), 32, 32).mean(axis=-1)


class Steps:
    """Signal of 0.9 in some blocks of 800 bp (25 bins of 32 bp, 4 of 200 bp), 0 elsewhere."""

    sizes = {"chr1": SIZE}  # noqa: RUF012  (a stand-in, not shared)

    def __init__(self, *starts):
        self._values = np.zeros(SIZE, dtype=np.float32)
        for start in starts:
            self._values[start : start + 800] = 0.9

    def values(self, chrom, start=0, end=None):
        return self._values[start:end]

    def has_signal(self, chrom, starts, width=1024):
        return self.windows(chrom, starts).any(axis=1)

    def windows(self, chrom, starts, width=1024):
        return np.lib.stride_tricks.sliding_window_view(self._values, 1024)[starts]


def intervals(*pairs):
    return pd.DataFrame([("chr1", start, end) for start, end in pairs], columns=["chrom", "start", "end"])


def cell_type(*, called, sites, unknown=None):
    return TrainingCellType(Steps(*called), intervals(), intervals(*sites), unknown)


@pytest.fixture(scope="module")
def genome():
    return sma.Genome.from_codes({"chr1": np.zeros(SIZE, dtype=np.uint8)})


def test_bins_that_touch_unknown_regions_are_left_out(genome):
    # of 80 bins: called are 4 that are bound and 4 + 4 that are not; a base is enough to make a bin unknown
    unknown = intervals((1_600, 1_601), (4_000, 4_601), (5_600, 5_800))
    given = {"called": (1_600, 4_000, 5_600), "sites": [(1_600, 2_400)]}
    table = measure_network(Echo(), {"B": cell_type(**given)}, genome, ["chr1"]).calibration.frame.loc[500]
    assert table[["precision", "recall"]].tolist() == pytest.approx([4 / 12, 1])
    table = measure_network(Echo(), {"B": cell_type(**given, unknown=unknown)}, genome, ["chr1"]).calibration.frame.loc[
        500
    ]
    expected = [3 / 6, 1, 2 / 3, np.log2((3 / 6) / (3 / 74))]
    assert table[["precision", "recall", "f1", "log2fc"]].tolist() == pytest.approx(expected)


def test_cell_types_without_a_positive_bin_are_left_out_with_a_warning(genome):
    bound = cell_type(called=(1_600, 4_000), sites=[(1_600, 2_400)])
    hidden = cell_type(called=(1_600,), sites=[(1_600, 1_800)], unknown=intervals((1_700, 1_750)))
    others = {"NK": cell_type(called=(0,), sites=[]), "Mono": hidden}
    alone = measure_network(Echo(), {"B": bound}, genome, ["chr1"])
    with pytest.warns(UserWarning, match="no bin of chr1 is positive in NK, Mono, .*rest on B alone"):
        together = measure_network(Echo(), {"B": bound, **others}, genome, ["chr1"])
    pd.testing.assert_frame_equal(together.calibration.frame, alone.calibration.frame)
    with pytest.warns(UserWarning, match="the model has no calibration"):
        assert measure_network(Echo(), others, genome, ["chr1"]) == (None, None)
