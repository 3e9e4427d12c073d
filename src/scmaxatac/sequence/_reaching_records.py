"""Records of a VCF file that windows hold."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from scmaxatac.io._vcf import VcfRecords


def reaching_records(records: VcfRecords, starts: Mapping[str, npt.NDArray[np.int64]], window: int) -> VcfRecords:
    """Keep the records that one of the windows can hold, with what deletions on any haplotype let it reach further.

    Parameters
    ----------
    records
        Records with genotypes.
    starts
        Of each chromosome, starts of the windows.
    window
        Width of the windows in bp.
    """
    ends = records.start + np.array([len(ref) for ref in records.ref], dtype=np.int64)
    removed = np.array([_removed(records, i) for i in range(len(records))], dtype=np.int64)
    kept = np.zeros(len(records), dtype=bool)
    for chrom, from_here in starts.items():
        rows = np.flatnonzero(records.chrom == chrom)
        rows = rows[np.argsort(records.start[rows], kind="stable")]
        if not len(rows):
            continue
        begin, until = records.start[rows], ends[rows]
        sums = np.concatenate([[0], np.cumsum(removed[rows])])
        low = np.searchsorted(np.maximum.accumulate(until), from_here, side="right")
        high = np.maximum(np.searchsorted(begin, from_here + window), low)
        while True:
            further = np.searchsorted(begin, from_here + window + sums[high] - sums[low])
            if (further <= high).all():
                break
            high = np.maximum(high, further)
        for first, last, start in zip(low.tolist(), high.tolist(), from_here.tolist(), strict=True):
            kept[rows[first:last]] |= until[first:last] > start
    return records.take(np.flatnonzero(kept))


def _removed(records: VcfRecords, i: int) -> int:
    """Most bases that an alternative allele of a record takes from a haplotype that carries it."""
    carried = set(records.alleles[i].ravel().tolist())
    plain = [alt for number, alt in enumerate(records.alts[i], 1) if number in carried and alt.isalpha()]
    return max([0, *(len(records.ref[i]) - len(alt) for alt in plain)])
