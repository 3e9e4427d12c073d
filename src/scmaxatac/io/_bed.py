"""BED files and their relatives: BED3 to BED6, narrowPeak, bedGraph, plain or compressed."""

import gzip
import os
import re
from collections.abc import Collection, Iterator
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac.io._files import atomic_path, existing_file
from scmaxatac.io._line_blocks import LineBlock, read_line_blocks
from scmaxatac.io._positions import read_positions, what_is_wrong

_BED = ["chrom", "start", "end", "name", "score", "strand"]
_NARROW_PEAK = [*_BED, "signal_value", "p_value", "q_value", "peak"]
_NUMBERS = ("score", "signal_value", "p_value", "q_value", "peak")
_BED_GRAPH = [*_BED[:3], "score"]
_BEDGRAPH = re.compile(r"\.(bedgraph|bdg|bg)(\.gz|\.bgz|\.zst)?$")
_TRACK = re.compile(r"^track\b.*\btype=[\"']?bedGraph", re.IGNORECASE)
_TEXT = "string[pyarrow]"
_MOST_EMPTY = 1000
"""A line in so many may hold an interval of no base; more are another format."""

_HEADERS = ("#", "track ", "track\t", "browser ", "browser\t")


def read_bed(path: str | os.PathLike[str], *, columns: Collection[str] | None = None) -> pd.DataFrame:
    """Read intervals from a BED file, block by block; a row takes 24 bytes, 8 a number, and what its texts take.

    Parameters
    ----------
    path
        Plain or compressed; Unix or Windows line ends; columns separated by tabs (or blanks, when there is no tab).
        Lines that start with ``#``, ``track`` or ``browser`` and a line of column names at the top are skipped.
    columns
        Those that are needed beside chrom, start and end; by default all. Others are not looked at, and where the file
        has none of this name there is none.

    Returns
    -------
    Data frame in the file's order with the columns ``chrom`` (str), ``start`` and ``end`` (int64; 0-based,
    half-open) and, as far as the file has them, ``name``, ``score`` (float, NaN for ``.``) and ``strand``. Texts are
    Arrow's, which take their letters and 4 bytes. Files with
    ten columns are narrowPeak and have ``signal_value``, ``p_value``, ``q_value`` and ``peak`` too; further columns of
    other files are named ``column_7`` and so on, as text. Of a bedGraph file (``.bedGraph``, ``.bdg``, ``.bg``, or a
    line ``track type=bedGraph``) the fourth column is ``score``. A file without intervals gives an empty frame. Lines
    whose interval has no base (start = end) are left out with a warning, unless they are more than one in 1,000.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line has no interval or not as many columns as the first one; the message shows it. If the file is
        damaged, or no text.
    """
    parts: dict[str, list[pd.Series]] = {}
    for block in read_bed_blocks(path, columns=columns):
        for name in block:
            parts.setdefault(name, []).append(block[name])
    if not parts:
        return pd.DataFrame(
            {"chrom": pd.Series(dtype=str), "start": pd.Series(dtype="int64"), "end": pd.Series(dtype="int64")}
        )
    # one after the other, so that not all is there twice
    return pd.DataFrame({name: pd.concat(parts.pop(name), ignore_index=True) for name in list(parts)}, copy=False)


def read_bed_blocks(path: str | os.PathLike[str], *, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
    """Read what :func:`read_bed` reads, with the same errors and warnings, as tables of some hundred thousand rows.

    That the file holds lines that are no intervals is raised behind its last block.
    """
    path = existing_file(path, "BED file")
    layout = _Layout(path, columns)
    for block in read_line_blocks(path):
        if (frame := layout.frame(block)) is not None:
            yield frame
    layout.refuse_wrong()


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


class _Layout:
    """What the first lines of a file say about its columns, and the lines that are no intervals."""

    def __init__(self, path: Path, wanted: Collection[str] | None) -> None:
        self._path = path
        self._wanted = wanted
        self._is_bedgraph = _BEDGRAPH.search(path.name.lower()) is not None
        self._separator = ""
        self._columns: list[str] = []
        self._chroms: dict[str, str] = {}  # a name is kept once, not once a line
        self._n_lines = self._n_wrong = 0
        self._first_wrong = ""
        self._n_empty = 0

    def frame(self, block: LineBlock) -> pd.DataFrame | None:
        """Intervals of some lines; None if there are none."""
        lines, numbers = self._data_lines(block)
        if not lines:
            return None
        if not self._columns:
            self._separator = "\t" if "\t" in lines[0] else r"\s+"
            self._columns = self._names(numbers[0], lines[0])
        self._check_widths(lines, numbers)
        frame = pd.read_csv(
            StringIO("\n".join(lines)), sep=self._separator, header=None, names=self._columns, dtype=str,
            keep_default_na=False, quoting=3, index_col=False, skip_blank_lines=False,
            usecols=self._columns if self._wanted is None else [
                name for name in self._columns if name in _BED[:3] or name in self._wanted
            ],
        )  # fmt: skip
        for name in frame.columns[3:]:
            is_number = name in _NUMBERS
            frame[name] = self._numbers(frame[name], lines, numbers) if is_number else frame[name].astype(_TEXT)
        start, end, wrong = read_positions(frame["start"], frame["end"])
        wrong |= (frame["chrom"] == "").to_numpy(dtype=bool)
        self._n_lines += len(lines)
        if wrong.any():
            kept = self._note_wrong(frame, wrong, lines, numbers)
            frame, start, end = frame[kept], start[kept], end[kept]
        chrom = frame["chrom"].map(lambda name: self._chroms.setdefault(name, name))
        others = {name: frame[name] for name in frame.columns[3:]}
        # every column by itself: of one that is taken out of the table the others are not held
        return pd.DataFrame({"chrom": chrom, "start": start, "end": end, **others}, copy=False)

    def refuse_wrong(self) -> None:
        """Raise a ValueError if a line held no interval, or many one of no base; warn of a few of these."""
        n_wrong = self._n_wrong
        if n_wrong or self._n_empty * _MOST_EMPTY > self._n_lines:
            n_wrong += self._n_empty
            raise ValueError(
                f"{self._first_wrong}. {n_wrong} of {self._n_lines} lines {'is' if n_wrong == 1 else 'are'} no "
                "interval (0 <= start < end, whole numbers of bp); correct them or leave them out"
            )
        if self._n_empty:
            warn(
                f"{self._first_wrong}. {self._n_empty} of {self._n_lines:,} lines hold no base and are left out (more "
                f"than one in {_MOST_EMPTY:,} would be an error)"
            )

    def _note_wrong(self, frame: pd.DataFrame, wrong: np.ndarray, lines: list[str], numbers: list[int]) -> np.ndarray:
        """Count lines that hold no interval; which lines hold one, (n,) bool."""
        if not self._first_wrong:
            row = int(wrong.argmax())
            chrom, start, end = (frame[name].iloc[row] for name in ("chrom", "start", "end"))
            reason = "chrom is missing" if chrom == "" else what_is_wrong(start, end)
            self._first_wrong = f"{self._path}, line {numbers[row]}: {reason}; found {lines[row][:80]!r}"
        among = frame[wrong]
        empty = (among["start"] == among["end"]) & among["start"].str.fullmatch(r"\d+") & (among["chrom"] != "")
        self._n_empty += int(empty.sum())
        self._n_wrong += int((~empty).sum())
        return ~wrong

    def _data_lines(self, block: LineBlock) -> tuple[list[str], list[int]]:
        """Lines that hold an interval, and their numbers in the file (from 1)."""
        try:
            text = block.text.decode("utf-8-sig" if block.first_line == 1 else "utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{self._path} is not a text file, so it can't be a BED file") from None
        if (at := block.text.find(b"\0")) >= 0:  # pandas would end a text there
            number = block.first_line + block.text.count(b"\n", 0, at)
            raise ValueError(
                f"{self._path}, line {number}: holds bytes of 0, as no text does: the file is damaged. Copy it again"
            )
        lines: list[str] = []
        numbers: list[int] = []
        for number, line in enumerate(text.removesuffix("\n").split("\n"), block.first_line):
            line = line.rstrip("\r")
            if not line.strip() or line.startswith(_HEADERS) or line in ("track", "browser"):
                self._is_bedgraph |= _TRACK.search(line) is not None
                continue
            if not self._n_lines and not lines and _is_column_names(line):
                continue
            if "\r" in line:  # pandas would end a line there
                raise ValueError(
                    f"{self._path}, line {number}: holds a carriage return, which ends lines on old Macintosh systems "
                    f"alone: {line[:80]!r}. Convert the file with tr '\\r' '\\n', or copy it again"
                )
            lines.append(line)
            numbers.append(number)
        return lines, numbers

    def _names(self, number: int, line: str) -> list[str]:
        width = self._width(line)
        if width < 3:
            raise self._not_bed(number, line, "a chromosome, a start and an end")
        if self._is_bedgraph:
            if width != len(_BED_GRAPH):
                raise self._not_bed(number, line, "the four columns of a bedGraph")
            return _BED_GRAPH
        return _column_names(width)

    def _width(self, line: str) -> int:
        return len(line.split("\t") if self._separator == "\t" else line.split())

    def _check_widths(self, lines: list[str], numbers: list[int]) -> None:
        tabs = len(self._columns) - 1
        for number, line in zip(numbers, lines, strict=True):
            if line.count("\t") != tabs if self._separator == "\t" else self._width(line) != tabs + 1:
                raise ValueError(
                    f"{self._path}, line {number}: has {self._width(line)} columns, and the first line has "
                    f"{len(self._columns)}; found {line[:80]!r}"
                )

    def _numbers(self, text: pd.Series, lines: list[str], numbers: list[int]) -> pd.Series:
        values = pd.to_numeric(text.replace({".": "nan", "": "nan"}), errors="coerce")
        bad = values.isna() & ~text.isin([".", "", "nan", "NaN", "NA"])
        if bad.any():
            row = int(bad.to_numpy().argmax())
            raise self._not_bed(numbers[row], lines[row], f"a number in column {text.name!r}")
        return values.astype(float)

    def _not_bed(self, number: int, line: str, expected: str) -> ValueError:
        return ValueError(f"{self._path}, line {number}: expected {expected}, found {line[:80]!r}")


def _is_column_names(line: str) -> bool:
    fields = line.lower().split()
    return len(fields) >= 3 and "start" in fields[1] and ("end" in fields[2] or "stop" in fields[2])


def _column_names(width: int) -> list[str]:
    if width == len(_NARROW_PEAK):
        return _NARROW_PEAK
    return [*_BED[:width], *(f"column_{i}" for i in range(7, width + 1))]
