"""Table of the models there are."""

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac.zoo._calibration import Calibration
from scmaxatac.zoo._calibration_files import read_calibrations
from scmaxatac.zoo._from_keras import calibration_beside
from scmaxatac.zoo._locate import Location, demo_models, installed_models
from scmaxatac.zoo._model_folder import CALIBRATION_FILE, current_folder
from scmaxatac.zoo._registry import published, weakness

COLUMNS = ("name", "tf", "source", "installed", "max_f1", "threshold_f1", "path", "warning")


@checked_arguments
def list_models(*, installed: bool = False) -> pd.DataFrame:
    """List the published models, those found in ``settings.model_dir``, and the demo models.

    Parameters
    ----------
    installed
        Leave out what would have to be downloaded first.

    Returns
    -------
    One row a model: ``name`` (for :func:`load`), ``tf``, ``source`` (``maxatac``: the published ones, ``demo``: shipped
    with the package, else where the folder's own description says), ``installed``, ``max_f1`` (largest F1 of the
    calibration table) and ``threshold_f1`` (the threshold there; both NaN without a table), ``path`` (empty when not
    installed) and ``warning`` (empty when there is none).

    Raises
    ------
    FileNotFoundError
        If ``settings.model_dir`` is set and there is no such folder.

    Examples
    --------
    >>> from scmaxatac import models
    >>> table = models.list_models().set_index("name")
    >>> float(table.loc["CTCF", "threshold_f1"])
    0.454
    """
    here = installed_models()
    rows = [_row(tf, tf, here.get(tf)) for tf in sorted({*published(), *here})]
    rows += [_row(f"demo:{tf}", tf, location) for tf, location in sorted(demo_models().items())]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table[table["installed"]].reset_index(drop=True) if installed else table


def _row(name: str, tf: str, location: Location | None) -> tuple[str, str, str, bool, float, float, str, str]:
    known = published().get(tf) if location is None or location.source == "maxatac" else None
    if known:
        max_f1, threshold = known.max_f1, known.threshold_f1
    else:
        max_f1, threshold = _calibrated(location, tf) if location else (float("nan"), float("nan"))
    warning = (location.problem if location else "") or weakness(max_f1)
    return (
        name,
        tf,
        location.source if location else "maxatac",
        location is not None,
        max_f1,
        threshold,
        str(location.path) if location else "",
        warning,
    )


def _calibrated(location: Location, tf: str) -> tuple[float, float]:
    try:
        if location.path.is_dir():
            table = current_folder(location.path) / CALIBRATION_FILE
            calibration = read_calibrations(table, table, location.tfs)[tf] if table.is_file() else None
        else:
            beside = calibration_beside(location.path)
            calibration = Calibration.read(beside) if beside else None
    except ValueError:  # told when the model is loaded
        calibration = None
    return (calibration.best_f1, calibration.threshold("f1")) if calibration else (float("nan"), float("nan"))
