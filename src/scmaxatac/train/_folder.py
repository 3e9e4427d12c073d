"""The folder of a training run: what it was started with, and whether it can go on."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scmaxatac._logging import logger
from scmaxatac._text import abbreviate
from scmaxatac.io._files import atomic_path
from scmaxatac.io._owned_folder import OwnedFolder, refuse_changed, refuse_foreign
from scmaxatac.train._checkpoints import DIGESTS, LAST, PREVIOUS, Row, read_checkpoint
from scmaxatac.train._log import HISTORY, is_over
from scmaxatac.zoo._model_folder import CARD_FILE, MODEL_FILES, MODEL_KIND, read_card
from scmaxatac.zoo._tf_model import TFModel

TRAINING_FILE = "training.json"
"""What a run was started with."""

MADE_BY = "scmaxatac.tl.train"
"""What the provenance of a model says that was trained in its folder."""

_CHECKPOINTS = (LAST, PREVIOUS, DIGESTS)
"""Files that are written anew where they are damaged; any other one that was changed is the user's."""

_RUN_FILES = (*_CHECKPOINTS, HISTORY, TRAINING_FILE)
_FREE_TO_CHANGE = ("options.patience",)
"""What older files hold although the same run can go on with another value."""


def check_training_folder(folder: Path) -> None:
    """Raise if a run can't have a folder for itself. Nothing is written, as this comes before all work.

    Raises
    ------
    ValueError
        If the folder holds a model that was not trained there, a file of the user's under a name of ours, or a file
        of ours, other than a checkpoint, that was changed.
    """
    refuse_changed(folder, MODEL_KIND, (HISTORY, TRAINING_FILE, *MODEL_FILES))
    if (folder / CARD_FILE).is_file():
        trained = (folder / TRAINING_FILE).is_file() and _made_by(folder) == MADE_BY
        if trained:  # perhaps by a scmaxatac whose folders had no list of their files
            return
        raise ValueError(f"{folder} holds a model that was not trained there; choose another out_dir")
    refuse_foreign(folder, MODEL_KIND, (*_RUN_FILES, *MODEL_FILES))


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
        Whether the run in the folder counts; otherwise it is to be replaced.

    Raises
    ------
    ValueError
        If the folder holds a run with other inputs or options or with more epochs, one that has to go on and has no
        usable checkpoint, a model that does not come from this kind of run, or files of the user's; or what the folder
        says of its run is damaged.
    """
    check_training_folder(folder)
    of_run = _rows_of_run(folder)
    if not resume or not ((folder / CARD_FILE).is_file() or of_run):
        return None
    _compare(_started_with(folder), json.loads(json.dumps(request)), folder)
    of_model = _rows_of_model(folder)
    done = max(of_run, of_model, key=len)  # a checkpoint that was damaged or deleted does not undo the model
    if len(done) > epochs:
        raise ValueError(
            f"{folder} holds a run that has trained for {len(done)} epochs, and epochs is {epochs}; epochs={len(done)} "
            "gives its model, a larger number goes on. For a shorter run name another out_dir, or start anew with "
            "resume=False"
        )
    over = is_over(done, epochs, patience)
    if of_model and not over and not of_run:
        raise ValueError(
            f"{folder} holds a model that has trained for {len(done)} epochs, and epochs is {epochs}: it can't go on, "
            f"because {LAST} is gone or damaged. Name another out_dir, with init={str(folder)!r} to start from this "
            "model, or start anew with resume=False"
        )
    return TFModel.read(folder) if over and len(of_model) == len(done) else None


def how_to_go_on(model: TFModel, *, epochs: int, patience: int | None) -> str:
    """What makes a finished run go on, for the log.

    Parameters
    ----------
    model
        Its model.
    epochs, patience
        As in :func:`finished_model`.
    """
    n = len(model.provenance["history"]["epoch"])
    if n < epochs:
        return f"it stopped after {n} of {epochs} epochs with patience={patience}: a larger patience goes on"
    return f"a larger epochs than {epochs} goes on, resume=False trains it anew"


def claim_training_folder(folder: OwnedFolder, request: Mapping[str, Any], *, resume: bool) -> None:
    """List our files and note what a run is started with; unless it goes on, the checkpoints before are deleted.

    A model that is there stays until the new one replaces it.

    Parameters
    ----------
    folder
        The folder, of kind ``MODEL_KIND``, held as long as the run trains.
    request
        As in :func:`finished_model`, which has to come first.
    resume
        Whether the run in the folder goes on.

    Raises
    ------
    ValueError
        If a file that we did not write is in the way.
    """
    goes_on = resume and bool(_rows_of_model(folder.path) or _rows_of_run(folder.path))
    if not goes_on:
        if resume and (folder.path / LAST).exists():
            logger.warning("%s is damaged or cut off: training starts from the beginning", folder.path / LAST)
        folder.check_free([*_RUN_FILES, *MODEL_FILES])
        folder.adopt(folder.listed & set(_CHECKPOINTS))  # to remove damaged ones as well
        folder.remove([*_CHECKPOINTS, HISTORY])  # the other file makes the folder one of a training
    folder.announce([*_RUN_FILES, *MODEL_FILES])
    if not goes_on:
        with atomic_path(folder.path / TRAINING_FILE) as temporary:
            temporary.write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")


def fingerprint(request: Mapping[str, Any]) -> str:
    """Checksum of what a run is started with: the same where :func:`finished_model` takes two runs for the same."""
    flat = {
        name: value for name, value in _flat(json.loads(json.dumps(request))).items() if name not in _FREE_TO_CHANGE
    }
    return hashlib.sha256(json.dumps(flat, sort_keys=True).encode()).hexdigest()


def _rows_of_run(folder: Path) -> list[Row]:
    """Learning curve of the last usable checkpoint; a run that failed in its first epoch has none to go on with."""
    checkpoint = read_checkpoint(folder) if (folder / TRAINING_FILE).is_file() else None
    return [] if checkpoint is None else checkpoint.rows


def _made_by(folder: Path) -> Any:
    return read_card(folder)["provenance"].get("made_by")


def _rows_of_model(folder: Path) -> list[Row]:
    """Rows of the learning curve that the model in the folder was chosen by; none if it is not of the folder's run.

    While a run that was started anew has not ended, the model is still that of the run before.
    """
    if not (folder / CARD_FILE).is_file():
        return []
    provenance, started = read_card(folder)["provenance"], _started_with(folder)
    try:
        for name in started.keys() & provenance.keys():
            flat = {key: value for key, value in _flat(started[name], name).items() if key not in _FREE_TO_CHANGE}
            if not flat.items() <= _flat(provenance[name], name).items():
                return []
        history = provenance["history"]
        rows = [dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True)]
        if not all(isinstance(row["val_dice"], int | float) for row in rows):
            raise ValueError("a Dice is no number")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{folder / CARD_FILE} is damaged: what it says of its training can't be read ({error!r}). Put back the "
            "file that was there, or choose another out_dir"
        ) from None
    return rows


def _started_with(folder: Path) -> dict[str, Any]:
    """What the run in a folder was started with; a ValueError if the file that says so is damaged."""
    path = folder / TRAINING_FILE
    try:
        started: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(started, dict):
            raise ValueError("it is no JSON object")
        _flat(started)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged: what the run was started with can't be read ({error}). Put back the file that was "
            "there, or choose another out_dir"
        ) from None
    return started


def _compare(there: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    before, after = ({k: v for k, v in _flat(one).items() if k not in _FREE_TO_CHANGE} for one in (there, now))
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if changed:
        some = abbreviate(
            (f"{name} was {before.get(name)!r} and is {after.get(name)!r}" for name in changed), 3, separator="; "
        )
        more = f" (and {len(changed) - 3} more)" if len(changed) > 3 else ""
        raise ValueError(
            f"{folder} holds a run that was started otherwise: {some}{more}. Name another out_dir, or start anew with "
            "resume=False"
        )


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Name each value of a nested structure with dots; names of files don't count, their content does.

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
