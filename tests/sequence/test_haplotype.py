"""Windows of a haplotype against the same haplotype written out base by base."""

import numpy as np
import pytest

from scmaxatac.sequence._alleles import Allele, to_codes
from scmaxatac.sequence._haplotype import haplotype_signal, haplotype_window, reference_bins

LENGTH = 300


def random_case(seed):
    """A sequence, its signal, and alleles of all kinds, some right beside each other."""
    rng = np.random.default_rng(seed)
    sequence = "".join(rng.choice(list("ACGTN"), LENGTH, p=[0.24, 0.24, 0.24, 0.24, 0.04]))
    signal = rng.random(LENGTH).astype(np.float32)
    alleles, at = [], int(rng.integers(1, 10))
    while at < LENGTH - 15:
        n_ref, n_alt = rng.integers(0, 6, size=2)
        if n_ref or n_alt:
            alleles.append(Allele(at, sequence[at : at + n_ref], "".join(rng.choice(list("ACGT"), n_alt))))
        at += int(n_ref + rng.integers(1, 12))
    return sequence, signal, alleles


def written_out(sequence, signal, alleles):
    """Bases, positions (None where added) and signal of the whole haplotype, and where each reference base begins."""
    bases, positions, values, begins, at = [], [], [], {}, 0
    for allele in [*alleles, Allele(LENGTH, "", "")]:
        for i in range(at, allele.start):
            begins[i] = len(bases)
            bases.append(sequence[i])
            positions.append(i)
            values.append(signal[i])
        both = min(len(allele.ref), len(allele.alt))
        for i in range(max(len(allele.ref), len(allele.alt))):
            if i < len(allele.ref):
                begins[allele.start + i] = len(bases)
            if i < both:
                bases.append(allele.alt[i])
                positions.append(allele.start + i)
                values.append(signal[allele.start + i])
            elif i < len(allele.alt):
                before, behind = allele.start + both - 1, allele.end
                share = (i - both + 1) / (len(allele.alt) - both + 1)
                bases.append(allele.alt[i])
                positions.append(None)
                values.append(signal[before] + share * (signal[behind] - signal[before]))
        at = allele.end
    return "".join(bases), positions, values, begins


@pytest.mark.parametrize("seed", range(12))
def test_every_window_is_a_piece_of_the_haplotype_written_out(seed):
    sequence, signal, alleles = random_case(seed)
    bases, positions, values, begins = written_out(sequence, signal, alleles)
    width = 64
    for start in range(LENGTH - 2 * width):
        window = haplotype_window(to_codes(sequence), alleles, start, width)
        begin = begins[start]
        np.testing.assert_array_equal(window.codes, to_codes(bases[begin : begin + width]))
        assert [at if at >= 0 else None for at in window.position.tolist()] == positions[begin : begin + width]
        np.testing.assert_allclose(haplotype_signal(signal, 0, window), values[begin : begin + width], rtol=1e-5)


def test_past_the_end_of_the_chromosome_bases_are_unknown_and_without_signal():
    window = haplotype_window(to_codes("ACGTACGTAC"), [Allele(2, "GTA", "")], 0, 10)
    assert window.codes.tolist() == [0, 1, 1, 2, 3, 0, 1, 4, 4, 4]
    assert haplotype_signal(np.ones(10, dtype=np.float32), 0, window).tolist() == [1] * 7 + [0] * 3


def test_signal_may_begin_behind_the_start_of_the_chromosome():
    sequence, signal, alleles = random_case(3)
    window = haplotype_window(to_codes(sequence), alleles, 100, 32)
    expected = haplotype_signal(signal, 0, window)
    np.testing.assert_array_equal(haplotype_signal(signal[100:200], 100, window), expected)


@pytest.mark.parametrize("seed", range(5))
def test_scores_go_back_to_the_bins_in_which_the_bases_lie(seed):
    sequence, _, alleles = random_case(seed)
    scores = np.random.default_rng(seed).random((2, 8)).astype(np.float32)
    start, width = 96, 8
    window = haplotype_window(to_codes(sequence), alleles, start, 8 * width)
    sums, counts = reference_bins(scores, window.position, start)
    for b in range(8):
        here = [
            scores[:, i // width]
            for i, at in enumerate(window.position)
            if start + b * width <= at < start + (b + 1) * width
        ]
        assert counts[b] == len(here)
        np.testing.assert_allclose(sums[:, b], np.sum(here, axis=0) if here else 0, rtol=1e-6)


def test_without_alleles_scores_stay_in_their_bins():
    sequence, _, _ = random_case(0)
    scores = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    window = haplotype_window(to_codes(sequence), [], 64, 32)
    sums, counts = reference_bins(scores, window.position, 64)
    np.testing.assert_array_equal(sums / counts, scores)
