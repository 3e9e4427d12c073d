"""NA12878's phased genotypes: every window is the written-out sequence of its haplotype."""

import numpy as np
import pytest

from scmaxatac.genome._genome import Genome
from scmaxatac.io._vcf import read_vcf
from scmaxatac.sequence._haplotype import haplotype_window
from scmaxatac.sequence._phased import phase_alleles


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_windows_hold_the_alleles_of_the_file_and_lie_where_the_reference_says(data_dir):
    folder = data_dir / "haplotypes"
    genome = Genome(folder / "hg38_chr21_37Mb.fa.gz")
    records = read_vcf(folder / "NA12878_chr21_37Mb.phased.vcf.gz", samples=None)
    phased, left_out = phase_alleles(records, genome, unphased="reference")
    assert "whose REF is not the genome's" not in left_out
    found, codes = phased["chr21"], genome.codes("chr21")
    lengths = [len(allele.alt) - len(allele.ref) for allele in found.alleles]
    assert sum(length != 0 for length in lengths) > 400
    text = "".join("ACGTN"[code] for code in codes[37_000_000:38_000_000])
    rng = np.random.default_rng(0)
    near_indels = [
        allele.start - int(rng.integers(10, 900))
        for allele, n in zip(found.alleles, lengths, strict=True)
        if abs(n) > 3
    ]
    for haplotype in (0, 1):
        mine = [allele for allele, carries in zip(found.alleles, found.carried[:, haplotype], strict=True) if carries]
        for start in rng.choice(near_indels, 60).tolist():
            inside = [allele for allele in mine if start <= allele.start - 1 and allele.start < start + 3_000]
            if any(allele.start - 1 < start < allele.end for allele in mine):
                continue
            bases, at = "", start
            for allele in inside:
                bases += text[at - 37_000_000 : allele.start - 37_000_000] + allele.alt
                at = allele.end
            bases += text[at - 37_000_000 : at + 1_024 - 37_000_000]
            window = haplotype_window(codes, mine, start, 1_024)
            assert "".join("ACGTN"[code] for code in window.codes) == bases[:1_024]
            there = window.position >= 0
            assert (np.diff(window.position[there]) > 0).all()
            same = there & (codes[np.where(there, window.position, 0)] == window.codes)
            assert same.mean() > 0.85
