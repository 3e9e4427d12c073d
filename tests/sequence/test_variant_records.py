"""Alleles as they stand in a table."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.sequence._variant_records import records_of_frame


def table(index=None, **columns):
    return pd.DataFrame({"chrom": ["chr1"] * 3, "pos": [5, 6, 7], "ref": "A", "alt": "C"} | columns, index=index)


def test_missing_alleles_and_ids_are_dots():
    missing = pd.Series([None, np.nan, pd.NA], dtype=object)
    found = list(records_of_frame(table(alt=missing, id=missing)))
    assert [one.alt for one in found] == ["."] * 3
    assert [one.name for one in found] == ["."] * 3


@pytest.mark.parametrize("bad", ["rs 1", "rs\t1", "rs1\n", ";", "rs1;", "a;;b", "a; b"])
def test_ids_that_would_damage_a_vcf_file_are_refused(bad):
    with pytest.raises(ValueError, match=r"variants: row 2 of 3: id is .*white space.* 1 of the ids are so"):
        list(records_of_frame(table(id=["rs1;rs2", bad, ""])))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pos": [5, 0, 7]}, "row 2 of 3: pos is 0, not a position from 1; 1 of the rows are so"),
        ({"pos": [5, 6, 1.5]}, "row 3 of 3: pos is 1.5"),
        ({"ref": ["A", "A", "-"]}, "row 3 of 3: ref is '-', not bases"),
        ({"AF": ["0.1", "2", "."]}, "row 2 of 3: AF is '2'; expected a number from 0 to 1"),
    ],
)
@pytest.mark.parametrize("index", [None, [180, 181, 182], ["x", "y", "z"]])
@pytest.mark.parametrize("what", ["variants", "common variants"])
def test_a_row_is_named_by_its_place_and_its_table(columns, message, index, what):
    with pytest.raises(ValueError, match=f"^{what}: {message}"):
        list(records_of_frame(table(index, **columns), frequency="AF", what=what))


def test_a_table_without_alleles_is_refused():
    with pytest.raises(ValueError, match=r"the table of variants has no column 'ref', 'alt'"):
        list(records_of_frame(pd.DataFrame({"chrom": ["chr1"], "pos": [1]})))
