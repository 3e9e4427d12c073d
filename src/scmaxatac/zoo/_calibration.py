"""Table that says how precision and recall of a model depend on the threshold."""

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac.io._files import atomic_path, existing_file, open_binary
from scmaxatac.io._text_file import read_lines
from scmaxatac.zoo._threshold_rules import BestF1, Threshold, ThresholdError, parse_fixed_rule

COLUMNS = ("threshold", "precision", "recall", "log2fc", "f1")

_ORIGINAL_COLUMNS = {
    "Standard_Thresh": "threshold",
    "Monotonic_Avg_Precision": "precision",
    "Monotonic_Avg_Recall": "recall",
    "Monotonic_Avg_log2FC": "log2fc",
    "Avg_F1": "f1",
}


_ROUNDING = 1e-6
_STILL_FOUND = 0.2
"""Share of the largest recall that no complete table ends with, unless it ends at 1."""


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Precision, recall and F1 of a model at each threshold.

    The published tables were measured on 200-bp bins (a bin's score is the largest in it) of the validation
    chromosome, chr2, and averaged over cell types; their thresholds are applied to 32-bp bins.

    Parameters
    ----------
    frame
        One row a threshold, with the columns ``threshold``, ``precision``, ``recall``, ``log2fc`` (log2 of the
        precision over that of random predictions) and ``f1``, or with the column names of maxATAC's tables. Rows
        without a threshold are dropped, the others sorted; missing and infinite values stay out of every choice.

    Raises
    ------
    ValueError
        If a column is missing or holds text, a threshold occurs twice, one of the shares or a threshold lies outside 0
        to 1, the recall rises with the threshold, or no row has an F1.

    Examples
    --------
    >>> import pandas as pd
    >>> from scmaxatac.zoo import Calibration
    >>> table = {"threshold": [0.1, 0.5, 0.9], "precision": [0.2, 0.6, 0.9], "recall": [0.9, 0.6, 0.1],
    ...          "log2fc": [3.0, 4.6, 5.2], "f1": [0.33, 0.6, 0.18]}
    >>> calibration = Calibration(pd.DataFrame(table))
    >>> calibration.threshold("f1")
    0.5
    >>> calibration.threshold(("precision", 0.8))
    0.9
    """

    frame: pd.DataFrame

    def __post_init__(self) -> None:
        frame = self.frame.rename(columns=_ORIGINAL_COLUMNS)
        missing = [name for name in COLUMNS if name not in frame]
        if missing:
            raise ValueError(
                f"the calibration table lacks the columns {missing}; it has {list(self.frame.columns)}. "
                f"Expected are {list(COLUMNS)} or maxATAC's {list(_ORIGINAL_COLUMNS)}"
            )
        try:
            frame = frame[list(COLUMNS)].astype(np.float64)
        except (ValueError, TypeError) as error:
            raise ValueError(f"the calibration table holds something that is not a number: {error}") from None
        frame = frame.replace([np.inf, -np.inf], np.nan).dropna(subset="threshold")
        if not frame["threshold"].between(0, 1).all():
            raise ValueError("the calibration table has thresholds outside 0 to 1")
        if frame["f1"].isna().all():
            raise ValueError("the calibration table has no row with an F1 score")
        for name in ("precision", "recall", "f1"):
            if not (frame[name].isna() | frame[name].between(0, 1)).all():
                raise ValueError(f"the calibration table has a {name} outside 0 to 1")
        frame = frame.sort_values("threshold", kind="stable").reset_index(drop=True)
        if (twice := frame["threshold"].duplicated()).any():
            raise ValueError(f"the calibration table has the threshold {frame['threshold'][twice].iloc[0]:g} twice")
        rises = frame["recall"].dropna().diff() > _ROUNDING
        if rises.any():
            where = frame["threshold"][rises.idxmax()]
            raise ValueError(f"the calibration table has a recall that rises at the threshold {where:g}")
        object.__setattr__(self, "frame", frame)

    def __repr__(self) -> str:
        return f"Calibration({len(self.frame)} thresholds, largest F1 {self.best_f1:.3f} at {BestF1().resolve(self):g})"

    @property
    def best_f1(self) -> float:
        """The largest F1 of the table."""
        return float(self.frame["f1"].max())

    def threshold(self, rule: Threshold = "f1") -> float:
        """Choose a threshold.

        Parameters
        ----------
        rule
            ``"f1"``: the threshold with the largest F1. A number between 0 and 1: itself.
            ``("precision", v)`` and ``("log2fc", v)``: the smallest threshold that reaches `v`. ``("recall", v)``: the
            largest threshold that still has a recall of `v`, as recall falls while the threshold rises.

        Raises
        ------
        ValueError
            If the rule is none of these, or no threshold of the table reaches the value; the message names the best
            value there is.
        """
        return parse_fixed_rule(rule).resolve(self)

    def rate(self) -> float:
        """Share of all 200-bp bins that the published F1 threshold is expected to call.

        Called bins are (recall x positives) / precision, and precision is 2**log2fc times the share of positives, so
        the share of called bins is recall / 2**log2fc, taken at the row with the largest F1.

        Raises
        ------
        ValueError
            If that row has no recall or no log2fc.
        """
        row = self.frame.loc[self.frame["f1"].idxmax()]
        rate = float(row["recall"] / 2 ** row["log2fc"])
        if not np.isfinite(rate):
            raise ThresholdError(f"recall or log2fc is missing at the largest F1 (threshold {row['threshold']:g})")
        return rate

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Calibration":
        """Read a tab-separated table, ours or maxATAC's.

        Parameters
        ----------
        path
            The file; its columns are described at the class.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is not such a table, or a row has not as many columns as the first line.

        Warns
        -----
        UserWarning
            If the table seems to be cut: its thresholds end below 1, and the last line has no end or many sites still
            have higher scores.
        """
        path = existing_file(path, "calibration table")
        calibration = calibration_of_table(read_table(path, path), path)
        warn_if_cut(calibration, path)
        return calibration

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table as tab-separated text from which :meth:`read` gets the same numbers back.

        Parameters
        ----------
        path
            The file; it is written under a temporary name and renamed.
        """
        with atomic_path(path) as temporary:
            temporary.write_bytes(calibration_text(self))


def calibration_text(calibration: Calibration) -> bytes:
    """Content of the file that :meth:`Calibration.save` writes."""
    text: str = calibration.frame.to_csv(sep="\t", index=False)
    return text.encode()


def read_table(source: Path | BytesIO, path: Path) -> pd.DataFrame:
    """Read the columns of a table as text.

    Parameters
    ----------
    source
        The file or its content.
    path
        The file, for messages.

    Raises
    ------
    ValueError
        If it is no table, or a row has not as many columns as the first line.
    """
    lines = read_lines(path, "calibration table") if isinstance(source, Path) else _lines(source, path)
    rows = [line.split("\t") for line in lines if line.strip()]
    if not rows:
        raise ValueError(f"{path} is not a calibration table: it is empty")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"{path} is not a calibration table: row {number} has {len(row)} columns, and the first {len(rows[0])}"
            )
    if repeated := [name for name in dict.fromkeys(rows[0]) if rows[0].count(name) > 1]:
        raise ValueError(f"{path} is not a calibration table: it has several columns {repeated[0]!r}")
    # as text, which becomes numbers exactly; pandas 2 would round in the last digit
    table = pd.DataFrame(rows[1:], columns=rows[0], dtype=object)
    return table.where(~table.isin(["", "NA", "NaN", "nan"]), np.nan)


def _lines(source: BytesIO, path: Path) -> list[str]:
    try:
        return source.getvalue().decode().split("\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a calibration table: it is no text") from None


def warn_if_cut(calibration: Calibration, path: Path) -> None:
    """Warn of a table that seems to be cut: it ends below 1, without a line end or where many sites are still found.

    Parameters
    ----------
    calibration
        The table.
    path
        The file that it was read from.
    """
    last = calibration.frame.iloc[-1]
    with open_binary(path) as handle:
        whole = not (text := handle.read()) or text.endswith((b"\n", b"\r"))
    if last["threshold"] >= 1:  # nothing can be missing, whatever the last line ends with
        return
    if not whole:
        warn(
            f"{path} seems to be cut: its last line, at the threshold {last['threshold']:g}, has no end. Copy it again"
        )
    elif last["recall"] > _STILL_FOUND * calibration.frame["recall"].max():
        warn(
            f"{path} seems to be cut: its thresholds end at {last['threshold']:g}, where the recall is still "
            f"{last['recall']:.2g}. Copy it again"
        )


def calibration_of_table(table: pd.DataFrame, path: Path) -> Calibration:
    """Calibration of the columns of a file; the ValueError about what is wrong with them names it."""
    try:
        return Calibration(table)
    except ValueError as error:
        raise ValueError(f"{path} is not a calibration table: {error}") from None
