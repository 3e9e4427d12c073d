"""Alleles in normal form give the same sequence, as short and as far left as can be."""

import numpy as np
import pytest

from scmaxatac.sequence._alleles import Allele, anchored, left_align, to_bases, to_codes, trim


def applied(sequence: str, allele: Allele) -> str:
    assert sequence[allele.start : allele.end] == allele.ref
    return sequence[: allele.start] + allele.alt + sequence[allele.end :]


@pytest.mark.parametrize("seed", range(40))
def test_normal_form_gives_the_same_sequence_and_none_lies_further_left(seed):
    rng = np.random.default_rng(seed)
    sequence = "".join(rng.choice(list("ACG"[: 1 + seed % 3]), 60))  # of few letters, so that there are repeats
    start = int(rng.integers(5, 40))
    n_ref, n_alt = rng.integers(1, 8, size=2)
    ref = sequence[start : start + n_ref]
    alt = "".join(rng.choice(list("ACG"), n_alt))
    changed = sequence[:start] + alt + sequence[start + n_ref :]
    if changed == sequence:
        return
    allele = left_align(trim(start, ref, alt), to_codes(sequence))
    assert applied(sequence, allele) == changed
    same = [
        Allele(at, sequence[at : at + len(allele.ref)], changed[at : at + len(allele.alt)])
        for at in range(len(sequence))
        if sequence[:at] + changed[at : at + len(allele.alt)] + sequence[at + len(allele.ref) :] == changed
    ]
    shorter = min(len(allele.ref), len(allele.alt))
    if not shorter:  # an insertion or deletion: the first of all places that give the same sequence
        assert allele == same[0]
    else:
        assert allele.ref[0] != allele.alt[0]
        assert allele.ref[-1] != allele.alt[-1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((2, "CAC", "C"), (1, "GAC", "G")),  # the deletion of AC, as far left as it goes
        ((4, "C", "CACAC"), (1, "G", "GACAC")),
        ((2, "C", "T"), (3, "C", "T")),
        ((0, "GA", "A"), (1, "GA", "A")),  # nothing stands before the first base, so the one behind is the anchor
        ((0, "G", "TG"), (1, "G", "TG")),
    ],
)
def test_what_vcf_writes(given, expected):
    codes = to_codes("GACACAT")
    assert anchored(left_align(trim(*given), codes), codes) == expected


@pytest.mark.parametrize(
    ("ref", "alt", "kind"),
    [("A", "C", "SNV"), ("AC", "GT", "MNV"), ("", "A", "insertion"), ("A", "", "deletion"), ("AC", "G", "complex")],
)
def test_kinds(ref, alt, kind):
    assert Allele(5, ref, alt).kind == kind


def test_unknown_bases_stop_the_move_to_the_left_and_codes_are_bases():
    assert left_align(Allele(4, "A", ""), to_codes("ANAAA")) == Allele(2, "A", "")
    assert to_bases(to_codes("ACGTNacgtnR")) == "ACGTNACGTNN"
