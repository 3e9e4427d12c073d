"""Fragment files: one fragment a line, its chromosome, start, end and barcode separated by tabs."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from scmaxatac._logging import warn
from scmaxatac._types import Int32s
from scmaxatac.fragments._barcode_matcher import BarcodeMatcher
from scmaxatac.fragments._lengths import LengthCheck
from scmaxatac.fragments._source import FragmentChunk, MatchReport
from scmaxatac.io._files import existing_file
from scmaxatac.io._line_blocks import LineBlock, read_line_blocks

_LARGEST = np.iinfo(np.int32).max

_MOST_EMPTY = 1000
"""A line in so many may hold a fragment of no base, as some aligners write; more are another format."""


class FragmentFile:
    """Fragments of a file as 10x Genomics, ArchR, SnapATAC2 and others write them.

    Plain, gzip, bgzip or zstd; sorted or not; lines that start with ``#`` are skipped; columns after the fourth, such
    as the duplicate count, are not read. Fragments that start where they end are left out with a warning, unless they
    are more than one in 1,000. Fragments are taken to be shifted already (+4, -5). Positions are 0-based,
    half-open.

    Parameters
    ----------
    path
        The file.
    barcodes
        Names of the cells whose fragments are wanted. Where they don't stand in the file as they are, the usual affixes
        (``-1``, ``sample#``, ``sample_``, ...) are added or removed on either side; see :attr:`match`. None takes all
        fragments as one bulk sample.
    sample
        Name of the sample that the cells belong to, tried as an affix.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If `barcodes` is empty or holds a name twice.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        barcodes: Sequence[str] | None,
        *,
        sample: str | None = None,
    ) -> None:
        self._path = existing_file(path, "fragment file")
        self.name = str(self._path)
        if self._path.suffix in (".tbi", ".csi"):
            raise ValueError(f"{self.name} is an index; give the fragment file, whose name lacks {self._path.suffix!r}")
        self._matcher = None if barcodes is None else BarcodeMatcher(barcodes, self.name, sample)
        self._chroms: dict[str, int] = {}
        self._told_of_empty = False
        self._lengths = LengthCheck(self.name, is_paired=True)
        self.n_cells = 1 if barcodes is None else len(barcodes)

    @property
    def chroms(self) -> list[str]:
        """Names of the chromosomes seen so far, in order of appearance."""
        return list(self._chroms)

    @property
    def match(self) -> MatchReport | None:
        """How many of the cells were found, after all chunks were read."""
        return None if self._matcher is None else self._matcher.report

    def chunks(self) -> Iterator[FragmentChunk]:
        """Read the fragments of the cells asked for, block by block, in the file's order.

        Raises
        ------
        ValueError
            If the file is empty, truncated, or no fragment file; if cells and barcodes can't be told apart; or if
            fewer than ``settings.min_match_rate`` of the cells are in it.
        """
        if self._matcher is None:
            for table in self._tables():
                yield self._chunk(table, np.zeros(len(table), dtype=np.int32))
            return
        for table, cell in self._matcher.match(self._tables(), lambda table: table["barcode"]):
            rows = np.flatnonzero(cell >= 0)
            if len(rows):
                yield self._chunk(table, cell[rows], rows)

    def _chunk(self, table: Any, cell: np.ndarray, rows: np.ndarray | None = None) -> FragmentChunk:
        chrom = self._chrom_codes(table["chrom"])
        columns = [chrom, table["start"].to_numpy(), table["end"].to_numpy()]
        if rows is not None and len(rows) < len(chrom):
            columns = [column[rows] for column in columns]
        chrom, start, end = columns
        return FragmentChunk(cell, chrom, start, end, both_ends=True)

    def _chrom_codes(self, column: Any) -> Int32s:
        column = column.unify_dictionaries().combine_chunks()
        names = column.dictionary.to_pylist()
        codes = [self._chroms.setdefault(name, len(self._chroms)) for name in names]
        index: Int32s = column.indices.to_numpy()
        return np.array(codes, dtype=np.int32)[index]

    def _tables(self) -> Iterator[Any]:
        """Arrow tables of chrom, start, end and barcode; at least one row in all."""
        layout: list[str] | None = None
        empty = _EmptyFragments(self.name)
        for block in read_line_blocks(self._path):
            text = block.without_comments()
            if not text or text.isspace():
                continue
            if layout is None:
                layout = self._layout(text, block)
            yield self._parse(text, layout, block, empty)
        if layout is None:
            raise ValueError(f"{self.name} holds no fragments: it is empty")
        if not self._told_of_empty:
            empty.warn()
            self._told_of_empty = True

    def _layout(self, text: bytes, block: LineBlock) -> list[str]:
        line = text.lstrip(b"\r\n").split(b"\n", 1)[0]
        columns = ["chrom", "start", "end"] + ([] if self._matcher is None else ["barcode"])
        width = line.count(b"\t") + 1
        if width < len(columns):
            self._raise_first_bad_line(block, columns)
        return columns + [f"column_{i}" for i in range(len(columns) + 1, width + 1)]

    def _parse(self, text: bytes, layout: list[str], block: LineBlock, empty: "_EmptyFragments") -> Any:
        import pyarrow as pa
        from pyarrow import csv

        types = {"chrom": pa.dictionary(pa.int32(), pa.string()), "start": pa.int32(), "end": pa.int32()}
        types["barcode"] = pa.string()
        try:
            table = csv.read_csv(
                pa.BufferReader(text),
                read_options=csv.ReadOptions(column_names=layout),
                parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, escape_char=False),
                convert_options=csv.ConvertOptions(
                    column_types=types, include_columns=[c for c in layout if c in types], null_values=[]
                ),
            )
        except pa.ArrowInvalid as error:
            self._raise_first_bad_line(block, layout)
            raise ValueError(f"{self.name} is not a fragment file: {error}") from None
        start, end = table["start"].to_numpy(), table["end"].to_numpy()
        if start.min(initial=0) < 0 or np.any(end < start):
            self._raise_first_bad_line(block, layout)
        if (kept := empty.among(start, end)) is not None:
            if empty.are_many:
                self._raise_first_bad_line(block, layout)
            table, start, end = table.filter(pa.array(kept)), start[kept], end[kept]
        self._lengths.look(end - start)
        return table

    def _raise_first_bad_line(self, block: LineBlock, layout: list[str]) -> None:
        for number, line in enumerate(block.text.split(b"\n"), start=block.first_line):
            fields = line.rstrip(b"\r").split(b"\t")
            if fields == [b""] or line.startswith(b"#"):
                continue
            if problem := _problem(fields, layout):
                shown = line[:100].decode(errors="replace")
                raise ValueError(f"{self.name}, line {number}: {problem}, found {shown!r}")


class _EmptyFragments:
    """Fragments that start where they end: counted and left out while they are few."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._n_lines = self._n_empty = 0

    def among(self, start: np.ndarray, end: np.ndarray) -> np.ndarray | None:
        """Which fragments have a base, (n,) bool; None if all have."""
        kept = np.asarray(end > start)
        self._n_lines += len(kept)
        self._n_empty += len(kept) - int(np.count_nonzero(kept))
        return None if kept.all() else kept

    @property
    def are_many(self) -> bool:
        """Whether there are more than a mistake here and there explains."""
        return self._n_empty * _MOST_EMPTY > self._n_lines

    def warn(self) -> None:
        """Warn once of what was left out."""
        if self._n_empty:
            warn(
                f"{self._name}: {self._n_empty:,} of {self._n_lines:,} fragments start where they end and are left out "
                f"(more than one in {_MOST_EMPTY:,} would be an error)"
            )


def _problem(fields: list[bytes], layout: list[str]) -> str:
    """What is wrong with a line, "" if nothing is."""
    if len(fields) < 4 and "barcode" in layout:
        return "expected chromosome, start, end and barcode separated by tabs"
    if len(fields) < 3:
        return "expected chromosome, start and end separated by tabs"
    if not all(field.removeprefix(b"-").isdigit() for field in fields[1:3]):
        return "expected whole numbers as start and end"
    start, end = int(fields[1]), int(fields[2])
    if not 0 <= start < end <= _LARGEST:
        return "expected 0 <= start < end"
    if len(fields) != len(layout):
        return f"expected {len(layout)} columns as in the first line"
    return ""
