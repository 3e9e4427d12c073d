"""Files of a model in its folder, replaced so that a model can be read from it at any time."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from scmaxatac.io._files import atomic_path
from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.io._temporary import remove_leftovers
from scmaxatac.zoo._factor_names import checked_names

WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "model.json"
CALIBRATION_FILE = "calibration.tsv"
MODEL_FILES = (CALIBRATION_FILE, WEIGHTS_FILE, CARD_FILE)

MODEL_KIND = "model"
"""Kind of a folder of ours that holds a model."""

PREVIOUS_MODEL = ".previous/"
"""Folder, within a model's, of the model that is being replaced."""

FORMAT = "scmaxatac-model"
FORMAT_VERSION = 1


def replace_model(folder: OwnedFolder, *, weights: bytes, calibration: bytes | None, card: bytes) -> None:
    """Write the files of a model in place of those of an earlier one.

    The earlier model is copied aside first, and the card is written last. Until then :func:`current_folder` is the
    copy, so that a reader finds one whole model or the other, wherever this is interrupted.

    Parameters
    ----------
    folder
        Folder of kind ``MODEL_KIND``, held.
    weights, calibration, card
        Content of the files; without `calibration` there is no such file.

    Raises
    ------
    ValueError
        If a file that we did not write is in the way; nothing is written then.
    """
    folder.announce([PREVIOUS_MODEL, *MODEL_FILES])
    previous = folder.path / PREVIOUS_MODEL
    if not _is_being_replaced(folder.path):
        (previous / CARD_FILE).unlink(missing_ok=True)
        if (folder.path / CARD_FILE).is_file():
            _keep(folder.path, previous)
    _write(folder.path / WEIGHTS_FILE, weights)
    if calibration is None:
        (folder.path / CALIBRATION_FILE).unlink(missing_ok=True)
    else:
        _write(folder.path / CALIBRATION_FILE, calibration)
    _write(folder.path / CARD_FILE, card)
    # the copy counts as long as its card is there, so that goes before what the card describes
    (previous / CARD_FILE).unlink(missing_ok=True)
    folder.remove([PREVIOUS_MODEL] if calibration is not None else [PREVIOUS_MODEL, CALIBRATION_FILE])


def remove_rest(folder: Path) -> None:
    """Remove what a kill left behind of a model's replacement that was complete already: half files, and the copy."""
    remove_leftovers(folder)
    if (folder / PREVIOUS_MODEL).exists():
        with suppress(ValueError, RuntimeError), OwnedFolder(folder, MODEL_KIND) as held:  # not writable, or at work
            if not _is_being_replaced(folder):
                held.remove([PREVIOUS_MODEL])


def current_folder(folder: Path) -> Path:
    """Folder of a model's files: `folder`, or the copy in it while the model is being replaced."""
    return folder / PREVIOUS_MODEL if _is_being_replaced(folder) else folder


def read_card(folder: Path) -> dict[str, Any]:
    """Read and check a model folder's ``model.json``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is no description of a model, or of a later version.
    """
    path = folder / CARD_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{folder} is not a model folder: it has no {CARD_FILE}")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ValueError(f'{path} does not describe a model (no "format": "{FORMAT}")')
    if card.get("version") != FORMAT_VERSION:
        raise ValueError(f"{path} has version {card.get('version')}, this scmaxatac reads {FORMAT_VERSION}: update it")
    wrong = [key for key in ("id", "sha256") if not isinstance(card.get(key), str)]
    if wrong or not isinstance(card.get("provenance"), dict):
        raise ValueError(f"{path} lacks {wrong or ['provenance']}")
    if "tfs" in card:
        if not isinstance(card["tfs"], list):
            raise ValueError(f"{path} lacks a list of factors as tfs")
    elif not isinstance(card.get("tf"), str):
        raise ValueError(f"{path} lacks ['tf']")
    try:
        checked_names(tfs_of(card), "the model")
    except ValueError as error:
        raise ValueError(f"{path} can't be used: {error}") from None
    if not isinstance(card.get("assembly", ""), str):
        raise ValueError(f"{path} names an assembly that is no text: {card['assembly']!r}")
    return card


def tfs_of(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Factors that a card names: ``tfs``, or ``tf`` of a model of one."""
    return tuple(card["tfs"]) if "tfs" in card else (card["tf"],)


def _is_being_replaced(folder: Path) -> bool:
    """Whether there is a copy of the model that the card describes: other files may already be those of the next."""
    try:
        return (folder / PREVIOUS_MODEL / CARD_FILE).read_bytes() == (folder / CARD_FILE).read_bytes()
    except FileNotFoundError:
        return False


def _keep(folder: Path, previous: Path) -> None:
    (previous / CALIBRATION_FILE).unlink(missing_ok=True)  # of an earlier copy
    for name in MODEL_FILES:  # the card is the last
        if (folder / name).is_file():
            _write(previous / name, (folder / name).read_bytes())


def _write(path: Path, data: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
