"""What experiments share: command line, table and figure in the documentation, and the check of both."""

import argparse
import io
import os
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import scmaxatac

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOCS = Path(__file__).resolve().parents[1] / "docs" / "experiments"
"""Folder of the tables and figures; each page in it shows the files of one experiment."""


def options(doc: str | None, **more: dict[str, object]) -> argparse.Namespace:
    """Read the command line: ``--check``, ``--threads``, and what a script adds as ``name={...}``; fix the engine."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--check", action="store_true", help="change no file; fail where the table is not the one in docs/experiments"
    )
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="threads, and networks trained at once"
    )
    for name, settings in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **settings)  # type: ignore[arg-type]
    scmaxatac.settings.measure_backends = False  # the same engine on every machine
    return parser.parse_args()


def data_dir() -> Path:
    """Folder of the reference data, which the tests use as well."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("SCMAXATAC_TEST_DATA") or default)
    if not (path / "MANIFEST.sha256").is_file():
        raise SystemExit(f"reference data not found at {path}: set SCMAXATAC_TEST_DATA")
    return path


def publish(
    name: str,
    table: pd.DataFrame,
    figure: "Figure",
    *,
    keys: list[str],
    tolerance: Mapping[str, float],
    check: bool,
    note: str = "",
) -> None:
    """Write the table, the figure and a line on where they come from, or compare the table with the written one.

    Parameters
    ----------
    name
        Name of the experiment: of its script and of its files in the documentation.
    table
        A row a case, floats in three decimals.
    figure
        The picture.
    keys
        Columns that tell the rows; they have to be the same.
    tolerance
        Largest absolute difference by column; columns that are not named have to be the same.
    check
        Whether to compare instead of writing.
    note
        What the line says besides: one more sentence.

    Raises
    ------
    SystemExit
        With `check`, if rows are missing or new, or a value is further off than it may be.
    """
    table = table.round(3)
    print(table.to_string(index=False))
    path = DOCS / f"{name}.csv"
    if check:
        if problems := differences(as_written(table), pd.read_csv(path), keys=keys, tolerance=tolerance):
            raise SystemExit("\n".join(problems))
        print(f"{path.name}: the same within {dict(tolerance)}")
        return
    DOCS.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)
    figure.savefig(DOCS / f"{name}.png", dpi=120, bbox_inches="tight")
    bounds = ", ".join(f"{column} {bound:g}" for column, bound in tolerance.items())
    versions = ", ".join(f"{name} {version(name)}" for name in ("scmaxatac", "torch") if find_spec(name))
    (DOCS / f"{name}.txt").write_text(
        f"Made by `python experiments/{name}.py` on {time.strftime('%Y-%m-%d')} "
        f"({os.cpu_count()} cores, {platform.machine()}; {versions}); "
        f"`--check` makes it again and allows differences of at most: {bounds}.{note and ' ' + note}\n"
    )


def as_written(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table the types that it has when it is read from its file, where only values are kept."""
    return pd.read_csv(io.StringIO(table.to_csv(index=False)))


def differences(
    found: pd.DataFrame, written: pd.DataFrame, *, keys: list[str], tolerance: Mapping[str, float]
) -> list[str]:
    """Say where two tables differ by more than they may."""
    if list(found) != list(written):
        return [f"columns are {list(found)}, in the documentation {list(written)}"]
    found, written = (table.astype(dict.fromkeys(keys, str)).set_index(keys).sort_index() for table in (found, written))
    if not found.index.equals(written.index):
        return [f"rows are {list(found.index)}, in the documentation {list(written.index)}"]
    problems = []
    for column in found:
        if column in tolerance:
            off = (found[column] - written[column]).abs() > tolerance[column] + 1e-9
            off |= found[column].isna() != written[column].isna()
        else:
            off = found[column].astype(str) != written[column].astype(str)
        problems += [
            f"{column} of {row}: {found.loc[row, column]}, in the documentation {written.loc[row, column]}"
            for row in found.index[off]
        ]
    return problems
