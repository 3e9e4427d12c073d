"""Intervals that users give, checked against a genome."""

from collections.abc import Collection
from os import PathLike

import numpy as np
import pandas as pd

from scmaxatac._logging import logger
from scmaxatac._text import abbreviate
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, is_path, read_interval_blocks, read_intervals
from scmaxatac.genome._intervals import Intervals

_GATHERED = 4_000_000
"""Rows of a file that are merged at once."""


def on_genome(given: Table, what: str, genome: Genome, *, columns: Collection[str] | None = None) -> pd.DataFrame:
    """Read intervals as :func:`read_intervals` does, and keep those on chromosomes of the genome.

    Raises
    ------
    ValueError
        If the genome has none of the chromosomes, an interval reaches past its chromosome's end, or as
        :func:`read_intervals` raises.
    """
    return _on_genome(read_intervals(given, what, columns=columns), _named(what, given), genome)


def _named(what: str, given: Table) -> str:
    """What intervals are, with the file that they come from."""
    return f"{what} of {given}" if is_path(given) else what


def _on_genome(frame: pd.DataFrame, what: str, genome: Genome) -> pd.DataFrame:
    known = frame["chrom"].isin(list(genome.sizes)).to_numpy()
    if not known.all():
        unknown = frame["chrom"][~known].unique()
        if not known.any():
            raise ValueError(
                f"{what} are on {abbreviate(unknown)}, none of which {genome.source} has "
                f"({abbreviate(genome.chroms)}). Are the names of the same style (chr1, not 1)?"
            )
        logger.info(
            "%d of %d %s lie on chromosomes that %s does not have (%s)",
            len(frame) - known.sum(), len(frame), what, genome.source, abbreviate(unknown),
        )  # fmt: skip
        frame = frame[known]
    size = frame["chrom"].map(genome.sizes).to_numpy(dtype=np.int64)
    past = np.flatnonzero(frame["end"].to_numpy() > size)
    if len(past):
        chrom, start, end = frame[["chrom", "start", "end"]].iloc[past[0]]
        raise ValueError(
            f"{what}: {chrom}:{start}-{end} lies off {genome.source}, where {chrom} has {size[past[0]]:,} "
            f"bp ({len(past)} such intervals). Are they and the genome of the same assembly?"
        )
    return frame


def as_intervals(given: Table, what: str, genome: Genome | None = None) -> Intervals:
    """Read a BED file or a table as merged intervals, with a genome those on its chromosomes.

    Of a file, however large, little more than the merged intervals is held. Rows that are merged before all is read
    count as one in messages.
    """
    frame = read_intervals(_gathered(given, what) if is_path(given) else given, what)
    return Intervals.from_frame(frame if genome is None else _on_genome(frame, _named(what, given), genome))


def _gathered(path: str | PathLike[str], what: str) -> pd.DataFrame:
    """Rows of a file, or of a large one what is left of them when those that overlap or touch are merged."""
    parts = [pd.DataFrame({"chrom": pd.Series(dtype=str), "start": np.zeros(0, int), "end": np.zeros(0, int)})]
    n, most = 0, _GATHERED
    for block in read_interval_blocks(path, what):
        parts.append(block)
        n += len(block)
        if n > most:
            parts = [Intervals.from_frame(pd.concat(parts)).frame()]
            n = len(parts[0])
            most = max(_GATHERED, 2 * n)
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def regions_on(given: Table, genome: Genome, chroms: Collection[str] | None, what: str = "regions") -> Intervals:
    """Read regions as :func:`as_intervals` does.

    Raises
    ------
    ValueError
        If there are none, or none lies on the chromosomes.
    """
    regions = as_intervals(given, what, genome)
    if not regions.chroms:
        raise ValueError(f"{what} are empty; give at least one")
    if chroms is not None and not set(regions.chroms) & set(chroms):
        raise ValueError(f"none of the {what} lies on {abbreviate(chroms)}; they are on {abbreviate(regions.chroms)}")
    return regions
