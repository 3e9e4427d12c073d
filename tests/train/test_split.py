"""Chromosomes of a training run."""

import numpy as np
import pytest

from scmaxatac._constants import TRAIN_CHROMS
from scmaxatac.genome import Genome
from scmaxatac.train._split import split_chroms

TINY = Genome.from_codes({f"chr{i}": np.zeros(10, np.uint8) for i in range(1, 6)})


class Human:
    """As much of a genome as the split asks for."""

    has_sequence, looks_human, source = True, True, "hg38.fa"
    sizes = dict.fromkeys([*(f"chr{i}" for i in range(1, 23)), "chrX"], 1)

    def select_chroms(self, chroms):
        return list(chroms)


def test_the_human_split_is_that_of_the_original():
    split = split_chroms(Human(), None, None, None)
    assert split.train == list(TRAIN_CHROMS)
    assert (split.valid, split.test) == (["chr2", "chr19"], ["chr1", "chr8"])


def test_chromosomes_that_are_named_otherwise_are_not_tested_on():
    split = split_chroms(Human(), ["chr1", "chr3"], None, None)
    assert (split.train, split.valid, split.test) == (["chr1", "chr3"], ["chr2", "chr19"], ["chr8"])
    assert split_chroms(Human(), ["chr3"], "chr8", ["chr1"]).test == ["chr1"]
    assert split_chroms(Human(), ["chr3"], ["chr8"], []).test == []


def test_of_another_genome_all_but_the_test_chromosomes_have_to_be_named():
    assert split_chroms(TINY, ["chr1", "chr2"], "chr3", None) == (["chr1", "chr2"], ["chr3"], [])
    assert split_chroms(TINY, "chr1", "chr3", "chr2").test == ["chr2"]
    with pytest.raises(ValueError, match=r"lacks chr6, chr7.*Name chroms_train"):
        split_chroms(TINY, None, "chr3", None)
    with pytest.raises(ValueError, match=r"lacks chr19.*Name chroms_valid"):
        split_chroms(TINY, "chr1", None, None)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ((["chr1", "chr2"], ["chr2"], None), "chr2 is in chroms_train and in chroms_valid"),
        ((["chr1"], ["chr2"], ["chr1"]), "chr1 is in chroms_train and in chroms_test"),
        ((["chr1"], ["chr2", "chr3"], ["chr3", "chr2"]), "chr2, chr3 is in chroms_valid and in chroms_test"),
    ],
)
def test_a_chromosome_in_two_parts_is_an_error(chosen, message):
    with pytest.raises(ValueError, match=message):
        split_chroms(TINY, *chosen)


def test_sequence_is_needed_and_chromosomes_have_to_exist():
    with pytest.raises(ValueError, match="training needs sequence"):
        split_chroms(Genome.from_sizes({"chr1": 10}), ["chr1"], ["chr1"], None)
    with pytest.raises(KeyError, match="chr9"):
        split_chroms(TINY, ["chr9"], ["chr1"], None)
