"""Which bins stand for the points of a picture."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.plotting import _block
from scmaxatac.plotting._block import block_of


def bins(*starts, chrom="chr1"):
    return pd.DataFrame({"chrom": chrom, "start": starts, "end": np.array(starts) + 32})


def test_each_bin_has_a_point_of_its_own_where_they_fit_and_gaps_stay_empty():
    block = block_of(bins(0, 32, 96, 128), "chr1:10-150")
    assert (block.start, block.end, block.n_points) == (0, 160, 5)
    assert block.point.tolist() == [0, 1, 3, 4]
    chosen = block.most_different(np.array([[1.0, np.nan, 0.0, 2.0]]))
    assert chosen.tolist() == [[0, 1, -1, 2, 3]]
    drawn = block.draw(np.array([[5.0, 6.0, 7.0, 8.0]]), chosen)
    np.testing.assert_array_equal(drawn, [[5, 6, np.nan, 7, 8]])


def test_of_several_bins_of_a_point_the_largest_stands_for_it(monkeypatch):
    monkeypatch.setattr(_block, "_POINTS", 3)
    block = block_of(bins(*range(0, 320, 32)), None)
    sizes = np.array([[0, 3, 1, 0, np.nan, 2, 1, 0, 9, 0.0], [np.nan] * 10])
    assert block.point.tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    chosen = block.most_different(sizes)
    assert chosen[0].tolist() == [1, 5, 8]
    assert (block.point[chosen[1]] == [0, 1, 2]).all()


def test_bins_in_several_places_need_a_region():
    both = pd.concat([bins(0, 32), bins(0, chrom="chr2")])
    with pytest.raises(ValueError, match=r"in 2 places \(chr1:0-64, chr2:0-32\)"):
        block_of(both, None)
    assert block_of(both, "chr2:3-9").columns.tolist() == [2]
