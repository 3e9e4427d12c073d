"""Which sites count: to the base."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.genome import Genome
from scmaxatac.predict._footprint_sites import Named, given_sites, place_windows

FLANK = 50


@pytest.fixture(scope="module")
def genome():
    codes = np.random.default_rng(0).integers(0, 4, 2_000).astype(np.uint8)
    codes[1_000:1_010] = 4
    blacklist = pd.DataFrame({"chrom": ["chr1"], "start": [1_500], "end": [1_510]})
    return Genome.from_codes({"chr1": codes, "chr2": codes[:900]}, blacklist=blacklist)


def placed(genome, *middles, chrom="chr1", flipped=False, chroms=("chr1", "chr2")):
    """Reasons of sites of one base, whose windows reach 50 bp to either side."""
    table = pd.DataFrame({"chrom": chrom, "start": middles, "end": np.array(middles) + 1, "tf": "A", "group": ""})
    return place_windows(Named(table.assign(flipped=flipped), ["A"]), list(chroms), genome, FLANK)


@pytest.mark.filterwarnings("ignore:.*left out:UserWarning")
@pytest.mark.parametrize(
    ("reason", "first", "last"),
    [
        # a window is [middle - 50, middle + 50); hexamers reach 2 bases before it and 3 behind it
        ("unknown", 1_000 - 53 + 1, 1_010 + 52 - 1),
        # insertions within 20 bp of the blacklist were left out
        ("blacklist", 1_500 - 70 + 1, 1_510 + 70 - 1),
    ],
)
def test_sites_within_reach_of_what_is_not_known_are_left_out_to_the_base(genome, reason, first, last):
    assert placed(genome, first - 1, first, last, last + 1)["reason"].tolist() == ["", reason, reason, ""]


@pytest.mark.filterwarnings("ignore:.*left out:UserWarning")
def test_sites_within_reach_of_the_ends_are_left_out_to_the_base(genome):
    table = placed(genome, 51, 52, 900 - 53, 900 - 52, chrom="chr2")
    assert table["reason"].tolist() == ["end", "", "", "end"]
    assert placed(genome, 300, chroms=["chr2"])["reason"].tolist() == ["contig"]


def test_windows_of_sites_without_trouble_begin_where_they_should_and_nothing_is_warned_about(genome):
    assert placed(genome, 300)["window"].tolist() == [250]
    assert placed(genome, 300, flipped=True)["window"].tolist() == [250]
    even = pd.DataFrame({"chrom": ["chr1"], "start": [300], "end": [302], "tf": "A", "group": "", "flipped": [False]})
    for flipped, first in ((False, 251), (True, 250)):
        named = Named(even.assign(flipped=flipped), ["A"])
        assert place_windows(named, ["chr1"], genome, FLANK)["window"].tolist() == [first]


@pytest.mark.parametrize(
    ("column", "values", "flipped"),
    [("strand", ["+", "-", "."], [False, True, False]), ("Strand", [None, "-", "*"], [False, True, False])],
)
def test_strands_are_read_and_missing_ones_are_forward(genome, column, values, flipped):
    sites = pd.DataFrame({"chrom": "chr1", "start": [100, 200, 300], "end": [110, 210, 310], column: values})
    named = given_sites(sites, None, ["B"], ["B"], genome)
    assert named.table["flipped"].tolist() == flipped
    assert named.tfs == ["sites"]


def test_bed_files_factors_and_groups_are_read(genome, tmp_path):
    path = tmp_path / "sites.bed"
    path.write_text("chr1\t100\t110\tm1\t5\t-\nchr1\t200\t210\tm2\t6\t+\n")
    named = given_sites(path, "CTCF", ["B"], ["B"], genome)
    assert named.tfs == ["CTCF"]
    assert named.table[["start", "tf", "flipped"]].to_numpy().tolist() == [[100, "CTCF", True], [200, "CTCF", False]]
    table = pd.DataFrame(
        {"chrom": "chr1", "start": [1, 2, 3], "end": 9, "tf": ["X", "Y", "X"], "group": ["B", "B", "T"]}
    )
    named = given_sites(table, ["Y", "X"], ["B"], ["B", "T"], genome)
    assert named.tfs == ["Y", "X"]
    assert named.table["start"].tolist() == [1, 2]
    with pytest.warns(UserWarning, match="1 of 3 sites are left out: of groups without insertions"):
        given_sites(table, None, ["B"], ["B"], genome)
    other = pd.concat([table, table.iloc[:1].assign(chrom="chrUn")])
    with pytest.warns(UserWarning, match="1 of 4 sites are left out: on contigs that codes in memory does not have"):
        assert len(given_sites(other, None, ["B", "T"], ["B", "T"], genome).table) == 3
