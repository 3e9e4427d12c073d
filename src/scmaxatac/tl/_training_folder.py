"""The folder of a training run: what it was started with, and whether it can go on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scmaxatac.io._files import atomic_path
from scmaxatac.models._tf_model import CALIBRATION_FILE, CARD_FILE, WEIGHTS_FILE, TFModel, read_card
from scmaxatac.nn._training_log import BEST, HISTORY, LAST, Row, is_over, read_rows

TRAINING_FILE = "training.json"
"""What a run was started with."""

_FREE_TO_CHANGE = ("options.patience",)
"""What older files hold although the same run can go on with another value."""


def finished_model(
    folder: Path, request: Mapping[str, Any], *, epochs: int, patience: int | None, resume: bool
) -> TFModel | None:
    """Read the model of a run that is over; None if there is something left to do. Nothing is written.

    Parameters
    ----------
    folder
        Folder of a run, or of none yet.
    request
        Checksums of the inputs and all options that the result depends on, but for `epochs` and `patience`.
    epochs
        Epochs in all.
    patience
        Epochs without a better Dice after which a run is over.
    resume
        Whether the run in the folder counts; otherwise it is to be deleted.

    Raises
    ------
    ValueError
        If the folder holds a run with other inputs or options or with more epochs, one that has to go on and has no
        checkpoints, or a model or a checkpoint that does not come from this kind of run.
    """
    path, has_model = folder / TRAINING_FILE, (folder / CARD_FILE).is_file()
    if not path.is_file() and (has_model or (folder / LAST).is_file()):
        what = "a model that was not trained there" if has_model else f"a {LAST} that is not of tl.train"
        raise ValueError(f"{folder} holds {what}; choose another out_dir")
    if not resume or not _is_taken(folder):
        return None
    _compare(json.loads(path.read_text(encoding="utf-8")), json.loads(json.dumps(request)), folder)
    of_run, of_model = read_rows(folder), _rows_of_model(folder) if has_model else []
    done = of_run or of_model
    if len(done) > epochs:
        raise ValueError(
            f"{folder} holds a run that has trained for {len(done)} epochs, and epochs is {epochs}; name another "
            "out_dir, or start anew with resume=False"
        )
    over = is_over(done, epochs, patience)
    if not over and not of_run:
        raise ValueError(
            f"{folder} holds a model that has trained for {len(done)} epochs, and epochs is {epochs}: it can't go on, "
            f"because {BEST} or {LAST} is gone. Name another out_dir, with init={str(folder)!r} to start from this "
            "model, or start anew with resume=False"
        )
    return TFModel.read(folder) if over and len(of_model) == len(done) else None


def claim_training_folder(folder: Path, request: Mapping[str, Any], *, resume: bool) -> None:
    """Note what a run is started with; what the folder held before is deleted unless the run goes on.

    Parameters
    ----------
    folder
        The folder.
    request
        As in :func:`finished_model`, which has to come first.
    resume
        Whether the run in the folder goes on.
    """
    if resume and _is_taken(folder):
        return
    for name in (CARD_FILE, WEIGHTS_FILE, CALIBRATION_FILE, LAST, BEST, HISTORY, TRAINING_FILE):
        (folder / name).unlink(missing_ok=True)
    with atomic_path(folder / TRAINING_FILE) as temporary:
        temporary.write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")


def history_columns(rows: list[Row]) -> dict[str, list[float]]:
    """Turn the rows of the learning curve into columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _is_taken(folder: Path) -> bool:
    """Whether there is a run with at least one epoch; one that failed before leaves nothing to go on with."""
    return (folder / TRAINING_FILE).is_file() and ((folder / CARD_FILE).is_file() or bool(read_rows(folder)))


def _rows_of_model(folder: Path) -> list[Row]:
    """Read the rows of the learning curve that the model in the folder was chosen by."""
    history = read_card(folder)["provenance"]["history"]
    return [dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True)]


def _compare(there: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    before, after = ({k: v for k, v in _flat(one).items() if k not in _FREE_TO_CHANGE} for one in (there, now))
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if changed:
        some = "; ".join(f"{name} was {before.get(name)!r} and is {after.get(name)!r}" for name in changed[:3])
        more = f" (and {len(changed) - 3} more)" if len(changed) > 3 else ""
        raise ValueError(
            f"{folder} holds a run that was started otherwise: {some}{more}. Name another out_dir, or start anew with "
            "resume=False"
        )


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Give each value of a nested structure a name with dots; names of files don't count, their content does.

    Lists of named things, whose order the draws depend on, give their names as well.
    """
    flat: dict[str, Any] = {}
    parts: list[tuple[Any, Any]]
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        parts = [(item["name"], item) for item in value]
        flat[name] = [key for key, _ in parts]
    else:
        return {name: value}
    for key, item in parts:
        if key != "file":
            flat |= _flat(item, f"{name}.{key}" if name else str(key))
    return flat
