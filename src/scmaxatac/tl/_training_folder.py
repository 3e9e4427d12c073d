"""The folder of a training run: what it was started with, and whether it can go on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scmaxatac.io._files import atomic_path, output_folder
from scmaxatac.models._tf_model import CALIBRATION_FILE, CARD_FILE, WEIGHTS_FILE, TFModel
from scmaxatac.nn._training_log import BEST, HISTORY, LAST, Row, is_over, read_rows

TRAINING_FILE = "training.json"
"""What a run was started with."""


def open_training_folder(
    out_dir: str | Path, request: Mapping[str, Any], *, epochs: int, resume: bool, write: bool
) -> Path:
    """Make the folder, or make sure that the run in it is the same one.

    Parameters
    ----------
    out_dir
        The folder.
    request
        Checksums of the inputs and all options that the result depends on, but for the number of epochs.
    epochs
        Epochs in all.
    resume
        Continue the run in it; otherwise it is deleted.
    write
        Whether this is the process that writes.

    Raises
    ------
    ValueError
        If the folder can't be written to, holds a run with other inputs or options or with more epochs, or a model
        that was not trained there.
    """
    folder = output_folder(out_dir)
    path = folder / TRAINING_FILE
    if not path.is_file() and (folder / CARD_FILE).exists():
        raise ValueError(f"{folder} holds a model that was not trained there; choose another out_dir")
    if not write:
        return folder
    if path.is_file() and resume:
        _compare(json.loads(path.read_text(encoding="utf-8")), json.loads(json.dumps(request)), folder)
        n_done = len(read_rows(folder))
        if n_done > epochs:
            raise ValueError(
                f"{folder} holds a run that has trained for {n_done} epochs, and epochs is {epochs}; name another "
                "out_dir, or start anew with resume=False"
            )
        return folder
    for name in (CARD_FILE, WEIGHTS_FILE, CALIBRATION_FILE, LAST, BEST, HISTORY, TRAINING_FILE):
        (folder / name).unlink(missing_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")
    return folder


def finished_model(folder: Path, *, epochs: int, patience: int | None) -> TFModel | None:
    """Read the model of a run that is over; None if there is something left to do."""
    rows = read_rows(folder)
    if not is_over(rows, epochs, patience) or not (folder / CARD_FILE).is_file():
        return None
    model = TFModel.read(folder)
    return model if len(model.provenance["history"]["epoch"]) == len(rows) else None


def history_columns(rows: list[Row]) -> dict[str, list[float]]:
    """Turn the rows of the learning curve into columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _compare(there: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    before, after = _flat(there), _flat(now)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if changed:
        some = "; ".join(f"{name} was {before.get(name)!r} and is {after.get(name)!r}" for name in changed[:3])
        more = f" (and {len(changed) - 3} more)" if len(changed) > 3 else ""
        raise ValueError(
            f"{folder} holds a run that was started otherwise: {some}{more}. Name another out_dir, or start anew with "
            "resume=False"
        )


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Give each value of a nested structure a name with dots; names of files don't count, their content does."""
    parts: list[tuple[Any, Any]]
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        parts = [(item.get("name", i), item) for i, item in enumerate(value)]
    else:
        return {name: value}
    flat: dict[str, Any] = {}
    for key, item in parts:
        if key != "file":
            flat |= _flat(item, f"{name}.{key}" if name else str(key))
    return flat
