"""GC content of regions, counted on text."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac import Genome
from scmaxatac.genome import _gc_content
from scmaxatac.genome._gc_content import gc_content

TEXT = {"chr1": "ACGTNNGGCCATATNNNNNNACGCGCGT", "chr2": "TTTTTTGGGG"}


@pytest.fixture
def genome() -> Genome:
    codes = {chrom: np.array(["ACGTN".index(base) for base in text], np.uint8) for chrom, text in TEXT.items()}
    return Genome.from_codes(codes)


def counted(chrom: str, start: int, end: int) -> float:
    known = TEXT[chrom][start:end].replace("N", "")
    return sum(base in "GC" for base in known) / len(known) if known else np.nan


@pytest.mark.parametrize("batch", [1, 7, 1 << 22])
def test_the_share_of_known_bases_in_any_order_and_overlapping(genome, monkeypatch, batch):
    monkeypatch.setattr(_gc_content, "_BATCH", batch)
    rows = [("chr2", 4, 10), ("chr1", 20, 28), ("chr1", 0, 6), ("chr1", 2, 12), ("chr1", 14, 20), ("chr1", 0, 6)]
    regions = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    expected = [counted(*row) for row in rows]
    assert np.allclose(gc_content(regions, genome), expected, equal_nan=True)
    assert np.isnan(expected[4])


def test_a_chromosome_that_the_genome_lacks_is_not_known(genome):
    regions = pd.DataFrame({"chrom": ["chrUn", "chr2"], "start": [0, 0], "end": [5, 10]})
    assert np.allclose(gc_content(regions, genome), [np.nan, 0.4], equal_nan=True)
    with pytest.raises(ValueError, match="none of which"):
        gc_content(regions.iloc[:1], genome)


def test_regions_of_another_assembly_are_told(genome):
    regions = pd.DataFrame({"chrom": ["chr2", "chr2"], "start": [0, 3], "end": [5, 11]})
    with pytest.raises(ValueError, match=r"region chr2:3-11 reaches past the end of chr2, which has 10 bp .* \(1 such"):
        gc_content(regions, genome)
