import pytest

from scmaxatac.genome._region import intervals_to_read

SIZES = {"chr1": 1_000, "chr2": 500}


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (None, [("chr1", 0, 1_000), ("chr2", 0, 500)]),
        ("chr2:0-500", [("chr2", 0, 500)]),
        ("chr2:499-9,000", [("chr2", 499, 500)]),
        ("chr1:10-11", [("chr1", 10, 11)]),
    ],
)
def test_a_region_is_cut_at_the_end_of_its_chromosome(region, expected):
    assert intervals_to_read(region, SIZES) == expected


def test_a_region_that_begins_where_its_chromosome_ends_is_an_error():
    with pytest.raises(ValueError, match="'chr2:500-600' lies beyond the end of chr2, 500 bp"):
        intervals_to_read("chr2:500-600", SIZES)
    with pytest.raises(ValueError, match="'chr3' was not predicted; the results hold chr1, chr2"):
        intervals_to_read("chr3:1-2", SIZES)
