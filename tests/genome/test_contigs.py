"""Contigs of fragments on a genome, fragment by fragment."""

import warnings

import numpy as np
import pytest

from scmaxatac.fragments._source import FragmentChunk
from scmaxatac.genome import Genome
from scmaxatac.genome._contigs import ContigMap

GENOME = Genome.from_sizes({"chr1": 100, "chr2": 50})


class Source:
    name = "a file"

    def __init__(self, chroms) -> None:
        self.chroms = chroms


def chunk(*rows) -> FragmentChunk:
    chrom, start, end = np.array(rows, dtype=np.int32).reshape(-1, 3).T
    return FragmentChunk(np.zeros(len(chrom), np.int32), chrom, start, end, both_ends=True)


def test_each_fragment_has_its_place_among_the_chromosomes_of_the_genome():
    contigs = ContigMap(Source(["chr2", "chrM", "chr1"]), GENOME)
    found = contigs(chunk((0, 0, 50), (1, 0, 900), (2, 99, 100), (0, 1, 2)))
    assert found.tolist() == [1, -1, 0, 1]
    assert found.dtype == np.int32
    assert contigs(chunk((2, 0, 1), (1, 0, 1))).tolist() == [0, -1]
    with pytest.warns(UserWarning, match=r"a file: 2 of 6 fragments lie on contigs .* \(chrM\) and are left out"):
        contigs.report()


def test_contigs_that_are_found_while_reading_are_known():
    source = Source(["chr1"])
    contigs = ContigMap(source, GENOME)
    contigs(chunk((0, 0, 1)))
    source.chroms = ["chr1", "chr2"]
    assert contigs(chunk((1, 0, 1))).tolist() == [1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        contigs.report()


def test_a_fragment_may_end_with_its_chromosome_and_not_one_base_later():
    contigs = ContigMap(Source(["chr1", "chr2"]), GENOME)
    contigs(chunk((0, 0, 100), (1, 0, 50)))
    with pytest.raises(ValueError, match="a file: fragment chr2:3-51 reaches past the end of chr2, which has 50 bp"):
        contigs(chunk((0, 0, 100), (1, 3, 51)))


def test_names_of_the_other_style_are_told_with_the_first_fragments():
    contigs = ContigMap(Source(["1", "2"]), GENOME)
    with pytest.raises(ValueError, match=r"its contigs \(1, 2\) do not match .*\(chr1, chr2\).*same contig names"):
        contigs(chunk((0, 0, 1), (1, 0, 1)))


def test_unknown_names_may_be_followed_by_known_ones():
    contigs = ContigMap(Source(["KI270728.1", "chr1"]), GENOME)
    contigs(chunk((0, 0, 1)))
    assert contigs(chunk((1, 0, 1))).tolist() == [0]
    alone = ContigMap(Source(["KI270728.1"]), GENOME)
    alone(chunk((0, 0, 1)))
    with pytest.raises(ValueError, match=r"its contigs \(KI270728.1\) do not match"):
        alone.report()
