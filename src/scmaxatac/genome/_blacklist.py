"""The blacklist of a genome."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.genome._intervals import Intervals

Blacklist: TypeAlias = Table | Intervals
"""Regions to leave out."""


def read_blacklist(given: Blacklist | None) -> pd.DataFrame | None:
    """Read a blacklist as a table of chrom, start and end, and refuse it if a row is no interval; None for none."""
    if given is None:
        return None
    frame = given.frame() if isinstance(given, Intervals) else read_intervals(given, "the blacklist", columns=())
    return frame[["chrom", "start", "end"]]


def blacklist_on(frame: pd.DataFrame, sizes: Mapping[str, int], source: str) -> Intervals:
    """Keep what lies on the chromosomes, cut at their ends.

    Parameters
    ----------
    frame
        What :func:`read_blacklist` gave.
    sizes
        Chromosomes and their lengths.
    source
        Where these are from, for the message.

    Raises
    ------
    ValueError
        If the blacklist has rows, but none on the chromosomes.
    """
    shared = frame[frame["chrom"].isin(list(sizes))]
    if len(frame) and not len(shared):
        raise ValueError(
            f"blacklist and genome share no chromosome: the blacklist has {abbreviate(frame['chrom'].unique())}, "
            f"{source} has {abbreviate(sizes)}. Rename the contigs of one of them."
        )
    ends = np.minimum(shared["end"].to_numpy(), shared["chrom"].map(dict(sizes)).to_numpy(dtype=np.int64))
    return Intervals.from_frame(shared.assign(end=ends)[ends > shared["start"].to_numpy()])
