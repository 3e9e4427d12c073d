"""Windows that the network reads."""

import numpy as np

from scmaxatac._constants import BIN, STEP, WINDOW
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals


def window_starts(genome: Genome, chrom: str, *, step: int = STEP, regions: Intervals | None = None) -> np.ndarray:
    """Find the starts of the windows of a chromosome, 0-based.

    Whole windows of 1,024 bp at every multiple of `step` from 0. A window that overlaps the blacklist by 1 bp is
    dropped; with regions, one that overlaps none of them by 1 bp is dropped as well.

    Parameters
    ----------
    genome
        Size and blacklist.
    chrom
        The chromosome.
    step
        Distance between neighbouring windows in bp, a multiple of 32 and at most 1,024, so that windows fall on the
        grid of bins and leave no gap.
    regions
        Regions of interest.

    Returns
    -------
    (n,) int64, sorted.

    Raises
    ------
    ValueError
        If the step does not fit the grid of bins.
    """
    check_step(step)
    starts = np.arange(0, genome.sizes[chrom] - WINDOW + 1, step, dtype=np.int64)
    kept = np.ones(len(starts), dtype=bool)
    if regions is not None:
        kept &= regions.overlaps_grid(chrom, len(starts), step, WINDOW)
    if genome.blacklist is not None:
        kept &= ~genome.blacklist.overlaps_grid(chrom, len(starts), step, WINDOW)
    return starts[kept]


def check_step(step: int) -> None:
    """Raise a ValueError unless the step is a multiple of 32 between 32 and 1,024."""
    if step % BIN or not BIN <= step <= WINDOW:
        raise ValueError(f"step is {step} bp; it has to be a multiple of {BIN} between {BIN} and {WINDOW}")
