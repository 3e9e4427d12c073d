"""Alleles of samples' haplotypes, from the genotypes of a VCF file."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from scmaxatac._constants import WINDOW
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.genome._genome import Genome
from scmaxatac.io._vcf import ABSENT, MISSING, VcfRecords
from scmaxatac.sequence._alleles import Allele
from scmaxatac.sequence._variant_records import records_of_vcf
from scmaxatac.sequence._variant_table import Variants, make_variants

Unphased = Literal["error", "reference", "alternative"]

_SHOWN = 3


@dataclass(frozen=True)
class PhasedAlleles:
    """Alleles of a chromosome and which haplotypes carry them.

    Attributes
    ----------
    alleles
        Trimmed alleles, sorted by start and end.
    carried
        (alleles, haplotypes) bool; haplotypes are the first and the second of each sample, in the samples' order. Of
        alleles that overlap on one haplotype the first alone is carried.
    """

    alleles: tuple[Allele, ...]
    carried: npt.NDArray[np.bool_]


def check_unphased(unphased: str) -> None:
    """Raise a ValueError unless there is such a choice."""
    if unphased not in ("error", "reference", "alternative"):
        raise ValueError(f"unphased is {unphased!r}; it can be 'error', 'reference' or 'alternative'")


def check_phase(records: VcfRecords, unphased: Unphased) -> None:
    """Raise a ValueError if heterozygous genotypes are not phased, unless it is said what they count as."""
    check_unphased(unphased)
    if unphased != "error":
        return
    bad = np.argwhere(~records.phased)
    if len(bad):
        first = [f"{records.chrom[i]}:{records.start[i] + 1} of {records.samples[j]}" for i, j in bad[:_SHOWN].tolist()]
        raise ValueError(
            f"{len(bad)} heterozygous genotypes of {records.path} are not phased, the first {abbreviate(first)}; phase "
            "the file, or say what they count as: unphased='reference' or unphased='alternative' (on both haplotypes)"
        )


def phase_alleles(
    records: VcfRecords, genome: Genome, *, unphased: Unphased = "error", window: int = WINDOW
) -> tuple[dict[str, PhasedAlleles], dict[str, int]]:
    """Alleles of all haplotypes, by chromosome, and how many genotypes or alleles were left out, by reason.

    Parameters
    ----------
    records
        Records with genotypes.
    genome
        Sequence and sizes.
    unphased
        What a heterozygous genotype without phase counts as: an error, the reference, or the alternative, on both
        haplotypes.
    window
        Width of the windows in bp; longer alleles are left out.

    Raises
    ------
    ValueError
        If genotypes are not phased and nothing was said about them, or the file does not fit the genome.

    Warns
    -----
    UserWarning
        If alleles are left out, genotypes are missing or haploid, or alleles of a haplotype overlap: how many.
    """
    check_phase(records, unphased)
    found = make_variants(records_of_vcf(records), genome, align=False, window=window)
    lost: Counter[str] = Counter(found.left_out)
    n_missing = int((records.alleles == MISSING).any(axis=2).sum())
    n_haploid = int(((records.alleles[:, :, 0] >= 0) & (records.alleles[:, :, 1] == ABSENT)).sum())
    carried = _carried(records, found, unphased)
    chroms = found.table["chrom"].to_numpy()
    out = {}
    for chrom in dict.fromkeys(chroms):
        rows = np.flatnonzero(chroms == chrom)
        order = sorted(rows.tolist(), key=lambda i: (found.alleles[i].start, found.alleles[i].end))
        alleles = tuple(found.alleles[i] for i in order)
        kept, n_overlapping = _without_overlaps(alleles, carried[order])
        lost["that overlap another one on their haplotype"] += n_overlapping
        used = np.flatnonzero(kept.any(axis=1))
        out[chrom] = PhasedAlleles(tuple(alleles[i] for i in used), kept[used])
    lost["missing genotypes, taken as the reference"] += n_missing
    lost["haploid genotypes, taken for both haplotypes"] += n_haploid
    lost = Counter({reason: n for reason, n in lost.items() if n})
    new = {reason: n for reason, n in lost.items() if reason not in found.left_out}
    if new:
        warn(f"{records.path}: " + ", ".join(f"{n} {reason}" for reason, n in new.items()))
    return out, dict(lost)


def _carried(records: VcfRecords, found: Variants, unphased: Unphased) -> npt.NDArray[np.bool_]:
    """Which of the alleles each haplotype carries; (alleles, haplotypes)."""
    record, number = found.table["record"].to_numpy(), found.table["allele"].to_numpy()
    calls = records.alleles[record]
    calls = np.where(calls == ABSENT, calls[:, :, :1], calls)  # a haploid call stands for both
    carried = calls == number[:, None, None]
    doubtful = ~records.phased[record]
    if unphased == "reference":
        carried &= ~doubtful[:, :, None]
    elif unphased == "alternative":
        carried |= (carried.any(axis=2) & doubtful)[:, :, None]
    flat: npt.NDArray[np.bool_] = carried.reshape(len(carried), 2 * len(records.samples))
    return flat


def _without_overlaps(alleles: tuple[Allele, ...], carried: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], int]:
    """Of alleles that overlap on a haplotype keep the first; also how many are dropped."""
    kept = carried.copy()
    until = np.full(carried.shape[1], -1, dtype=np.int64)
    inserted_at = np.full(carried.shape[1], -1, dtype=np.int64)
    for i, allele in enumerate(alleles):
        overlaps = until > allele.start
        if not allele.ref:
            overlaps |= inserted_at == allele.start
        kept[i] &= ~overlaps
        until[kept[i]] = np.maximum(until[kept[i]], allele.end)
        if not allele.ref:
            inserted_at[kept[i]] = allele.start
    return kept, int(carried.sum() - kept.sum())
