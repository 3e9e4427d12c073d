"""The table of cell types that a network is trained on."""

import csv
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from scmaxatac.genome._interval_table import Table, is_bigwig
from scmaxatac.io._files import existing_file
from scmaxatac.io._text_file import read_lines

COLUMNS = ("name", "signal", "atac_peaks", "chip_peaks", "role")
ROLES = ("train", "validation", "test")


class CellTypeRow(NamedTuple):
    """A row of the table."""

    name: str

    role: str
    """One of the roles."""

    signal: Path | str
    """A bigWig, or the name of a group."""

    atac_peaks: Table
    chip_peaks: Table

    unknown: Table | None
    """Where it is not known whether the factor binds."""


def read_training_table(table: str | PathLike[str] | pd.DataFrame) -> tuple[list[CellTypeRow], list[str]]:
    """Read and check the table: columns, names, roles, and whether the files exist.

    Parameters
    ----------
    table
        A data frame, whose relative paths start from the working directory, or a file with tabs between the columns,
        whose relative paths start from its folder; lines that start with ``#`` are comments.

    Returns
    -------
    The training and validation cell types, and the names of the test cell types, of which nothing is read.

    Raises
    ------
    FileNotFoundError
        If the table or a file in it does not exist.
    ValueError
        If a column, name or value is missing, a name occurs twice, a role is none, or no cell type is for training.
    """
    if isinstance(table, pd.DataFrame):
        frame, base, source = table, Path(), "the table of cell types"
    else:
        path = existing_file(table, "table of cell types")
        frame, base, source = _read_text(path), path.parent, str(path)
    missing = [column for column in COLUMNS if column not in frame]
    if missing:
        raise ValueError(
            f"{source} lacks the columns {missing}; it has {list(frame.columns)}. Needed are {list(COLUMNS)}"
        )
    names = [_text(name) for name in frame["name"]]
    if "" in names:
        raise ValueError(f"{source} has no name in row {names.index('') + 1}")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{source} has the cell types {repeated} more than once; average their replicates first")
    rows, held_out = [], []
    for name, (_, row) in zip(names, frame.iterrows(), strict=True):
        role = _text(row["role"])
        if role not in ROLES:
            raise ValueError(f"{source}: the role of {name!r} is {role!r}; it can be {', '.join(map(repr, ROLES))}")
        if role == "test":
            held_out.append(name)
        else:
            rows.append(_row(row, name, role, base, source))
    if not any(row.role == "train" for row in rows):
        raise ValueError(f"{source} has no cell type with the role 'train'")
    return rows, held_out


def _read_text(path: Path) -> pd.DataFrame:
    """Read a file as it stands: names such as ``NA`` and ``B#1`` are names; cells that a line lacks are empty."""
    lines = [line for line in read_lines(path, "table of cell types") if line.strip() and not line.startswith("#")]
    try:
        rows = [next(csv.reader([line], delimiter="\t", strict=True)) for line in lines]
    except csv.Error as error:
        raise ValueError(f"{path} is not a table with tabs between the columns: {error}") from None
    if not rows:
        return pd.DataFrame()
    columns = rows.pop(0)
    if repeated := [name for name in columns if columns.count(name) > 1]:
        raise ValueError(f"{path} has more than one column {repeated[0]!r}; keep one of them")
    for number, row in enumerate(rows, start=1):
        if any(row[len(columns) :]):
            raise ValueError(
                f"{path} is not a table with tabs between the columns: row {number} has {len(row)} cells, the first "
                f"line {len(columns)}"
            )
    cells = [row[: len(columns)] + [""] * (len(columns) - len(row)) for row in rows]
    return pd.DataFrame(cells, columns=columns, dtype=str)


def _row(row: pd.Series, name: str, role: str, base: Path, source: str) -> CellTypeRow:
    text = _text(row["signal"])
    if not text:
        raise ValueError(
            f"{source}: cell type {name!r} has no signal; name a bigWig, or a group of the object given as data"
        )
    signal = _file(text, base, f"{source}: signal of {name!r}") if is_bigwig(text) else text
    columns = ("atac_peaks", "chip_peaks")
    peaks = {column: _peaks(row[column], base, f"{source}: {column} of {name!r}") for column in columns}
    for column, given in peaks.items():
        if given is None:
            raise ValueError(f"{source}: cell type {name!r} has no {column}; name a BED file")
    unknown = _peaks(row["unknown"], base, f"{source}: unknown of {name!r}") if "unknown" in row else None
    return CellTypeRow(name, role, signal, **peaks, unknown=unknown)


def _peaks(given: object, base: Path, what: str) -> Table | None:
    if isinstance(given, pd.DataFrame):
        return given
    text = _text(given)
    return _file(text, base, what) if text else None


def _file(text: str, base: Path, what: str) -> Path:
    return existing_file(text if text.startswith("~") else base / text, what)


def _text(value: object) -> str:
    """Text of a cell, empty where there is none."""
    return "" if value is None or value is pd.NA or value != value else str(value).strip()
