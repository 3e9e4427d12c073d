"""BED files and their relatives: BED3 to BED6, narrowPeak, plain or gzip."""

import gzip
import os
from io import StringIO

import pandas as pd

from scmaxatac.io._files import atomic_path, read_lines
from scmaxatac.io._positions import read_positions, what_is_wrong

_BED = ["chrom", "start", "end", "name", "score", "strand"]
_NARROW_PEAK = [*_BED, "signal_value", "p_value", "q_value", "peak"]
_NUMBERS = ("score", "signal_value", "p_value", "q_value", "peak")
_HEADERS = ("#", "track ", "track\t", "browser ", "browser\t")


def read_bed(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read intervals from a BED file.

    Parameters
    ----------
    path
        Plain or gzip; Unix or Windows line ends; columns separated by tabs (or blanks, when there is no tab). Lines
        that start with ``#``, ``track`` or ``browser`` and a line of column names at the top are skipped.

    Returns
    -------
    Data frame in the file's order with the columns ``chrom`` (str), ``start`` and ``end`` (int64; 0-based,
    half-open) and, as far as the file has them, ``name``, ``score`` (float, NaN for ``.``) and ``strand``. Files with
    ten columns are narrowPeak and have ``signal_value``, ``p_value``, ``q_value`` and ``peak`` too; further columns of
    other files are named ``column_7`` and so on, as text. A file without intervals gives an empty frame.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line has no interval; the message shows it.
    """
    lines, numbers = _data_lines(path)
    if not lines:
        return pd.DataFrame(
            {"chrom": pd.Series(dtype=str), "start": pd.Series(dtype="int64"), "end": pd.Series(dtype="int64")}
        )
    separator = "\t" if "\t" in lines[0] else r"\s+"
    width = len(lines[0].split("\t") if separator == "\t" else lines[0].split())
    if width < 3:
        raise _not_bed(path, numbers[0], lines[0], "a chromosome, a start and an end")
    try:
        frame = pd.read_csv(
            StringIO("\n".join(lines)),
            sep=separator,
            header=None,
            names=_column_names(width),
            dtype=str,
            keep_default_na=False,
            quoting=3,
            index_col=False,
            skip_blank_lines=False,
            on_bad_lines="error",
        )
    except pd.errors.ParserError as error:
        raise ValueError(f"{path} is not a BED file: {error}") from None
    for column in frame.columns.intersection(_NUMBERS):
        text = frame[column].fillna("")
        values = pd.to_numeric(text.replace({".": "nan", "": "nan"}), errors="coerce")
        bad = values.isna() & ~text.isin([".", "", "nan", "NaN", "NA"])
        if bad.any():
            row = int(bad.to_numpy().argmax())
            raise _not_bed(path, numbers[row], lines[row], f"a number in column {column!r}")
        frame[column] = values.astype(float)
    start, end, wrong = read_positions(frame["start"], frame["end"])
    if wrong.any():
        row = int(wrong.argmax())
        reason = what_is_wrong(frame["start"].iloc[row], frame["end"].iloc[row])
        raise ValueError(
            f"{path}, line {numbers[row]}: {reason}; found {lines[row][:80]!r}. {wrong.sum()} of {len(lines)} lines "
            f"{'is' if wrong.sum() == 1 else 'are'} no interval (0 <= start < end, whole numbers of bp); correct them "
            "or leave them out"
        )
    return frame.assign(start=start, end=end)


def write_bed(path: str | os.PathLike[str], frame: pd.DataFrame) -> None:
    """Write a frame of intervals as a BED file, under a temporary name first.

    Parameters
    ----------
    path
        File to write; a name that ends in ``.gz`` gives gzip.
    frame
        Data frame whose first three columns are ``chrom``, ``start`` and ``end`` (0-based, half-open). The other
        columns are written as they stand, without a header: for a strict BED file these are ``name``, ``score`` and
        ``strand``. Missing values become ``.``.

    Raises
    ------
    ValueError
        If the first three columns are others.
    """
    if list(frame.columns[:3]) != _BED[:3]:
        raise ValueError(f"a BED file starts with the columns chrom, start, end; found {list(frame.columns[:3])}")
    text = frame.to_csv(sep="\t", header=False, index=False, float_format="%.6g", na_rep=".", lineterminator="\n")
    with atomic_path(path) as temporary:
        if temporary.suffix == ".gz":
            temporary.write_bytes(gzip.compress(text.encode(), mtime=0))
        else:
            temporary.write_text(text)


def _data_lines(path: str | os.PathLike[str]) -> tuple[list[str], list[int]]:
    """Lines that hold an interval, and their numbers in the file (from 1)."""
    lines: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(read_lines(path, "BED file"), start=1):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith(_HEADERS) or line in ("track", "browser"):
            continue
        if not lines and _is_column_names(line):
            continue
        lines.append(line)
        numbers.append(number)
    return lines, numbers


def _is_column_names(line: str) -> bool:
    fields = line.lower().split()
    return len(fields) >= 3 and "start" in fields[1] and ("end" in fields[2] or "stop" in fields[2])


def _column_names(width: int) -> list[str]:
    if width == len(_NARROW_PEAK):
        return _NARROW_PEAK
    return [*_BED[:width], *(f"column_{i}" for i in range(7, width + 1))]


def _not_bed(path: str | os.PathLike[str], number: int, line: str, expected: str) -> ValueError:
    return ValueError(f"{path}, line {number}: expected {expected}, found {line[:80]!r}")
