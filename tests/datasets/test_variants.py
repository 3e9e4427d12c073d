"""Variants of the toy data: what the file says, and what the planted alleles do to motifs."""

import numpy as np
import pytest

from scmaxatac.datasets import toy
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.io._vcf import read_vcf
from scmaxatac.sequence._alleles import to_codes


@pytest.fixture(scope="module")
def data():
    return toy()


def best(motif, codes):
    """Largest score of a motif on either strand, in bits."""
    both = [np.lib.stride_tricks.sliding_window_view(one, motif.width) for one in (codes, reverse_complement(codes))]
    return max(motif.score(windows).max() for windows in both)


def test_the_file_says_what_the_table_says(data):
    found, table = read_vcf(data.vcf, samples=None), data.variants
    assert found.samples == ("donor1", "donor2")
    assert found.phased.all()
    for name, column in (("chrom", found.chrom), ("id", found.name), ("ref", found.ref)):
        assert table[name].tolist() == list(column)
    assert (table["pos"].to_numpy() == found.start + 1).all()
    assert table["alt"].tolist() == [alts[0] for alts in found.alts]
    genotypes = [[f"{a}|{b}" for a, b in record] for record in found.alleles.tolist()]
    assert table[["donor1", "donor2"]].to_numpy().tolist() == genotypes
    assert (found.alleles == 1).any(axis=(1, 2)).all()
    assert table.groupby("chrom")["pos"].is_monotonic_increasing.all()


def test_alleles_make_and_break_motifs_or_do_neither(data):
    table = data.variants
    assert set(table["effect"]) == {"breaks", "makes", "neutral"}
    for row in table.itertuples():
        codes = data.genome.codes(row.chrom)
        first, end = row.pos - 1, row.pos - 1 + len(row.ref)
        assert (codes[first:end] == to_codes(row.ref)).all()
        before, behind = codes[first - 19 : first], codes[end : end + 19]
        reference, alternative = (np.concatenate([before, to_codes(a), behind]) for a in (row.ref, row.alt))
        for tf, motif in MOTIFS.items():
            change = best(motif, alternative) - best(motif, reference)
            if row.effect == "neutral":
                assert max(best(motif, one) for one in (reference, alternative)) < motif.score_at(0.02)
            elif tf == row.tf:
                assert change > 3 if row.effect == "makes" else change < -2
