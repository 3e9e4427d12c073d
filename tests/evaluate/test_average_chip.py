"""Mean tracks and peaks, base by base."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.evaluate._average_chip import largest_mean_arcsinh, share_with_peak
from scmaxatac.genome import Intervals


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(0, 60), st.integers(1, 6), st.sampled_from([1, 10, 25])
)
def test_a_bin_has_the_largest_mean_of_the_arcsinh_of_its_bases(seed, n_tracks, start, n_bins, size):
    rng = np.random.default_rng(seed)
    tracks, dense = [], np.zeros((n_tracks, 400))
    for row in dense:
        edges = np.sort(rng.choice(201, 8, replace=False))
        starts, ends = edges[::2], edges[1::2]
        values = np.where(rng.random(4) < 0.2, np.nan, rng.gamma(1.0, 5.0, 4))
        tracks.append((starts, ends, values))
        for s, e, value in zip(starts, ends, values, strict=True):
            row[s:e] = np.arcsinh(0 if np.isnan(value) else value)
    expected = dense.mean(axis=0)[start : start + n_bins * size].reshape(n_bins, size).max(axis=1)
    found = largest_mean_arcsinh(tracks, start, n_bins, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_one_shared_base_makes_a_peak_of_a_cell_type_count():
    def peaks(*rows):
        return Intervals.from_frame(pd.DataFrame(rows, columns=["chrom", "start", "end"]))

    types = [
        peaks(("chr1", 9, 10)),
        peaks(("chr1", 9, 11)),
        peaks(("chr1", 30, 31), ("chr1", 32, 33)),
        peaks(("chr2", 0, 40)),
    ]
    assert share_with_peak(types, "chr1", 4, 10).tolist() == [0.5, 0.25, 0.0, 0.25]
