"""Intervals of users on a genome."""

import logging

import numpy as np
import pandas as pd
import pytest

from scmaxatac.genome import Genome, Intervals, _intervals_on_genome
from scmaxatac.genome._intervals_on_genome import as_intervals, on_genome, regions_on
from scmaxatac.io import _line_blocks

GENOME = Genome.from_sizes({"chr1": 100, "chr2": 50})


def table(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def test_rows_on_the_genome_are_kept_as_they_are_and_the_others_counted_in_the_log(caplog):
    given = table(("chr2", 0, 50), ("chrM", 5, 900), ("chr1", 99, 100)).assign(score=[3, 4, 5])
    with caplog.at_level(logging.INFO, "scmaxatac"):
        found = on_genome(given, "peaks", GENOME)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), given.drop(1).reset_index(drop=True))
    assert "1 of 3 peaks lie on chromosomes that chromosome sizes does not have (chrM)" in caplog.text


def test_an_interval_may_end_with_its_chromosome_and_not_one_base_later():
    with pytest.raises(ValueError, match=r"peaks: chr2:1-51 lies off .* chr2 has 50 bp \(2 such intervals\)"):
        on_genome(table(("chr1", 0, 100), ("chr2", 1, 51), ("chr2", 2, 60)), "peaks", GENOME)


def test_names_of_another_style_are_an_error_that_shows_both():
    with pytest.raises(ValueError, match=r"peaks are on 1, none of which .*\(chr1, chr2\).*same style"):
        on_genome(table(("1", 0, 9)), "peaks", GENOME)


@pytest.mark.parametrize("read", [on_genome, as_intervals])
@pytest.mark.parametrize(
    ("line", "message"), [("1\t0\t9", " are on 1, none of which"), ("chr2\t1\t51", ": chr2:1-51 lies")]
)
def test_a_file_is_named_whose_intervals_do_not_lie_on_the_genome(tmp_path, read, line, message):
    (tmp_path / "x.bed").write_text(f"{line}\n")
    with pytest.raises(ValueError, match=rf"peaks of .*x\.bed{message}"):
        read(tmp_path / "x.bed", "peaks", GENOME)


def test_intervals_are_merged_with_or_without_a_genome():
    given = table(("chr1", 5, 9), ("chr1", 8, 12), ("chr9", 0, 3))
    assert as_intervals(given, "peaks").frame().values.tolist() == [["chr1", 5, 12], ["chr9", 0, 3]]
    assert as_intervals(given, "peaks", GENOME).frame().values.tolist() == [["chr1", 5, 12]]


def test_regions_have_to_exist_and_to_lie_on_the_chosen_chromosomes():
    given = table(("chr1", 5, 9))
    assert list(regions_on(given, GENOME, ["chr2", "chr1"]).chroms) == ["chr1"]
    assert regions_on(given, GENOME, None).total("chr1") == 4
    with pytest.raises(ValueError, match="none of the regions lies on chr2; they are on chr1"):
        regions_on(given, GENOME, ["chr2"])
    with pytest.raises(ValueError, match="promoters are empty; give at least one"):
        regions_on(table(), GENOME, None, "promoters")


def test_of_a_large_file_the_merged_intervals_are_held_and_not_its_rows(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    start = rng.integers(0, 3_000, 20_000)
    frame = pd.DataFrame({"chrom": np.where(start % 3, "chr1", "chr2"), "start": start, "end": start + start % 7 + 1})
    frame.to_csv(tmp_path / "a.bed", sep="\t", header=False, index=False)
    monkeypatch.setattr(_line_blocks, "BLOCK", 2_000)
    monkeypatch.setattr(_intervals_on_genome, "_GATHERED", 500)
    held = []
    merge = Intervals.from_frame
    monkeypatch.setattr(Intervals, "from_frame", lambda rows: held.append(len(rows)) or merge(rows))
    found = as_intervals(tmp_path / "a.bed", "peaks", Genome.from_sizes({"chr1": 3_010, "chr2": 3_010}))
    expected = merge(frame)
    for chrom in ("chr1", "chr2"):
        np.testing.assert_array_equal(found.starts(chrom), expected.starts(chrom))
        np.testing.assert_array_equal(found.ends(chrom), expected.ends(chrom))
    assert len(held) > 10
    assert max(held) < 4_000
