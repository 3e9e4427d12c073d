"""Which chromosomes a network learns from, is chosen by and is tested on."""

from collections.abc import Iterable
from typing import NamedTuple

from scmaxatac._constants import TEST_CHROMS, TRAIN_CHROMS, VALIDATION_CHROMS
from scmaxatac.genome._genome import Genome

_ARGUMENTS = {"train": "chroms_train", "valid": "chroms_valid", "test": "chroms_test"}


class Split(NamedTuple):
    """Chromosomes of a training run; none is in two of the lists."""

    train: list[str]
    valid: list[str]
    test: list[str]


def split_chroms(
    genome: Genome,
    train: str | Iterable[str] | None,
    valid: str | Iterable[str] | None,
    test: str | Iterable[str] | None,
) -> Split:
    """Check the chromosomes that were named, or take maxATAC's split of the human genome.

    Without `test`, test chromosomes are maxATAC's as far as the genome is human and they are not named otherwise.

    Raises
    ------
    KeyError
        If a chromosome is not in the genome.
    ValueError
        If the genome has no sequence, the split is needed and the genome is not a whole human one, or a chromosome
        is named twice.
    """
    if not genome.has_sequence:
        raise ValueError(f"training needs sequence, and {genome.source} holds none: make the genome from a FASTA file")
    default = {"train": TRAIN_CHROMS, "valid": VALIDATION_CHROMS}
    chosen: dict[str, list[str]] = {}
    for part, given in (("train", train), ("valid", valid)):
        if given is None:
            _require_human(genome, default[part], _ARGUMENTS[part])
        chosen[part] = genome.select_chroms(default[part] if given is None else given)
    if test is None:
        named = {*chosen["train"], *chosen["valid"]}
        there = TEST_CHROMS if genome.looks_human else ()
        chosen["test"] = [chrom for chrom in there if chrom in genome.sizes and chrom not in named]
    else:
        named_test = [test] if isinstance(test, str) else list(test)
        chosen["test"] = genome.select_chroms(named_test) if named_test else []
    for one, other in (("train", "valid"), ("train", "test"), ("valid", "test")):
        both = [chrom for chrom in chosen[one] if chrom in chosen[other]]
        if both:
            raise ValueError(
                f"{', '.join(both)} is in {_ARGUMENTS[one]} and in {_ARGUMENTS[other]}; name it in one of them"
            )
    return Split(**chosen)


def _require_human(genome: Genome, chroms: Iterable[str], argument: str) -> None:
    lacking = [chrom for chrom in chroms if chrom not in genome.sizes]
    if lacking or not genome.looks_human:
        what = f"lacks {', '.join(lacking)}" if lacking else "does not look like a human genome"
        raise ValueError(
            f"maxATAC's split of the human genome does not fit: {genome.source} {what}. Name {argument} (there are "
            f"the arguments {', '.join(_ARGUMENTS.values())})"
        )
