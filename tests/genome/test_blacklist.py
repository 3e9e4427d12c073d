"""A blacklist as it is given, and on a genome."""

import pandas as pd
import pytest

from scmaxatac.genome import Intervals
from scmaxatac.genome._blacklist import blacklist_on, read_blacklist

SIZES = {"chr1": 1_000, "chr2": 500}


def table(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def on_genome(*rows):
    return list(blacklist_on(table(*rows), SIZES, "the genome").frame().itertuples(index=False, name=None))


def test_none_is_no_blacklist_and_other_columns_are_left_out():
    assert read_blacklist(None) is None
    given = table(("chr1", 3, 9)).assign(reason="High Signal Region")
    pd.testing.assert_frame_equal(read_blacklist(given), table(("chr1", 3, 9)))
    intervals = Intervals.from_frame(table(("chr1", 3, 9), ("chr1", 9, 12)))
    assert read_blacklist(intervals).values.tolist() == [["chr1", 3, 12]]


def test_a_row_that_is_no_interval_is_refused_by_number():
    with pytest.raises(ValueError, match=r"the blacklist: row 2 of 2 \(chr1, 9, 9\) is no interval"):
        read_blacklist(table(("chr1", 3, 9), ("chr1", 9, 9)))


def test_rows_are_cut_at_the_ends_of_chromosomes_and_those_elsewhere_left_out():
    rows = [("chr1", 990, 2_000), ("chr1", 1_000, 1_100), ("chr1", 998, 999), ("chr2", 499, 500), ("chrM", 1, 2)]
    assert on_genome(*rows) == [("chr1", 990, 1_000), ("chr2", 499, 500)]


def test_an_empty_one_is_none_and_one_of_other_names_an_error_that_shows_both():
    assert on_genome() == []
    with pytest.raises(ValueError, match="share no chromosome: the blacklist has 1, 2, the genome has chr1, chr2"):
        on_genome(("1", 0, 9), ("2", 0, 9))
