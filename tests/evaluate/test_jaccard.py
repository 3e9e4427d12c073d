import numpy as np
import pandas as pd
import pytest

from scmaxatac.evaluate._jaccard import jaccard_index
from scmaxatac.genome import Intervals

ONE = [("chr1", 0, 10), ("chr1", 20, 30), ("chr2", 5, 6)]
OTHER = [("chr1", 5, 25), ("chr3", 0, 4)]


def intervals(rows) -> Intervals:
    return Intervals.from_frame(pd.DataFrame(rows, columns=["chrom", "start", "end"]))


def bases(rows, chroms) -> set[tuple[str, int]]:
    return {(chrom, at) for chrom, start, end in rows for at in range(start, end) if chrom in chroms}


@pytest.mark.parametrize("chroms", [None, ["chr1"], ["chr2"], ["chr1", "chr3"]])
def test_shared_bases_over_all_bases(chroms):
    one, other = (bases(rows, chroms or ["chr1", "chr2", "chr3"]) for rows in (ONE, OTHER))
    found = jaccard_index(intervals(ONE), intervals(OTHER), chroms)
    assert found == jaccard_index(intervals(OTHER), intervals(ONE), chroms) == len(one & other) / len(one | other)


def test_of_two_empty_sets_it_is_not_defined():
    assert np.isnan(jaccard_index(intervals(ONE), intervals(OTHER), ["chr9"]))
    assert np.isnan(jaccard_index(Intervals({}), Intervals({})))
    assert jaccard_index(intervals(ONE), intervals(ONE)) == 1
