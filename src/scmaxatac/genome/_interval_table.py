"""Intervals that users give, as files or tables, checked on their own and against a genome."""

from collections.abc import Collection, Iterable
from os import PathLike
from typing import TypeAlias

import numpy as np
import pandas as pd

from scmaxatac._logging import logger
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.io._bed import read_bed

Table: TypeAlias = str | PathLike[str] | pd.DataFrame
"""A file or a table of intervals."""


def is_bigwig(given: object) -> bool:
    """Whether a path names a bigWig."""
    return not isinstance(given, pd.DataFrame) and str(given).lower().endswith((".bw", ".bigwig"))


def as_table(given: Table, what: str) -> pd.DataFrame:
    """Read a BED file, or check that a table has chrom, start and end; `what` it is goes into the message."""
    frame = given if isinstance(given, pd.DataFrame) else read_bed(given)
    missing = [name for name in ("chrom", "start", "end") if name not in frame]
    if missing:
        raise ValueError(f"{what} lack the columns {missing}; they have {list(frame.columns)}")
    return frame


def with_positions(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """Give a table chromosomes as text and positions as int64 (0-based, half-open).

    Whole numbers that were read as text or as floats are taken.

    Raises
    ------
    ValueError
        If a position is no whole number, or an interval is empty or starts before 0.
    """
    frame = frame.assign(chrom=frame["chrom"].astype(str))
    for name in ("start", "end"):
        if frame[name].dtype == np.int64:
            continue
        numbers = pd.to_numeric(frame[name], errors="coerce")
        bad = (numbers.isna() | (numbers % 1 != 0)).to_numpy(dtype=bool)
        if bad.any():
            raise ValueError(f"{what}: {name} is {frame[name][bad].iloc[0]!r}; positions are whole numbers of bp")
        frame[name] = numbers.astype(np.int64)
    wrong = np.flatnonzero((frame["start"] < 0) | (frame["end"] <= frame["start"]))
    if len(wrong):
        raise ValueError(
            f"{what}: interval {_interval(frame, wrong[0])} is empty or starts before 0 (0-based, half-open)"
        )
    return frame


def on_genome(frame: pd.DataFrame, what: str, genome: Genome) -> pd.DataFrame:
    """Keep the rows on chromosomes of the genome, with positions as :func:`with_positions` gives them.

    Raises
    ------
    ValueError
        If the genome has none of the chromosomes, an interval reaches past its chromosome's end, or as
        :func:`with_positions` raises.
    """
    frame = with_positions(frame, what)
    known = frame["chrom"].isin(list(genome.sizes)).to_numpy()
    if not known.all():
        unknown = frame["chrom"][~known].unique()
        if not known.any():
            raise ValueError(
                f"{what} are on {few(unknown)}, none of which {genome.source} has ({few(genome.chroms)}). "
                "Are the names of the same style (chr1, not 1)?"
            )
        logger.info(
            "%d of %d %s lie on chromosomes that %s does not have (%s)",
            len(frame) - known.sum(), len(frame), what, genome.source, few(unknown),
        )  # fmt: skip
        frame = frame[known]
    size = frame["chrom"].map(genome.sizes).to_numpy(dtype=np.int64)
    past = np.flatnonzero(frame["end"].to_numpy() > size)
    if len(past):
        i = past[0]
        raise ValueError(
            f"{what}: {_interval(frame, i)} lies off {genome.source}, where {frame['chrom'].iloc[i]} has {size[i]:,} "
            f"bp ({len(past)} such intervals). Are {what} and genome of the same assembly?"
        )
    return frame


def as_intervals(given: Table, what: str, genome: Genome | None = None) -> Intervals:
    """Read a BED file or a table as merged intervals, with a genome those on its chromosomes."""
    frame = as_table(given, what)[["chrom", "start", "end"]]
    return Intervals.from_frame(with_positions(frame, what) if genome is None else on_genome(frame, what, genome))


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
        raise ValueError(f"none of the {what} lies on {few(chroms)}; they are on {few(regions.chroms)}")
    return regions


def few(names: Iterable[str], most: int = 5) -> str:
    """List some names for a message."""
    listed = list(names)
    return ", ".join(listed[:most]) + (", ..." if len(listed) > most else "")


def _interval(frame: pd.DataFrame, i: int) -> str:
    return f"{frame['chrom'].iloc[i]}:{frame['start'].iloc[i]}-{frame['end'].iloc[i]}"
