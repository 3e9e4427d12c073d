"""Calibration tables as files: of one factor, or of several, which a column tells apart."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import pandas as pd

from scmaxatac.zoo._calibration import Calibration, calibration_of_table, calibration_text, read_table

_TF = "tf"


def calibrations_text(calibrations: Mapping[str, Calibration | None]) -> bytes | None:
    """Content of the file of a model's tables; None where there is none.

    The table of one factor is as :meth:`Calibration.save` writes it; with several, a column ``tf`` comes first.
    """
    known = {tf: table for tf, table in calibrations.items() if table is not None}
    if not known:
        return None
    if len(calibrations) == 1:
        return calibration_text(next(iter(known.values())))
    parts = [table.frame.assign(**{_TF: tf})[[_TF, *table.frame.columns]] for tf, table in known.items()]
    text: str = pd.concat(parts).to_csv(sep="\t", index=False)
    return text.encode()


def read_calibrations(source: Path | BytesIO, path: Path, tfs: Sequence[str]) -> dict[str, Calibration | None]:
    """Read what :func:`calibrations_text` wrote.

    Parameters
    ----------
    source
        The file or its content.
    path
        The file, for messages.
    tfs
        Factors of the model.

    Raises
    ------
    ValueError
        If it is no such table, or one of other factors.
    """
    table = read_table(source, path)
    if _TF not in table:
        if len(tfs) > 1:
            raise ValueError(f"{path} has no column {_TF!r}, which the table of {len(tfs)} factors needs")
        return {tfs[0]: calibration_of_table(table, path)}
    parts = {str(tf): calibration_of_table(rows, path) for tf, rows in table.groupby(_TF, sort=False)}
    if unknown := [tf for tf in parts if tf not in tfs]:
        raise ValueError(f"{path} has rows of {', '.join(unknown)}, and the model scores {', '.join(tfs)}")
    return {tf: parts.get(tf) for tf in tfs}
