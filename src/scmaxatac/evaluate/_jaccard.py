"""How much two sets of intervals share."""

from collections.abc import Iterable

import numpy as np

from scmaxatac.genome._intervals import Intervals


def jaccard_index(one: Intervals, other: Intervals, chroms: Iterable[str] | None = None) -> float:
    """Bases in both sets over bases in any of them; NaN if both are empty.

    Parameters
    ----------
    one, other
        The sets.
    chroms
        Chromosomes to count on; by default all.
    """
    chosen = set(one.chroms) | set(other.chroms) if chroms is None else set(chroms)
    shared, total = 0, 0
    for chrom in chosen:
        both = int(other.overlap_length(chrom, one.starts(chrom), one.ends(chrom)).sum())
        shared += both
        total += one.total(chrom) + other.total(chrom) - both
    return shared / total if total else float(np.nan)
