"""Scales of tracks, against dense coverage."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.atac._insertions import Insertions
from scmaxatac.atac._signal import Signal
from scmaxatac.atac._track_scales import check_normalization, track_runs
from scmaxatac.genome import Genome

LENGTH = 400
POSITIONS = {"one": np.array([50, 60, 60, 200], np.int32), "two": np.array([55, 300], np.int32)}


@pytest.fixture(scope="module")
def signal() -> Signal:
    blacklist = pd.DataFrame({"chrom": ["chr1"], "start": [210], "end": [215]})
    insertions = Insertions.from_positions(
        {name: {"chr1": positions} for name, positions in POSITIONS.items()}, n_cells=[1, 1]
    )
    return Signal.from_insertions(
        insertions, ["one", "two"], Genome.from_sizes({"chr1": LENGTH}, blacklist=blacklist), ["chr1"]
    )


def dense(name: str) -> np.ndarray:
    """Coverage by insertions of 41 bp; the one at 200 touches the blacklist."""
    bases = np.arange(LENGTH)[:, None]
    return (np.abs(bases - POSITIONS[name][POSITIONS[name] != 200]) <= 20).sum(axis=1).astype(float)


def test_each_scale_is_the_coverage_that_it_says(signal):
    one, two = dense("one"), dense("two")
    rp20m = (one * 20e6 / 4 + two * 20e6 / 2) / 2
    expected = {"counts": one + two, "rp20m": rp20m, "minmax": rp20m / np.percentile(rp20m[rp20m > 0], 99)}
    for scale, values in expected.items():
        starts, ends, found = track_runs(signal, "chr1", scale)
        assert found.dtype == np.float32
        assert (found > 0).all()
        track = np.zeros(LENGTH)
        for start, end, value in zip(starts, ends, found, strict=True):
            track[start:end] = value
        np.testing.assert_allclose(track, values, rtol=1e-6, err_msg=scale)


def test_another_scale_is_refused_with_those_that_exist():
    for scale in ("minmax", "rp20m", "counts"):
        check_normalization(scale)
    with pytest.raises(ValueError, match="normalize is 'cpm'; it has to be one of 'minmax', 'rp20m', 'counts'"):
        check_normalization("cpm")
