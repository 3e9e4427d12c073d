"""Windows from which a network learns: around peaks, and from anywhere."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scmaxatac._constants import WINDOW
from scmaxatac.genome._genome import Genome


def regions_of_interest(
    genome: Genome, peaks: Sequence[Sequence[pd.DataFrame]], chroms: Sequence[str], margin: int
) -> pd.DataFrame:
    """Place a window of 1,024 bp around the middle of every peak.

    Parameters
    ----------
    genome
        Sizes and blacklist.
    peaks
        For each cell type its lists of peaks, tables with chrom, start, end (0-based, half-open).
    chroms
        Chromosomes to keep.
    margin
        Bases on either side of a window that also have to lie on the chromosome and off the blacklist.

    Returns
    -------
    Table chrom, start (of the window), source (index of the cell type); repeated where peaks are.
    """
    parts = []
    for source, lists in enumerate(peaks):
        for table in lists:
            middle = (table["start"].to_numpy(np.int64) + table["end"].to_numpy(np.int64)) // 2
            window = pd.DataFrame({"chrom": table["chrom"].astype(str).to_numpy(), "start": middle - WINDOW // 2})
            parts.append(window.assign(source=source))
    regions = pd.concat(parts, ignore_index=True)
    return _whole_windows(genome, regions[regions["chrom"].isin(chroms)], margin)


def random_windows(
    genome: Genome, chroms: Sequence[str], n: int, margin: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw `n` windows uniformly from chromosomes; those that touch the blacklist are drawn again.

    Raises
    ------
    ValueError
        If hardly any window is free of the blacklist.
    """
    sizes = np.array([genome.sizes[chrom] for chrom in chroms], dtype=np.int64)
    kept = pd.DataFrame({"chrom": pd.Series(dtype=object), "start": np.zeros(0, np.int64), "source": 0})
    for _ in range(100):
        if len(kept) >= n:
            return kept.iloc[:n]
        chrom = rng.choice(len(chroms), size=n, p=sizes / sizes.sum())
        start = (rng.random(n) * (sizes[chrom] - WINDOW)).astype(np.int64)
        drawn = pd.DataFrame({"chrom": np.array(chroms, dtype=object)[chrom], "start": start, "source": 0})
        kept = pd.concat([kept, _whole_windows(genome, drawn, margin)], ignore_index=True)
    raise ValueError(f"hardly any window of {', '.join(chroms)} is free of the blacklist")


def _whole_windows(genome: Genome, windows: pd.DataFrame, margin: int) -> pd.DataFrame:
    """Keep the windows that, with this margin, lie on the chromosome and off the blacklist."""
    start, end = windows["start"] - margin, windows["start"] + WINDOW + margin
    keep = ((start >= 0) & (end <= windows["chrom"].map(genome.sizes))).to_numpy(copy=True)
    if genome.blacklist is not None:
        for chrom in windows["chrom"].unique():
            mine = (windows["chrom"] == chrom).to_numpy() & keep
            keep[mine] = ~genome.blacklist.overlaps(chrom, start.to_numpy()[mine], end.to_numpy()[mine])
    return windows[keep]
