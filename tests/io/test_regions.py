import pandas as pd
import pytest

from scmaxatac.io._regions import format_regions, parse_region, parse_regions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1:100-200", ("chr1", 100, 200)),
        ("chr1-100-200", ("chr1", 100, 200)),
        ("chr1_100_200", ("chr1", 100, 200)),
        ("  chr22:18,712,000-18,730,000 ", ("chr22", 18_712_000, 18_730_000)),
        ("1:0-5", ("1", 0, 5)),
        ("HLA-A*01:01:01:01:100-200", ("HLA-A*01:01:01:01", 100, 200)),
        ("HLA-A-100-200", ("HLA-A", 100, 200)),
        ("chr1_KI270706v1_random:1,000-2,000", ("chr1_KI270706v1_random", 1000, 2000)),
    ],
)
def test_a_region_is_read_in_every_form(text, expected):
    assert parse_region(text) == expected


@pytest.mark.parametrize(
    "text", ["chr1", "chr1:100", "chr1:-100-200", "chr1:a-b", "chr1:1,00-200", ":100-200", "chr1:100-200-", "", None]
)
def test_what_is_no_region_is_told_with_an_example(text):
    with pytest.raises(ValueError, match=r"not understood; write it as \"chr22:18,712,000-18,730,000\""):
        parse_region(text)


@pytest.mark.parametrize("text", ["chr1:200-100", "chr1:100-100"])
def test_an_empty_region_is_an_error(text):
    with pytest.raises(ValueError, match="is empty"):
        parse_region(text)


def test_a_region_beyond_any_chromosome_is_an_error():
    with pytest.raises(ValueError, match="beyond the end"):
        parse_region("chr1:1-99999999999999999999")


def test_names_of_peaks_become_a_table():
    frame = parse_regions(pd.Index(["chr2:5-9", "chr1-1,000-2,000", "chr2:1-4"]))
    assert frame["chrom"].tolist() == ["chr2", "chr1", "chr2"]
    assert frame["start"].tolist() == [5, 1000, 1]
    assert frame["end"].tolist() == [9, 2000, 4]
    assert frame.dtypes.astype(str).tolist() == ["category", "int64", "int64"]


@pytest.mark.parametrize(
    "names",
    [[], ["GATA1", "SPI1"], ["chr1:1-2", "GATA1"], ["chr1:2-1"], ["chr1:1-99999999999999999999"]],
)
def test_names_that_are_not_all_regions_give_none(names):
    assert parse_regions(names) is None


def test_a_table_of_regions_survives_text():
    frame = parse_regions(["HLA-A*01:01:100-200", "chr1:0-32"])
    pd.testing.assert_frame_equal(parse_regions(format_regions(frame)), frame)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr22:18.7M-18.8M", ("chr22", 18_700_000, 18_800_000)),
        ("chr1:900k-1.05M", ("chr1", 900_000, 1_050_000)),
        ("chr1:0-2.5k", ("chr1", 0, 2_500)),
        ("HLA-A*01:01:1k-2k", ("HLA-A*01:01", 1_000, 2_000)),
        ("chr1:0.1M-0.3M", ("chr1", 100_000, 300_000)),
    ],
)
def test_positions_in_thousands_and_millions(text, expected):
    assert parse_region(text) == expected
