"""How much the binding sites of a transcription factor differ between cell types."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.evaluate._jaccard import jaccard_index
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._intervals_on_genome import as_intervals

MEAN = "mean"
"""Name of the column that holds each cell type's mean."""


@checked_arguments
def jaccard(peaks: Mapping[str, Table], *, chroms: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Similarity of the peaks of cell types in pairs (Jaccard index: bases in both over bases in either).

    The higher, the less specific: 1 means the same bases, 0 none in common. Cazares et al. 2023 tell by the mean over
    the pairs of cell types how cell-type-specific a factor binds. Where it is small, the average of other cell types
    (:func:`average_chip`) predicts poorly, and a model has most to offer. Overlapping peaks of one cell type are merged
    first.

    Parameters
    ----------
    peaks
        ``{cell type: peaks}``, at least two: BED files or tables with chrom, start and end (0-based, half-open).
    chroms
        Chromosomes to count on; by default all that have peaks.

    Returns
    -------
    A row a cell type, a column a cell type with the Jaccard index of the pair (1 on the diagonal, NaN if neither has a
    peak), and the column ``"mean"``: the mean over the other cell types. The mean of that column is the factor's.

    Warns
    -----
    UserWarning
        If no cell type has a peak on one of the chromosomes.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ValueError
        If there are fewer than two cell types, one is called "mean", a table lacks a column, the chromosomes of two
        cell types are named in different styles (chr1 and 1), or no cell type has a peak on any of `chroms`.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> spi1 = {group: rows for group, rows in toy.chip_peaks.query("tf == 'SPI1'").groupby("group")}
    >>> ctcf = {group: rows for group, rows in toy.chip_peaks.query("tf == 'CTCF'").groupby("group")}
    >>> bool(sma.tl.jaccard(spi1)["mean"].mean() < sma.tl.jaccard(ctcf)["mean"].mean())
    True
    """
    if not isinstance(peaks, Mapping):
        raise ValueError(f"peaks is a {type(peaks).__name__}; it has to be {{cell type: peaks}}")
    if len(peaks) < 2:
        raise ValueError(f"peaks of {len(peaks)} cell types; at least two are needed to compare")
    if MEAN in peaks:
        raise ValueError(f"a cell type is called {MEAN!r}, as the column of means is; rename it")
    only = [chroms] if isinstance(chroms, str) else None if chroms is None else list(chroms)
    sets = {name: as_intervals(table, f"peaks of {name}") for name, table in peaks.items()}
    _check_chroms(sets, only)
    table = pd.DataFrame(np.nan, index=list(sets), columns=list(sets), dtype=float)
    for one in sets:
        table.loc[one, one] = jaccard_index(sets[one], sets[one], only)
    for one, other in combinations(sets, 2):
        table.loc[one, other] = table.loc[other, one] = jaccard_index(sets[one], sets[other], only)
    others = table.where(~np.eye(len(table), dtype=bool))
    return table.assign(**{MEAN: others.mean(axis=1)}).rename_axis("cell_type")


def _check_chroms(sets: Mapping[str, Intervals], only: Sequence[str] | None) -> None:
    for one, other in combinations(sets, 2):
        here, there = set(sets[one].chroms), set(sets[other].chroms)
        plain = {chrom.removeprefix("chr") for chrom in here} & {chrom.removeprefix("chr") for chrom in there}
        if plain and not here & there:
            raise ValueError(
                f"peaks of {one} are on {abbreviate(sets[one].chroms)}, those of {other} on "
                f"{abbreviate(sets[other].chroms)}; "
                "name chromosomes in the same style (chr1, not 1)"
            )
    present = list(dict.fromkeys(chrom for known in sets.values() for chrom in known.chroms))
    if only is None:
        return
    if not only:
        raise ValueError("chroms is empty; name at least one chromosome, or leave it out for all")
    if absent := [chrom for chrom in only if chrom not in present]:
        message = f"no cell type has a peak on {abbreviate(absent)}; peaks are on {abbreviate(present)}"
        if len(absent) == len(only):
            raise ValueError(message)
        warn(message)
