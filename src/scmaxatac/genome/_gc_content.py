"""Share of G and C in the sequence of intervals."""

import numpy as np
import pandas as pd

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.genome._genome import Genome

_BATCH = 1 << 22
"""Bases that are looked at together."""


def gc_content(regions: pd.DataFrame, genome: Genome) -> np.ndarray:
    """Share of G and C among the known bases of each region.

    Parameters
    ----------
    regions
        Table with chrom, start and end (0-based, half-open), in any order; they may overlap.
    genome
        Genome with sequence.

    Returns
    -------
    (regions,) float64, NaN where no base is known or the genome has no such chromosome.

    Raises
    ------
    ValueError
        If the genome holds no sequence, none of the chromosomes, or a region reaches past its chromosome's end.
    """
    content = np.full(len(regions), np.nan)
    chroms = regions["chrom"].astype(str).to_numpy(dtype=object)
    starts, ends = (regions[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    on_chrom = {chrom: np.flatnonzero(chroms == chrom) for chrom in pd.unique(chroms)}
    if not set(on_chrom) & set(genome.chroms):
        raise ValueError(
            f"the regions lie on {', '.join(list(on_chrom)[:5])}, none of which {genome.source} has "
            f"({', '.join(genome.chroms[:5])}). Are the names of the same style (chr1, not 1)?"
        )
    for chrom, rows in on_chrom.items():
        if chrom not in genome.sizes:
            continue
        codes = genome.codes(chrom)
        if len(past := rows[ends[rows] > len(codes)]):
            raise ValueError(
                f"region {chrom}:{starts[past[0]]}-{ends[past[0]]} reaches past the end of {chrom}, which has "
                f"{len(codes):,} bp in {genome.source} ({len(past)} such regions). Are they of the same assembly?"
            )
        rows = rows[np.argsort(starts[rows], kind="stable")]
        batch = (np.cumsum(ends[rows] - starts[rows]) - 1) // _BATCH
        for cut in np.split(rows, np.flatnonzero(np.diff(batch)) + 1):
            content[cut] = _shares(codes, starts[cut], ends[cut])
    return content


def _shares(codes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    lengths = ends - starts
    firsts = np.cumsum(lengths) - lengths
    bases = codes[np.arange(lengths.sum()) + np.repeat(starts - firsts, lengths)]
    known = np.add.reduceat(bases != UNKNOWN_BASE, firsts, dtype=np.int64)
    gc = np.add.reduceat((bases == 1) | (bases == 2), firsts, dtype=np.int64)
    shares = np.full(len(starts), np.nan)
    np.divide(gc, known, out=shares, where=known > 0)
    return shares
