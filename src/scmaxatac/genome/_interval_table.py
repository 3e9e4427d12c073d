"""Intervals that users give, as files or tables: regions, blacklist, peaks, scores."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.io._bed import read_bed, read_bed_blocks
from scmaxatac.io._positions import read_positions, what_is_wrong
from scmaxatac.io._regions import looks_like_region, parse_region, parse_regions, what_are_no_regions

Table: TypeAlias = str | PathLike[str] | pd.DataFrame | Sequence[str] | pd.Index
"""A file, a table or names of intervals."""

_COLUMNS = {
    "chrom": ("chrom", "chromosome", "Chromosome", "Chrom", "chr", "seqnames", "#chrom"),
    "start": ("start", "Start", "chromStart"),
    "end": ("end", "End", "chromEnd", "stop"),
}
"""Names of the columns in tables of bioframe, pyranges, the UCSC browser and R, the first that is there counts."""


def is_path(given: object) -> TypeGuard[str | PathLike[str]]:
    """Whether intervals are given as a file; a text that reads as a region is one if there is such a file."""
    return isinstance(given, PathLike) or (
        isinstance(given, str) and not (looks_like_region(given) and not Path(given).is_file())
    )


def is_bigwig(given: object) -> TypeGuard[str | PathLike[str]]:
    """Whether a path names a bigWig."""
    return isinstance(given, str | PathLike) and str(given).lower().endswith((".bw", ".bigwig"))


@contextmanager
def _named(what: str) -> Iterator[None]:
    """Let the ValueErrors of a block begin with what the intervals are."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None


def read_interval_blocks(given: str | PathLike[str], what: str) -> Iterator[pd.DataFrame]:
    """Read chrom, start and end of a BED file as :func:`read_intervals` does, in tables of 100,000s of rows."""
    with _named(what):
        yield from read_bed_blocks(given, columns=())


def read_intervals(given: Table, what: str, *, columns: Collection[str] | None = None) -> pd.DataFrame:
    """Read a BED file, a table or names of intervals, and refuse it if a row holds none.

    Parameters
    ----------
    given
        The file, the table (it stays as it is), a region as text, ``"chr5:100,000-200,000"`` (0-based, half-open), or
        several such names. A file of this name comes first.
    what
        What the intervals are, for messages: ``"regions"``, ``"peaks of CTCF"``.
    columns
        Those of a file that are needed beside chrom, start and end; by default all. Others take no memory.

    Returns
    -------
    All rows in their order, with chrom as text, start and end as int64 (0-based, half-open), and the other columns.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a column is missing, or a row has no chromosome, positions that are missing, no number, fractions, negative
        or beyond any chromosome, or an end that is not after its start. The first such row is shown, with their number.
    """
    if is_path(given):
        with _named(what):
            return read_bed(given, columns=columns)
    if isinstance(given, str):
        with _named(what):
            return pd.DataFrame([parse_region(given)], columns=["chrom", "start", "end"])
    if not isinstance(given, pd.DataFrame):
        listed: list[Any] = list(given) if isinstance(given, Iterable) and not isinstance(given, Mapping) else [None]
        if all(isinstance(name, str) for name in listed):
            return _of_names(listed, what)
        raise ValueError(f"{what}: found {type(given).__name__}; give a BED file or a table (pandas) of intervals")
    frame = _renamed(given, what)
    chrom, unnamed = _chromosomes(frame["chrom"])
    start, end, wrong = read_positions(frame["start"], frame["end"])
    _refuse(frame, unnamed | wrong, unnamed, what)
    if "width" in frame and "seqnames" in given and len(frame) and np.array_equal(frame["width"], end - start + 1):
        raise ValueError(
            f"{what}: positions count from 1, as R's GRanges do (width is end - start + 1); subtract 1 from start"
        )
    return frame.assign(chrom=chrom, start=start, end=end)


def _of_names(names: list[str], what: str) -> pd.DataFrame:
    """Intervals from names such as ``adata.var_names``."""
    frame = parse_regions(names)
    if frame is None:
        raise ValueError(f"{what}: {what_are_no_regions(names)}")
    return frame.astype({"chrom": str})


def _renamed(given: pd.DataFrame, what: str) -> pd.DataFrame:
    """Table with its columns of positions as chrom, start and end."""
    found = {name: [other for other in others if other in given.columns][:1] for name, others in _COLUMNS.items()}
    if missing := [name for name, there in found.items() if not there]:
        options = "; ".join(f"{name} may be {' or '.join(_COLUMNS[name][1:])}" for name in missing)
        raise ValueError(
            f"{what}: no column {' and no column '.join(missing)} among {abbreviate(map(repr, given.columns), 12)}. "
            f"Name the columns chrom, start and end ({options})"
        )
    chosen = {there[0]: name for name, there in found.items()}
    if repeated := [name for name in chosen if (given.columns == name).sum() > 1]:
        raise ValueError(f"{what}: more than one column is called {repeated[0]!r}; keep one of them")
    return given.rename(columns=chosen)


def _chromosomes(values: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Names as text, and which are missing; whole numbers that are floats lose their fraction."""
    missing = values.isna().to_numpy(dtype=bool)
    if pd.api.types.is_float_dtype(values) and not missing.any() and (values % 1 == 0).all():
        values = values.astype(np.int64)
    names = values.astype(str)
    return names, missing | (names == "").to_numpy(dtype=bool)


def _refuse(frame: pd.DataFrame, wrong: np.ndarray, unnamed: np.ndarray, what: str) -> None:
    if not wrong.any():
        return
    i = int(wrong.argmax())
    chrom, start, end = (frame[name].iloc[i] for name in ("chrom", "start", "end"))
    reason = "chrom is missing" if unnamed[i] else what_is_wrong(start, end)
    raise ValueError(
        f"{what}: row {i + 1} of {len(frame)} ({chrom}, {start}, {end}) is no interval: {reason}. "
        f"{wrong.sum()} of the rows {'is' if wrong.sum() == 1 else 'are'} no interval; correct them or leave them out. "
        "Positions are whole numbers of bp, 0-based and half-open (0 <= start < end)"
    )
