"""Peaks and signals that don't belong to the genome."""

import numpy as np
import pandas as pd
import pytest
from _tiny_training import SIZES, make_codes, make_table

import scmaxatac as sma
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.train._inputs import read_inputs
from scmaxatac.train._split import Split
from scmaxatac.train._table import read_training_table

SPLIT = Split(["chr1"], ["chr2"], [])


@pytest.fixture
def read(tmp_path):
    """Read the inputs with other intervals in one column of the first cell type."""
    table, genome = make_table(tmp_path), sma.Genome.from_codes(make_codes())
    for column in ("signal", "atac_peaks", "chip_peaks"):
        table[column] = [str(tmp_path / name) for name in table[column]]

    def inputs(column, *intervals):
        own = pd.DataFrame(intervals, columns=["chrom", "start", "end"])
        cells = [own, *(table[column][1:] if column in table else [np.nan] * 3)]
        rows, _ = read_training_table(table.assign(**{column: pd.Series(cells, dtype=object)}))
        return read_inputs(rows, genome, SPLIT)

    return inputs


INSIDE = ("chr1", 2_000, 2_300)


@pytest.mark.parametrize("column", ["atac_peaks", "chip_peaks", "unknown"])
@pytest.mark.parametrize("chrom", SIZES)
def test_intervals_past_the_end_of_a_chromosome_are_of_another_assembly(read, column, chrom):
    end = SIZES[chrom]
    inside = read(column, INSIDE, (chrom, end - 9, end), ("chrUn", 10**6, 10**6 + 9))
    assert inside.records[0][column]["n"] == 2
    message = rf"{column} of 'B': {chrom}:{end - 8}-{end + 1} lies off .*{end:,} bp \(2 such"
    with pytest.raises(ValueError, match=message):
        read(column, INSIDE, (chrom, end - 8, end + 1), (chrom, end + 70, end + 90))


def test_intervals_that_are_none_are_named(read):
    with pytest.raises(
        ValueError, match=r"atac_peaks of 'B': row 2 of 2 \(chr1, -1, 5\) is no interval: start is -1, before 0"
    ):
        read("atac_peaks", INSIDE, ("chr1", -1, 5))


@pytest.mark.parametrize(("chrom", "refused"), [("chr1", True), ("chr2", True), ("chr3", False), ("chrM", False)])
def test_a_signal_has_to_be_of_the_assembly_on_the_chromosomes_of_the_split(chrom, refused, tmp_path):
    table, genome = make_table(tmp_path), sma.Genome.from_codes(make_codes())
    sizes = SIZES | {chrom: 12_345}
    with BigWigWriter(tmp_path / "signal0.bw", sizes) as writer:
        for name in sizes:
            writer.add_fixed(name, 0, np.full(100, 0.5), span=32, step=32)
    for column in ("signal", "atac_peaks", "chip_peaks"):
        table[column] = [str(tmp_path / name) for name in table[column]]
    rows, _ = read_training_table(table)
    if refused:
        with pytest.raises(ValueError, match=f"{chrom} has 12,345 bp in .*signal0.bw, but"):
            read_inputs(rows, genome, SPLIT)
    else:
        assert list(read_inputs(rows, genome, SPLIT).train) == ["B", "CD4/T"]
